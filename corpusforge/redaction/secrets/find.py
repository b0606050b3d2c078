"""Finds the spans of secrets in a column of texts."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.arrays import Integers
from corpusforge.redaction.secrets.kernels import find_anchors
from corpusforge.redaction.secrets.kinds import SecretKind, is_placeholder
from corpusforge.redaction.spans import SECRET_SPAN
from corpusforge.storage.documents import string_buffers

_BATCH = 4096  # anchors
_COMMON = b" etaoinsrlhdcumfpgwyb_v.kxjqz"  # the most common first; all other bytes are rarer
_RARE = 40  # number of ranks: a byte that is not in `_COMMON` (-1) has the highest one
_REACH = 320  # bytes after an anchor, for patterns that begin before it


@dataclass(frozen=True)
class Anchors:
    """The anchors of some kinds, in groups by the pair of bytes that finds them."""

    kinds: tuple[SecretKind, ...]  # of each anchor
    pairs: npt.NDArray[np.uint8]  # [65536]: number of a pair's group, from 1; 0 for none
    firsts: Integers  # [groups + 1]: first anchor of each group
    offsets: Integers  # [anchors + 1]: where each one begins in `letters`
    letters: npt.NDArray[np.uint8]
    pair_at: Integers  # [anchors]: where the pair is in the anchor
    fold: npt.NDArray[np.uint8]  # [anchors]: whether case is ignored


@cache
def build_anchors(kinds: tuple[SecretKind, ...]) -> Anchors:
    """Group the anchors of some kinds by their rarest pair of bytes."""
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
    # An anchor may be in several groups, so each group has its own copies.
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
    """Return where the rarest two bytes begin; -1, the byte before it, for a one-byte anchor."""
    if len(anchor) == 1:
        return -1

    def rarity(at: int) -> int:
        return sum(_COMMON.find(byte) % _RARE for byte in anchor[at : at + 2])

    return max(range(len(anchor) - 1), key=rarity)


def _cases(one: int, other: int) -> Iterator[tuple[int, int]]:
    """Yield two letters in upper and lower case."""
    for first in bytes([one]).lower() + bytes([one]).upper():
        for second in bytes([other]).lower() + bytes([other]).upper():
            yield first, second


def find_secrets(texts: pa.Array, kinds: Sequence[SecretKind]) -> pa.Array:
    """Find the secrets of each text of a string column without nulls: list<SECRET_SPAN>, in order.

    Of secrets that overlap, the one that begins first is kept, and of those the longest. A text
    without secrets never becomes a Python object.
    """
    offsets, data = string_buffers(texts)
    kept: list[tuple[int, int, int, str]] = []
    for row, start, negative_end, kind in sorted(
        _find_all(offsets, data, build_anchors(tuple(kinds)))
    ):
        if not kept or row != kept[-1][0] or start >= kept[-1][2]:
            kept.append((row, start, -negative_end, kind))
    rows, *columns = zip(*kept, strict=True) if kept else ((), (), (), ())
    arrays = [pa.array(v, field.type) for v, field in zip(columns, SECRET_SPAN, strict=True)]
    spans = pa.StructArray.from_arrays(arrays, fields=list(SECRET_SPAN))
    bounds = np.searchsorted(np.array(rows, np.int64), np.arange(len(texts) + 1))
    return pa.ListArray.from_arrays(bounds.astype(np.int32), spans)


def _find_all(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, anchors: Anchors
) -> set[tuple[int, int, int, str]]:
    """Find every secret: (row, start, negative end, kind); sorted, the longest comes first."""
    found = set()
    whole = memoryview(data)
    for row, place, number in _find_anchors(np.frombuffer(data, np.uint8), offsets, anchors):
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


def _match(kind: SecretKind, text: memoryview, anchor: int) -> re.Match[bytes] | None:
    """Match the kind's pattern around an anchor in a text."""
    if not kind.before:
        return kind.pattern.match(text, anchor)
    matches = kind.pattern.finditer(text, max(anchor - kind.before, 0), anchor + _REACH)
    return next((match for match in matches if match.start() <= anchor < match.end()), None)


def _find_anchors(
    content: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32], anchors: Anchors
) -> Iterator[tuple[int, int, int]]:
    """Yield every anchor in a column: its row, its place and its number."""
    content = content[: offsets[-1]]
    places, numbers = np.empty(_BATCH, np.int64), np.empty(_BATCH, np.int64)
    state = np.array([int(offsets[0]) + 1])
    found = _BATCH
    while found == _BATCH:
        found = find_anchors(
            *(content, anchors.pairs, anchors.firsts, anchors.offsets, anchors.letters),
            *(anchors.pair_at, anchors.fold, places, numbers, state),
        )
        rows = np.searchsorted(offsets, places[:found], "right") - 1
        columns = (some.tolist() for some in (rows, places[:found], numbers[:found]))
        yield from zip(*columns, strict=True)
