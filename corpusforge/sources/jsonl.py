"""JSON Lines: plain files are cut at line ends and read in parallel, compressed files are streamed.

A row is a line. Blank lines are skipped without a reject, but they are numbered and count towards
`max_rows`.
"""

import codecs
import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa

from corpusforge.config import JsonlSource
from corpusforge.sources.inputs import Input, find_files
from corpusforge.sources.lines import line_ranges, split_lines
from corpusforge.sources.records import read_record
from corpusforge.sources.refusal import Refused
from corpusforge.sources.rowfiles import plan_row_files
from corpusforge.sources.source import Unit
from corpusforge.sources.streams import COMPRESSIONS, is_compressed, read_blocks, read_range
from corpusforge.storage.documents import DocumentBuilder, Reject
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

    def read(self, unit: Unit) -> Iterator[pa.RecordBatch | Reject]:
        name: str = unit.spec["name"]
        number: int = unit.spec["first_line"]
        builder = DocumentBuilder()
        try:
            for line in self._lines(unit):
                try:
                    if batch := self._add(builder, line, name, number):
                        yield batch
                except Refused as refused:
                    yield refused.at(name, number)
                number += 1
        except Refused as refused:
            yield refused.at(name, number)
        if batch := builder.flush():
            yield batch

    def _plan_file(
        self, file: Input, part_bytes: int, max_rows: int | None
    ) -> tuple[list[Unit], int]:
        plan_file = self._plan_stream if is_compressed(file.path) else self._plan_ranges
        return plan_file(file, part_bytes, max_rows)

    def _plan_ranges(
        self, file: Input, part_bytes: int, max_rows: int | None
    ) -> tuple[list[Unit], int]:
        ranges = list(line_ranges(file.path, part_bytes, max_rows))
        units = [
            Unit(
                spec={
                    "path": str(file.path),
                    "name": file.name,
                    "start": lines.start,
                    "end": lines.end,
                    "first_line": lines.first_line,
                    "max_rows": None,
                },
                checksum=fingerprint(file.name, lines.first_line, lines.checksum),
                num_bytes=lines.end - lines.start,
            )
            for lines in ranges
        ]
        return units, sum(lines.num_lines for lines in ranges)

    def _plan_stream(
        self, file: Input, part_bytes: int, max_rows: int | None
    ) -> tuple[list[Unit], int]:
        unit = Unit(
            spec={
                "path": str(file.path),
                "name": file.name,
                "start": 0,
                "end": None,
                "first_line": 1,
                "max_rows": max_rows,
            },
            checksum=fingerprint(file.name, max_rows, file_checksum(file.path)),
            num_bytes=file.path.stat().st_size,
        )
        rows = 0
        if max_rows is not None:
            # A damaged file is reported when it is read.
            with contextlib.suppress(Refused):
                for _ in self._lines(unit):
                    rows += 1
        return [unit], rows

    def _lines(self, unit: Unit) -> Iterator[bytes | None]:
        spec = unit.spec
        path = Path(spec["path"])
        if is_compressed(path):
            blocks = read_blocks(path)
        else:
            blocks = read_range(path, spec["start"], spec["end"])
        max_line_bytes = _ESCAPED * self._config.max_document_bytes + _OTHER_KEYS_BYTES
        return itertools.islice(split_lines(blocks, max_line_bytes), spec["max_rows"])

    def _add(
        self, builder: DocumentBuilder, line: bytes | None, name: str, number: int
    ) -> pa.RecordBatch | None:
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
        id, row = read_record(record, self._config)
        return builder.add(id or f"{name}:{number}", **row, path=name)
