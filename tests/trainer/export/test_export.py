"""What every format refuses or takes."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from corpusforge.errors import InputError
from corpusforge.shards.reader import ShardSet
from trainer.checkpoints.checkpoint import save
from trainer.checkpoints.state import TrainState
from trainer.config import ModelConfig, TrainExperiment
from trainer.data.sampler import Sampler, plan_stages
from trainer.device import Execution
from trainer.export.export import export


@pytest.fixture
def beyond_llama(run_dir: Path, experiment: Callable[..., TrainExperiment]) -> Path:
    """A checkpoint of a model with both options that Llama has not."""
    base = experiment()
    values = base.model.model_dump() | {"qk_norm": True, "logit_soft_cap": 30.0}
    other = base.model_copy(update={"model": ModelConfig.model_validate(values)})
    shards = ShardSet(run_dir / "shards")
    sampler = Sampler.over(shards, "train", plan_stages(shards, ()), window=32, seed=0)
    execution = Execution(torch.device("cpu"), torch.float32, compiled=False)
    state = TrainState(other, shards.manifest, sampler, execution)
    path = run_dir / "checkpoints" / "best.pt"
    save(path, state.checkpoint())
    return path


@pytest.mark.parametrize("format", ["huggingface", "gguf"])
def test_a_model_that_is_no_llama_is_not_exported_as_one(
    format: str, beyond_llama: Path, tmp_path: Path
) -> None:
    """The message names the options; nothing is written."""
    with pytest.raises(InputError, match="with qk_norm and logit_soft_cap") as caught:
        export(beyond_llama, None, format, "float32", tmp_path / "exported")
    assert "--format safetensors" in caught.value.do
    assert not (tmp_path / "exported").exists()


def test_weights_alone_export_whatever_the_model(beyond_llama: Path, tmp_path: Path) -> None:
    """Nothing is said there about what they are for."""
    paths = export(beyond_llama, None, "safetensors", "float32", tmp_path / "exported")
    assert {path.name for path in paths} == {"README.md", "model.safetensors"}
