"""Configurations of earlier versions, whose training section was flat."""

from pathlib import Path
from typing import Any

import pytest

from corpusforge.config import load, parse
from corpusforge.errors import ConfigError
from trainer.config import TrainExperiment, TrainingConfig
from trainer.moved_keys import MOVED, REMOVED

TRAINING: dict[str, Any] = {"steps": 10, "batch_size": 4, "optimizer": {"learning_rate": 0.001}}
# All keys of the flat section.
FLAT = [
    "steps",
    "tokens",
    "batch_size",
    "recompute",
    "micro_batch_size",
    "corpus_dir",
    "start_from",
    "branch_from",
    "packing",
    "attention",
    "mixture",
    "optimizer",
    "muon_momentum",
    "learning_rate",
    "embedding_learning_rate_ratio",
    "min_learning_rate_ratio",
    "warmup_steps",
    "schedule",
    "decay_share",
    "decay",
    "beta1",
    "beta2",
    "adam_eps",
    "weight_decay",
    "z_loss",
    "gradient_clip",
    "spike_deviations",
    "max_epochs",
    "seed",
    "evaluate_every",
    "evaluate_batches",
    "sample_every",
    "sample_prompts",
    "sample_tokens",
    "checkpoint_every",
    "keep_checkpoints",
    "keep_every",
    "parallel",
    "device",
    "dtype",
    "compile",
    "threads",
]


def test_every_flat_key_is_accounted_for() -> None:
    """It has moved, is no longer an option, or is where it was."""
    stayed = {"steps", "tokens", "batch_size", "seed", "start_from", "branch_from"}
    assert stayed <= set(TrainingConfig.model_fields)
    assert sorted(FLAT) == sorted([*MOVED, *REMOVED, *stayed])


@pytest.mark.parametrize("key", MOVED)
def test_a_flat_key_is_refused_with_its_new_place(key: str) -> None:
    """The place that the message names is one that the configuration has."""
    with pytest.raises(ConfigError) as caught:
        parse(TRAINING | {key: "wsd"}, TrainingConfig, where="test")
    assert caught.value.what == f"training.{key} is now training.{MOVED[key]}"
    section, name = MOVED[key].split(".")
    kind = TrainingConfig.model_fields[section].annotation
    assert name in getattr(kind, "model_fields", {})


@pytest.mark.parametrize("key", REMOVED)
def test_a_key_that_is_no_longer_an_option_says_its_value(key: str) -> None:
    """That is what the version before had by default."""
    with pytest.raises(ConfigError, match="is no longer an option, and is always") as caught:
        parse(TRAINING | {key: 0.5}, TrainingConfig, where="test")
    assert caught.value.what.endswith(f" {REMOVED[key]:g}")


def test_all_flat_keys_are_named_at_once(tmp_path: Path) -> None:
    """Those of a file, and those of --set."""
    path = tmp_path / "old.yaml"
    path.write_text(
        "output_dir: x\nmodel: {dim: 32, layers: 1, heads: 2, hidden: 64, context: 32}\n"
        "training: {steps: 1, batch_size: 1, optimizer: muon, learning_rate: 0.1}\n"
    )
    with pytest.raises(ConfigError) as caught:
        load(path, TrainExperiment, ["training.schedule=wsd"])
    assert caught.value.what == "training.optimizer is now training.optimizer.type"
    assert caught.value.do == (
        "change the configuration; also: training.learning_rate is now "
        "training.optimizer.learning_rate; training.schedule is now training.schedule.type"
    )
