"""Draws the text that a vocabulary is learned from: kept train documents, by source weight."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.redaction.apply import read_spans, redact
from corpusforge.stages.split import TRAIN, rows_in_split
from corpusforge.storage.documents import draws
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import PartEntry, read_batches, read_rows

_PURPOSE = "tokenizer sample"
_PIECE_BYTES = 1 << 20  # a longer document is drawn in pieces of this size


def source_bytes(layout: Layout, parts: Sequence[PartEntry]) -> dict[str, int]:
    """Bytes of kept train text by source. Sources without any are left out."""
    sizes: dict[str, int] = {}
    for part in parts:
        num_bytes = read_rows(layout.document_file(part.name), ["num_bytes"])["num_bytes"]
        kept = pc.sum(num_bytes.filter(rows_in_split(layout, part.name, TRAIN))).as_py() or 0
        if kept:
            sizes[part.source] = sizes.get(part.source, 0) + kept
    return sizes


def source_shares(
    sizes: Mapping[str, int], weights: Mapping[str, float], budget: int
) -> dict[str, float]:
    """The share of each source to draw: proportional to its weight, and at most 1.

    The shares are min(1, level * weight), where `level` makes them add up to `budget` bytes.
    """
    shares: dict[str, float] = {}
    left = float(budget)
    # By decreasing weight: after the first source that is not drawn completely, no later one is.
    order = sorted(sizes, key=lambda name: (-weights[name], name))
    for index, source in enumerate(order):
        rest = order[index:]
        level = left / sum(sizes[name] * weights[name] for name in rest)
        if level * weights[source] < 1.0:
            return shares | {name: level * weights[name] for name in rest}
        shares[source] = 1.0
        left -= sizes[source]
    return shares


def sample_texts(
    layout: Layout,
    parts: Sequence[PartEntry],
    shares: Mapping[str, float],
    seed: int,
    redacting: Sequence[str] = (),
) -> Iterator[str]:
    """Draw texts by the share of their source, in corpus order.

    They are redacted as for tokenizing, by the facts in `redacting`. Long documents are drawn piece
    by piece, so that each contributes its share and only one piece is in memory.
    """
    for part in parts:
        share = shares.get(part.source, 0.0)
        if not share:
            continue
        for rows, train in train_batches(layout, part, ["text", "content_hash"], redacting):
            hashes = rows["content_hash"].combine_chunks()
            long = pc.greater(pc.binary_length(rows["text"]), _PIECE_BYTES)
            drawn = pa.array(draws(hashes, _PURPOSE, seed) < share)
            yield from rows["text"].filter(pc.and_(pc.and_not(train, long), drawn)).to_pylist()
            for row in np.flatnonzero(pc.and_(train, long)):
                text = memoryview(rows["text"][row].as_buffer())
                yield from _drawn_pieces(text, hashes[row : row + 1], share, seed)


def train_batches(
    layout: Layout, part: PartEntry, columns: Sequence[str], redacting: Sequence[str]
) -> Iterator[tuple[pa.Table, pa.ChunkedArray]]:
    """The row groups of a document file, redacted, each with a mask of its kept train documents."""
    train = rows_in_split(layout, part.name, TRAIN)
    spans = read_spans(layout, part.name, redacting)
    first = 0
    for rows in read_batches(layout.document_file(part.name), columns):
        count = rows.num_rows
        yield redact(rows, [some.slice(first, count) for some in spans]), train.slice(first, count)
        first += count


def _drawn_pieces(
    text: memoryview, content_hash: pa.Array, share: float, seed: int
) -> Iterator[str]:
    """The drawn pieces of a long UTF-8 text; each piece has a draw of its own."""
    edges = [0]
    while edges[-1] < len(text):
        edge = min(edges[-1] + _PIECE_BYTES, len(text))
        while edge < len(text) and text[edge] & 0xC0 == 0x80:  # inside a character
            edge += 1
        edges.append(edge)
    for number, (begin, end) in enumerate(itertools.pairwise(edges)):
        if draws(content_hash, f"{_PURPOSE} {number}", seed)[0] < share:
            yield str(text[begin:end], "utf-8")
