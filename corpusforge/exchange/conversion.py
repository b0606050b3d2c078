"""One token file of another tool → one shard, each document closed by its end."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.errors import InputError
from corpusforge.exchange.token_file import TokenFile
from corpusforge.files import file_checksum, fingerprint, link_or_copy
from corpusforge.layout import Layout
from corpusforge.shards.index import ORIGIN, open_index, write_index
from corpusforge.shards.reader import TOKEN
from corpusforge.shards.writer import ShardWriter, WrittenShard, finished_shard, stamp
from corpusforge.tokenizer.tokenizer import Tokenizer

_BLOCK = 1 << 22  # tokens

Lengths = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Origin:
    """Where a file's tokens belong, and what is known of them beforehand."""

    split: str
    source: str
    license: str | None


def convert(
    file: TokenFile, name: str, origin: Origin, layout: Layout, tokenizer: Tokenizer
) -> WrittenShard:
    """Make a token file the shard of a name; linked, where its bytes are what we would write.

    Memory: a block of tokens, and the rows of the document index.

    Raises:
        InputError: a token is outside the vocabulary, or the index beside the file is another's.
    """
    directory = layout.shards / origin.split / origin.source
    beside = file.path.with_suffix(".docs.arrow")
    sums = [file_checksum(path) for path in (file.path, beside) if path.is_file()]
    made_from = fingerprint("import", tokenizer.fingerprint, astuple(origin), sums)
    if finished := finished_shard(directory, name, made_from):
        return finished
    end = tokenizer.end_of_document
    marks = [_check(file, start, block, tokenizer) for start, block in _blocks(file)]
    ends = np.unique(np.concatenate([*marks, [len(file.tokens)], *_given_ends(file)]))
    ends = ends[ends > 0]
    starts = np.concatenate([[0], ends[:-1]])
    is_closed = np.asarray(file.tokens[ends - 1] == end)
    rows = _origin_rows(file, starts, ends, origin, tokenizer)
    if file.tokens.dtype == TOKEN and is_closed.all():
        link_or_copy(file.path, directory / f"{name}.bin")
        checksum = file_checksum(directory / f"{name}.bin")
        path = directory / f"{name}.docs.arrow"
        write_index(path, ends - starts, rows, stamp(made_from, checksum))
        written = finished_shard(directory, name, made_from)
        assert written is not None, f"{path} was written without its stamp"
        return written
    with ShardWriter(directory, name, tokenizer.vocab_size, end) as shard:
        for first, last in _runs(ends):
            block = np.asarray(file.tokens[starts[first] : ends[last - 1]])
            lengths = ends[first:last] - starts[first:last] - is_closed[first:last]
            shard.append(block[block != end], lengths)
        return shard.close(rows, made_from)


def _blocks(file: TokenFile) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(file.tokens), _BLOCK):
        yield start, np.asarray(file.tokens[start : start + _BLOCK])


def _check(file: TokenFile, start: int, block: np.ndarray, tokenizer: Tokenizer) -> Lengths:
    """Where documents end in a block, as their ids say."""
    if int(block.min()) < 0 or int(block.max()) >= tokenizer.vocab_size:
        wrong = int(np.flatnonzero((block < 0) | (block >= tokenizer.vocab_size))[0])
        raise InputError(
            "a token is outside the vocabulary",
            where=f"{file.path}, token {start + wrong:,}",
            got=f"id {int(block[wrong])}",
            expected=f"0 to {tokenizer.vocab_size - 1}",
            do="name the tokenizer that made these tokens with --tokenizer",
        )
    return start + 1 + np.flatnonzero(block == tokenizer.end_of_document)


def _given_ends(file: TokenFile) -> list[Lengths]:
    return [] if file.ends is None else [file.ends]


def _runs(ends: Lengths) -> Iterator[tuple[int, int]]:
    """Runs of documents of about `_BLOCK` tokens, and of one document at least."""
    first = 0
    while first < len(ends):
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + _BLOCK, "right")))
        yield first, last
        first = last


def _origin_rows(
    file: TokenFile, starts: Lengths, ends: Lengths, origin: Origin, tokenizer: Tokenizer
) -> pa.Table:
    """What the index says of each document: as our export left it, or as far as can be told."""
    beside = file.path.with_suffix(".docs.arrow")
    if beside.is_file():
        index = open_index(beside)
        if not np.array_equal(index["start"].to_numpy(), starts):
            raise InputError(
                "the document index beside a token file is not its own",
                where=str(beside),
                got=f"{index.num_rows:,} documents",
                expected=f"{len(starts):,}, which begin where the token file says",
                do="remove it to import the tokens alone",
            )
        return index.select(list(ORIGIN)).combine_chunks()
    rows = np.arange(len(starts))
    return pa.table(
        {
            "num_bytes": _text_bytes(file, starts, ends, tokenizer),
            "id": pc.binary_join_element_wise(origin.source, pa.array(rows).cast("string"), ":"),
            "path": pa.nulls(len(rows), pa.string()),
            "repository": pa.nulls(len(rows), pa.string()),
            "license": pa.repeat(pa.scalar(origin.license, pa.string()), len(rows)),
            "file": pa.repeat(pa.scalar(file.path.name), len(rows)),
            "row": rows,
        }
    )


def _text_bytes(file: TokenFile, starts: Lengths, ends: Lengths, tokenizer: Tokenizer) -> Lengths:
    """How many bytes of text each document is: int64[documents]."""
    sizes = tokenizer.token_bytes().astype(np.int64)
    counts = np.empty(len(starts), np.int64)
    for first, last in _runs(ends):
        block = sizes[file.tokens[starts[first] : ends[last - 1]]]
        counts[first:last] = np.add.reduceat(block, starts[first:last] - starts[first])
    return counts
