"""Loops are compiled in another process where that is worth it, and are there either way."""

import os
import sys
from pathlib import Path

import numba
import pytest

from corpusforge.near import ahead

_LOOP = """
import multiprocessing
import numba
from corpusforge.jit import compiled

if {only_here} and multiprocessing.parent_process():
    raise MemoryError

@compiled(numba.int64, numba.int64)
def twice(x):
    return 2 * x
"""


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Numba remembers loops: an empty folder, on a machine with two cores."""
    folder = tmp_path / "kernels"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(folder))  # read when Numba was imported
    monkeypatch.setattr(ahead, "available_cores", lambda: 2)
    monkeypatch.setattr(ahead, "_ready", {})
    return folder


@pytest.mark.parametrize(("only_here", "loaded"), [(False, 1), (True, 0)])
def test_what_another_process_compiled_is_loaded_and_what_it_could_not_is_compiled_here(
    kernels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only_here: bool, loaded: int
) -> None:
    """A loop is there after the wait; Numba says whether it found it on disk."""
    name = f"loop_compiled_{'here' if only_here else 'there'}"
    (tmp_path / f"{name}.py").write_text(_LOOP.format(only_here=only_here))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(ahead, "_HASHES", name)
    monkeypatch.setattr(ahead, "_COMPARISON", name)
    ahead.compile_ahead()
    ahead.load_comparison()
    twice = sys.modules[name].twice
    assert twice(21) == 42
    assert sum(twice.stats.cache_hits.values()) == loaded


def test_nothing_is_compiled_ahead_that_numba_remembers(kernels: Path) -> None:
    """Its files are looked for by their names; older than the loops, they are out of date."""
    remembered = kernels / "near_0f" / "comparison.walk-70.py311.nbi"
    remembered.parent.mkdir(parents=True)
    remembered.touch()
    assert ahead._remembered()
    os.utime(remembered, (0, 0))
    assert not ahead._remembered()


def test_one_core_compiles_by_itself(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process would only take time from the first."""
    monkeypatch.setattr(ahead, "available_cores", lambda: 1)
    ahead.compile_ahead()
    assert not ahead._ready
