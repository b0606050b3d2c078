"""Event files, read back by TensorBoard itself."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from corpusforge.storage.layout import Layout
from trainer.config import TrainExperiment
from trainer.reporting.status_line import StatusLine
from trainer.train import train

Make = Callable[..., TrainExperiment]
Logged = Callable[[Path, str, str], list[Any]]


def _board(run_dir: Path) -> EventAccumulator:
    # Without limits, which sample what is shown.
    guidance = {"scalars": 0, "tensors": 0}
    return EventAccumulator(str(Layout(run_dir).tensorboard), size_guidance=guidance).Reload()


def _points(board: EventAccumulator, name: str) -> list[tuple[int, float]]:
    return [(event.step, event.value) for event in board.Scalars(name)]


def test_curves_are_those_of_the_log_and_no_step_is_there_twice(
    experiment: Make, run_dir: Path, logged: Logged
) -> None:
    """Also of a run that stopped at step 8 and resumed from its checkpoint at step 4."""
    train(experiment(), StatusLine(io.StringIO()))
    (run_dir / "checkpoints" / "final.pt").unlink()
    train(experiment(steps=12), StatusLine(io.StringIO()), resume=True)

    board = _board(run_dir)
    for name in ("loss", "learning_rate", "gradient_norm", "tokens_per_second"):
        values = logged(run_dir, "step", name)
        expected = [(step, pytest.approx(value)) for step, value in enumerate(values, 1)]
        assert len(expected) == 12
        assert _points(board, f"train/{name}") == expected
    steps = logged(run_dir, "evaluation", "step")
    assert steps == [0, 4, 8, 12]
    scores = logged(run_dir, "evaluation", "sources")
    for source in ("code", "dialogues"):
        expected = [pytest.approx(score[source]["bits_per_byte"]) for score in scores]
        points = _points(board, f"validation/bits_per_byte/{source}")
        assert points == list(zip(steps, expected, strict=True))


def test_samples_are_shown_as_they_are(experiment: Make, run_dir: Path, logged: Logged) -> None:
    """Indented, so that they are not read as Markdown."""
    prompt = "# def\n"
    train(
        experiment(steps=2, samples={"prompts": [prompt], "tokens": 8}), StatusLine(io.StringIO())
    )
    board = _board(run_dir)
    (name,) = board.Tags()["tensors"]
    (event,) = board.Tensors(name)
    (text,) = logged(run_dir, "sample", "text")
    shown = event.tensor_proto.string_val[0].decode()
    assert event.step == 2
    assert [line[:4] for line in shown.split("\n")] == ["    "] * (2 + text.count("\n"))
    assert shown.replace("\n    ", "\n") == "    " + prompt + text


def test_a_fresh_run_leaves_nothing_of_the_old_one(experiment: Make, run_dir: Path) -> None:
    """Curves are removed along with checkpoints."""
    train(experiment(), StatusLine(io.StringIO()))
    train(experiment(steps=3), StatusLine(io.StringIO()), fresh=True)
    assert [step for step, _ in _points(_board(run_dir), "train/loss")] == [1, 2, 3]


def test_without_the_package_a_run_goes_through(
    experiment: Make, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And there is no directory."""
    monkeypatch.setattr("trainer.reporting.tensorboard.importlib.util.find_spec", lambda name: None)
    train(experiment(), StatusLine(io.StringIO()))
    assert not Layout(run_dir).tensorboard.exists()
