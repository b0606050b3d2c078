"""The text a vocabulary is learned from: kept train documents, by source weight, up to a budget."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.redaction.apply import read_spans, redact
from corpusforge.stages.split import TRAIN
from corpusforge.storage.documents import draws
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import PartEntry, read_batches, read_rows

_PURPOSE = "tokenizer sample"
_PIECE_BYTES = 1 << 20  # a longer document is drawn in pieces of so many


def source_bytes(layout: Layout, parts: Sequence[PartEntry]) -> dict[str, int]:
    """Bytes of kept train text by source, of sources that have any."""
    sizes: dict[str, int] = {}
    for part in parts:
        num_bytes = read_rows(layout.documents / f"{part.name}.parquet", ["num_bytes"])["num_bytes"]
        train = train_rows(layout, part)
        kept = pc.sum(num_bytes.filter(train)).as_py() or 0
        if kept:
            sizes[part.source] = sizes.get(part.source, 0) + kept
    return sizes


def shares(sizes: Mapping[str, int], weights: Mapping[str, float], budget: int) -> dict[str, float]:
    """The share of each source to draw: in proportion to its weight, but never more than all.

    The shares are min(1, level * weight), with the level at which they come to `budget` bytes.
    """
    drawn: dict[str, float] = {}
    left = float(budget)
    # By falling weight: where one source is not drawn whole, none behind it is either.
    order = sorted(sizes, key=lambda name: (-weights[name], name))
    for index, source in enumerate(order):
        rest = order[index:]
        level = left / sum(sizes[name] * weights[name] for name in rest)
        if level * weights[source] < 1.0:
            return drawn | {name: level * weights[name] for name in rest}
        drawn[source] = 1.0
        left -= sizes[source]
    return drawn


def sample_texts(
    layout: Layout,
    parts: Sequence[PartEntry],
    drawn: Mapping[str, float],
    seed: int,
    redacting: Sequence[str] = (),
) -> Iterator[str]:
    """Texts of the documents whose draw falls within their source's share, in corpus order, as they
    are tokenized: without the spans of the facts in `redacting`.

    Long documents are drawn piece by piece, so that one of them takes its share of the sample and
    no more, and memory holds a piece of it.
    """
    for part in parts:
        share = drawn.get(part.source, 0.0)
        if not share:
            continue
        train = train_rows(layout, part)
        first = 0
        path = layout.documents / f"{part.name}.parquet"
        spans = read_spans(layout, part.name, redacting)
        for rows in read_batches(path, ["text", "content_hash"]):
            rows = redact(rows, [some.slice(first, rows.num_rows) for some in spans])
            hashes = rows["content_hash"].combine_chunks()
            kept = train.slice(first, rows.num_rows)
            first += rows.num_rows
            long = pc.greater(pc.binary_length(rows["text"]), _PIECE_BYTES)
            chosen = pa.array(draws(hashes, _PURPOSE, seed) < share)
            yield from rows["text"].filter(pc.and_(pc.and_not(kept, long), chosen)).to_pylist()
            for row in np.flatnonzero(pc.and_(kept, long)):
                text = memoryview(rows["text"][row].as_buffer())
                yield from _drawn_pieces(text, hashes[row : row + 1], share, seed)


def _drawn_pieces(
    text: memoryview, content_hash: pa.Array, share: float, seed: int
) -> Iterator[str]:
    """The pieces of one long text, UTF-8, whose own draws fall within the share."""
    edges = [0]
    while edges[-1] < len(text):
        edge = min(edges[-1] + _PIECE_BYTES, len(text))
        while edge < len(text) and text[edge] & 0xC0 == 0x80:  # within a character
            edge += 1
        edges.append(edge)
    for number, (begin, end) in enumerate(itertools.pairwise(edges)):
        if draws(content_hash, f"{_PURPOSE} {number}", seed)[0] < share:
            yield str(text[begin:end], "utf-8")


def train_rows(layout: Layout, part: PartEntry) -> pa.ChunkedArray:
    """Which rows of a document file are kept train documents."""
    verdict = read_rows(layout.verdict("split") / f"{part.name}.parquet", ["keep", "split"])
    kept = pc.and_(verdict["keep"], pc.equal(verdict["split"], TRAIN))
    return pc.fill_null(kept, False)
