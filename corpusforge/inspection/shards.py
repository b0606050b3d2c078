"""Inspects shards: summary, documents, tokens with their neighbours, and searches."""

from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.config import Frozen
from corpusforge.errors import InputError
from corpusforge.inspection.history import Row, read_history
from corpusforge.shards.lookup import Document, Lookup, Shard
from corpusforge.shards.manifest import ShardManifest
from corpusforge.shards.reader import ShardSet, Tokens
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Tokenizer

# Tokens that a search decodes in one call; a longer document is decoded whole.
_BLOCK = 1 << 20


@dataclass(frozen=True)
class TokenView:
    """A token and its text. The last of several tokens that form a character has its text."""

    token: int
    id: int
    text: str
    is_control: bool
    document: int  # number of its document


@dataclass(frozen=True)
class DocumentView:
    """A document, why it is in the shards, and its tokens."""

    document: Document
    history: dict[str, Row]
    ids: Tokens
    text: str
    token: int | None = None  # the requested token, or the first token of a search result
    around: tuple[TokenView, ...] = ()  # that token and its neighbours

    def as_json(self) -> dict[str, Any]:
        """The fields of the document and, next to them, everything else but the ids."""
        return {
            **asdict(self.document),
            "history": self.history,
            "text": self.text,
            **({} if self.token is None else {"at": self.token}),
            **({"around": [asdict(view) for view in self.around]} if self.around else {}),
        }


class Inspector:
    """Finds documents and tokens of a split, or of one source of it, in bounded memory."""

    def __init__(self, shards: ShardSet, split: str, source: str | None = None) -> None:
        """Open shards for inspection.

        Raises:
            InputError: no such split or source, or another tokenizer wrote the shards.
        """
        self.lookup = Lookup(shards, split, source)
        self._layout = Layout(shards.directory.parent)
        self.tokenizer = load_shard_tokenizer(shards)
        self._control_pieces = {
            id: CONTROL_PIECES[name] for name, id in self.tokenizer.control.items()
        }

    def document(self, number: int) -> DocumentView:
        """The document with a number, counted from 0.

        Raises:
            InputError: there is no such document.
        """
        return self._view(self.lookup.document(number))

    def by_id(self, id: str) -> DocumentView:
        """The document with an id.

        Raises:
            InputError: there is no such document.
        """
        return self._view(self.lookup.by_id(id))

    def at(self, token: int, reach: int = 0) -> DocumentView:
        """The document that contains a token, and the neighbours of that token.

        There are up to `reach` neighbours on each side, which may belong to other documents.

        Raises:
            InputError: there is no such token.
        """
        view = self._view(self.lookup.at(token), token)
        return replace(view, around=tuple(self._around(token, reach)))

    def search(self, text: str, limit: int = 10) -> Iterator[DocumentView]:
        """Up to `limit` documents that contain a text, in order. Control tokens have no text.

        Raises:
            InputError: the text is empty.
        """
        wanted = text.encode()
        if not wanted:
            raise _empty_search_error()
        token_bytes = self.tokenizer.token_bytes()
        for shard, first, end in self._blocks():
            ids = self.lookup.tokens(shard)[first:end]
            content = self.tokenizer.decode_bytes(ids)
            place = content.find(wanted)
            if place < 0:
                continue
            starts = np.concatenate([[0], np.cumsum(token_bytes[ids])])
            while place >= 0:
                # The token with that byte: of those that start there, only the last has bytes.
                inside = np.searchsorted(starts, [place, place + len(wanted) - 1], "right") - 1
                document, last = (self._document_at(shard, first + int(token)) for token in inside)
                if document == last:
                    yield self._view(document, shard.tokens_before + first + int(inside[0]))
                    limit -= 1
                    if not limit:
                        return
                    ends = document.token + document.num_tokens - shard.tokens_before - first
                    place = content.find(wanted, int(starts[ends]))
                else:
                    place = content.find(wanted, place + 1)

    def search_ids(self, ids: Sequence[int], limit: int = 10) -> Iterator[DocumentView]:
        """Up to `limit` documents in which the run `ids` starts, in order.

        Raises:
            InputError: there are no ids.
        """
        wanted = np.asarray(ids)
        if not len(wanted):
            raise _empty_search_error()
        previous = -1
        for shard in self.lookup.shards:
            tokens = self.lookup.tokens(shard)
            for start in range(0, len(tokens), _BLOCK):
                block = tokens[start : start + _BLOCK + len(wanted) - 1]
                if len(block) < len(wanted):
                    break
                runs = np.lib.stride_tricks.sliding_window_view(block, len(wanted))
                candidates = np.flatnonzero(block[: len(runs)] == wanted[0])
                for place in candidates[(runs[candidates] == wanted).all(axis=1)].tolist():
                    document = self._document_at(shard, start + place)
                    if document.number != previous:
                        previous = document.number
                        yield self._view(document, shard.tokens_before + start + place)
                        limit -= 1
                        if not limit:
                            return

    def token_views(self, document: Document, ids: Tokens, start: int = 0) -> list[TokenView]:
        """View the run `ids` of a document's tokens, which begins at its token `start`."""
        decoder = getincrementaldecoder("utf-8")("replace")
        views = []
        for token, id in enumerate(ids.tolist(), document.token + start):
            piece = self._control_pieces.get(id)
            content = self.tokenizer.decode_bytes([id])
            text = decoder.decode(content, final=piece is not None) + (piece or "")
            views.append(TokenView(token, id, text, piece is not None, document.number))
        return views

    def _around(self, token: int, reach: int) -> Iterator[TokenView]:
        lookup = self.lookup
        first, end = max(0, token - reach), min(lookup.num_tokens, token + reach + 1)
        for document in lookup.between(first, end):
            ids = lookup.tokens_of(document)
            start, stop = max(first - document.token, 0), end - document.token
            yield from self.token_views(document, ids[start:stop], start)

    def _blocks(self) -> Iterator[tuple[Shard, int, int]]:
        """Runs of whole documents of about `_BLOCK` tokens: shard, first token, end."""
        for shard in self.lookup.shards:
            starts = self.lookup.starts(shard)
            first = 0
            while first < shard.entry.num_tokens:
                row = int(np.searchsorted(starts, first + _BLOCK, "right")) - 1
                end = int(starts[row])
                if end <= first:  # one document fills the block
                    document = self._document_at(shard, first)
                    end = first + document.num_tokens
                elif first + _BLOCK >= shard.entry.num_tokens:
                    end = shard.entry.num_tokens
                yield shard, first, end
                first = end

    def _view(self, document: Document, token: int | None = None) -> DocumentView:
        ids = self.lookup.tokens_of(document)
        return DocumentView(
            document=document,
            history=read_history(self._layout, document.file, document.row),
            ids=ids,
            text=self._text_with_control_pieces(ids),
            token=token,
        )

    def _document_at(self, shard: Shard, token: int) -> Document:
        return self.lookup.document_in_row(shard, self.lookup.row_at(shard, token))

    def _text_with_control_pieces(self, ids: Tokens) -> str:
        control = np.flatnonzero(np.isin(ids, list(self._control_pieces)))
        texts: list[str] = []
        start = 0
        for place in control.tolist():
            piece = self._control_pieces[int(ids[place])]
            texts += [self.tokenizer.decode(ids[start:place]), piece]
            start = place + 1
        return "".join([*texts, self.tokenizer.decode(ids[start:])])


class LicenseCounts(Frozen):
    """Number of documents and tokens under a licence."""

    documents: int
    tokens: int


class ShardSummary(ShardManifest):
    """The manifest of the summarised splits and sources, and counts from their indexes."""

    licenses: Mapping[str, LicenseCounts]  # by expression; most tokens first
    lengths: Mapping[int, int]  # 2, 4, 8, … → documents with fewer tokens, but at least half


def read_shard_summary(
    shards: ShardSet, split: str | None = None, source: str | None = None
) -> ShardSummary:
    """Count licences and document lengths of all splits and sources, or of the given ones.

    One index is read at a time.

    Raises:
        InputError: an index is missing or damaged, or there is no such split or source.
    """
    documents: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    lengths = np.zeros(64, np.int64)
    splits = {}
    names = [split] if split else list(shards.manifest.splits)
    with_source = [name for name in names if source in (None, *shards.sources(name))]
    for name in with_source or names:  # if no split has the source, the first raises the error
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
    return ShardSummary(
        **{**dict(shards.manifest), "splits": splits},
        licenses={
            name: LicenseCounts(documents=documents[name], tokens=count)
            for name, count in tokens.most_common()
        },
        lengths={2 << power: int(count) for power, count in enumerate(lengths[:used])},
    )


def find_shards(directory: Path) -> ShardSet:
    """The shards in a directory, either the shard directory or that of its run."""
    inner = directory / "shards"
    return ShardSet(inner if (inner / "manifest.json").is_file() else directory)


def load_shard_tokenizer(shards: ShardSet) -> Tokenizer:
    """Load the tokenizer that wrote the shards.

    Raises:
        InputError: it is missing, or is another one.
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
    """Parse token ids that are separated by commas or spaces.

    Raises:
        InputError: a word is not a number.
    """
    words = text.replace(",", " ").split()
    if not all(word.isdecimal() for word in words):
        raise InputError("these are not token ids", got=text, expected="numbers: 12,7,301")
    return [int(word) for word in words]


def _empty_search_error() -> InputError:
    return InputError("there is nothing to search for", expected="a text, or at least one id")
