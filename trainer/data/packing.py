"""Packing of documents into windows: best-fit decreasing by length, arxiv.org/abs/2404.10830.

Only documents that are longer than a window are cut. Such a document fills windows of its own from
its beginning on; its rest opens a window that it shares with whole documents.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from corpusforge.arrays import Integers, run_places

# int32, because there are many.
Numbers = npt.NDArray[np.signedinteger]


@dataclass(frozen=True)
class Packing:
    """Segments of documents in the order of their windows; at most 20 bytes per segment.

    Windows in `continued` begin inside a document that was cut; all others hold whole documents, or
    the beginning of one.
    """

    first: Integers  # int64[segments], token of the source
    length: Numbers  # int32[segments]
    begins: Integers  # int64[windows + 1], the first segment of each window
    continued: range

    @property
    def num_windows(self) -> int:
        return len(self.begins) - 1


def pack(lengths: Integers, capacity: int) -> Packing:
    """Pack consecutive documents of these lengths into windows of `capacity` tokens."""
    starts = np.cumsum(lengths) - lengths
    long = np.flatnonzero(lengths > capacity)
    # Pieces of long documents: the first one is full, the last one has at least one token.
    more = (lengths[long] - 1) // capacity
    number = run_places(np.ones(len(long), np.int64), more)  # of each further piece: 1, 2, …
    piece_first = np.repeat(starts[long], more) + number * capacity
    piece_length = np.minimum(capacity, np.repeat(starts[long] + lengths[long], more) - piece_first)
    continued = range(len(long), len(long) + len(number))

    short = np.flatnonzero(lengths <= capacity)
    # Stable: documents of equal lengths stay in the order of the shards.
    short = short[np.argsort(-lengths[short], kind="stable")]
    window = _best_fit(lengths[short], capacity, capacity - piece_length, continued)

    window = np.concatenate([np.arange(continued.stop, dtype=np.int32), window])
    first = np.concatenate([starts[long], piece_first, starts[short]])
    length = np.concatenate([np.full(len(long), capacity), piece_length, lengths[short]])
    # Stable, so that the piece that opens a window stays its first segment.
    order = np.argsort(window, kind="stable")
    num_windows = int(window.max(initial=-1)) + 1
    begins = np.searchsorted(window[order], np.arange(num_windows + 1))
    return Packing(first[order], length[order].astype(np.int32), begins, continued)


def _best_fit(lengths: Integers, capacity: int, rooms: Integers, opened: range) -> Numbers:
    """Choose a window for each of the decreasing lengths: the one with the least sufficient room.

    The windows `opened` have `rooms` left; others are opened as they are needed. Documents of one
    length are placed together: a window that takes one has less room than all others that could,
    so it takes the next ones too.
    """
    places = np.empty(len(lengths), np.int32)
    windows: dict[int, list[Numbers]] = {}  # by their remaining room
    known_rooms: list[int] = []  # the keys of `windows`, sorted
    num_windows = opened.stop

    def keep(these: Numbers, room: int) -> None:
        if len(these) and room:
            if room not in windows:
                insort(known_rooms, room)
            windows.setdefault(room, []).append(these)

    by_room = np.argsort(rooms, kind="stable")
    for begin, end in _runs_of_equals(rooms[by_room]):
        these = by_room[begin:end] + opened.start
        keep(these.astype(np.int32), int(rooms[by_room[begin]]))

    for place, end in _runs_of_equals(lengths):
        length = int(lengths[place])
        while place < end:
            enough = bisect_left(known_rooms, length)
            if enough < len(known_rooms):
                room = known_rooms[enough]
                these = windows[room].pop()
                if not windows[room]:
                    del windows[room], known_rooms[enough]
            else:
                room = capacity
                wanted = -(-(end - place) // (room // length))
                these = np.arange(num_windows, num_windows + wanted, dtype=np.int32)
                num_windows += wanted
            each = room // length
            full = min(len(these), (end - place) // each)
            rest = end - place - full * each if full < len(these) else 0
            placed = full * each + rest
            filled, partly = these[:full], these[full : full + bool(rest)]
            places[place : place + placed] = np.concatenate(
                [np.repeat(filled, each), np.repeat(partly, rest)]
            )
            keep(filled, room - each * length)
            keep(partly, room - rest * length)
            keep(these[full + len(partly) :], room)
            place += placed
    return places


def _runs_of_equals(values: Integers) -> Iterator[tuple[int, int]]:
    """Begin and end of each run of equal values, none of which is negative."""
    return pairwise(np.flatnonzero(np.diff(values, prepend=-1, append=-1)).tolist())
