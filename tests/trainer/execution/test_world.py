"""Several processes train one model over gloo: with the same data and the same result."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from corpusforge.errors import ConfigError
from trainer.checkpoints.checkpoint import load
from trainer.config import TrainExperiment
from trainer.execution.world import World
from trainer.reporting.status_line import StatusLine
from trainer.train import train

Make = Callable[..., TrainExperiment]
Logged = Callable[[Path, str, str], list[Any]]
# Packed and separated documents, several micro-batches a step, an uneven number of held-out
# batches, and samples between steps.
TRAINING = {
    "batch_size": 8,
    "data": {"packing": "whole", "mixture": {"code": 2, "dialogues": 1}},
    "evaluation": {"batches": 3},
    "samples": {"every": 2, "prompts": ["def "], "tokens": 4},
}


@pytest.fixture
def assert_equal_to_rounding(logged: Logged) -> Callable[[Path, Path], None]:
    """Compares losses, held-out scores, samples, and the tensors of the last checkpoint."""

    def compare(mine: Path, theirs: Path) -> None:
        for kind, value, count in (("step", "loss", 8), ("evaluation", "bits_per_byte", 3)):
            expected = logged(theirs, kind, value)
            assert len(expected) == count
            assert logged(mine, kind, value) == pytest.approx(expected, rel=1e-5)
        assert len(logged(theirs, "sample", "text")) == 4
        assert logged(mine, "sample", "text") == logged(theirs, "sample", "text")
        first, second = (load(run / "checkpoints" / "final.pt") for run in (mine, theirs))
        assert first.sampler == second.sampler
        moments = (first.optimizer["state"], second.optimizer["state"])
        torch.testing.assert_close(first.model, second.model, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(*moments, rtol=1e-3, atol=1e-4)

    return compare


@pytest.mark.parametrize(("parallel", "other"), [("ddp", "fsdp"), ("fsdp", "ddp")])
def test_two_and_four_processes_train_the_model_of_one(
    parallel: str,
    other: str,
    experiment: Make,
    run_dir: Path,
    train_together: Callable[[int, Sequence[TrainExperiment]], None],
    differences: Callable[[Path, Path], list[str]],
    assert_equal_to_rounding: Callable[[Path, Path], None],
) -> None:
    """Also if layers are recomputed. Two processes resume from step 4 bit for bit. Two of the other
    kind, and one after four, continue from there equal to rounding."""
    alone = experiment(**TRAINING, execution={"parallel": parallel})
    this, that = (
        experiment(**TRAINING, execution={"parallel": kind, "recompute": True})
        for kind in (parallel, other)
    )
    for size, runs in {1: [alone], 2: [this, this, that], 4: [this]}.items():
        shutil.rmtree(run_dir / "checkpoints", ignore_errors=True)
        train_together(size, runs)
    train(alone, StatusLine(silent=True), resume=True)

    def left(name: str) -> Path:
        return run_dir.parent / name

    for run in (left("2-0"), left("4-0"), left("2-2"), run_dir):
        assert_equal_to_rounding(run, left("1-0"))
    first, resumed = (left(name) / "checkpoints" / "final.pt" for name in ("2-0", "2-1"))
    assert differences(first, resumed) == []


def test_torchrun_starts_processes_of_which_one_speaks(
    config_file: Callable[..., Path], run_dir: Path, logged: Logged
) -> None:
    """By the command of the documentation."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "trainer", "train", "--config"]
    # The loop-back address: the machine's own name need not lead anywhere.
    environment = os.environ | {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, str(config_file())], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("34,976 parameters on cpu, float32, not compiled, 2 processes") == 1
    assert done.stdout.count("finished at step 8") == 1
    assert logged(run_dir, "step", "step") == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_batch_that_cannot_be_shared_is_an_error() -> None:
    """It names the numbers, before anything is allocated."""
    assert World(0, 4).rows(8) == 2
    with pytest.raises(ConfigError, match="3 processes cannot share the batch evenly") as caught:
        World(0, 3).rows(8)
    assert caught.value.expected == "a multiple of 3"
