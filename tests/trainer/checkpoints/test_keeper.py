"""Checkpoints that are written while training continues."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from corpusforge.errors import InputError, RunError
from trainer.checkpoints.checkpoint import Checkpoint, load, save
from trainer.checkpoints.files import newest
from trainer.checkpoints.keeper import CheckpointKeeper
from trainer.config import CheckpointsConfig


def _at(step: int) -> Checkpoint:
    return Checkpoint(
        step=step,
        model={"weight": torch.full((4,), float(step))},
        optimizer={"state": {0: {"step": torch.tensor(float(step))}}},
        sampler={"position": step, "stages": [[0, {"code": 1}]]},
        config={"model": {}, "training": {}},
        tokenizer={"fingerprint": "f", "vocab_size": 4},
        shards="s",
        best=None,
    )


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Nothing is written until it is set."""
    go_on = threading.Event()

    def late_save(path: Path, checkpoint: Checkpoint) -> None:
        assert go_on.wait(timeout=60)
        save(path, checkpoint)

    monkeypatch.setattr("trainer.checkpoints.keeper.save", late_save)
    return go_on


def test_training_goes_on_while_its_state_is_written(
    tmp_path: Path, held_back: threading.Event
) -> None:
    """The file has the state at the call, even if the weights have changed since."""
    live = _at(3)
    with CheckpointKeeper(tmp_path, CheckpointsConfig(keep=2)) as keeper:
        keeper.save(["best.pt", "step-000003.pt"], live)
        assert list(tmp_path.glob("*.pt")) == []
        live.model["weight"].zero_()
        live.optimizer["state"][0]["step"].zero_()
        held_back.set()
    for name in ("best.pt", "step-000003.pt"):
        loaded = load(tmp_path / name)
        assert loaded.model["weight"].tolist() == [3.0] * 4
        assert loaded.optimizer["state"][0]["step"].item() == 3.0


def test_the_last_good_checkpoint_stays_until_a_newer_one_is_whole(
    tmp_path: Path, held_back: threading.Event
) -> None:
    """Old files are removed after a write, counting what is on the disk."""
    save(tmp_path / "step-000001.pt", _at(1))
    with CheckpointKeeper(tmp_path, CheckpointsConfig(keep=1)) as keeper:
        keeper.save(["step-000002.pt"], _at(2))
        assert [path.name for path in tmp_path.glob("*.pt")] == ["step-000001.pt"]
        held_back.set()
    assert [path.name for path in tmp_path.glob("*.pt")] == ["step-000002.pt"]


def test_a_users_copy_is_neither_read_nor_removed(tmp_path: Path) -> None:
    """Only step-<digits>.pt belong to the run."""
    for name in ("step-old.pt", "step-.pt", "step-1 (copy).pt"):
        (tmp_path / name).touch()
    with CheckpointKeeper(tmp_path, CheckpointsConfig(keep=1)) as keeper:
        for step in (1, 2):
            keeper.save([f"step-00000{step}.pt"], _at(step))
    found = newest(tmp_path)
    assert found is not None
    assert found[0] == tmp_path / "step-000002.pt"
    assert len(list(tmp_path.glob("step-*.pt"))) == 4


def test_a_failed_write_ends_the_run_and_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next save, or the end, raises its error."""

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    save(tmp_path / "step-000001.pt", _at(1))
    monkeypatch.setattr("trainer.checkpoints.checkpoint.torch.save", full)
    with (
        pytest.raises(RunError, match="No space left on device"),
        CheckpointKeeper(tmp_path, CheckpointsConfig(keep=1)) as keeper,
    ):
        keeper.save(["step-000002.pt"], _at(2))
    assert [path.name for path in tmp_path.iterdir()] == ["step-000001.pt"]


def test_a_flipped_bit_anywhere_is_an_error_or_changes_nothing(tmp_path: Path) -> None:
    """Checksums cover every tensor and every plain value."""
    path = tmp_path / "a.pt"
    save(path, _at(3))
    whole = path.read_bytes()
    found = 0
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            loaded = load(path)
        except InputError:
            found += 1
            continue
        assert loaded.model["weight"].tolist() == [3.0] * 4
        assert (loaded.step, loaded.sampler) == (3, _at(3).sampler)
    assert found > 100


@pytest.mark.parametrize("name", ["final.pt", "step-000030.pt"])
def test_a_damaged_checkpoint_names_the_good_one_before_it(
    name: str, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """The newest one that can be read; others may be damaged too."""
    for step in (10, 20, 30):
        save(tmp_path / f"step-0000{step}.pt", _at(step))
    save(tmp_path / "final.pt", _at(30))
    if name != "final.pt":
        (tmp_path / "final.pt").unlink()
    damage(tmp_path / "step-000020.pt")
    damage(tmp_path / "step-000030.pt")
    if name == "final.pt":
        damage(tmp_path / name)
    with pytest.raises(InputError, match="damaged") as caught:
        newest(tmp_path)
    assert caught.value.do == f"remove {name}; the run then resumes from step-000010.pt, step 10"


def test_without_a_good_one_the_run_must_start_anew(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """The message says so."""
    save(tmp_path / "step-000010.pt", _at(10))
    damage(tmp_path / "step-000010.pt")
    with pytest.raises(InputError) as caught:
        newest(tmp_path)
    assert "start with --fresh" in caught.value.do


@pytest.fixture
def damage() -> Callable[[Path], None]:
    """Flips a bit of the weights in a checkpoint file."""

    def flip(path: Path) -> None:
        data = bytearray(path.read_bytes())
        weights = torch.full((4,), float(load(path).step)).numpy().tobytes()
        data[data.index(weights)] ^= 1
        path.write_bytes(data)

    return flip
