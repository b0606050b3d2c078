"""Sources that a run shows more than once."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from corpusforge.errors import ConfigError
from trainer.config import TrainExperiment
from trainer.data.config import DataConfig
from trainer.data.repetition import check_repetition
from trainer.reporting.status_line import StatusLine
from trainer.train import train

Make = Callable[..., TrainExperiment]
EPOCHS = {"code": 1.5, "dialogues": 6.25}


def test_without_a_limit_more_than_four_epochs_are_worth_a_warning() -> None:
    """It names the source and how often it is shown."""
    (warning,) = check_repetition(EPOCHS, DataConfig())
    assert warning.startswith("source dialogues is repeated 6.2 times; above 4, ")


@pytest.mark.parametrize("limit", [6, {"dialogues": 6}])
def test_more_than_the_limit_is_an_error(limit: object) -> None:
    """With one limit for all sources, or one per source."""
    with pytest.raises(ConfigError, match="source dialogues would be repeated") as caught:
        list(check_repetition(EPOCHS, DataConfig.model_validate({"max_epochs": limit})))
    assert caught.value.got == "6.25 epochs with this mixture and number of steps"
    assert caught.value.expected == "at most 6"


@pytest.mark.parametrize("limit", [7, {"dialogues": 6.25}, {"code": 2}])
def test_within_the_limit_nothing_is_said(limit: object) -> None:
    """A limit that was set replaces the warning."""
    assert list(check_repetition(EPOCHS, DataConfig.model_validate({"max_epochs": limit}))) == []


def test_a_limit_for_no_source_is_an_error() -> None:
    """A misspelt name would limit nothing."""
    with pytest.raises(ConfigError, match="names a source that is not trained on: cod") as caught:
        list(check_repetition(EPOCHS, DataConfig(max_epochs={"cod": 1})))
    assert caught.value.expected == "one of code, dialogues"


def test_a_run_beyond_its_limit_takes_no_step(experiment: Make, run_dir: Path) -> None:
    """And --fresh removes nothing: the configuration is checked first."""
    train(experiment(steps=1), StatusLine(io.StringIO()))
    before = {path.name for path in (run_dir / "checkpoints").glob("*.pt")}
    stream = io.StringIO()
    with pytest.raises(ConfigError, match="source dialogues would be repeated"):
        train(
            experiment(steps=2000, data={"mixture": {"dialogues": 1}, "max_epochs": 1.5}),
            StatusLine(stream),
            fresh=True,
        )
    assert "step 0" not in stream.getvalue()
    after = {path.name for path in (run_dir / "checkpoints").glob("*.pt")}
    assert after == before == {"best.pt", "final.pt"}
