"""Bytes that should be text become text, or are refused with the reason."""

import codecs
import re
from collections.abc import Iterable, Iterator

from corpusforge.sources.refusal import Refused

# UTF-32 first: its little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# PEP 263: in the first two lines, the second only after a comment or a blank line.
_COOKIE = re.compile(
    rb"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n))?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)"
)
# Python's codecs that are no character sets; a cookie that names one is not believed.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw_unicode_escape", "unicode_escape"})
# Bytes beyond ASCII that stand alone are the accents and signs of Western text: a name, a ©.
_FOREIGN = re.compile(rb"[\x80-\xff]")
_FOREIGN_PAIR = re.compile(rb"[\x80-\xff]{2}")
# The detector looks at this much, so that its time is bounded.
_DETECTED_BYTES = 64 << 10
# What it may find: the character sets that source code was written in before UTF-8.
_CHARSETS = (
    "cp1252", "iso8859_15", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "cp1254",
    "cp1255", "cp1256", "cp932", "euc_jp", "gb18030", "big5", "euc_kr", "cp949",
)  # fmt: skip


def decode(data: bytes, *, python: bool = False) -> str:
    """The text of a file. UTF-8 costs one pass; other encodings are tried only after it fails.

    A byte order mark decides; then UTF-8; then, for Python, the coding cookie (PEP 263); then it is
    Windows-1252 where foreign bytes stand alone, else what charset-normalizer finds, provided that
    it recognises a language.

    Raises:
        Refused: "binary" for NUL bytes, "undecodable" for all else.
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
    """A stream that begins with UTF-16's or UTF-32's mark as UTF-8; any other as it is.

    Raises:
        Refused: "undecodable", where the stream is not what its mark says.
    """
    stream = iter(blocks)
    first = next(stream, b"")
    marked = next(((mark, name) for mark, name in _MARKS if first.startswith(mark)), None)
    if marked is None:
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from stream
        return
    mark, encoding = marked
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        yield decoder.decode(first[len(mark) :]).encode()
        for block in stream:
            yield decoder.decode(block).encode()
        decoder.decode(b"", final=True)
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
        # The import takes some 50 ms, and most sources never need it.
        from charset_normalizer import from_bytes

        sample = data[max(0, first.start() - _DETECTED_BYTES // 2) :][:_DETECTED_BYTES]
        best = from_bytes(sample, cp_isolation=list(_CHARSETS)).best()
        # Bytes that make sense in several encodings make words of a language in one.
        if best is None or not best.coherence:
            raise Refused("undecodable", f"{not_utf8}, and no other encoding is likely")
        encoding = best.encoding
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refused("undecodable", f"{not_utf8}, nor is all of it {encoding}") from error
