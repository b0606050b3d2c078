"""Several processes on one run, started by torchrun over gloo: the same data, the same model."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from corpusforge.errors import ConfigError
from corpusforge.layout import Layout
from trainer.checkpoint import load
from trainer.metrics import Event, read_events
from trainer.world import World

TRAINING = {"batch_size": 8, "evaluate_every": 4, "mixture": {"code": 2, "dialogues": 1}}


def _torchrun(world_size: int, config: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(world_size), "-m", "trainer", "train"]
    # The loop-back address: the machine's own name need not lead anywhere.
    environment = os.environ | {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, "--config", str(config)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )


def _train(world_size: int, config: Path) -> str:
    done = _torchrun(world_size, config)
    assert done.returncode == 0, done.stderr
    return done.stderr


def _events(run_dir: Path, kind: str) -> list[Event]:
    return [e for e in read_events(Layout(run_dir).metrics_log) if e["event"] == kind]


def _start_over(run_dir: Path) -> None:
    for path in (run_dir / "checkpoints").glob("*.pt"):
        path.unlink()


def test_two_and_four_processes_train_the_model_of_one(
    config_file: Callable[..., Path], run_dir: Path
) -> None:
    """Losses, held-out scores, place in the data and weights are equal to rounding."""
    config = config_file(**TRAINING, micro_batch_size=2)
    results = []
    for world_size in (1, 2, 4):
        _start_over(run_dir)
        shown = _train(world_size, config)
        assert shown.count("34,976 parameters") == 1  # one process speaks
        results.append(
            (
                [event["loss"] for event in _events(run_dir, "step")],
                [event["bits_per_byte"] for event in _events(run_dir, "evaluation")],
                {
                    name: tensor.clone()
                    for name, tensor in load(run_dir / "checkpoints" / "final.pt").model.items()
                },
                load(run_dir / "checkpoints" / "final.pt").sampler,
            )
        )
    (losses, scores, weights, sampler), *others = results
    assert len(losses) == 8
    for other_losses, other_scores, other_weights, other_sampler in others:
        assert other_losses == pytest.approx(losses, rel=1e-5)
        assert other_scores == pytest.approx(scores, rel=1e-5)
        assert other_sampler == sampler
        for name, tensor in weights.items():
            torch.testing.assert_close(other_weights[name], tensor, rtol=1e-3, atol=1e-4)


def test_four_processes_resume_bit_for_bit_and_two_go_on(
    config_file: Callable[..., Path],
    run_dir: Path,
    tmp_path: Path,
    differences: Callable[[Path, Path], list[str]],
) -> None:
    """From step 4 as if nothing had happened; a checkpoint of four loads in two."""
    config = config_file(**TRAINING)
    checkpoints = run_dir / "checkpoints"
    _train(4, config)
    losses = [event["loss"] for event in _events(run_dir, "step")]
    undisturbed = (checkpoints / "final.pt").rename(tmp_path / "final.pt")
    assert "going on at step 4" in _train(4, config)
    assert differences(checkpoints / "final.pt", undisturbed) == []

    (checkpoints / "final.pt").unlink()
    assert "going on at step 4" in _train(2, config)
    resumed = [event["loss"] for event in _events(run_dir, "step")]
    assert resumed[:4] == losses[:4]
    assert resumed[4:] == pytest.approx(losses[4:], rel=1e-5)


def test_a_batch_that_cannot_be_shared_is_an_error() -> None:
    """It names the numbers, before anything is allocated."""
    assert World(0, 4).rows(8) == 2
    with pytest.raises(ConfigError, match="3 processes cannot share the batch evenly") as caught:
        World(0, 3).rows(8)
    assert caught.value.expected == "a multiple of 3"
