"""Plain text files, read whole or cut into records at blank lines or form feeds."""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

from corpusforge.config import TextSource
from corpusforge.sources.decoding import decode, to_utf8
from corpusforge.sources.inputs import Input, find_files
from corpusforge.sources.languages import language_by_name
from corpusforge.sources.lines import split_lines
from corpusforge.sources.refusal import Refused, refusing_unreadable
from corpusforge.sources.source import Document, Unit, cut, in_batches
from corpusforge.sources.streams import COMPRESSIONS, is_compressed, read_blocks
from corpusforge.storage.documents import Reject
from corpusforge.storage.files import file_checksum, fingerprint

_KINDS = (".txt", ".text", ".md", ".markdown", ".rst", ".adoc", ".asciidoc", ".tex")
_SUFFIXES = tuple(kind + compression for kind in _KINDS for compression in ("", *COMPRESSIONS))


class TextDocuments:
    """The documents of plain text files."""

    def __init__(self, config: TextSource) -> None:
        self._config = config

    def plan(self, part_bytes: int) -> tuple[list[Unit], list[Reject]]:
        files: list[tuple[str, str]] = []
        sizes: list[int] = []
        checksums: list[tuple[str, str]] = []
        rejects: list[Reject] = []
        for file in find_files(self._config.path, _SUFFIXES):
            try:
                with refusing_unreadable():
                    num_bytes = file.path.stat().st_size
                    self._check_size(file, num_bytes)
                    checksums.append((file.name, file_checksum(file.path)))
            except Refused as refused:
                rejects.append(refused.at(file.name))
                continue
            files.append((str(file.path), file.name))
            sizes.append(num_bytes)
        units = []
        for part in cut(sizes, part_bytes):
            key = fingerprint(list(itertools.chain(*checksums[part])))
            units.append(Unit({"files": files[part]}, key, sum(sizes[part])))
        return units, rejects

    @in_batches
    def read(self, unit: Unit) -> Iterator[Document | Reject]:
        whole = self._config.records == "whole"
        for location, name in unit.spec["files"]:
            # A configured language, which is filled in later, takes precedence over the file name.
            language = None if self._config.language else _language(name)
            try:
                for number, record in enumerate(self._records(Path(location)), 1):
                    id = name if whole else f"{name}:{number}"
                    try:
                        yield Document(id, self._text(record), path=name, language=language)
                    except Refused as refused:
                        yield refused.at(id)
            except Refused as refused:
                yield refused.at(name)

    def _check_size(self, file: Input, num_bytes: int) -> None:
        too_long = num_bytes > self._config.max_document_bytes
        whole = self._config.records == "whole"
        if num_bytes == 0:
            raise Refused("empty", "0 bytes")
        if whole and too_long and not is_compressed(file.path):
            raise Refused("oversized", f"{num_bytes:,} bytes")

    def _records(self, path: Path) -> Iterator[bytes | None]:
        """Yield the records of a file, and None for a record longer than `max_document_bytes`."""
        max_bytes = self._config.max_document_bytes
        match self._config.records:
            case "whole":
                return iter([_whole(read_blocks(path), max_bytes)])
            case "form-feed":
                pages = split_lines(to_utf8(read_blocks(path)), max_bytes, b"\f")
                return (page for page in pages if page is None or page.strip())
            case "blank-line":
                return _paragraphs(split_lines(to_utf8(read_blocks(path)), max_bytes), max_bytes)

    def _text(self, record: bytes | None) -> str:
        if record is None:
            raise Refused("oversized", f"more than {self._config.max_document_bytes:,} bytes")
        text = decode(record)
        if not text or text.isspace():
            raise Refused("empty")
        return text if self._config.records == "whole" else text.strip("\r\n")


def _whole(blocks: Iterable[bytes], max_bytes: int) -> bytes | None:
    held: list[bytes] = []
    num_bytes = 0
    for block in blocks:
        held.append(block)
        num_bytes += len(block)
        if num_bytes > max_bytes:
            return None
    return b"".join(held)


def _paragraphs(lines: Iterable[bytes | None], max_bytes: int) -> Iterator[bytes | None]:
    """Join lines up to the next blank line."""
    held: list[bytes] = []
    num_bytes = 0  # of all lines of the record, including line ends
    for line in itertools.chain(lines, [b""]):
        if line is None:
            num_bytes += max_bytes + 2
        elif line and not line.isspace():
            num_bytes += len(line) + 1
            held.append(line)
        elif num_bytes:
            yield b"\n".join(held) if num_bytes <= max_bytes + 1 else None
            held, num_bytes = [], 0
        if num_bytes > max_bytes + 1:
            held.clear()


def _language(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    plain = stem if dot + suffix.lower() in COMPRESSIONS else name
    return language_by_name(plain) or "text"
