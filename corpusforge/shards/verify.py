"""Reads shards again and compares them with what their manifest and index say."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from corpusforge.errors import InputError
from corpusforge.files import file_checksum
from corpusforge.shards.index import open_index
from corpusforge.shards.inspect import tokenizer_of
from corpusforge.shards.manifest import ShardEntry, SourceEntry
from corpusforge.shards.reader import ShardSet, Tokens, map_tokens

_BLOCK = 1 << 24


def verify_shards(shards: ShardSet) -> Iterator[InputError]:
    """Every problem of every shard: lengths, checksums, id ranges, index against tokens."""
    try:
        tokenizer_of(shards)
    except InputError as error:
        yield error
    for split, sources in shards.manifest.splits.items():
        for source, entry in sources.items():
            yield from _verify_totals(shards, split, source, entry)
            for shard in entry.shards:
                yield from _verify_shard(shards, split, source, shard)


def _verify_totals(
    shards: ShardSet, split: str, source: str, entry: SourceEntry
) -> Iterator[InputError]:
    documents = sum(shard.num_documents for shard in entry.shards)
    tokens = sum(shard.num_tokens for shard in entry.shards)
    if (documents, tokens) != (entry.num_documents, entry.num_tokens):
        yield InputError(
            "the shards of a source do not add up to its total",
            where=f"{shards.directory / 'manifest.json'}: splits.{split}.{source}",
            got=f"{documents:,} documents, {tokens:,} tokens",
            expected=f"{entry.num_documents:,} documents, {entry.num_tokens:,} tokens",
        )


def _verify_shard(
    shards: ShardSet, split: str, source: str, entry: ShardEntry
) -> Iterator[InputError]:
    path = shards.path(split, source, entry.name)
    index_path = shards.index_path(split, source, entry.name)
    try:
        tokens = map_tokens(path, entry.num_tokens)
        index = open_index(index_path)
    except InputError as error:
        yield error
        return
    for file, expected in ((path, entry.checksum), (index_path, entry.index_checksum)):
        if (checksum := file_checksum(file)) != expected:
            yield InputError(
                "a file has changed since it was written",
                where=str(file),
                got=f"checksum {checksum}",
                expected=expected,
                do="remove it and run `corpusforge tokenize` again",
            )
    described = shards.manifest.tokenizer
    largest = max(_blockwise_max(tokens), default=0)
    if largest >= described.vocab_size:
        yield InputError(
            "a token is outside the vocabulary",
            where=str(path),
            got=f"id {largest}",
            expected=f"0 to {described.vocab_size - 1}",
        )
    starts, lengths = index["start"].to_numpy(), index["length"].to_numpy()
    if len(starts) != entry.num_documents or not _is_contiguous(starts, lengths, len(tokens)):
        yield InputError(
            "the index does not cover the tokens, each once",
            where=str(index_path),
            got=f"{len(starts):,} documents, {int(lengths.sum()):,} tokens",
            expected=f"{entry.num_documents:,} documents, {entry.num_tokens:,} tokens",
        )
        return
    ends = np.concatenate(
        [
            start + np.flatnonzero(tokens[start : start + _BLOCK] == described.end_of_document)
            for start in range(0, len(tokens), _BLOCK)
        ]
    )
    if not np.array_equal(ends, starts + lengths - 1):
        yield InputError(
            "the ends of documents stand elsewhere than the index says",
            where=str(path),
            got=f"{len(ends):,} end-of-document ids",
            expected=f"{len(starts):,}, one at the end of each document",
        )


def _blockwise_max(tokens: Tokens) -> Iterator[int]:
    for start in range(0, len(tokens), _BLOCK):
        yield int(tokens[start : start + _BLOCK].max())


def _is_contiguous(
    starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], num_tokens: int
) -> bool:
    ends = np.cumsum(lengths)
    return bool(
        len(starts) > 0
        and (lengths > 0).all()
        and np.array_equal(starts, ends - lengths)
        and ends[-1] == num_tokens
    )
