"""Part files: single rows of them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpusforge.errors import RunError
from corpusforge.storage.parts import read_records


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """Ten rows in row groups of three."""
    path = tmp_path / "mine-00000.parquet"
    table = pa.table({"id": [f"mine:{n}" for n in range(10)], "number": range(10)})
    pq.write_table(table, path, row_group_size=3)
    return path


def test_records_come_in_the_order_that_they_were_asked_for(part: Path) -> None:
    """From any row groups, twice too, and without some columns."""
    assert read_records(part, [9, 0, 4, 4], without=("id",)) == [
        {"number": 9},
        {"number": 0},
        {"number": 4},
        {"number": 4},
    ]
    assert read_records(part, [2]) == [{"id": "mine:2", "number": 2}]


def test_a_row_that_is_not_there_is_an_error(part: Path) -> None:
    """So is a file that is not there, or is cut short."""
    with pytest.raises(RunError, match="missing or damaged") as error:
        read_records(part, [3, 10])
    assert error.value.got == "no row 10"
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(RunError, match="missing or damaged"):
        read_records(part, [0])
    part.unlink()
    with pytest.raises(RunError, match="missing or damaged"):
        read_records(part, [0])
