"""Finds documents by token, number or id, with binary searches in memory-mapped indexes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from corpusforge.arrays import Integers
from corpusforge.errors import InputError
from corpusforge.shards.id_index import IdIndex, read_id_index
from corpusforge.shards.index import open_index
from corpusforge.shards.manifest import ShardEntry
from corpusforge.shards.reader import ShardSet, Tokens, map_tokens


@dataclass(frozen=True)
class Document:
    """A document of a shard: its tokens, and where it comes from."""

    split: str
    source: str
    shard: str
    number: int  # counted over all documents of the `Lookup`, in the manifest's order
    token: int  # its first token, counted over all tokens of the `Lookup`
    num_tokens: int  # including the end of document
    num_bytes: int
    id: str
    path: str | None
    repository: str | None
    license: str | None
    file: str  # document file, relative to output_dir
    row: int  # in that file


@dataclass(frozen=True)
class Shard:
    """A shard, and the number of documents and tokens before it."""

    source: str
    entry: ShardEntry
    documents_before: int
    tokens_before: int


class Lookup:
    """The documents and tokens of a split, or of one source of it, counted from 0.

    For one source, tokens are numbered as in `ShardSet.stream`.
    """

    def __init__(self, shards: ShardSet, split: str, source: str | None = None) -> None:
        """Read the manifest. Each index is mapped when it is first used.

        Raises:
            InputError: no such split or source.
        """
        sources = shards.sources(split)
        if not sources or (source is not None and source not in sources):
            raise InputError(
                "the shards have no such " + ("source" if sources else "split"),
                where=str(shards.directory),
                got=source if sources and source else split,
                expected=f"one of {', '.join(sources or shards.manifest.splits)}",
            )
        self.split = split
        self._set = shards
        self.shards = tuple(_shards(shards, split, source))
        self._documents_before = [shard.documents_before for shard in self.shards]
        self._tokens_before = [shard.tokens_before for shard in self.shards]
        self._indexes: dict[Shard, Any] = {}
        self._id_indexes: dict[str, IdIndex | None] = {}

    @property
    def num_documents(self) -> int:
        last = self.shards[-1]
        return last.documents_before + last.entry.num_documents

    @property
    def num_tokens(self) -> int:
        last = self.shards[-1]
        return last.tokens_before + last.entry.num_tokens

    def document(self, number: int) -> Document:
        """The document with a number.

        Raises:
            InputError: there is no such document.
        """
        if not 0 <= number < self.num_documents:
            raise self._not_found_error(f"document {number}", f"0 to {self.num_documents - 1}")
        shard = self._shard_at(self._documents_before, number)
        return self.document_in_row(shard, number - shard.documents_before)

    def at(self, token: int) -> Document:
        """The document that contains a token.

        Raises:
            InputError: there is no such token.
        """
        if not 0 <= token < self.num_tokens:
            raise self._not_found_error(f"token {token}", f"0 to {self.num_tokens - 1}")
        shard = self._shard_at(self._tokens_before, token)
        return self.document_in_row(shard, self.row_at(shard, token - shard.tokens_before))

    def by_id(self, id: str) -> Document:
        """The document with an id.

        Raises:
            InputError: there is no such document.
        """
        for source, shards in groupby(self.shards, key=lambda shard: shard.source):
            number = self._find_id(id, source, list(shards))
            if number is not None:
                return self.document(number)
        expected = "an id, `<source>:<path or row>`, of a document in this split"
        raise self._not_found_error(id, expected)

    def _find_id(self, id: str, source: str, shards: Sequence[Shard]) -> int | None:
        """The number of the document with an id, if the source has it."""
        first = shards[0].documents_before
        if source not in self._id_indexes:
            path = self._set.id_index_path(self.split, source)
            self._id_indexes[source] = read_id_index(path, [shard.entry for shard in shards])
        numbers = self._id_indexes[source]
        if numbers is None:
            for shard in shards:
                row = int(pc.index(self.index(shard)["id"], id).as_py())
                if row >= 0:
                    return shard.documents_before + row
            return None
        # Python sorts strings by code points, which is the order of their UTF-8 bytes.
        place = bisect_left(numbers, id, key=lambda number: self._id_of(first + int(number)))
        if place < len(numbers) and self._id_of(first + int(numbers[place])) == id:
            return first + int(numbers[place])
        return None

    def _id_of(self, number: int) -> str:
        shard = self._shard_at(self._documents_before, number)
        id: str = self.index(shard)["id"][number - shard.documents_before].as_py()
        return id

    def between(self, first: int, end: int) -> Iterator[Document]:
        """The documents with a token in [first, end), in order.

        Raises:
            InputError: there are no such tokens.
        """
        document = self.at(first)
        yield document
        while document.token + document.num_tokens < end:
            document = self.document(document.number + 1)
            yield document

    def document_in_row(self, shard: Shard, row: int) -> Document:
        """The document in a row of a shard's index."""
        origin = self.index(shard).slice(row, 1).to_pylist()[0]
        start, length = origin.pop("start"), origin.pop("length")
        return Document(
            split=self.split,
            source=shard.source,
            shard=shard.entry.name,
            number=shard.documents_before + row,
            token=shard.tokens_before + start,
            num_tokens=length,
            **origin,
        )

    def row_at(self, shard: Shard, offset: int) -> int:
        """The row of the document that contains a token, counted within the shard."""
        return int(np.searchsorted(self.starts(shard), offset, side="right")) - 1

    def starts(self, shard: Shard) -> Integers:
        """The first token of each document of a shard, memory-mapped. int64[documents]."""
        starts: Integers = self.index(shard)["start"].chunk(0).to_numpy()
        return starts

    def index(self, shard: Shard) -> Any:
        """The document index of a shard, a memory-mapped Arrow table."""
        if shard not in self._indexes:
            self._indexes[shard] = open_index(self.index_path(shard))
        return self._indexes[shard]

    def path(self, shard: Shard) -> Path:
        """The token file of a shard."""
        return self._set.path(self.split, shard.source, shard.entry.name)

    def index_path(self, shard: Shard) -> Path:
        """The document index of a shard."""
        return self._set.index_path(self.split, shard.source, shard.entry.name)

    def ends(self, shard: Shard) -> Integers:
        """The end of each document of a shard, in tokens. int64[documents].

        Raises:
            InputError: the index does not match the tokens.
        """
        lengths: Integers = self.index(shard)["length"].chunk(0).to_numpy()
        ends = np.cumsum(lengths)
        if not np.array_equal(ends - lengths, self.starts(shard)) or ends[-1] != len(
            self.tokens(shard)
        ):
            raise InputError(
                "a document index does not match its tokens",
                where=str(self.index_path(shard)),
                got=f"{int(ends[-1]):,} tokens in the index",
                expected=f"{shard.entry.num_tokens:,}, each in one document",
                do="run `corpusforge verify` to see what has changed",
            )
        return ends

    def tokens(self, shard: Shard) -> Tokens:
        """All tokens of a shard, memory-mapped. uint16[tokens]."""
        return map_tokens(self.path(shard), shard.entry.num_tokens)

    def tokens_of(self, document: Document) -> Tokens:
        """The tokens of a document, memory-mapped. uint16[tokens]."""
        shard = self._shard_at(self._tokens_before, document.token)
        start = document.token - shard.tokens_before
        return self.tokens(shard)[start : start + document.num_tokens]

    def _shard_at(self, before: list[int], number: int) -> Shard:
        return self.shards[bisect_right(before, number) - 1]

    def _not_found_error(self, got: str, expected: str) -> InputError:
        return InputError(
            "there is no such document", where=f"split {self.split}", got=got, expected=expected
        )


def _shards(shards: ShardSet, split: str, source: str | None) -> Iterator[Shard]:
    documents = tokens = 0
    for name, entry in shards.sources(split).items():
        for shard in entry.shards:
            if source in (None, name):
                yield Shard(name, shard, documents, tokens)
                documents += shard.num_documents
                tokens += shard.num_tokens
