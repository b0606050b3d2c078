"""The id index of a source: its document numbers sorted by id, so that an id is found by bisection.

`shards/<split>/<source>/ids.arrow` is an Arrow file with one column, `document`. The numbers count
the source's documents in that split over all its shards, and are sorted by the UTF-8 bytes of the
ids. The file is made from the document indexes and stamped with a fingerprint of their checksums;
if it is missing or the checksums differ, look-ups scan the document indexes.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.shards.index import map_arrow_file, open_index, write_arrow_file
from corpusforge.shards.manifest import ShardEntry, SourceEntry
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import fingerprint

IdIndex = npt.NDArray[np.uint32]

_FINGERPRINT = b"fingerprint"


def write_id_indexes(shards: ShardSet) -> None:
    """Write the id index of every source in every split, unless it is up to date."""
    for split, sources in shards.manifest.splits.items():
        for source, entry in sources.items():
            path = shards.id_index_path(split, source)
            if read_id_index(path, entry.shards) is not None:
                continue
            numbers = build_id_index(shards, split, source, entry)
            metadata = {_FINGERPRINT: _fingerprint(entry.shards)}
            table = pa.table({"document": numbers}).replace_schema_metadata(metadata)
            write_arrow_file(path, table)


def build_id_index(shards: ShardSet, split: str, source: str, entry: SourceEntry) -> IdIndex:
    """Sort the documents of a source in a split by id. uint32[documents]."""
    indexes = [open_index(shards.index_path(split, source, shard.name)) for shard in entry.shards]
    ids = pa.chunked_array([chunk for index in indexes for chunk in index["id"].chunks])
    numbers: IdIndex = pc.sort_indices(ids).to_numpy().astype(np.uint32)
    return numbers


def read_id_index(path: Path, shards: Sequence[ShardEntry]) -> IdIndex | None:
    """Map the id index of these shards. uint32[documents].

    Returns None if the file is missing, damaged, or was made from other shards.
    """
    try:
        table = map_arrow_file(path)
    except (OSError, pa.ArrowInvalid):
        return None
    num_documents = sum(shard.num_documents for shard in shards)
    metadata = table.schema.metadata or {}
    if metadata.get(_FINGERPRINT) != _fingerprint(shards) or table.num_rows != num_documents:
        return None
    numbers: IdIndex = table["document"].chunk(0).to_numpy()
    return numbers


def _fingerprint(shards: Sequence[ShardEntry]) -> bytes:
    # "order" is in every existing file.
    return fingerprint("order", [shard.index_checksum for shard in shards]).encode()
