"""Megatron-LM: raw tokens in `.bin`, lengths and offsets of sequences in `.idx`.

github.com/NVIDIA/Megatron-LM, megatron/core/datasets/indexed_dataset.py
"""

import struct
from collections import defaultdict
from pathlib import Path

import numpy as np

from corpusforge.errors import InputError
from corpusforge.exchange.token_file import ForeignTokenFile, check_ends, map_file
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.reader import TOKEN, ShardSet
from corpusforge.storage.files import atomic_writer, link_or_copy, write_json

SUFFIX = ".bin"
_MAGIC, _VERSION = b"MMIDIDX\x00\x00", 1
# Magic, version, dtype code, number of sequences, number of document index entries.
_HEADER = struct.Struct("<9sQBQQ")
# Codes 6 and 7 are floats, which cannot be tokens. GPT-NeoX swaps the two codes.
_DTYPES = {1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 8: "<u2"}
_UINT16 = 8
# Keys of `--per-split-data-args-path`. All of them must be present.
_SPLITS = {"train": "train", "validation": "valid", "test": "test"}


def export(shards: ShardSet, output: Path) -> None:
    """Write a pair of files per shard, one sequence per document, and weights in `blend.json`."""
    blend: dict[str, list[str] | None] = dict.fromkeys(_SPLITS.values())
    prefixes: dict[str, list[str]] = defaultdict(list)
    for split, sources in shards.manifest.splits.items():
        lookup = Lookup(shards, split)
        for shard in lookup.shards:
            ends = lookup.ends(shard)
            stem = output / split / shard.source / shard.entry.name
            link_or_copy(lookup.path(shard), stem.with_suffix(SUFFIX))
            link_or_copy(lookup.index_path(shard), stem.with_suffix(".docs.arrow"))
            _write_index(stem.with_suffix(".idx"), ends)
            weight = sources[shard.source].weight * shard.entry.num_tokens
            prefixes[split] += [f"{weight:.15g}", stem.relative_to(output).as_posix()]
    blend |= {_SPLITS.get(split, split): pairs for split, pairs in prefixes.items()}
    write_json(output / "blend.json", blend)


def read(path: Path) -> ForeignTokenFile:
    """Read the tokens of a pair of files and the ends of its documents. `path` is either file.

    Raises:
        InputError: a file is missing, has the wrong format, or does not match the other file.
    """
    index_path, tokens_path = path.with_suffix(".idx"), path.with_suffix(SUFFIX)
    content = index_path.read_bytes() if index_path.is_file() else b""
    if len(content) < _HEADER.size:
        raise _invalid_index(index_path, f"{len(content):,} bytes")
    magic, version, code, num_sequences, num_entries = _HEADER.unpack_from(content)
    if (magic, version) != (_MAGIC, _VERSION) or code not in _DTYPES:
        raise _invalid_index(index_path, f"magic {magic!r}, version {version}, dtype code {code}")
    if len(content) != _HEADER.size + 12 * num_sequences + 8 * num_entries:
        raise _invalid_index(index_path, f"{len(content):,} bytes for {num_sequences:,} sequences")
    lengths = np.frombuffer(content, "<i4", num_sequences, _HEADER.size).astype(np.int64)
    offsets = np.frombuffer(content, "<i8", num_sequences, _HEADER.size + 4 * num_sequences)
    documents = np.frombuffer(content, "<i8", num_entries, _HEADER.size + 12 * num_sequences)
    tokens = map_file(tokens_path, _DTYPES[code])
    ends = np.cumsum(lengths)
    if not np.array_equal(offsets, (ends - lengths) * tokens.dtype.itemsize):
        raise InputError(
            "a Megatron index has gaps between its sequences",
            where=str(index_path),
            do="merge the data set with Megatron's tools/merge_datasets.py first",
        )
    if not (
        num_entries
        and documents[0] == 0
        and documents[-1] == num_sequences
        and (np.diff(documents) >= 0).all()
    ):
        raise _invalid_index(index_path, "documents whose sequences do not exist")
    # A document is a run of sequences, from its entry to the next entry.
    bounds = np.concatenate([[0], ends])[documents]
    check_ends(index_path, bounds[1:], len(tokens))
    return ForeignTokenFile(tokens_path, tokens, bounds[1:])


def _write_index(path: Path, ends: np.ndarray) -> None:
    lengths = np.diff(ends, prepend=0)
    count = len(lengths)
    with atomic_writer(path) as handle:
        handle.write(_HEADER.pack(_MAGIC, _VERSION, _UINT16, count, count + 1))
        handle.write(lengths.astype("<i4").tobytes())
        handle.write(((ends - lengths) * TOKEN.itemsize).astype("<i8").tobytes())
        handle.write(np.arange(count + 1, dtype="<i8").tobytes())


def _invalid_index(path: Path, got: str) -> InputError:
    return InputError(
        "not a Megatron index, or a damaged one",
        where=str(path),
        got=got,
        expected=f"a file of integer tokens that begins with {_MAGIC!r} and version {_VERSION}",
    )
