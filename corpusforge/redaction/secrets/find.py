"""Spans of secrets in a column of texts."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.redaction.secrets.kernels import find_anchors
from corpusforge.redaction.secrets.kinds import Kind, is_placeholder
from corpusforge.storage.documents import string_buffers

SPAN = pa.struct(
    [
        pa.field("start", pa.int64(), nullable=False),  # byte of the text
        pa.field("end", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
    ]
)
_AT_ONCE = 4096  # anchors
_COMMON = b" etaoinsrlhdcumfpgwyb_v.kxjqz"  # the rarer, the further right; all else is rarer
_RARE = 40
_REACH = 320  # bytes behind an anchor, for patterns that begin before theirs
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Anchors:
    """What announces some kinds, as the search needs it; made by `anchors_of`."""

    kinds: tuple[Kind, ...]  # of each anchor
    pairs: npt.NDArray[np.uint8]
    firsts: Integers
    offsets: Integers
    letters: npt.NDArray[np.uint8]
    pair_at: Integers
    fold: npt.NDArray[np.uint8]


@cache
def anchors_of(kinds: tuple[Kind, ...]) -> Anchors:
    """The anchors of these kinds, grouped by the pair of bytes that they are looked for by."""
    every = [(kind, anchor) for kind in kinds for anchor in kind.anchors]
    by_pair: dict[tuple[int, int], list[int]] = defaultdict(list)
    at = [_rarest_pair(anchor) for _, anchor in every]
    for number, (kind, anchor) in enumerate(every):
        if len(anchor) == 1:
            for before in range(256):
                by_pair[before, anchor[0]].append(number)
            continue
        one, other = anchor[at[number] : at[number] + 2]
        for pair in {(one, other), *(_cases(one, other) if kind.ignore_case else ())}:
            by_pair[pair].append(number)
    groups = sorted({tuple(numbers) for numbers in by_pair.values()})
    # An anchor may be in several groups, so each group has its own copies, side by side.
    members = [number for group in groups for number in group]
    pairs = np.zeros(1 << 16, np.uint8)
    for (one, other), numbers in by_pair.items():
        pairs[one << 8 | other] = groups.index(tuple(numbers)) + 1
    letters = [every[number][1] for number in members]
    return Anchors(
        kinds=tuple(every[number][0] for number in members),
        pairs=pairs,
        firsts=np.cumsum([0, *map(len, groups)]),
        offsets=np.cumsum([0, *map(len, letters)]),
        letters=np.frombuffer(bytearray(b"".join(letters)), np.uint8),
        pair_at=np.array([at[number] for number in members]),
        fold=np.array([every[number][0].ignore_case for number in members], np.uint8),
    )


def _rarest_pair(anchor: bytes) -> int:
    """Where two bytes begin that are rare in text; of one byte, -1: before it."""
    if len(anchor) == 1:
        return -1

    def rarity(at: int) -> int:
        return sum(_COMMON.find(byte) % _RARE for byte in anchor[at : at + 2])

    return max(range(len(anchor) - 1), key=rarity)


def _cases(one: int, other: int) -> Iterator[tuple[int, int]]:
    for first in bytes([one]).lower() + bytes([one]).upper():
        for second in bytes([other]).lower() + bytes([other]).upper():
            yield first, second


def find_secrets(texts: pa.Array, kinds: Sequence[Kind]) -> pa.Array:
    """The secrets of each text of a string column without nulls, list<SPAN>, in order.

    No two of them overlap: of those that do, the one that begins first stays, and of those the
    longest. A text without any is never made an object.
    """
    offsets, data = string_buffers(texts)
    whole = memoryview(data)
    begins, ends, names, rows = [], [], [], []
    last = (-1, 0)  # row and end of the span before
    for row, start, end, name in sorted(_found(offsets, data, whole, anchors_of(tuple(kinds)))):
        if row == last[0] and start < last[1]:
            continue
        last = (row, -end)
        rows.append(row)
        begins.append(start)
        ends.append(-end)
        names.append(name)
    spans = pa.StructArray.from_arrays(
        [pa.array(begins, pa.int64()), pa.array(ends, pa.int64()), pa.array(names, pa.string())],
        fields=list(SPAN),
    )
    bounds = np.searchsorted(np.array(rows, np.int64), np.arange(len(texts) + 1))
    return pa.ListArray.from_arrays(bounds.astype(np.int32), spans)


def _found(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, whole: memoryview, anchors: Anchors
) -> set[tuple[int, int, int, str]]:
    """Row, start, minus the end (so that the longest comes first) and kind of every secret."""
    found = set()
    for row, place, number in _places(np.frombuffer(data, np.uint8), offsets, anchors):
        kind = anchors.kinds[number]
        if kind.opening and kind.opening not in bytes(whole[max(place - kind.before, 0) : place]):
            continue
        begin = int(offsets[row])
        text = whole[begin : int(offsets[row + 1])]
        match = _match(kind, text, place - begin)
        if match is not None and not is_placeholder(kind, match["secret"]):
            start, end = match.span("secret")
            found.add((row, start, -end, kind.name))
    return found


def _match(kind: Kind, text: memoryview, anchor: int) -> re.Match[bytes] | None:
    """The kind's pattern around an anchor in a text."""
    if not kind.before:
        return kind.pattern.match(text, anchor)
    matches = kind.pattern.finditer(text, max(anchor - kind.before, 0), anchor + _REACH)
    return next((match for match in matches if match.start() <= anchor < match.end()), None)


def _places(
    content: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32], anchors: Anchors
) -> Iterator[tuple[int, int, int]]:
    """Every anchor of a column: its row, its place, its number."""
    content = content[: offsets[-1]]
    places, numbers = np.empty(_AT_ONCE, np.int64), np.empty(_AT_ONCE, np.int64)
    state = np.array([int(offsets[0]) + 1])
    found = _AT_ONCE
    while found == _AT_ONCE:
        found = find_anchors(
            *(content, anchors.pairs, anchors.firsts, anchors.offsets, anchors.letters),
            *(anchors.pair_at, anchors.fold, places, numbers, state),
        )
        rows = np.searchsorted(offsets, places[:found], "right") - 1
        columns = (some.tolist() for some in (rows, places[:found], numbers[:found]))
        yield from zip(*columns, strict=True)
