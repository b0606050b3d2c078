"""From a token to its document and back: binary searches in memory maps, nothing held."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from corpusforge.errors import InputError
from corpusforge.shards.id_index import Order, read_order
from corpusforge.shards.index import open_index
from corpusforge.shards.manifest import ShardEntry
from corpusforge.shards.reader import ShardSet, Tokens, map_tokens


@dataclass(frozen=True)
class Document:
    """One document of a shard: where it stands, and where it came from."""

    split: str
    source: str
    shard: str
    number: int  # among the documents that the look-up covers, in the manifest's order
    token: int  # its first token, counted likewise
    num_tokens: int  # the end of the document included
    num_bytes: int
    id: str
    path: str | None
    repository: str | None
    license: str | None
    file: str  # document file, under output_dir
    row: int  # in that file


@dataclass(frozen=True)
class Shard:
    """One shard, and how many documents and tokens stand before it."""

    source: str
    entry: ShardEntry
    documents_before: int
    tokens_before: int


class Lookup:
    """Documents and tokens of one split, or of one source of it, counted from 0.

    Counted over one source, tokens are those of `ShardSet.stream`.
    """

    def __init__(self, shards: ShardSet, split: str, source: str | None = None) -> None:
        """Read the manifest; indexes are mapped when they are first asked.

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
        self._orders: dict[str, Order | None] = {}

    @property
    def num_documents(self) -> int:
        last = self.shards[-1]
        return last.documents_before + last.entry.num_documents

    @property
    def num_tokens(self) -> int:
        last = self.shards[-1]
        return last.tokens_before + last.entry.num_tokens

    def document(self, number: int) -> Document:
        """The document of a number.

        Raises:
            InputError: there is no such document.
        """
        if not 0 <= number < self.num_documents:
            raise self._nothing(f"document {number}", f"0 to {self.num_documents - 1}")
        shard = self._shard(self._documents_before, number)
        return self.row(shard, number - shard.documents_before)

    def at(self, token: int) -> Document:
        """The document that a token belongs to.

        Raises:
            InputError: there is no such token.
        """
        if not 0 <= token < self.num_tokens:
            raise self._nothing(f"token {token}", f"0 to {self.num_tokens - 1}")
        shard = self._shard(self._tokens_before, token)
        return self.row(shard, self.row_at(shard, token - shard.tokens_before))

    def by_id(self, id: str) -> Document:
        """The document of an id.

        Raises:
            InputError: there is no such document.
        """
        for source, shards in groupby(self.shards, key=lambda shard: shard.source):
            number = self._number(id, source, list(shards))
            if number is not None:
                return self.document(number)
        raise self._nothing(id, "an id, `<source>:<path or row>`, of a document in this split")

    def _number(self, id: str, source: str, shards: Sequence[Shard]) -> int | None:
        """The number of the document that has an id, among those of one source."""
        first = shards[0].documents_before
        if source not in self._orders:
            path = self._set.order_path(self.split, source)
            self._orders[source] = read_order(path, [shard.entry for shard in shards])
        order = self._orders[source]
        if order is None:
            for shard in shards:
                row = int(pc.index(self.index(shard)["id"], id).as_py())
                if row >= 0:
                    return shard.documents_before + row
            return None
        # UTF-8 sorts its bytes as Python sorts code points.
        place = bisect_left(order, id, key=lambda number: self._id(first + int(number)))
        if place < len(order) and self._id(first + int(order[place])) == id:
            return first + int(order[place])
        return None

    def _id(self, number: int) -> str:
        shard = self._shard(self._documents_before, number)
        id: str = self.index(shard)["id"][number - shard.documents_before].as_py()
        return id

    def between(self, first: int, end: int) -> Iterator[Document]:
        """The documents that have a token in [first, end), in order.

        Raises:
            InputError: there are no such tokens.
        """
        document = self.at(first)
        yield document
        while document.token + document.num_tokens < end:
            document = self.document(document.number + 1)
            yield document

    def row(self, shard: Shard, row: int) -> Document:
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
        """The row of the document that a shard's token belongs to."""
        return int(np.searchsorted(self.starts(shard), offset, side="right")) - 1

    def starts(self, shard: Shard) -> npt.NDArray[np.int64]:
        """The first token of each of a shard's documents, mapped: int64[documents]."""
        starts: npt.NDArray[np.int64] = self.index(shard)["start"].chunk(0).to_numpy()
        return starts

    def index(self, shard: Shard) -> Any:
        """A shard's document index, as an Arrow table that is mapped and not read."""
        if shard not in self._indexes:
            self._indexes[shard] = open_index(self.index_path(shard))
        return self._indexes[shard]

    def path(self, shard: Shard) -> Path:
        """The token file of a shard."""
        return self._set.path(self.split, shard.source, shard.entry.name)

    def index_path(self, shard: Shard) -> Path:
        """The document index of a shard."""
        return self._set.index_path(self.split, shard.source, shard.entry.name)

    def ends(self, shard: Shard) -> npt.NDArray[np.int64]:
        """Where each of a shard's documents ends: int64[documents].

        Raises:
            InputError: the index and the tokens do not belong together.
        """
        lengths: npt.NDArray[np.int64] = self.index(shard)["length"].chunk(0).to_numpy()
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
        """All tokens of a shard, mapped: uint16[tokens]."""
        return map_tokens(self.path(shard), shard.entry.num_tokens)

    def tokens_of(self, document: Document) -> Tokens:
        """A document's tokens, mapped: uint16[tokens]."""
        shard = self._shard(self._tokens_before, document.token)
        start = document.token - shard.tokens_before
        return self.tokens(shard)[start : start + document.num_tokens]

    def _shard(self, before: list[int], number: int) -> Shard:
        return self.shards[bisect_right(before, number) - 1]

    def _nothing(self, got: str, expected: str) -> InputError:
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
