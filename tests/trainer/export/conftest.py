"""A checkpoint of a tiny fresh model, beside the run it belongs to."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from corpusforge.shards.reader import ShardSet
from trainer.checkpoint import save
from trainer.config import TrainExperiment
from trainer.export.release import Release, read_release
from trainer.sampler import plan_stages
from trainer.state import TrainState


@pytest.fixture
def checkpoint(run_dir: Path, experiment: Callable[..., TrainExperiment]) -> Path:
    """`checkpoints/best.pt` of a run at step 0."""
    shards = ShardSet(run_dir / "shards")
    state = TrainState(experiment(), shards, plan_stages(shards, ()), torch.device("cpu"))
    path = run_dir / "checkpoints" / "best.pt"
    save(path, state.checkpoint())
    return path


@pytest.fixture
def release(checkpoint: Path) -> Release:
    return read_release(checkpoint, None, "float32")
