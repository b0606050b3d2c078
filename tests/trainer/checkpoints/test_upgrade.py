"""Checkpoints of earlier versions, whose training section was flat."""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpusforge.errors import ConfigError
from trainer.api import generate, load_model
from trainer.checkpoints.checkpoint import load, save
from trainer.checkpoints.upgrade import upgraded
from trainer.config import TrainExperiment
from trainer.evaluation.evaluate import evaluate_checkpoint
from trainer.export.export import export
from trainer.inspection.provenance import TrainedRun
from trainer.moved_keys import MOVED, REMOVED
from trainer.reporting.status_line import StatusLine
from trainer.train import train

Make = Callable[..., TrainExperiment]
Differences = Callable[[Path, Path], list[str]]


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """A stored configuration as the version with flat keys wrote it."""
    training = {**config["training"], **REMOVED}
    for key, place in MOVED.items():
        section, name = place.split(".")
        training[key] = config["training"][section][name]
    for section in {place.split(".")[0] for place in MOVED.values()} - MOVED.keys():
        del training[section]
    return {**config, "training": training}


def _train(experiment: TrainExperiment, **options: Any) -> str:
    stream = io.StringIO()
    train(experiment, StatusLine(stream), **options)
    return stream.getvalue()


@pytest.fixture
def old_run(experiment: Make, run_dir: Path) -> Path:
    """A finished run whose checkpoints are of the old form."""
    _train(experiment(steps=8, optimizer={"type": "muon"}, data={"packing": "whole"}))
    for path in (run_dir / "checkpoints").glob("*.pt"):
        saved = load(path)
        old = _flat(saved.config)
        assert old["training"]["optimizer"] == "muon"
        assert "checkpoints" not in old["training"]
        # A copy, since the tensors are mapped from the file that is replaced.
        model = {name: tensor.clone() for name, tensor in saved.model.items()}
        save(path, replace(saved, model=model, config=old))
    return run_dir


def test_a_flat_configuration_becomes_sections() -> None:
    """Keys that are no longer options are dropped; the rest of the experiment stays."""
    old = {
        "output_dir": "run",
        "training": {
            "steps": 8,
            "optimizer": "muon",
            "learning_rate": 0.1,
            "muon_momentum": 0.95,
            "schedule": "wsd",
            "mixture": [{"from_step": 0, "weights": {"code": 1}}],
            "keep_checkpoints": 2,
        },
    }
    new = {
        "output_dir": "run",
        "training": {
            "steps": 8,
            "optimizer": {"type": "muon", "learning_rate": 0.1},
            "schedule": {"type": "wsd"},
            "data": {"mixture": [{"from_step": 0, "weights": {"code": 1}}]},
            "checkpoints": {"keep": 2},
        },
    }
    assert upgraded(old) == new
    assert upgraded(new) == new


def test_an_old_checkpoint_is_read_by_everything(old_run: Path) -> None:
    """Text, scores, exports and the chain of evidence."""
    best = old_run / "checkpoints" / "best.pt"
    assert "".join(generate(load_model(best), "def ", max_new_tokens=4))
    assert set(evaluate_checkpoint(best, None, "validation", 1, "cpu").scores) == {
        "code",
        "dialogues",
    }
    card, _ = export(best, None, "safetensors", "float32", None)
    assert "optimizer:\n  type: muon\n" in card.read_text()
    assert len(list(TrainedRun(old_run).batch(8))) == 4


def test_an_old_run_is_up_to_date_and_resumes(
    old_run: Path, experiment: Make, differences: Differences
) -> None:
    """By the same configuration in its new form, bit for bit."""
    config = experiment(steps=8, optimizer={"type": "muon"}, data={"packing": "whole"})
    assert _train(config) == "up to date\n"
    final = (old_run / "checkpoints" / "final.pt").rename(old_run / "final.pt")
    assert "going on at step 4" in _train(config)
    places = differences(old_run / "checkpoints" / "final.pt", final)
    assert [place for place in places if not place.startswith(".config")] == []
    assert load(old_run / "checkpoints" / "final.pt").experiment == load(final).experiment


@pytest.mark.parametrize(
    ("key", "name", "message"),
    [
        ("start_from", "final.pt", "starting with the weights of"),
        ("branch_from", "step-000004.pt", "going on at step 4"),
    ],
)
def test_a_run_begins_with_an_old_checkpoint(
    key: str, name: str, message: str, old_run: Path, experiment: Make, tmp_path: Path
) -> None:
    """With its weights alone, or as a branch."""
    config = experiment(
        steps=12,
        optimizer={"type": "muon"},
        data={"packing": "whole", "corpus_dir": str(old_run)},
        **{key: str(old_run / "checkpoints" / name)},
    )
    assert message in _train(config.model_copy(update={"output_dir": str(tmp_path / "new")}))


def test_an_option_that_is_gone_with_another_value_is_another_configuration(
    old_run: Path, experiment: Make
) -> None:
    """A run goes on with the value of today only if it is asked to."""
    checkpoints = old_run / "checkpoints"
    (checkpoints / "final.pt").unlink()
    for path in checkpoints.glob("*.pt"):
        saved = load(path)
        training = {**saved.config["training"], "beta1": 0.5}
        model = {name: tensor.clone() for name, tensor in saved.model.items()}
        config = {**saved.config, "training": training}
        save(path, replace(saved, model=model, config=config))
    run = experiment(steps=8, optimizer={"type": "muon"}, data={"packing": "whole"})
    with pytest.raises(ConfigError) as caught:
        _train(run)
    assert caught.value.got == "training.beta1 was 0.5, is 0.9"
    assert "from here on, training.beta1 was 0.5, is 0.9" in _train(run, resume=True)
