"""Looks into shards: what stands in a document, around a token, and where a text occurs."""

from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.errors import InputError
from corpusforge.inspection.history import Row, read_history
from corpusforge.shards.lookup import Document, Lookup, Shard
from corpusforge.shards.manifest import ShardManifest
from corpusforge.shards.reader import ShardSet, Tokens
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Tokenizer

# Tokens that a search decodes at once; a longer document is decoded whole.
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Piece:
    """One token as it reads; of a character that several tokens make up, the last one has it."""

    token: int
    id: int
    text: str
    is_control: bool
    document: int  # its number


@dataclass(frozen=True)
class View:
    """A document, why it is here, and its tokens."""

    document: Document
    history: dict[str, Row]
    ids: Tokens
    text: str
    token: int | None = None  # that was asked for, or where what was searched for begins
    around: tuple[Piece, ...] = ()  # its neighbours, itself among them

    def as_json(self) -> dict[str, Any]:
        """For a program: the document's fields, with the rest beside them."""
        return {
            **asdict(self.document),
            "history": self.history,
            "text": self.text,
            **({} if self.token is None else {"at": self.token}),
            **({"around": [asdict(piece) for piece in self.around]} if self.around else {}),
        }


class Inspector:
    """Answers questions about one split, or one source of it; memory does not grow with shards."""

    def __init__(self, shards: ShardSet, split: str, source: str | None = None) -> None:
        """Open shards for inspection.

        Raises:
            InputError: no such split or source, or the tokenizer is not the one that wrote them.
        """
        self.lookup = Lookup(shards, split, source)
        self._layout = Layout(shards.directory.parent)
        self.tokenizer = tokenizer_of(shards)
        self._names = {id: CONTROL_PIECES[name] for name, id in self.tokenizer.control.items()}

    def document(self, number: int) -> View:
        """The document of a number, counted from 0.

        Raises:
            InputError: there is no such document.
        """
        return self._view(self.lookup.document(number))

    def by_id(self, id: str) -> View:
        """The document of an id.

        Raises:
            InputError: there is no such document.
        """
        return self._view(self.lookup.by_id(id))

    def at(self, token: int, reach: int = 0) -> View:
        """The document that a token belongs to, with up to `reach` neighbours on each side of the
        token, over the edges of documents.

        Raises:
            InputError: there is no such token.
        """
        view = self._view(self.lookup.at(token), token)
        return replace(view, around=tuple(self._around(token, reach)))

    def search(self, text: str, limit: int = 10) -> Iterator[View]:
        """Documents whose text has `text` in it, in order, `limit` at most.

        Control tokens stand for no text.
        """
        wanted = text.encode()
        if not wanted:
            raise _nothing_wanted()
        token_bytes = self.tokenizer.token_bytes()
        for shard, first, end in self._blocks():
            ids = self.lookup.tokens(shard)[first:end]
            content = self.tokenizer.decode_bytes(ids)
            place = content.find(wanted)
            if place < 0:
                continue
            starts = np.concatenate([[0], np.cumsum(token_bytes[ids])])
            while place >= 0:
                # The token that has the byte: of those that begin there, the last has any bytes.
                inside = np.searchsorted(starts, [place, place + len(wanted) - 1], "right") - 1
                document, last = (self._at(shard, first + int(token)) for token in inside)
                if document == last:
                    yield self._view(document, shard.tokens_before + first + int(inside[0]))
                    limit -= 1
                    if not limit:
                        return
                    ends = document.token + document.num_tokens - shard.tokens_before - first
                    place = content.find(wanted, int(starts[ends]))
                else:
                    place = content.find(wanted, place + 1)

    def search_ids(self, ids: Sequence[int], limit: int = 10) -> Iterator[View]:
        """Documents in which the ids begin, side by side in this order, `limit` at most."""
        wanted = np.asarray(ids)
        if not len(wanted):
            raise _nothing_wanted()
        before = -1
        for shard in self.lookup.shards:
            tokens = self.lookup.tokens(shard)
            for start in range(0, len(tokens), _BLOCK):
                block = tokens[start : start + _BLOCK + len(wanted) - 1]
                if len(block) < len(wanted):
                    break
                runs = np.lib.stride_tricks.sliding_window_view(block, len(wanted))
                candidates = np.flatnonzero(block[: len(runs)] == wanted[0])
                for place in candidates[(runs[candidates] == wanted).all(axis=1)].tolist():
                    document = self._at(shard, start + place)
                    if document.number != before:
                        before = document.number
                        yield self._view(document, shard.tokens_before + start + place)
                        limit -= 1
                        if not limit:
                            return

    def pieces(self, document: Document, ids: Tokens, start: int = 0) -> list[Piece]:
        """A run of a document's tokens one by one, from its token `start` on."""
        decoder = getincrementaldecoder("utf-8")("replace")
        pieces = []
        for place, id in enumerate(ids.tolist(), document.token + start):
            name = self._names.get(id)
            content = self.tokenizer.decode_bytes([id])
            text = decoder.decode(content, final=name is not None) + (name or "")
            pieces.append(Piece(place, id, text, name is not None, document.number))
        return pieces

    def _around(self, token: int, reach: int) -> Iterator[Piece]:
        lookup = self.lookup
        first, end = max(0, token - reach), min(lookup.num_tokens, token + reach + 1)
        for document in lookup.between(first, end):
            ids = lookup.tokens_of(document)
            start, stop = max(first - document.token, 0), end - document.token
            yield from self.pieces(document, ids[start:stop], start)

    def _blocks(self) -> Iterator[tuple[Shard, int, int]]:
        """Runs of whole documents, about `_BLOCK` tokens each: shard, first token, end."""
        for shard in self.lookup.shards:
            starts = self.lookup.starts(shard)
            first = 0
            while first < shard.entry.num_tokens:
                row = int(np.searchsorted(starts, first + _BLOCK, "right")) - 1
                end = int(starts[row])
                if end <= first:  # one document fills the block
                    document = self._at(shard, first)
                    end = first + document.num_tokens
                elif first + _BLOCK >= shard.entry.num_tokens:
                    end = shard.entry.num_tokens
                yield shard, first, end
                first = end

    def _view(self, document: Document, token: int | None = None) -> View:
        ids = self.lookup.tokens_of(document)
        return View(
            document=document,
            history=read_history(self._layout, document.file, document.row),
            ids=ids,
            text=self._readable(ids),
            token=token,
        )

    def _at(self, shard: Shard, token: int) -> Document:
        return self.lookup.row(shard, self.lookup.row_at(shard, token))

    def _readable(self, ids: Tokens) -> str:
        """Text with the control tokens shown, so that dialogues can be read."""
        control = np.flatnonzero(np.isin(ids, list(self._names)))
        pieces: list[str] = []
        start = 0
        for place in control.tolist():
            pieces += [self.tokenizer.decode(ids[start:place]), self._names[int(ids[place])]]
            start = place + 1
        return "".join([*pieces, self.tokenizer.decode(ids[start:])])


@dataclass(frozen=True)
class Summary:
    """What the shards hold, read from their indexes."""

    manifest: ShardManifest  # of what was asked for
    licenses: dict[str, tuple[int, int]]  # expression: documents, tokens; the most tokens first
    lengths: list[int]  # documents of fewer than 2, 4, 8, … tokens

    def as_json(self) -> dict[str, Any]:
        """For a program: the manifest, with the rest beside it."""
        return {
            **self.manifest.model_dump(mode="json"),
            "licenses": {
                name: {"documents": documents, "tokens": tokens}
                for name, (documents, tokens) in self.licenses.items()
            },
            "lengths": {str(2 << power): count for power, count in enumerate(self.lengths)},
        }


def summarize(shards: ShardSet, split: str | None = None, source: str | None = None) -> Summary:
    """Count licences and lengths over all splits and sources, or one, an index at a time.

    Raises:
        InputError: an index is missing or damaged, or there is no such split or source.
    """
    documents: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    lengths = np.zeros(64, np.int64)
    splits = {}
    asked = [split] if split else list(shards.manifest.splits)
    having = [name for name in asked if source in (None, *shards.sources(name))]
    for name in having or asked:  # where none has the source, the first one says so
        lookup = Lookup(shards, name, source)
        sources = shards.sources(name)
        splits[name] = {one: sources[one] for one in sources if source in (None, one)}
        for shard in lookup.shards:
            index = lookup.index(shard)
            counted = index.group_by("license").aggregate([("length", "count"), ("length", "sum")])
            for row in counted.to_pylist():
                license = row["license"] or "none"
                documents[license] += row["length_count"]
                tokens[license] += row["length_sum"]
            bits = np.frexp(index["length"].to_numpy().astype(np.float64))[1]
            lengths += np.bincount(bits - 1, minlength=64)
    used = int(np.max(np.flatnonzero(lengths), initial=-1)) + 1
    return Summary(
        manifest=shards.manifest.model_copy(update={"splits": splits}),
        licenses={name: (documents[name], count) for name, count in tokens.most_common()},
        lengths=lengths[:used].tolist(),
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


def parse_ids(text: str) -> list[int]:
    """Ids from a command line: numbers with commas or spaces between them.

    Raises:
        InputError: they are none.
    """
    words = text.replace(",", " ").split()
    if not all(word.isdecimal() for word in words):
        raise InputError("these are no token ids", got=text, expected="numbers: 12,7,301")
    return [int(word) for word in words]


def _nothing_wanted() -> InputError:
    return InputError("there is nothing to search for", expected="a text, or one id or more")
