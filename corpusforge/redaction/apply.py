"""Documents as they are tokenized: without repeated lines, and with marks in place of secrets.

Both are facts with a column `spans`: bytes of the text that go, and for a secret the kind that says
what comes in their place. Everything that makes or judges tokens reads documents through here.
"""

import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.arrays import run_places
from corpusforge.dialogues import parse_messages
from corpusforge.redaction.secrets.kinds import REPLACEMENTS
from corpusforge.storage.documents import string_buffers
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import read_rows

Integers = npt.NDArray[np.int64]


def read_spans(layout: Layout, part: str, facts: Sequence[str]) -> list[pa.ChunkedArray]:
    """The spans of a document file's rows, fact by fact."""
    return [read_rows(layout.fact_file(fact, part), ["spans"])["spans"] for fact in facts]


def redact(documents: pa.Table, spans: Sequence[pa.ChunkedArray]) -> pa.Table:
    """Documents with their `text` redacted, and their `messages` and `num_bytes` where they have
    them. `spans` has a list for each of them, fact by fact."""
    lists = [some.combine_chunks() for some in spans]
    if not any(len(some.flatten()) for some in lists):
        return documents
    if "messages" in documents.column_names:
        messages = _redacted_dialogues(documents, lists)
        documents = _with(documents, "messages", messages)
    texts = redacted(documents["text"].combine_chunks(), lists)
    documents = _with(documents, "text", texts)
    if "num_bytes" in documents.column_names:
        documents = _with(documents, "num_bytes", pc.cast(pc.binary_length(texts), pa.int64()))
    return documents


def redacted(column: pa.Array, lists: Sequence[pa.Array]) -> pa.Array:
    """A string column without nulls, redacted.

    A span of a secret is replaced by its kind's mark, unless a line that is cut has all of it.
    """
    offsets, data = string_buffers(column)
    bases = offsets.astype(np.int64)
    places = [_column_spans(some, bases) for some in lists]
    begins, ends = _united(*(np.concatenate(some) for some in zip(*places, strict=True)))
    removed = np.concatenate([[0], np.cumsum(ends - begins)])
    rows, marks_at, marks = _marks(lists, places)

    def left_before(at: Integers) -> Integers:
        """Bytes that are left of those before a place."""
        number = np.searchsorted(begins, at)  # spans that begin before it
        inside = np.minimum(at, np.concatenate([[0], ends])[number])
        begin = np.concatenate([[0], begins])[number]
        return np.where(number > 0, at - removed[np.maximum(number - 1, 0)] - (inside - begin), at)

    content = np.frombuffer(data, np.uint8)
    keep = np.ones(len(content), bool)
    keep[run_places(begins, ends - begins)] = False
    keep[: bases[0]] = False
    keep[bases[-1] :] = False
    left = content[keep]
    lengths = np.array([len(mark) for mark in marks], np.int64)
    if len(marks):
        at = left_before(marks_at) - bases[0]
        letters = np.frombuffer(b"".join(marks), np.uint8)
        left = np.insert(left, np.repeat(at, lengths), letters)
    added = np.concatenate([[0], np.cumsum(np.bincount(rows, lengths, len(column)))])
    bounds = left_before(bases) - bases[0] + added.astype(np.int64)
    return pa.StringArray.from_buffers(
        len(column), pa.py_buffer(bounds.astype(np.int32)), pa.py_buffer(left)
    )


def _column_spans(lists: pa.Array, bases: Integers) -> tuple[Integers, Integers]:
    """Where the spans of all rows begin and end in the column."""
    spans = lists.flatten()
    base = np.repeat(bases[:-1], np.diff(lists.offsets.to_numpy()))
    begins, ends = (base + spans.field(name).to_numpy() for name in ("start", "end"))
    return begins, ends


def _united(begins: Integers, ends: Integers) -> tuple[Integers, Integers]:
    """Spans in order, those that touch or overlap as one."""
    order = np.argsort(begins, kind="stable")
    begins, ends = begins[order], np.maximum.accumulate(ends[order])
    opens = np.ones(len(begins), bool)
    opens[1:] = begins[1:] > ends[:-1]
    return begins[opens], ends[np.roll(opens, -1)]


def _marks(
    lists: Sequence[pa.Array], places: Sequence[tuple[Integers, Integers]]
) -> tuple[Integers, Integers, list[bytes]]:
    """Rows, places and texts of what comes in, in order."""
    rows: list[Integers] = [np.empty(0, np.int64)]
    at: list[Integers] = [np.empty(0, np.int64)]
    marks: list[bytes] = []
    cut = [place for some, place in zip(lists, places, strict=True) if not _has_kinds(some)]
    for some, (begins, ends) in zip(lists, places, strict=True):
        if not _has_kinds(some):
            continue
        shown = np.ones(len(begins), bool)
        for cut_begins, cut_ends in cut:
            number = np.searchsorted(cut_begins, begins, "right")
            shown &= ends > np.concatenate([[-1], cut_ends])[number]
        kinds = some.flatten().field("kind").filter(pa.array(shown)).to_pylist()
        row = np.repeat(np.arange(len(some)), np.diff(some.offsets.to_numpy()))
        rows.append(row[shown])
        at.append(begins[shown])
        marks += [REPLACEMENTS[kind].encode() for kind in kinds]
    return np.concatenate(rows), np.concatenate(at), marks


def _has_kinds(lists: pa.Array) -> bool:
    return bool(lists.type.value_type.get_field_index("kind") >= 0)


def _redacted_dialogues(documents: pa.Table, lists: Sequence[pa.Array]) -> pa.ChunkedArray:
    """Messages whose contents lack what their text lacks.

    The text of a dialogue is its messages, rendered; a span of it that goes over the border of a
    content is cut at that border.
    """
    column = documents["messages"]
    touched = np.zeros(len(documents), bool)
    for some in lists:
        touched |= np.diff(some.offsets.to_numpy()) > 0
    touched &= column.is_valid().to_numpy()
    if not touched.any():
        return column
    messages = column.to_pylist()
    for row in np.flatnonzero(touched).tolist():
        dialogue = parse_messages(messages[row])
        spans = [some.slice(row, 1) for some in lists]
        at = 0
        for message in dialogue:
            at += len(f"{message['role']}: ")
            size = len(message["content"].encode())
            inside = [_within(some, at, at + size) for some in spans]
            message["content"] = redacted(pa.array([message["content"]]), inside)[0].as_py()
            at += size + len("\n\n")
        messages[row] = json.dumps(dialogue, ensure_ascii=False)
    return pa.chunked_array([pa.array(messages, pa.string())])


def _within(lists: pa.Array, begin: int, end: int) -> pa.Array:
    """The spans of one row, as far as they are within a part of the text, and counted from it."""
    spans = [
        {**span, "start": max(span["start"] - begin, 0), "end": min(span["end"], end) - begin}
        for span in lists[0].as_py()
        if span["start"] < end and span["end"] > begin
    ]
    return pa.array([spans], lists.type)


def _with(documents: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    return documents.set_column(documents.column_names.index(name), name, column)
