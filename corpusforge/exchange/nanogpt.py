"""nanoGPT: `train.bin` and `val.bin`, raw uint16. Each document ends with end-of-document.

github.com/karpathy/nanoGPT, data/openwebtext/prepare.py
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from corpusforge.exchange.token_file import ForeignTokenFile, map_file
from corpusforge.shards.index import INDEX_SCHEMA
from corpusforge.shards.lookup import Lookup, Shard
from corpusforge.shards.reader import TOKEN, ShardSet
from corpusforge.storage.files import atomic_path, atomic_writer, link_or_copy

SUFFIX = ".bin"
SPLITS = {"train": "train", "val": "validation"}
_NAMES = {split: name for name, split in SPLITS.items()}


def export(shards: ShardSet, output: Path) -> None:
    """Write one file per split, with its shards end to end, and a document index."""
    for split in shards.manifest.splits:
        lookup = Lookup(shards, split)
        stem = output / _NAMES.get(split, split)
        _join([lookup.path(shard) for shard in lookup.shards], stem.with_suffix(SUFFIX))
        _join_indexes(lookup, lookup.shards, stem.with_suffix(".docs.arrow"))


def read(path: Path) -> ForeignTokenFile:
    """Read the tokens of one file. Only end-of-document tokens show where documents end.

    Raises:
        InputError: the file is missing, empty, or ends inside a token.
    """
    return ForeignTokenFile(path, map_file(path, TOKEN))


def _join(paths: Sequence[Path], target: Path) -> None:
    if len(paths) == 1:
        link_or_copy(paths[0], target)
        return
    with atomic_writer(target) as handle:
        for path in paths:
            with path.open("rb") as part:
                shutil.copyfileobj(part, handle)


def _join_indexes(lookup: Lookup, shards: Sequence[Shard], target: Path) -> None:
    with (
        atomic_path(target) as temporary,
        pa.OSFile(str(temporary), "wb") as file,
        pa.ipc.new_file(file, INDEX_SCHEMA) as writer,
    ):
        for shard in shards:
            moved = pa.array(lookup.starts(shard) + shard.tokens_before)
            index = lookup.index(shard).set_column(0, INDEX_SCHEMA.field("start"), moved)
            writer.write_table(index.replace_schema_metadata(None))
