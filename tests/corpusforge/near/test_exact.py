"""Equal hashes share a number, and different hashes do not."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.near.exact import number_contents
from corpusforge.near.rows import JoinedRows

# Hashes that differ in their first bytes, their last ones, or both.
HASHES = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(
    lambda ends: bytes([ends[0]]) + bytes(14) + bytes([ends[1]])
)


class Hashes:
    """Rows that have only hashes."""

    def __init__(self, parts: Sequence[Sequence[bytes]]) -> None:
        self.tables = [pa.table({"content_hash": pa.array(p, pa.binary(16))}) for p in parts]
        self.live_counts = [len(part) for part in parts]

    def select(self, index: int, columns: Sequence[str]) -> pa.Table:
        return self.tables[index].select(columns)


@given(st.lists(st.lists(HASHES, max_size=20), max_size=4))
@settings(deadline=None)
def test_rows_have_one_number_exactly_when_their_hashes_are_equal(
    parts: list[list[bytes]],
) -> None:
    """Also if hashes share all the bits that are sorted."""
    rows: Any = Hashes(parts)
    contents = number_contents(JoinedRows((rows,)))
    hashes = [one for part in parts for one in part]
    pairs = set(zip(hashes, contents.of_row.tolist(), strict=True))
    assert len(pairs) == len(set(hashes)) == len(contents)
    assert set(contents.of_row.tolist()) == set(range(len(contents)))


def test_numbers_follow_the_hashes() -> None:
    """The order of rows does not matter."""
    hashes = [bytes([first, 1]) + bytes(14) for first in (7, 2, 9, 2)]
    rows: Any = Hashes([hashes])
    assert number_contents(JoinedRows((rows,))).of_row.tolist() == [1, 0, 2, 0]
