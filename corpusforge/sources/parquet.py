"""Parquet files, cut at row groups; text goes from column to column."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from corpusforge.config import ParquetSource
from corpusforge.documents import Reject
from corpusforge.files import file_checksum, fingerprint
from corpusforge.sources.columns import ColumnDocuments
from corpusforge.sources.inputs import Input, find_files
from corpusforge.sources.records import RecordKeys
from corpusforge.sources.source import Unit

_SUFFIXES = (".parquet", ".pq")
_BATCH_BYTES = 4 << 20


class ParquetDocuments:
    """Documents of Parquet files."""

    def __init__(self, config: ParquetSource) -> None:
        self._config = config
        self._keys = RecordKeys(
            text=config.text_key,
            messages=config.messages_key,
            id=config.id_key,
            license=config.license_key,
            max_text_bytes=config.max_document_bytes,
        )

    def plan(self, part_bytes: int) -> tuple[list[Unit], list[Reject]]:
        units: list[Unit] = []
        rejects: list[Reject] = []
        rows_left = self._config.max_rows
        for file in find_files(self._config.path, _SUFFIXES):
            if rows_left == 0:
                break
            try:
                if file.path.stat().st_size == 0:
                    rejects.append(Reject(file.name, "empty", detail="a file of 0 bytes"))
                    continue
                planned = self._plan_file(file, part_bytes, rows_left)
            except (OSError, pa.ArrowInvalid) as error:
                rejects.append(Reject(file.name, "corrupt", detail=str(error)))
                continue
            units += planned
            if rows_left is not None:
                rows_left -= sum(unit.spec["num_rows"] for unit in planned)
        return units, rejects

    def read(self, unit: Unit) -> Iterator[pa.RecordBatch | Reject]:
        spec = unit.spec
        documents = ColumnDocuments(self._keys, spec["name"])
        row: int = spec["first_row"]
        end: int = row + spec["num_rows"]
        try:
            with pq.ParquetFile(spec["path"], pre_buffer=False) as file:
                for batch in file.iter_batches(
                    spec["batch_rows"], row_groups=spec["row_groups"], use_threads=False
                ):
                    yield from documents.read(batch.slice(0, end - row), row)
                    row += len(batch)
                    if row >= end:
                        break
        except (OSError, ValueError) as error:
            yield Reject(spec["name"], "corrupt", row, str(error))

    def _plan_file(self, file: Input, part_bytes: int, max_rows: int | None) -> list[Unit]:
        with pq.ParquetFile(file.path, pre_buffer=False) as opened:
            ColumnDocuments(self._keys, file.name).check(opened.schema_arrow, str(file.path))
            metadata = opened.metadata
        checksum = file_checksum(file.path)
        rows_left = metadata.num_rows if max_rows is None else min(max_rows, metadata.num_rows)
        first_row = 1
        units: list[Unit] = []
        for groups in _row_groups(metadata, part_bytes):
            held = sum(metadata.row_group(group).num_rows for group in groups)
            size = sum(metadata.row_group(group).total_byte_size for group in groups)
            num_rows = min(held, rows_left)
            if num_rows == 0:
                break
            spec = {
                "path": str(file.path),
                "name": file.name,
                "row_groups": groups,
                "first_row": first_row,
                "num_rows": num_rows,
                "batch_rows": max(1, _BATCH_BYTES * held // max(size, 1)),
            }
            key = fingerprint(file.name, checksum, groups, num_rows)
            units.append(Unit(spec, key, size * num_rows // held))
            first_row += num_rows
            rows_left -= num_rows
        return units


def _row_groups(metadata: pq.FileMetaData, part_bytes: int) -> Iterator[list[int]]:
    """Runs of row groups that hold about `part_bytes`, as they are in memory."""
    groups: list[int] = []
    num_bytes = 0
    for group in range(metadata.num_row_groups):
        groups.append(group)
        num_bytes += metadata.row_group(group).total_byte_size
        if num_bytes >= part_bytes:
            yield groups
            groups, num_bytes = [], 0
    if groups:
        yield groups
