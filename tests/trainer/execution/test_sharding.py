"""Sharded models. test_world trains them."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from trainer.config import TrainExperiment


def test_muon_orthogonalizes_whole_matrices(
    experiment: Callable[..., TrainExperiment],
    run_dir: Path,
    train_together: Callable[[int, Sequence[TrainExperiment]], None],
    logged: Callable[[Path, str, str], list[Any]],
) -> None:
    """Not the rows of each process."""
    muon = experiment(optimizer={"type": "muon"}, execution={"parallel": "fsdp"})
    for size in (1, 2):
        shutil.rmtree(run_dir / "checkpoints", ignore_errors=True)
        train_together(size, [muon])
    one, two = (logged(run_dir.parent / name, "step", "loss") for name in ("1-0", "2-0"))
    assert len(one) == 8
    assert two == pytest.approx(one, rel=1e-6)
