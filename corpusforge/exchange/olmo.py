"""Dolma and OLMo: raw tokens in `.npy` (not NumPy's format), and rows in `.csv.gz`.

github.com/allenai/dolma, dolma/tokenizer/memmap_writer.py
"""

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path

from corpusforge.shards.lookup import Lookup, Shard
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import atomic_writer, link_or_copy

SUFFIX = ".npy"
_ROWS = 1 << 16


def export(shards: ShardSet, output: Path) -> None:
    """Write two files per shard. A row is start, end, id, src (document file), loc (row from 1)."""
    for split in shards.manifest.splits:
        lookup = Lookup(shards, split)
        for shard in lookup.shards:
            path = output / split / shard.source / f"{shard.entry.name}{SUFFIX}"
            link_or_copy(lookup.path(shard), path)
            link_or_copy(lookup.index_path(shard), path.with_suffix(".docs.arrow"))
            _write_rows(lookup, shard, path.with_suffix(".csv.gz"))


def _write_rows(lookup: Lookup, shard: Shard, path: Path) -> None:
    with (
        atomic_writer(path) as handle,
        # The header has no name and no time, so that equal shards have equal bytes.
        gzip.GzipFile("", "wb", 6, handle, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        csv.writer(text, lineterminator="\n").writerows(_rows(lookup, shard))


def _rows(lookup: Lookup, shard: Shard) -> Iterator[tuple[int, int, str, str, int]]:
    columns = lookup.index(shard).select(["start", "length", "id", "file", "row"])
    for batch in columns.to_batches(max_chunksize=_ROWS):
        for row in batch.to_pylist():
            end = row["start"] + row["length"]
            yield row["start"], end, row["id"], row["file"], row["row"] + 1
