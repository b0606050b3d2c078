"""Runs that begin with what another one has learned."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from corpusforge.errors import ConfigError, InputError
from trainer.checkpoint import load
from trainer.config import TrainExperiment
from trainer.loop import train
from trainer.metrics import read_events
from trainer.progress import Progress

Make = Callable[..., TrainExperiment]
WSD = {"schedule": "wsd", "decay_share": 0.5, "warmup_steps": 0, "evaluate_every": 100}


def _train(experiment: TrainExperiment, **options: Any) -> str:
    stream = io.StringIO()
    train(experiment, Progress(stream), **options)
    return stream.getvalue()


@pytest.fixture
def other(run_dir: Path, tmp_path: Path) -> Callable[[TrainExperiment], TrainExperiment]:
    """Moves an experiment to another directory with the same tokenizer and shards."""
    directory = tmp_path / "other"
    directory.mkdir()
    for name in ("tokenizer.json", "tokenizer.model", "shards"):
        (directory / name).symlink_to(run_dir / name)
    return lambda experiment: experiment.model_copy(update={"output_dir": str(directory)})


def test_a_cooldown_branches_from_a_stable_checkpoint(
    experiment: Make,
    other: Callable[[TrainExperiment], TrainExperiment],
    run_dir: Path,
    differences: Callable[[Path, Path], list[str]],
) -> None:
    """The branch is the run that had been planned so short from the start, bit for bit."""
    _train(experiment(steps=16, checkpoint_every=4, keep_every=4, **WSD))
    stable = run_dir / "checkpoints" / "step-000004.pt"
    branch = other(experiment(steps=8, branch_from=str(stable), **WSD))
    assert "going on at step 4" in _train(branch)
    branched = Path(branch.output_dir)
    events = [e for e in read_events(branched / "metrics.jsonl") if e["event"] == "step"]
    assert [event["step"] for event in events] == [5, 6, 7, 8]
    rates = [event["learning_rate"] for event in events]
    assert rates == pytest.approx([0.00775, 0.0055, 0.00325, 0.001])
    assert "up to date" in _train(branch)

    short = branched / "checkpoints" / "final.pt"
    _train(experiment(steps=8, **WSD), fresh=True)
    places = differences(short, run_dir / "checkpoints" / "final.pt")
    assert not [place for place in places if not place.startswith((".config", ".best"))]


def test_a_branch_must_be_longer_than_its_trunk(
    experiment: Make, other: Callable[[TrainExperiment], TrainExperiment], run_dir: Path
) -> None:
    """Otherwise there is no step to take."""
    _train(experiment())
    final = str(run_dir / "checkpoints" / "final.pt")
    with pytest.raises(ConfigError, match="would end before it begins"):
        _train(other(experiment(steps=8, branch_from=final)))


def test_a_run_starts_with_the_weights_of_another(
    experiment: Make, other: Callable[[TrainExperiment], TrainExperiment], run_dir: Path
) -> None:
    """At step 0, on a mixture of its own, with a fresh optimizer; and resumes as any run does."""
    _train(experiment())
    first = load(run_dir / "checkpoints" / "final.pt")
    started = other(
        experiment(
            steps=1,
            learning_rate=1e-30,
            weight_decay=0,
            start_from=str(run_dir / "checkpoints" / "final.pt"),
            mixture={"dialogues": 1},
        )
    )
    assert "starting with the weights of" in _train(started)
    second = load(Path(started.output_dir) / "checkpoints" / "final.pt")
    assert second.step == 1
    for name, tensor in first.model.items():
        assert torch.equal(tensor, second.model[name]), name
    steps = [moments["step"].item() for moments in second.optimizer["state"].values()]
    assert np.unique(steps).tolist() == [1.0]
    assert "up to date" in _train(started)


def test_another_model_is_no_start(
    experiment: Make, other: Callable[[TrainExperiment], TrainExperiment], run_dir: Path
) -> None:
    """The message says how the two models differ."""
    _train(experiment())
    start = experiment(start_from=str(run_dir / "checkpoints" / "final.pt"))
    wider = start.model_copy(update={"model": start.model.model_copy(update={"hidden": 96})})
    with pytest.raises(InputError, match="of another model") as caught:
        _train(other(wider))
    assert "'hidden': 64" in caught.value.got
    assert "'hidden': 96" in caught.value.expected
