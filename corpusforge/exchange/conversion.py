"""Convert one token file of another tool to one shard, adding missing end-of-document tokens."""

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.errors import InputError
from corpusforge.exchange.token_file import ForeignTokenFile
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
    """The split and source that a file's tokens go to, and their licence if it is known."""

    split: str
    source: str
    license: str | None


@dataclass(frozen=True)
class CheckedFile:
    """A token file that has been read and can become a shard."""

    file: ForeignTokenFile
    ends: Lengths  # of its documents, in tokens
    is_closed: npt.NDArray[np.bool_]  # whether a document already ends with end-of-document
    made_from: str


def check(
    file: ForeignTokenFile, origin: Origin, tokenizer: Tokenizer, exported: Mapping[Path, str]
) -> CheckedFile:
    """Read a token file and the document index next to it, without writing anything.

    `exported` has the checksums of the files if `export_shards` wrote them.

    Memory: a block of tokens, and nine bytes per document.

    Raises:
        InputError: a token is outside the vocabulary, a file has changed since it was exported, or
            the index belongs to another token file.
    """
    index = _index_path(file)
    sums = [_checksum(path, exported) for path in (file.path, index) if path.is_file()]
    blocks = range(0, len(file.tokens), _BLOCK)
    marks = [_ends_in(file, start, tokenizer) for start in blocks]
    given = [] if file.ends is None else [file.ends]
    ends = np.unique(np.concatenate([*marks, [len(file.tokens)], *given]))
    ends = ends[ends > 0]
    if index.is_file():
        _check_index(index, ends)
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
    """Write a token file as the shard `name`, or link it if the shard has the same bytes.

    If there is no document index, ids count documents from `first_document`.

    Memory: a block of tokens, and the rows of the document index.
    """
    file, ends = checked.file, checked.ends
    made_from = fingerprint(checked.made_from, first_document)
    directory = layout.shards / origin.split / origin.source
    if finished := finished_shard(directory, name, made_from):
        return finished
    end = tokenizer.end_of_document
    lengths = np.diff(ends, prepend=0)
    rows = _origin_rows(file, ends, first_document, origin, tokenizer)
    if file.tokens.dtype == TOKEN and checked.is_closed.all():
        link_or_copy(file.path, directory / f"{name}.bin")
        checksum = file_checksum(directory / f"{name}.bin")
        return write_shard_index(directory, name, lengths, rows, made_from, checksum)
    with ShardWriter(directory, name, tokenizer.vocab_size, end) as shard:
        for documents, tokens in _runs(file, ends):
            shard.append(tokens[tokens != end], (lengths - checked.is_closed)[documents])
        return shard.close(rows, made_from)


def _index_path(file: ForeignTokenFile) -> Path:
    return file.path.with_suffix(".docs.arrow")


def _checksum(path: Path, exported: Mapping[Path, str]) -> str:
    checksum = exported.get(path)
    if checksum is None:
        return file_checksum(path)
    if problem := checksum_problem(path, checksum, since="exported", do="export the shards again"):
        raise problem
    return checksum


def _ends_in(file: ForeignTokenFile, start: int, tokenizer: Tokenizer) -> Lengths:
    """Return where end-of-document tokens end documents in the block that begins at `start`."""
    block = np.asarray(file.tokens[start : start + _BLOCK])
    if int(block.min()) < 0 or int(block.max()) >= tokenizer.vocab_size:
        wrong = int(np.flatnonzero((block < 0) | (block >= tokenizer.vocab_size))[0])
        raise InputError(
            "a token is outside the vocabulary",
            where=f"{file.path}, token {start + wrong:,}",
            got=f"id {int(block[wrong])}",
            expected=f"0 to {tokenizer.vocab_size - 1}",
            do="give the tokenizer that made these tokens with --tokenizer",
        )
    return start + 1 + np.flatnonzero(block == tokenizer.end_of_document)


def _runs(file: ForeignTokenFile, ends: Lengths) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield runs of one or more documents with about `_BLOCK` tokens, and their tokens."""
    first = start = 0
    while first < len(ends):
        last = max(first + 1, int(np.searchsorted(ends, start + _BLOCK, "right")))
        end = int(ends[last - 1])
        yield slice(first, last), np.asarray(file.tokens[start:end])
        first, start = last, end


def _starts(ends: Lengths) -> Lengths:
    return np.concatenate([[0], ends[:-1]])


def _check_index(path: Path, ends: Lengths) -> None:
    index = open_index(path)
    if not np.array_equal(index["start"].to_numpy(), _starts(ends)):
        raise InputError(
            "a document index does not belong to its token file",
            where=str(path),
            got=f"{index.num_rows:,} documents",
            expected=f"{len(ends):,} documents, with the starts that the token file has",
            do="remove the index to import the tokens without it",
        )


def _origin_rows(
    file: ForeignTokenFile,
    ends: Lengths,
    first_document: int,
    origin: Origin,
    tokenizer: Tokenizer,
) -> pa.Table:
    """Return the index columns of each document: from the exported index, or else the defaults."""
    index = _index_path(file)
    if index.is_file():
        return open_index(index).select(list(ORIGIN_COLUMNS)).combine_chunks()
    rows = np.arange(len(ends))
    numbers = pa.array(rows + first_document).cast("string")
    return pa.table(
        {
            "num_bytes": _text_bytes(file, ends, tokenizer),
            "id": pc.binary_join_element_wise(origin.source, numbers, ":"),
            "path": pa.nulls(len(rows), pa.string()),
            "repository": pa.nulls(len(rows), pa.string()),
            "license": pa.repeat(pa.scalar(origin.license, pa.string()), len(rows)),
            "file": pa.repeat(pa.scalar(file.path.name), len(rows)),
            "row": rows,
        }
    )


def _text_bytes(file: ForeignTokenFile, ends: Lengths, tokenizer: Tokenizer) -> Lengths:
    """Return the bytes of text in each document: int64[documents]."""
    sizes = tokenizer.token_bytes().astype(np.int64)
    starts = _starts(ends)
    counts = np.empty(len(ends), np.int64)
    for documents, tokens in _runs(file, ends):
        counts[documents] = np.add.reduceat(
            sizes[tokens], starts[documents] - starts[documents.start]
        )
    return counts
