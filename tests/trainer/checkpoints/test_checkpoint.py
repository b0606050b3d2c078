"""Checkpoint files: written whole, read as data."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from corpusforge.errors import InputError
from trainer.checkpoints.checkpoint import Checkpoint, load, save

SMALL = Checkpoint(
    step=3,
    model={"weight": torch.arange(6.0)},
    optimizer={"state": {0: {"step": torch.tensor(3.0)}}},
    sampler={"position": 12, "stages": [[0, {"code": 1}]]},
    config={"model": {}},
    tokenizer={"fingerprint": "f", "vocab_size": 6},
    shards="s",
    best=None,
)


class Malicious:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return (eval, ("open('ran', 'w')",))


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    """Tensors and plain values alike."""
    save(tmp_path / "a.pt", SMALL)
    loaded = load(tmp_path / "a.pt")
    assert torch.equal(loaded.model["weight"], SMALL.model["weight"])
    assert (loaded.step, loaded.sampler, loaded.shards) == (3, SMALL.sampler, "s")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


def test_code_in_a_checkpoint_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file from a stranger is refused, not executed."""
    monkeypatch.chdir(tmp_path)
    torch.save({"format": 1, "model": Malicious()}, tmp_path / "a.pt")
    with pytest.raises(InputError, match="not a checkpoint"):
        load(tmp_path / "a.pt")
    assert not (tmp_path / "ran").exists()


def test_damaged_files_are_errors(tmp_path: Path) -> None:
    """Cut short at any place, emptied, or something else altogether."""
    path = tmp_path / "a.pt"
    save(path, SMALL)
    whole = path.read_bytes()
    damaged = [whole[:length] for length in range(0, len(whole), len(whole) // 12)]
    for data in [*damaged, b"text", pickle.dumps({"format": 1}), pickle.dumps([1])]:
        path.write_bytes(data)
        with pytest.raises(InputError):
            load(path)


def test_another_format_is_an_error(tmp_path: Path) -> None:
    """A later version's file is not read as if it were ours."""
    torch.save({"format": 2}, tmp_path / "a.pt")
    with pytest.raises(InputError, match="format this version does not read"):
        load(tmp_path / "a.pt")


def test_a_missing_checkpoint_says_how_to_make_one(tmp_path: Path) -> None:
    """The message names the path and the command."""
    with pytest.raises(InputError, match="no checkpoint here") as caught:
        load(tmp_path / "best.pt")
    assert "trainer train" in caught.value.do
