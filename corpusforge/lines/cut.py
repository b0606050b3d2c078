"""Texts without the spans that the lines fact names."""

import numpy as np
import pyarrow as pa

from corpusforge.documents import string_buffers
from corpusforge.layout import Layout
from corpusforge.lines.step import FACT
from corpusforge.parts import read_rows


def read_spans(layout: Layout, part: str) -> pa.ChunkedArray:
    """The spans to cut from each document of a part, list<struct<start, end>> in bytes."""
    return read_rows(layout.fact(FACT) / f"{part}.parquet", ["spans"])["spans"]


def without(texts: pa.ChunkedArray, spans: pa.ChunkedArray) -> pa.Array:
    """A string column without the given spans of its rows.

    Spans are cut at line breaks, so what is left is UTF-8.
    """
    column, lists = texts.combine_chunks(), spans.combine_chunks()
    offsets, data = string_buffers(column)
    counts = np.diff(lists.offsets.to_numpy())
    if not counts.any():
        return column
    spans_of = lists.flatten()
    base = np.repeat(offsets[:-1].astype(np.int64), counts)
    starts, ends = (base + spans_of.field(name).to_numpy() for name in ("start", "end"))
    # How many spans a byte is in: none overlap, so a byte will do.
    inside = np.zeros(len(data) + 1, np.int8)
    inside[starts] += 1
    inside[ends] -= 1
    np.cumsum(inside, out=inside)
    kept = np.frombuffer(data, np.uint8)[inside[:-1] == 0]
    cut = np.concatenate([[0], np.cumsum(ends - starts)])
    shorter = (offsets - cut[lists.offsets.to_numpy()]).astype(np.int32)
    return pa.StringArray.from_buffers(len(column), pa.py_buffer(shorter), pa.py_buffer(kept))
