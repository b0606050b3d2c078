"""llm.c and modded-nanogpt: a header of 256 int32, then raw uint16.

github.com/karpathy/llm.c, dev/data/data_common.py
"""

import shutil
from pathlib import Path

import numpy as np

from corpusforge.errors import InputError
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import atomic_writer, link_or_copy

SUFFIX = ".bin"
_MAGIC, _VERSION = 20240520, 1
_HEADER_NUMBERS = 256


def export(shards: ShardSet, output: Path) -> None:
    """Write one file per shard.

    Raises:
        InputError: a shard has more tokens than fit in the header.
    """
    for split in shards.manifest.splits:
        lookup = Lookup(shards, split)
        for shard in lookup.shards:
            ends = lookup.ends(shard)
            if ends[-1] >= 1 << 31:
                raise InputError(
                    "a shard has more tokens than llm.c can count",
                    where=str(lookup.path(shard)),
                    got=f"{int(ends[-1]):,} tokens",
                    expected=f"fewer than {1 << 31:,}",
                    do="export to nanogpt instead, or tokenize with a smaller corpus.part_bytes",
                )
            header = np.zeros(_HEADER_NUMBERS, "<i4")
            header[:3] = _MAGIC, _VERSION, ends[-1]
            stem = output / split / shard.source / shard.entry.name
            with (
                atomic_writer(stem.with_suffix(SUFFIX)) as handle,
                lookup.path(shard).open("rb") as tokens,
            ):
                handle.write(header.tobytes())
                shutil.copyfileobj(tokens, handle)
            link_or_copy(lookup.index_path(shard), stem.with_suffix(".docs.arrow"))
