"""Redacts documents as they are tokenized: cuts repeated lines and replaces secrets.

Each of the two is a fact with a column `spans`: the bytes of the text to cut, and for a secret its
kind, which has a replacement. All code that makes or checks tokens reads documents through this
module.
"""

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.arrays import Integers, run_places
from corpusforge.dialogues import parse_messages
from corpusforge.redaction.secrets.kinds import REPLACEMENTS
from corpusforge.storage.documents import string_buffers
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import read_rows


def read_spans(layout: Layout, part: str, facts: Sequence[str]) -> list[pa.ChunkedArray]:
    """Read the spans of a document file's rows, fact by fact."""
    return [read_rows(layout.fact_file(fact, part), ["spans"])["spans"] for fact in facts]


def redact(documents: pa.Table, spans: Sequence[pa.ChunkedArray]) -> pa.Table:
    """Redact the `text` of documents, and their `messages` and `num_bytes` if they have them.

    `spans` has a list<span> column for each fact.
    """
    lists = [column.combine_chunks() for column in spans]
    if not any(len(column.flatten()) for column in lists):
        return documents
    if "messages" in documents.column_names:
        messages = _redact_dialogues(documents, lists)
        documents = _replace_column(documents, "messages", messages)
    texts = redact_texts(documents["text"].combine_chunks(), lists)
    documents = _replace_column(documents, "text", texts)
    if "num_bytes" in documents.column_names:
        num_bytes = pc.cast(pc.binary_length(texts), pa.int64())
        documents = _replace_column(documents, "num_bytes", num_bytes)
    return documents


def redact_texts(texts: pa.Array, lists: Sequence[pa.Array]) -> pa.Array:
    """Redact a string column without nulls.

    A secret is replaced by its kind's replacement, unless it is wholly inside a line that is cut.
    """
    offsets, data = string_buffers(texts)
    bases = offsets.astype(np.int64)
    places = [_column_spans(spans, bases) for spans in lists]
    begins, ends = _merge_spans(*map(np.concatenate, zip(*places, strict=True)))
    removed = np.concatenate([[0], np.cumsum(ends - begins)])  # bytes, by the first n spans
    last_end = np.concatenate([[0], ends])
    rows, replaced_at, replacements = _find_replacements(lists, places)

    def left_before(at: Integers) -> Integers:
        """Count the remaining bytes before a position."""
        number = np.searchsorted(begins, at)  # of spans that begin before it
        left: Integers = at - removed[number] + np.maximum(last_end[number] - at, 0)
        return left

    content = np.frombuffer(data, np.uint8)
    keep = np.ones(len(content), bool)
    keep[run_places(begins, ends - begins)] = False
    keep[: bases[0]] = False
    keep[bases[-1] :] = False
    left = content[keep]
    lengths = np.array([len(replacement) for replacement in replacements], np.int64)
    if len(replacements):
        at = left_before(replaced_at) - bases[0]
        letters = np.frombuffer(b"".join(replacements), np.uint8)
        left = np.insert(left, np.repeat(at, lengths), letters)
    added = np.concatenate([[0], np.cumsum(np.bincount(rows, lengths, len(texts)))])
    bounds = left_before(bases) - bases[0] + added.astype(np.int64)
    return pa.StringArray.from_buffers(
        len(texts), pa.py_buffer(bounds.astype(np.int32)), pa.py_buffer(left)
    )


def _column_spans(spans: pa.Array, bases: Integers) -> tuple[Integers, Integers]:
    """Return where the spans of all rows begin and end in the column's bytes."""
    base = np.repeat(bases[:-1], np.diff(spans.offsets.to_numpy()))
    begins, ends = (base + spans.flatten().field(name).to_numpy() for name in ("start", "end"))
    return begins, ends


def _merge_spans(begins: Integers, ends: Integers) -> tuple[Integers, Integers]:
    """Sort spans, and merge those that touch or overlap."""
    order = np.argsort(begins, kind="stable")
    begins, ends = begins[order], np.maximum.accumulate(ends[order])
    opens = np.ones(len(begins), bool)
    opens[1:] = begins[1:] > ends[:-1]
    return begins[opens], ends[np.roll(opens, -1)]


def _find_replacements(
    lists: Sequence[pa.Array], places: Sequence[tuple[Integers, Integers]]
) -> tuple[Integers, Integers, list[bytes]]:
    """Return the rows, places and bytes of the replacements, in order."""
    rows: list[Integers] = [np.empty(0, np.int64)]
    at: list[Integers] = [np.empty(0, np.int64)]
    replacements: list[bytes] = []
    cut = [place for spans, place in zip(lists, places, strict=True) if not _has_kinds(spans)]
    for spans, (begins, ends) in zip(lists, places, strict=True):
        if not _has_kinds(spans):
            continue
        shown = np.ones(len(begins), bool)
        for cut_begins, cut_ends in cut:
            number = np.searchsorted(cut_begins, begins, "right")
            shown &= ends > np.concatenate([[-1], cut_ends])[number]
        kinds = spans.flatten().field("kind").filter(pa.array(shown)).to_pylist()
        row = np.repeat(np.arange(len(spans)), np.diff(spans.offsets.to_numpy()))
        rows.append(row[shown])
        at.append(begins[shown])
        replacements += [REPLACEMENTS[kind].encode() for kind in kinds]
    return np.concatenate(rows), np.concatenate(at), replacements


def _has_kinds(spans: pa.Array) -> bool:
    return bool(spans.type.value_type.get_field_index("kind") >= 0)


def _redact_dialogues(documents: pa.Table, lists: Sequence[pa.Array]) -> pa.ChunkedArray:
    """Redact in the messages of dialogues what is redacted in their text.

    The text of a dialogue is its messages, rendered. A span that crosses the end of a message's
    content is cut there.
    """
    column = documents["messages"]
    touched = np.zeros(len(documents), bool)
    for spans in lists:
        touched |= np.diff(spans.offsets.to_numpy()) > 0
    touched &= column.is_valid().to_numpy()
    if not touched.any():
        return column
    messages = column.to_pylist()
    for row in np.flatnonzero(touched).tolist():
        dialogue = parse_messages(messages[row])
        of_row = [spans.slice(row, 1) for spans in lists]
        at = 0
        for message in dialogue:
            at += len(f"{message['role']}: ")
            size = len(message["content"].encode())
            inside = [_clip_spans(spans, at, at + size) for spans in of_row]
            message["content"] = redact_texts(pa.array([message["content"]]), inside)[0].as_py()
            at += size + len("\n\n")
        messages[row] = json.dumps(dialogue, ensure_ascii=False)
    return pa.chunked_array([pa.array(messages, pa.string())])


def _clip_spans(spans: pa.Array, begin: int, end: int) -> pa.Array:
    """Clip the spans of one row to a part of its text, and make them relative to that part."""
    clipped = [
        {**span, "start": max(span["start"] - begin, 0), "end": min(span["end"], end) - begin}
        for span in spans[0].as_py()
        if span["start"] < end and span["end"] > begin
    ]
    return pa.array([clipped], spans.type)


def _replace_column(documents: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    return documents.set_column(documents.column_names.index(name), name, column)
