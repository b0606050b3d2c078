"""JSON Lines: plain files are cut at line ends and read in parallel, compressed files are streamed.

A row is a line. Blank lines are skipped without a reject, but they are numbered and count towards
`max_rows`.
"""

import codecs
import contextlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from corpusforge.config import JsonlSource
from corpusforge.sources.inputs import Input, find_files
from corpusforge.sources.lines import line_ranges, split_lines
from corpusforge.sources.records import read_record
from corpusforge.sources.refusal import Refused
from corpusforge.sources.rowfiles import plan_row_files
from corpusforge.sources.source import Document, Unit, in_batches
from corpusforge.sources.streams import COMPRESSIONS, is_compressed, read_blocks, read_range
from corpusforge.storage.documents import Reject
from corpusforge.storage.files import file_checksum, fingerprint

SUFFIXES = tuple(
    kind + compression for kind in (".jsonl", ".ndjson") for compression in ("", *COMPRESSIONS)
)
# JSON may escape a character of two bytes as six (\u0416), and a line may have other keys.
_ESCAPED = 3
_OTHER_KEYS_BYTES = 64 << 10


class JsonlDocuments:
    """The documents of JSON Lines files."""

    def __init__(self, config: JsonlSource) -> None:
        self._config = config

    def plan(self, part_bytes: int) -> tuple[list[Unit], list[Reject]]:
        files = find_files(self._config.path, SUFFIXES)
        return plan_row_files(files, part_bytes, self._config.max_rows, self._plan_file)

    @in_batches
    def read(self, unit: Unit) -> Iterator[Document | Reject]:
        name: str = unit.spec["name"]
        number: int = unit.spec["first_line"]
        try:
            for line in self._lines(unit.spec):
                try:
                    if document := self._document(line, name, number):
                        yield document
                except Refused as refused:
                    yield refused.at(name, number)
                number += 1
        except Refused as refused:
            yield refused.at(name, number)

    def _plan_file(self, file: Input, part_bytes: int, max_rows: int | None) -> list[Unit]:
        spec: dict[str, Any] = {"path": str(file.path), "name": file.name}
        if is_compressed(file.path):
            spec |= {"first_line": 1, "max_rows": max_rows, "num_rows": 0}
            # A damaged file is reported when it is read.
            with contextlib.suppress(Refused):
                for _ in self._lines(spec) if max_rows else ():
                    spec["num_rows"] += 1
            checksum = fingerprint(file.name, max_rows, file_checksum(file.path))
            return [Unit(spec, checksum, file.path.stat().st_size)]
        return [
            Unit(
                spec | asdict(lines) | {"num_rows": lines.num_lines},
                checksum=fingerprint(file.name, lines.first_line, lines.checksum),
                num_bytes=lines.end - lines.start,
            )
            for lines in line_ranges(file.path, part_bytes, max_rows)
        ]

    def _lines(self, spec: Mapping[str, Any]) -> Iterator[bytes | None]:
        path = Path(spec["path"])
        if is_compressed(path):
            blocks = read_blocks(path)
        else:
            blocks = read_range(path, spec["start"], spec["end"])
        max_line_bytes = _ESCAPED * self._config.max_document_bytes + _OTHER_KEYS_BYTES
        return itertools.islice(split_lines(blocks, max_line_bytes), spec.get("max_rows"))

    def _document(self, line: bytes | None, name: str, number: int) -> Document | None:
        """Return the document in a line, or None if the line is blank."""
        if line is None:
            raise Refused("oversized", "a line far longer than max_document_bytes")
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if not line.strip():
                return None
            raise Refused("invalid-json", str(error)) from error
        return read_record(record, self._config, name, number)
