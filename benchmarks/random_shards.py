"""Shards of random tokens, for measurements that do not depend on the text."""

from pathlib import Path

import numpy as np

from corpusforge.shards.manifest import ShardEntry, SourceEntry, TokenizerEntry, shard_manifest
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import write_json
from corpusforge.storage.layout import Layout

SHARD_TOKENS = 8_000_000  # about 32 MiB of text, as `corpusforge tokenize` cuts them


def write_random_shards(
    run: Path, num_tokens: int, vocab_size: int, *, sparse: bool = False
) -> ShardSet:
    """Write a train split of three sources of equal size into the directory of a run.

    `sparse`: write files of the right length that take no space on disk.
    """
    layout = Layout(run)
    draw = np.random.default_rng(0)
    sources = {}
    for source in ("code", "docs", "prose"):
        entries: list[ShardEntry] = []
        left = num_tokens // 3
        while left:
            entry = ShardEntry(
                name=f"{len(entries):05}",
                num_tokens=min(left, SHARD_TOKENS),
                num_documents=1,
                checksum=f"random {source} {len(entries)}",
                index_checksum="",
            )
            path = layout.shards / "train" / source / f"{entry.name}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as handle:
                if sparse:
                    handle.truncate(2 * entry.num_tokens)
                else:
                    draw.integers(0, vocab_size, entry.num_tokens, np.uint16).tofile(handle)
            entries.append(entry)
            left -= entry.num_tokens
        sources[source] = SourceEntry(
            weight=1.0,
            num_documents=len(entries),
            num_tokens=num_tokens // 3,
            num_bytes=4 * (num_tokens // 3),
            shards=tuple(entries),
        )
    tokenizer = TokenizerEntry(
        type="random", fingerprint="random", vocab_size=vocab_size, end_of_document=1
    )
    manifest = shard_manifest(tokenizer, {"train": sources})
    write_json(layout.shard_manifest, manifest.model_dump(mode="json"))
    return ShardSet(layout.shards)
