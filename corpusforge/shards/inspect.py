"""Looks into shards: which document a token belongs to, and what stands in it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from corpusforge.errors import InputError
from corpusforge.shards.manifest import ShardEntry
from corpusforge.shards.reader import ShardSet, Tokens, map_tokens
from corpusforge.shards.writer import open_index
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Tokenizer


@dataclass(frozen=True)
class DocumentView:
    """One document of a shard: where it stands, where it came from, what it says."""

    split: str
    source: str
    shard: str
    number: int  # in its split, in the manifest's order of sources and shards
    token: int  # its first token, counted in its split likewise
    num_tokens: int  # the end of the document included
    num_bytes: int
    id: str
    path: str | None
    license: str | None
    file: str
    row: int
    text: str


@dataclass(frozen=True)
class _Place:
    """One shard, and how many documents and tokens stand before it in its split."""

    source: str
    entry: ShardEntry
    documents_before: int
    tokens_before: int


class Inspector:
    """Answers questions about one split, or one source of it; memory does not grow with shards."""

    def __init__(self, shards: ShardSet, split: str, source: str | None = None) -> None:
        """Open shards for inspection.

        Raises:
            InputError: no such split or source, or the tokenizer is not the one that wrote them.
        """
        self._shards = shards
        self._split = split
        sources = shards.sources(split)
        if not sources or (source is not None and source not in sources):
            there = sources or shards.manifest.splits
            raise InputError(
                "the shards have no such " + ("source" if sources else "split"),
                where=str(shards.directory),
                got=source if sources and source else split,
                expected=f"one of {', '.join(there)}",
            )
        self._places = list(_places(shards, split, source))
        self._tokenizer = tokenizer_of(shards)

    @property
    def num_documents(self) -> int:
        return sum(place.entry.num_documents for place in self._places)

    @property
    def num_tokens(self) -> int:
        return sum(place.entry.num_tokens for place in self._places)

    def document(self, number: int) -> DocumentView:
        """The document of a number, counted from 0.

        Raises:
            InputError: there is no such document.
        """
        for place in self._places:
            row = number - place.documents_before
            if 0 <= row < place.entry.num_documents:
                return self._view(place, row)
        raise self._nothing(f"document {number}", f"0 to {self.num_documents - 1}")

    def at(self, token: int) -> DocumentView:
        """The document that a token belongs to, counted from 0.

        Raises:
            InputError: there is no such token.
        """
        for place in self._places:
            offset = token - place.tokens_before
            if 0 <= offset < place.entry.num_tokens:
                starts = self._index(place)["start"].to_numpy()
                return self._view(place, int(np.searchsorted(starts, offset, side="right")) - 1)
        raise self._nothing(f"token {token}", f"0 to {self.num_tokens - 1}")

    def by_id(self, id: str) -> DocumentView:
        """The document of an id.

        Raises:
            InputError: there is no such document.
        """
        for place in self._places:
            row = pc.index(self._index(place)["id"], id).as_py()
            if row >= 0:
                return self._view(place, row)
        raise self._nothing(id, "an id, `<source>:<path or row>`, of a document in this split")

    def search(self, text: str, limit: int = 10) -> Iterator[DocumentView]:
        """Documents whose text has `text` in it, in order, `limit` at most."""
        wanted = text.encode()
        found = 0
        for place in self._places:
            tokens = self._tokens(place)
            index = self._index(place)
            starts, lengths = index["start"].to_numpy(), index["length"].to_numpy()
            for row in range(place.entry.num_documents):
                ids = tokens[starts[row] : starts[row] + lengths[row]]
                if wanted in self._tokenizer.decode_bytes(ids):
                    yield self._view(place, row)
                    found += 1
                    if found == limit:
                        return

    def _view(self, place: _Place, row: int) -> DocumentView:
        origin = self._index(place).slice(row, 1).to_pylist()[0]
        ids = self._tokens(place)[origin["start"] : origin["start"] + origin["length"]]
        return DocumentView(
            split=self._split,
            source=place.source,
            shard=place.entry.name,
            number=place.documents_before + row,
            token=place.tokens_before + origin["start"],
            num_tokens=origin["length"],
            num_bytes=origin["num_bytes"],
            id=origin["id"],
            path=origin["path"],
            license=origin["license"],
            file=origin["file"],
            row=origin["row"],
            text=self._readable(ids),
        )

    def _readable(self, ids: Tokens) -> str:
        """Text with the control tokens shown, so that dialogues can be read."""
        names = {id: CONTROL_PIECES[name] for name, id in self._tokenizer.control.items()}
        control = np.flatnonzero(np.isin(ids, list(names)))
        pieces: list[str] = []
        start = 0
        for place in control.tolist():
            pieces += [self._tokenizer.decode(ids[start:place]), names[int(ids[place])]]
            start = place + 1
        return "".join([*pieces, self._tokenizer.decode(ids[start:])])

    def _index(self, place: _Place) -> Any:
        return open_index(self._shards.index_path(self._split, place.source, place.entry.name))

    def _tokens(self, place: _Place) -> Tokens:
        path = self._shards.path(self._split, place.source, place.entry.name)
        return map_tokens(path, place.entry.num_tokens)

    def _nothing(self, got: str, expected: str) -> InputError:
        return InputError(
            "there is no such document", where=f"split {self._split}", got=got, expected=expected
        )


def find_shards(directory: Path) -> ShardSet:
    """The shards at a path, be it the shard directory or the run's."""
    inner = directory / "shards"
    return ShardSet(inner if (inner / "manifest.json").is_file() else directory)


def tokenizer_of(shards: ShardSet) -> Tokenizer:
    """The tokenizer that wrote the shards.

    Raises:
        InputError: it is not there, or is another one.
    """
    tokenizer = load_tokenizer(shards.directory.parent)
    expected = shards.manifest.tokenizer.fingerprint
    if tokenizer.fingerprint != expected:
        raise InputError(
            "the tokenizer is not the one that wrote the shards",
            where=str(shards.directory),
            got=tokenizer.fingerprint,
            expected=expected,
            do="run `corpusforge tokenize` again",
        )
    return tokenizer


def summary_text(shards: ShardSet) -> str:
    """A table of what the shards hold."""
    described = shards.manifest.tokenizer
    lines = [
        f"{described.type} tokenizer, {described.vocab_size:,} pieces",
        f"{'split':<12}{'source':<24}{'documents':>11}{'tokens':>14}{'bytes/token':>13}",
    ]
    for split, sources in shards.manifest.splits.items():
        for name, entry in sources.items():
            lines.append(
                f"{split:<12}{name:<24}{entry.num_documents:>11,}{entry.num_tokens:>14,}"
                f"{entry.num_bytes / max(entry.num_tokens, 1):>13.2f}"
            )
    return "\n".join(lines)


def view_text(view: DocumentView) -> str:
    """A document for a terminal: its origin, then its text."""
    facts = asdict(view)
    text = facts.pop("text")
    facts["file"] = f"{facts.pop('file')}, row {facts.pop('row')}"
    return "\n".join([*(f"{name + ':':<12}{value}" for name, value in facts.items()), "", text])


def _places(shards: ShardSet, split: str, source: str | None) -> Iterator[_Place]:
    documents = tokens = 0
    for name, entry in shards.sources(split).items():
        for shard in entry.shards:
            if source in (None, name):
                yield _Place(name, shard, documents, tokens)
                documents += shard.num_documents
                tokens += shard.num_tokens
