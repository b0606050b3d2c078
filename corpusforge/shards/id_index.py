"""The documents of a source in the order of their ids: an id is found in a few steps.

`shards/<split>/<source>/ids.arrow` is an Arrow file with one column, `document`: numbers of the
source's documents in that split, counted over its shards, sorted by the bytes of their ids. It is
made from the document indexes and stamped with their checksums; where it is missing or older than
they are, look-ups scan.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.shards.index import open_index, open_mapped, write_mapped
from corpusforge.shards.manifest import ShardEntry, SourceEntry
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import fingerprint

Order = npt.NDArray[np.uint32]

_FINGERPRINT = b"fingerprint"


def write_orders(shards: ShardSet) -> None:
    """Write the order of every source in every split, where it does not stand already."""
    for split, sources in shards.manifest.splits.items():
        for source, entry in sources.items():
            path = shards.order_path(split, source)
            if read_order(path, entry.shards) is not None:
                continue
            order = sorted_by_id(ids_of(shards, split, source, entry))
            metadata = {_FINGERPRINT: _stamp(entry.shards)}
            write_mapped(path, pa.table({"document": order}).replace_schema_metadata(metadata))


def ids_of(shards: ShardSet, split: str, source: str, entry: SourceEntry) -> pa.ChunkedArray:
    """The ids of a source's documents in a split, mapped."""
    indexes = [open_index(shards.index_path(split, source, shard.name)) for shard in entry.shards]
    return pa.chunked_array([chunk for index in indexes for chunk in index["id"].chunks])


def sorted_by_id(ids: pa.ChunkedArray) -> Order:
    """Document numbers in the order of their ids: uint32[documents]."""
    order: Order = pc.sort_indices(ids).to_numpy().astype(np.uint32)
    return order


def read_order(path: Path, shards: Sequence[ShardEntry]) -> Order | None:
    """The order of the documents of these shards, mapped: uint32[documents]; None where there is
    none, or one of other shards."""
    try:
        table = open_mapped(path)
    except (OSError, pa.ArrowInvalid):
        return None
    documents = sum(shard.num_documents for shard in shards)
    metadata = table.schema.metadata or {}
    if metadata.get(_FINGERPRINT) != _stamp(shards) or table.num_rows != documents:
        return None
    order: Order = table["document"].chunk(0).to_numpy()
    return order


def _stamp(shards: Sequence[ShardEntry]) -> bytes:
    return fingerprint("order", [shard.index_checksum for shard in shards]).encode()
