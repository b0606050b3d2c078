"""Lines and ranges of lines, whatever the blocks and targets."""

import itertools
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.sources.lines import line_ranges, split_lines

_TEXT = st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"bcd", b"\xff"])).map(b"".join)


def _blocks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def _lines(data: bytes) -> list[bytes]:
    return data.removesuffix(b"\n").split(b"\n") if data else []


@settings(deadline=None)
@given(data=_TEXT, size=st.integers(1, 7))
def test_lines_do_not_depend_on_blocks(data: bytes, size: int) -> None:
    """However a file is cut into blocks, its lines are the same."""
    assert list(split_lines(_blocks(data, size), 1000)) == _lines(data)


@settings(deadline=None)
@given(data=_TEXT, size=st.integers(1, 7), longest=st.integers(1, 5))
def test_only_lines_over_the_limit_are_missing(data: bytes, size: int, longest: int) -> None:
    """A line that is too long is None, and its neighbours are whole."""
    expected = [line if len(line) <= longest else None for line in _lines(data)]
    assert list(split_lines(_blocks(data, size), longest)) == expected


@settings(deadline=None)
@given(data=_TEXT, target=st.integers(1, 9), most=st.none() | st.integers(1, 6))
def test_ranges_hold_every_wanted_line_once(data: bytes, target: int, most: int | None) -> None:
    """Ranges follow one another, know their line numbers, and end after the last line wanted."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "lines")
        path.write_bytes(data)
        ranges = list(line_ranges(path, target, most))
    lines = [_lines(data[part.start : part.end]) for part in ranges]
    assert list(itertools.chain(*lines)) == _lines(data)[:most]
    assert [part.num_lines for part in ranges] == [len(part) for part in lines]
    firsts = itertools.accumulate([part.num_lines for part in ranges], initial=1)
    assert [part.first_line for part in ranges] == list(firsts)[: len(ranges)]
    assert all(part.end - part.start >= target for part in ranges[:-1])
