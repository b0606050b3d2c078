"""Runs that begin with the weights of another run."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from corpusforge.errors import ConfigError, InputError, RunError, UserError
from trainer.api import generate, load_model
from trainer.checkpoints.checkpoint import load
from trainer.config import TrainExperiment
from trainer.evaluation.evaluate import evaluate_checkpoint
from trainer.export.export import export
from trainer.inspection.provenance import TrainedRun
from trainer.reporting.metrics import read_events
from trainer.reporting.status_line import StatusLine
from trainer.train import train

Make = Callable[..., TrainExperiment]
WSD = {
    "schedule": {"type": "wsd", "decay_share": 0.5, "warmup_steps": 0},
    "evaluation": {"every": 100},
}


def _train(experiment: TrainExperiment, **options: Any) -> str:
    stream = io.StringIO()
    train(experiment, StatusLine(stream), **options)
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
    """The branch equals, bit for bit, a run that was planned that short from the start."""
    _train(experiment(steps=16, checkpoints={"every": 4, "keep_every": 4}, **WSD))
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


def test_a_branch_has_a_best_of_its_own(
    experiment: Make,
    other: Callable[[TrainExperiment], TrainExperiment],
    run_dir: Path,
) -> None:
    """If the scores only get worse, it is the branching point, as metrics.json says."""
    _train(experiment(steps=16, checkpoints={"keep_every": 4}))
    trunk = run_dir / "checkpoints" / "step-000012.pt"
    worse = other(
        experiment(
            steps=16,
            branch_from=str(trunk),
            optimizer={"learning_rate": 10},
            stability={"gradient_clip": 1000},
        )
    )
    _train(worse)
    run = Path(worse.output_dir)
    assert load(run / "checkpoints" / "best.pt").step == 12
    best = json.loads((run / "metrics.json").read_text())["validation"]["best"]
    assert load(run / "checkpoints" / "final.pt").best == {
        name: best[name] for name in ("step", "bits_per_byte")
    }


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
    """At step 0, on its own mixture, with a fresh optimizer; it resumes like any run."""
    _train(experiment())
    first = load(run_dir / "checkpoints" / "final.pt")
    started = other(
        experiment(
            steps=1,
            optimizer={"learning_rate": 1e-30, "weight_decay": 0},
            start_from=str(run_dir / "checkpoints" / "final.pt"),
            data={"mixture": {"dialogues": 1}},
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


@pytest.fixture
def tuned(experiment: Make, run_dir: Path, tmp_path: Path) -> TrainExperiment:
    """Whole dialogues, on the shards of a finished run and starting with its weights."""
    _train(experiment())
    tuning = experiment(
        start_from=str(run_dir / "checkpoints" / "best.pt"),
        data={"corpus_dir": str(run_dir), "mixture": {"dialogues": 1}, "packing": "whole"},
    )
    return tuning.model_copy(update={"output_dir": str(tmp_path / "tuned")})


def test_a_run_trains_on_the_corpus_of_another(
    tuned: TrainExperiment, differences: Callable[[Path, Path], list[str]]
) -> None:
    """Every command finds the run's own checkpoints and metrics, and the other's tokenizer and
    shards."""
    shown = _train(tuned)
    assert "dialogues: 350 documents in " in shown
    run = Path(tuned.output_dir)
    own = {"checkpoints", "metrics.json", "metrics.jsonl", "tensorboard"}
    assert {path.name for path in run.iterdir()} == own
    final = run / "checkpoints" / "final.pt"
    assert "up to date" in _train(tuned)
    assert [sample.source for sample in TrainedRun(run).batch(8)] == ["dialogues"] * 4

    score = evaluate_checkpoint(final, None, "validation", 1, "cpu").scores
    assert set(score) == {"code", "dialogues"}
    text = generate(load_model(final), "<|user|>What is 1 plus 2?<|assistant|>")
    assert "<|" not in "".join(text)
    paths = export(final, None, "safetensors", "float32", None)
    assert {path.parent for path in paths} == {run / "export" / "safetensors"}

    undisturbed = final.rename(run / "final.pt")
    assert "going on at step 4" in _train(tuned)
    assert differences(final, undisturbed) == []


def test_what_the_mixture_leaves_out_is_not_scored(tuned: TrainExperiment) -> None:
    """So best.pt is the best at what is learned."""
    _train(tuned)
    events = read_events(Path(tuned.output_dir) / "metrics.jsonl")
    (first, *_) = [event for event in events if event["event"] == "evaluation"]
    assert set(first["sources"]) == {"dialogues"}


def test_a_start_that_has_changed_is_not_up_to_date(
    tuned: TrainExperiment, experiment: Make
) -> None:
    """Its weights would come from a model that no longer exists; the user decides."""
    _train(tuned)
    _train(experiment(seed=1), fresh=True)
    with pytest.raises(RunError, match="started from has changed") as caught:
        _train(tuned)
    assert "--fresh" in caught.value.do
    assert "up to date" in _train(tuned, resume=True)


def test_a_run_keeps_to_its_beginning(
    tuned: TrainExperiment, run_dir: Path, tmp_path: Path
) -> None:
    """Other weights to begin with make another run, even with --resume."""
    _train(tuned)
    moved = shutil.copy(run_dir / "checkpoints" / "final.pt", tmp_path / "moved.pt")
    for change in (
        {"start_from": str(moved)},
        {"start_from": None},
        {"start_from": None, "branch_from": str(moved)},
    ):
        training = tuned.training.model_copy(update={"steps": 12, **change})
        with pytest.raises(ConfigError, match="another configuration") as caught:
            _train(tuned.model_copy(update={"training": training}), resume=True)
        assert "training.start_from was" in caught.value.got
        assert "--resume" not in caught.value.do


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"start_from": "nope.pt"}, "no checkpoint here"),
        ({"branch_from": "nope.pt"}, "no checkpoint here"),
        ({"start_from": "best.pt"}, "begin with a file that it removes"),
        ({"branch_from": "step-000004.pt"}, "begin with a file that it removes"),
        ({"execution": {"device": "cuda"}}, "cuda"),
    ],
)
def test_what_cannot_begin_anew_removes_nothing(
    changes: dict[str, Any],
    error: str,
    experiment: Make,
    run_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Checkpoints and metrics of the earlier run stay the same, to the byte."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    _train(experiment())
    before = {path: path.read_bytes() for path in run_dir.rglob("*") if path.is_file()}
    paths = {
        key: str(run_dir / "checkpoints" / value) if key.endswith("from") else value
        for key, value in changes.items()
    }
    with pytest.raises(UserError, match=error):
        _train(experiment(**paths), fresh=True)
    assert {path: path.read_bytes() for path in run_dir.rglob("*") if path.is_file()} == before


def test_a_start_that_is_missing_leaves_no_run(tuned: TrainExperiment, run_dir: Path) -> None:
    """No directory is left behind, and an existing one stays empty."""
    (run_dir / "checkpoints" / "best.pt").unlink()
    with pytest.raises(InputError, match="no checkpoint here"):
        _train(tuned)
    assert not Path(tuned.output_dir).exists()
    Path(tuned.output_dir).mkdir()
    with pytest.raises(InputError, match="no checkpoint here"):
        _train(tuned)
    assert list(Path(tuned.output_dir).iterdir()) == []


def test_another_model_is_no_start(
    experiment: Make, other: Callable[[TrainExperiment], TrainExperiment], run_dir: Path
) -> None:
    """The message says how the two models differ."""
    _train(experiment())
    start = experiment(start_from=str(run_dir / "checkpoints" / "final.pt"))
    wider = start.model_copy(update={"model": start.model.model_copy(update={"hidden": 96})})
    with pytest.raises(InputError, match="of another model") as caught:
        _train(other(wider))
    assert (caught.value.got, caught.value.expected) == ("hidden: 64", "hidden: 96")


@pytest.mark.parametrize(
    ("name", "value"),
    [("rope_theta", 1e6), ("norm_eps", 1e-6), ("logit_soft_cap", 30.0), ("heads", 8)],
)
def test_a_model_of_the_same_shapes_may_be_another(
    name: str,
    value: float,
    experiment: Make,
    other: Callable[[TrainExperiment], TrainExperiment],
    run_dir: Path,
) -> None:
    """Options that only change the computation are named too."""
    _train(experiment())
    start = experiment(start_from=str(run_dir / "checkpoints" / "final.pt"))
    # With 8 heads, 4 for keys and values have the shapes of 4 and 2.
    change = {name: value, **({"kv_heads": 4} if name == "heads" else {})}
    model = start.model.model_copy(update=change)
    with pytest.raises(InputError, match="of another model") as caught:
        _train(other(start.model_copy(update={"model": model})))
    assert f"{name}: {value}" in caught.value.expected


def test_context_and_first_weights_may_be_other(
    experiment: Make, other: Callable[[TrainExperiment], TrainExperiment], run_dir: Path
) -> None:
    """The weights are the same; as many key-value heads as heads is the same as not naming them."""
    trunk = experiment()
    trunk = trunk.model_copy(update={"model": trunk.model.model_copy(update={"kv_heads": None})})
    _train(trunk)
    start = experiment(start_from=str(run_dir / "checkpoints" / "final.pt"))
    change = {"kv_heads": 4, "context": 48, "init_std": 0.02, "writing_init_std": 0.0}
    model = start.model.model_copy(update=change)
    assert "starting with" in _train(other(start.model_copy(update={"model": model})))
