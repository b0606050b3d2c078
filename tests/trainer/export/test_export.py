"""What every format refuses or takes, and where it writes."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from corpusforge.errors import InputError, RunError
from trainer.checkpoints.checkpoint import load, save
from trainer.config import TrainExperiment
from trainer.export import export as module
from trainer.export.export import export
from trainer.model.config import ModelConfig


@pytest.fixture
def beyond_llama(
    experiment: Callable[..., TrainExperiment], at_step_0: Callable[[TrainExperiment], Path]
) -> Path:
    """A checkpoint of a model with both options that Llama has not."""
    base = experiment()
    values = base.model.model_dump() | {"qk_norm": True, "logit_soft_cap": 30.0}
    return at_step_0(base.model_copy(update={"model": ModelConfig.model_validate(values)}))


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


def test_a_tokenizer_from_elsewhere_is_not_another_run(
    checkpoint: Path, prepared: Path, tmp_path: Path
) -> None:
    """The export stands in the checkpoint's run, by its name; the other run's stays as it is."""
    other = tmp_path / "other"
    for folder in ("checkpoints", "export/safetensors"):
        (other / folder).mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer.model"):
        shutil.copy(prepared / name, other)
    paths = export(checkpoint, other / "tokenizer.json", "safetensors", "float32", None)
    directory = checkpoint.parents[1] / "export" / "safetensors"
    assert paths == [directory / "README.md", directory / "model.safetensors"]
    assert "\n# run\n" in paths[0].read_text()
    assert list((other / "export" / "safetensors").iterdir()) == []


def test_a_moved_checkpoint_exports_beside_itself(
    checkpoint: Path, run_dir: Path, tmp_path: Path
) -> None:
    """Directories above it are somebody else's."""
    (tmp_path / "models").mkdir()
    moved = checkpoint.rename(tmp_path / "models" / "model.pt")
    paths = export(moved, run_dir, "safetensors", "float32", None)
    assert {path.parent for path in paths} == {tmp_path / "models" / "export" / "safetensors"}


@pytest.mark.parametrize("name", ["README.md", "notes.txt", "model.safetensors"])
def test_a_directory_of_somebody_else_is_left_alone(
    name: str, checkpoint: Path, tmp_path: Path
) -> None:
    """Also where the file has a name that an export has."""
    directory = tmp_path / "exported"
    directory.mkdir()
    (directory / name).write_text("mine")
    with pytest.raises(InputError, match="something other than an earlier export") as caught:
        export(checkpoint, None, "safetensors", "float32", directory)
    assert caught.value.got == name
    assert [path.read_text() for path in directory.iterdir()] == ["mine"]


def test_an_export_is_repeated_and_lists_its_files_alone(checkpoint: Path, tmp_path: Path) -> None:
    """What somebody has put beside it stays, and was not written."""
    directory = tmp_path / "exported"
    paths = export(checkpoint, None, "huggingface", "float32", directory)
    (directory / "LICENSE").write_text("mine")
    assert export(checkpoint, None, "huggingface", "float32", directory) == paths
    assert directory / "LICENSE" not in paths
    with pytest.raises(InputError, match="something other"):
        export(checkpoint, None, "safetensors", "float32", directory)


@pytest.mark.parametrize("renamed", [0, 1, 2])
def test_a_killed_export_is_repeated(renamed: int, checkpoint: Path, tmp_path: Path) -> None:
    """Wherever it stopped: while it was writing, or between two files of the directory."""
    directory = tmp_path / "exported"
    paths = export(checkpoint, None, "safetensors", "float32", directory)
    unfinished = directory / ".unfinished-export"
    unfinished.mkdir()
    for path in paths[renamed:]:
        path.rename(unfinished / path.name)
    assert export(checkpoint, None, "safetensors", "float32", directory) == paths
    assert sorted(directory.iterdir()) == paths


def test_an_export_that_fails_leaves_the_earlier_one(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files come into the directory when all of them are written."""
    directory = tmp_path / "exported"
    (card, weights) = export(checkpoint, None, "safetensors", "float32", directory)
    before = card.read_bytes(), weights.read_bytes()

    def fail(*arguments: object) -> str:
        raise RunError("the disk is full")

    monkeypatch.setattr(module, "model_card", fail)
    with pytest.raises(RunError, match="the disk is full"):
        export(checkpoint, None, "safetensors", "bfloat16", directory)
    assert (card.read_bytes(), weights.read_bytes()) == before
    assert sorted(directory.iterdir()) == [card, weights]


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_directory_that_cannot_be_is_one_message(
    place: str, checkpoint: Path, tmp_path: Path
) -> None:
    """A file stands where it, or a directory above it, would."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot make the directory of the export"):
        export(checkpoint, None, "safetensors", "float32", tmp_path / place)


def test_a_checkpoint_without_all_its_weights_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    """As it is by everything that runs the model."""
    saved = load(checkpoint)
    weights = {name: tensor for name, tensor in saved.model.items() if name != "norm.weight"}
    save(tmp_path / "checkpoints" / "a.pt", replace(saved, model=weights))
    with pytest.raises(InputError, match="weights are not those of its model"):
        export(
            tmp_path / "checkpoints" / "a.pt",
            checkpoint.parents[1],
            "safetensors",
            "float32",
            tmp_path / "exported",
        )
    assert not (tmp_path / "exported").exists()
