"""Decode bytes to text, or refuse them with a reason."""

import codecs
import itertools
import re
from collections.abc import Iterable, Iterator

from corpusforge.sources.refusal import Refused

# UTF-32 comes first: its little-endian mark starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# PEP 263: in the first line, or in the second after a comment or a blank line.
_COOKIE = re.compile(
    rb"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n))?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)"
)
# Python codecs that are not character sets. Cookies that name them are ignored.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw_unicode_escape", "unicode_escape"})
# Single bytes beyond ASCII are accents and signs in Western text: a name, a ©.
_FOREIGN = re.compile(rb"[\x80-\xff]")
_FOREIGN_PAIR = re.compile(rb"[\x80-\xff]{2}")
# Length of the detector's sample, which bounds its time.
_DETECTED_BYTES = 64 << 10
# The character sets to detect: those of source code from before UTF-8.
_CHARSETS = (
    "cp1252", "iso8859_15", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "cp1254",
    "cp1255", "cp1256", "cp932", "euc_jp", "gb18030", "big5", "euc_kr", "cp949",
)  # fmt: skip


def decode(data: bytes, *, python: bool = False) -> str:
    """Return the text of a file.

    The encoding is that of a byte order mark, else UTF-8 if the data is valid. After that, Python
    files have the encoding of their coding cookie (PEP 263). Other files are Windows-1252 if all
    bytes beyond ASCII are isolated, else the encoding that charset-normalizer detects, provided
    that it also recognises a language.

    Raises:
        Refused: "binary" for NUL bytes, otherwise "undecodable".
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_marked(data[len(mark) :], encoding)
    if b"\0" in data:
        raise Refused("binary", "NUL bytes")
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        not_utf8 = f"byte {error.start:,} is not UTF-8"
    if python and (cookie := _COOKIE.match(data)):
        return _decode_by_cookie(data, cookie[1].decode("ascii"), not_utf8)
    return _decode_detected(data, not_utf8)


def to_utf8(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Convert a stream with a UTF-16 or UTF-32 mark to UTF-8. Pass other streams through.

    Raises:
        Refused: "undecodable" if the stream does not have the encoding of its mark.
    """
    stream = iter(blocks)
    first = next(stream, b"")
    marked = next(((mark, name) for mark, name in _MARKS if first.startswith(mark)), None)
    if marked is None:
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from stream
        return
    mark, encoding = marked
    try:
        for text in codecs.iterdecode(itertools.chain([first[len(mark) :]], stream), encoding):
            yield text.encode()
    except UnicodeDecodeError as error:
        raise Refused("undecodable", f"begins as {encoding}; {error.reason}") from error


def _decode_marked(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refused("undecodable", f"begins as {encoding}; {error.reason}") from error
    if "\0" in text:
        raise Refused("binary", "NUL characters")
    return text


def _decode_by_cookie(data: bytes, encoding: str, not_utf8: str) -> str:
    try:
        if codecs.lookup(encoding).name.replace("-", "_") not in _NO_CHARSETS:
            return data.decode(encoding)
    except (LookupError, UnicodeError, ValueError):
        pass
    raise Refused("undecodable", f"{not_utf8}, nor is the file the {encoding} it claims to be")


def _decode_detected(data: bytes, not_utf8: str) -> str:
    first = _FOREIGN.search(data)
    assert first is not None, "ASCII is UTF-8"
    if not _FOREIGN_PAIR.search(data):
        encoding = "cp1252"
    else:
        # The import takes about 50 ms, and most sources do not need it.
        from charset_normalizer import from_bytes

        sample = data[max(0, first.start() - _DETECTED_BYTES // 2) :][:_DETECTED_BYTES]
        best = from_bytes(sample, cp_isolation=list(_CHARSETS)).best()
        # Bytes may be valid in several encodings, but are words of a language only in one.
        if best is None or not best.coherence:
            raise Refused("undecodable", f"{not_utf8}, and no other encoding is likely")
        encoding = best.encoding
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refused("undecodable", f"{not_utf8}, nor is all of it {encoding}") from error
