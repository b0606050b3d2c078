"""Plain text files, read whole or cut into records at blank lines or form feeds."""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from corpusforge.config import TextSource
from corpusforge.sources.decoding import decode, to_utf8
from corpusforge.sources.inputs import Input, find_files
from corpusforge.sources.languages import language_by_name
from corpusforge.sources.lines import split_lines
from corpusforge.sources.refusal import Refused
from corpusforge.sources.source import Unit
from corpusforge.sources.streams import COMPRESSIONS, is_compressed, read_blocks
from corpusforge.storage.documents import DocumentBuilder, Reject
from corpusforge.storage.files import file_checksum, fingerprint

_KINDS = (".txt", ".text", ".md", ".markdown", ".rst", ".adoc", ".asciidoc", ".tex")
_SUFFIXES = tuple(kind + compression for kind in _KINDS for compression in ("", *COMPRESSIONS))


class TextDocuments:
    """The documents of plain text files."""

    def __init__(self, config: TextSource) -> None:
        self._config = config

    def plan(self, part_bytes: int) -> tuple[list[Unit], list[Reject]]:
        units: list[Unit] = []
        rejects: list[Reject] = []
        files: list[tuple[str, str]] = []
        checksums: list[str] = []
        num_bytes = 0
        for file in find_files(self._config.path, _SUFFIXES):
            try:
                size = file.path.stat().st_size
                if reason := self._not_read(file, size):
                    rejects.append(Reject(file.name, reason, detail=f"{size:,} bytes"))
                    continue
                checksums += [file.name, file_checksum(file.path)]
            except OSError as error:
                rejects.append(Reject(file.name, "unreadable", detail=error.strerror or ""))
                continue
            files.append((str(file.path), file.name))
            num_bytes += size
            if num_bytes >= part_bytes:
                units.append(Unit({"files": files}, fingerprint(checksums), num_bytes))
                files, checksums, num_bytes = [], [], 0
        if files:
            units.append(Unit({"files": files}, fingerprint(checksums), num_bytes))
        return units, rejects

    def read(self, unit: Unit) -> Iterator[pa.RecordBatch | Reject]:
        whole = self._config.records == "whole"
        builder = DocumentBuilder()
        for location, name in unit.spec["files"]:
            # A configured language, which is filled in later, takes precedence over the file name.
            language = None if self._config.language else _language(name)
            number = 0
            try:
                for number, record in enumerate(self._records(Path(location)), 1):
                    id = name if whole else f"{name}:{number}"
                    try:
                        text = self._text(record)
                    except Refused as refused:
                        yield refused.at(id)
                        continue
                    if batch := builder.add(id, text, path=name, language=language):
                        yield batch
            except Refused as refused:
                yield refused.at(name)
        if batch := builder.flush():
            yield batch

    def _not_read(self, file: Input, num_bytes: int) -> str | None:
        if num_bytes == 0:
            return "empty"
        too_long = num_bytes > self._config.max_document_bytes
        whole = self._config.records == "whole"
        return "oversized" if whole and too_long and not is_compressed(file.path) else None

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
