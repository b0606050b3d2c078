"""Part files: Parquet files with one row per document, stamped with what made them."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpusforge.arrays import Integers
from corpusforge.config import Frozen
from corpusforge.errors import RunError
from corpusforge.storage.files import atomic_path, file_checksum

_STAMP = b"corpusforge"
_COMPRESSION = "zstd"


class PartEntry(Frozen):
    """A part file as manifests name it."""

    name: str  # <source>-00000, the same for documents, facts and verdicts
    source: str
    rows: int
    num_bytes: int  # of the file
    checksum: str  # xxh3-128 of the file
    counts: dict[str, int]  # what its maker counted


@dataclass
class PartWriter:
    """Writes one part file; made by `write_part`."""

    _writer: pq.ParquetWriter
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def write(self, rows: pa.Table | pa.RecordBatch) -> None:
        """Append rows as one row group."""
        if isinstance(rows, pa.RecordBatch):
            rows = pa.Table.from_batches([rows])
        self._writer.write_table(rows, row_group_size=max(rows.num_rows, 1))
        self.rows += rows.num_rows


@contextmanager
def write_part(
    path: Path, schema: pa.Schema, fingerprint: str, base: str | None = None
) -> Iterator[PartWriter]:
    """Write a part file. It appears when the block ends, stamped with `fingerprint` and the counts.

    `base` is the fingerprint of the inputs that affect each row separately: see `part_base`.
    """
    dictionary = [f.name for f in schema if f.name in ("source", "repository", "license", "reason")]
    with atomic_path(path) as temporary:
        writer = pq.ParquetWriter(
            temporary,
            schema,
            compression=_COMPRESSION,
            use_dictionary=dictionary,
            write_statistics=False,
        )
        with writer:
            part = PartWriter(writer)
            yield part
            stamp = {"fingerprint": fingerprint, "counts": dict(sorted(part.counts.items()))}
            if base is not None:
                stamp["base"] = base
            writer.add_key_value_metadata({_STAMP: json.dumps(stamp, sort_keys=True).encode()})


def finished_part(path: Path, source: str, fingerprint: str) -> PartEntry | None:
    """The entry of a part file that exists and has this fingerprint, else None."""
    metadata, stamp = _read_stamp(path)
    if metadata is None or stamp.get("fingerprint") != fingerprint:
        return None
    return PartEntry(
        name=path.stem,
        source=source,
        rows=metadata.num_rows,
        num_bytes=path.stat().st_size,
        checksum=file_checksum(path),
        counts=stamp["counts"],
    )


def part_base(path: Path) -> str | None:
    """The `base` that a part file was written with. Its rows stay valid while `base` is the same.

    None if the file is missing or has none.
    """
    base: str | None = _read_stamp(path)[1].get("base")
    return base


def _read_stamp(path: Path) -> tuple[pq.FileMetaData | None, dict[str, Any]]:
    try:
        metadata = pq.read_metadata(path)
    except (FileNotFoundError, pa.ArrowInvalid):
        return None, {}
    return metadata, json.loads((metadata.metadata or {}).get(_STAMP, b"{}"))


def part_entry(path: Path, source: str, fingerprint: str) -> PartEntry:
    """The entry of a part file that has just been written."""
    entry = finished_part(path, source, fingerprint)
    assert entry is not None, f"{path} was written without its stamp"
    return entry


@contextmanager
def _open(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        # Not pq.read_table, which imports Arrow's data sets first: 0.3 s.
        with pq.ParquetFile(path, pre_buffer=False) as file:
            yield file
    except (OSError, pa.ArrowInvalid) as error:
        raise damaged(path, error) from error


def column_names(path: Path) -> list[str]:
    """Return the columns of a part file.

    Raises:
        RunError: the file is missing or damaged.
    """
    with _open(path) as file:
        return list(file.schema_arrow.names)


def read_batches(path: Path, columns: Iterable[str]) -> Iterator[pa.Table]:
    """Yield the row groups of a part file, in order, with these columns only.

    Raises:
        RunError: the file is missing or damaged.
    """
    with _open(path) as file:
        for index in range(file.num_row_groups):
            yield file.read_row_group(index, columns=list(columns), use_threads=False)


def read_rows(path: Path, columns: Iterable[str]) -> pa.Table:
    """Read these columns of a whole part file.

    Raises:
        RunError: the file is missing or damaged.
    """
    with _open(path) as file:
        return file.read(columns=list(columns), use_threads=False)


def read_some(path: Path, columns: Iterable[str], rows: Integers) -> Iterator[pa.Table]:
    """Yield some rows of a part file, given in ascending order.

    Raises:
        RunError: the file is missing or damaged.
    """
    with _open(path) as file:
        for group, inside in _groups_with(file, list(columns), rows):
            yield group if len(inside) == len(group) else group.take(pa.array(inside))


def read_records(
    path: Path, rows: Sequence[int], without: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Read a few rows of a part file, in any order, as dictionaries.

    Raises:
        RunError: the file is missing or damaged, or has no such row.
    """
    wanted = np.array(sorted(set(rows)))
    found: list[dict[str, Any]] = []
    with _open(path) as file:
        columns = [name for name in file.schema_arrow.names if name not in without]
        for group, inside in _groups_with(file, columns, wanted):
            # Not `take`, which imports pandas: 0.1 s.
            found += [group.slice(row, 1).to_pylist()[0] for row in inside.tolist()]
    if len(found) < len(wanted):
        raise damaged(path, IndexError(f"no row {wanted[len(found)]}"))
    return [found[place] for place in np.searchsorted(wanted, rows)]


def _groups_with(
    file: pq.ParquetFile, columns: list[str], rows: Integers
) -> Iterator[tuple[pa.Table, Integers]]:
    """Yield each row group that has some of the ascending `rows`, and their places in it."""
    first = 0
    for index in range(file.num_row_groups):
        end = first + file.metadata.row_group(index).num_rows
        inside = rows[np.searchsorted(rows, first) : np.searchsorted(rows, end)] - first
        if len(inside):
            yield file.read_row_group(index, columns=columns, use_threads=False), inside
        first = end


def remove_stale(directory: Path, names: set[str]) -> None:
    """Remove all files in `directory` except the named ones; an earlier configuration left them."""
    for path in directory.glob("[!.]*"):
        if path.stem not in names:
            path.unlink()


def damaged(path: Path, error: Exception) -> RunError:
    return RunError(
        "a file of the corpus is missing or damaged",
        where=str(path),
        got=str(error).splitlines()[0],
        do="remove it and run `corpusforge build` again; it writes what is missing",
    )
