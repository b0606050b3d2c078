"""Parquet files, cut into units at row groups."""

import os
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from corpusforge.config import ParquetSource
from corpusforge.sources.columns import ColumnDocuments
from corpusforge.sources.inputs import Input, find_files
from corpusforge.sources.refusal import Refused
from corpusforge.sources.rowfiles import plan_row_files
from corpusforge.sources.source import Unit, cut
from corpusforge.storage.documents import Reject
from corpusforge.storage.files import file_checksum, fingerprint

_SUFFIXES = (".parquet", ".pq")
_BATCH_BYTES = 4 << 20


class ParquetDocuments:
    """The documents of Parquet files."""

    def __init__(self, config: ParquetSource) -> None:
        self._config = config

    def plan(self, part_bytes: int) -> tuple[list[Unit], list[Reject]]:
        files = find_files(self._config.path, _SUFFIXES)
        return plan_row_files(files, part_bytes, self._config.max_rows, self._plan_file)

    def read(self, unit: Unit) -> Iterator[pa.RecordBatch | Reject]:
        spec = unit.spec
        documents = ColumnDocuments(self._config, spec["name"])
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
            yield _refused(error).at(spec["name"], row)

    def _plan_file(self, file: Input, part_bytes: int, max_rows: int | None) -> list[Unit]:
        try:
            with pq.ParquetFile(file.path, pre_buffer=False) as opened:
                ColumnDocuments(self._config, file.name).check(opened.schema_arrow, str(file.path))
                metadata = opened.metadata
        except (OSError, pa.ArrowInvalid) as error:
            raise _refused(error) from None
        checksum = file_checksum(file.path)
        rows_left = metadata.num_rows if max_rows is None else min(max_rows, metadata.num_rows)
        first_row = 1
        units: list[Unit] = []
        groups = list(range(metadata.num_row_groups))
        sizes = [metadata.row_group(group).total_byte_size for group in groups]
        for part in cut(sizes, part_bytes):
            held = sum(metadata.row_group(group).num_rows for group in groups[part])
            size = sum(sizes[part])
            num_rows = min(held, rows_left)
            if num_rows == 0:
                break
            spec = {
                "path": str(file.path),
                "name": file.name,
                "row_groups": groups[part],
                "first_row": first_row,
                "num_rows": num_rows,
                "batch_rows": max(1, _BATCH_BYTES * held // max(size, 1)),
            }
            key = fingerprint(file.name, checksum, groups[part], num_rows)
            units.append(Unit(spec, key, size * num_rows // held))
            first_row += num_rows
            rows_left -= num_rows
        return units


def _refused(error: OSError | ValueError) -> Refused:
    """Return why a file, or the rest of it, cannot be read."""
    # An error number means an unreadable file, and Arrow's message then includes the whole path.
    # A damaged file has no error number.
    if isinstance(error, OSError) and error.errno:
        return Refused("unreadable", os.strerror(error.errno))
    return Refused("corrupt", str(error))
