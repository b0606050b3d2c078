"""One process at a time works in a directory."""

from pathlib import Path

import pytest

from corpusforge.errors import RunError
from corpusforge.storage.lock import locked


def test_a_directory_is_held_by_one(tmp_path: Path) -> None:
    """The second one is refused, and takes nothing away from the first."""
    path = tmp_path / "run" / "corpus" / ".lock"
    with locked(path, "corpusforge"):
        with (
            pytest.raises(RunError, match="another corpusforge is at work here") as caught,
            locked(path, "corpusforge"),
        ):
            pass
        assert caught.value.where == str(tmp_path / "run")
        assert path.exists()
    assert list(tmp_path.iterdir()) == []


def test_what_the_block_wrote_stays(tmp_path: Path) -> None:
    """And so does a directory that was there before."""
    path = tmp_path / "run" / "corpus" / ".lock"
    path.parents[1].mkdir()
    with pytest.raises(ZeroDivisionError), locked(path, "corpusforge"):
        _ = 1 / 0
    assert list(path.parents[1].iterdir()) == []
    with locked(path, "corpusforge"):
        path.with_name("corpus.json").write_text("{}")
    assert path.with_name("corpus.json").exists()


def test_a_directory_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    """With the system's words."""
    (tmp_path / "run").write_text("")
    with (
        pytest.raises(RunError, match="the output directory cannot be written: Not a directory"),
        locked(tmp_path / "run" / "corpus" / ".lock", "corpusforge"),
    ):
        pass
