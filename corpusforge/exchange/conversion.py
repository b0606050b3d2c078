"""One token file of another tool → one shard, each document closed by its end."""

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.errors import InputError
from corpusforge.exchange.token_file import TokenFile
from corpusforge.shards.index import ORIGIN_COLUMNS, open_index
from corpusforge.shards.reader import TOKEN
from corpusforge.shards.writer import ShardWriter, WrittenShard, finished_shard, write_shard_index
from corpusforge.storage.files import checksum_problem, file_checksum, fingerprint, link_or_copy
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.tokenizer import Tokenizer

_BLOCK = 1 << 22  # tokens

Lengths = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Origin:
    """Where a file's tokens belong, and what is known of them beforehand."""

    split: str
    source: str
    license: str | None


@dataclass(frozen=True)
class CheckedFile:
    """A token file that can become a shard, as far as reading it tells."""

    file: TokenFile
    ends: Lengths  # of its documents, in tokens
    is_closed: npt.NDArray[np.bool_]  # whether the end of a document is there already
    made_from: str


def check(
    file: TokenFile, origin: Origin, tokenizer: Tokenizer, exported: Mapping[Path, str]
) -> CheckedFile:
    """Read a token file and the index beside it; nothing is written.

    `exported` has the checksums of the files that an export of ours wrote.

    Memory: a block of tokens, and nine bytes a document.

    Raises:
        InputError: a token is outside the vocabulary, a file has changed since it was exported, or
            the index beside the tokens is another's.
    """
    beside = _index_beside(file)
    sums = [_checksum(path, exported) for path in (file.path, beside) if path.is_file()]
    marks = [_ends_in(file, start, block, tokenizer) for start, block in _blocks(file)]
    ends = np.unique(np.concatenate([*marks, [len(file.tokens)], *_given_ends(file)]))
    ends = ends[ends > 0]
    if beside.is_file():
        _check_index(beside, ends)
    is_closed = np.asarray(file.tokens[ends - 1] == tokenizer.end_of_document)
    made_from = fingerprint("import", tokenizer.fingerprint, astuple(origin), sums)
    return CheckedFile(file, ends, is_closed, made_from)


def convert(
    checked: CheckedFile,
    name: str,
    first_document: int,
    origin: Origin,
    layout: Layout,
    tokenizer: Tokenizer,
) -> WrittenShard:
    """Make a token file the shard of a name; linked, where its bytes are what we would write.

    Documents that no index names are numbered from `first_document` on.

    Memory: a block of tokens, and the rows of the document index.
    """
    file, ends = checked.file, checked.ends
    made_from = fingerprint(checked.made_from, first_document)
    directory = layout.shards / origin.split / origin.source
    if finished := finished_shard(directory, name, made_from):
        return finished
    end = tokenizer.end_of_document
    starts = _starts(ends)
    rows = _origin_rows(file, starts, ends, first_document, origin, tokenizer)
    if file.tokens.dtype == TOKEN and checked.is_closed.all():
        link_or_copy(file.path, directory / f"{name}.bin")
        checksum = file_checksum(directory / f"{name}.bin")
        return write_shard_index(directory, name, ends - starts, rows, made_from, checksum)
    with ShardWriter(directory, name, tokenizer.vocab_size, end) as shard:
        for first, last in _runs(ends):
            block = np.asarray(file.tokens[starts[first] : ends[last - 1]])
            lengths = ends[first:last] - starts[first:last] - checked.is_closed[first:last]
            shard.append(block[block != end], lengths)
        return shard.close(rows, made_from)


def _index_beside(file: TokenFile) -> Path:
    return file.path.with_suffix(".docs.arrow")


def _checksum(path: Path, exported: Mapping[Path, str]) -> str:
    checksum = exported.get(path)
    if checksum is None:
        return file_checksum(path)
    if problem := checksum_problem(path, checksum, since="exported", do="export the shards again"):
        raise problem
    return checksum


def _blocks(file: TokenFile) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(file.tokens), _BLOCK):
        yield start, np.asarray(file.tokens[start : start + _BLOCK])


def _ends_in(file: TokenFile, start: int, block: np.ndarray, tokenizer: Tokenizer) -> Lengths:
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


def _starts(ends: Lengths) -> Lengths:
    return np.concatenate([[0], ends[:-1]])


def _check_index(path: Path, ends: Lengths) -> None:
    index = open_index(path)
    if not np.array_equal(index["start"].to_numpy(), _starts(ends)):
        raise InputError(
            "the document index beside a token file is not its own",
            where=str(path),
            got=f"{index.num_rows:,} documents",
            expected=f"{len(ends):,}, which begin where the token file says",
            do="remove it to import the tokens alone",
        )


def _origin_rows(
    file: TokenFile,
    starts: Lengths,
    ends: Lengths,
    first_document: int,
    origin: Origin,
    tokenizer: Tokenizer,
) -> pa.Table:
    """What the index says of each document: as our export left it, or as far as can be told."""
    beside = _index_beside(file)
    if beside.is_file():
        return open_index(beside).select(list(ORIGIN_COLUMNS)).combine_chunks()
    rows = np.arange(len(starts))
    numbers = pa.array(rows + first_document).cast("string")
    return pa.table(
        {
            "num_bytes": _text_bytes(file, starts, ends, tokenizer),
            "id": pc.binary_join_element_wise(origin.source, numbers, ":"),
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
