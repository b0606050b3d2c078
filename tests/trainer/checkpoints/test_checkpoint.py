"""Checkpoint files: written whole, and read without running code."""

import contextlib
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from corpusforge.errors import InputError
from trainer.checkpoints.checkpoint import Checkpoint, load, save

SMALL = Checkpoint(
    step=3,
    model={"weight": torch.arange(6.0)},
    optimizer={"state": {0: {"step": torch.tensor(3.0)}}},
    sampler={"position": 12, "stages": [[0, {"code": 1}]]},
    config={"model": {}, "training": {}},
    tokenizer={"fingerprint": "f", "vocab_size": 6},
    shards="s",
    best=None,
)


class Malicious:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return (eval, ("open('ran', 'w')",))


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    """Tensors and plain values."""
    save(tmp_path / "a.pt", SMALL)
    loaded = load(tmp_path / "a.pt")
    assert torch.equal(loaded.model["weight"], SMALL.model["weight"])
    assert (loaded.step, loaded.sampler, loaded.shards) == (3, SMALL.sampler, "s")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


def test_code_in_a_checkpoint_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file from an untrusted source is refused, not executed."""
    monkeypatch.chdir(tmp_path)
    torch.save({"format": 1, "model": Malicious()}, tmp_path / "a.pt")
    with pytest.raises(InputError, match="not a checkpoint") as caught:
        load(tmp_path / "a.pt")
    assert not (tmp_path / "ran").exists()
    assert "code, which is never run" in caught.value.got
    assert "weights_only" not in str(caught.value)


def test_damaged_files_are_errors(tmp_path: Path) -> None:
    """Truncated anywhere, empty, or another kind of file."""
    path = tmp_path / "a.pt"
    save(path, SMALL)
    whole = path.read_bytes()
    damaged = [whole[:length] for length in range(0, len(whole), len(whole) // 12)]
    for data in [*damaged, b"text", pickle.dumps({"format": 1}), pickle.dumps([1])]:
        path.write_bytes(data)
        with pytest.raises(InputError):
            load(path)


def test_any_bit_of_the_archives_directory_may_be_flipped(tmp_path: Path) -> None:
    """Names, sizes, compression methods: one message, or no effect."""
    path = tmp_path / "a.pt"
    save(path, SMALL)
    whole = path.read_bytes()
    directory = whole.index(b"PK\x01\x02")
    methods = [n + 10 for n in range(len(whole)) if whole[n : n + 4] == b"PK\x01\x02"]
    for place in {*range(directory, len(whole), 7), *methods}:
        for bit in range(8):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            with contextlib.suppress(InputError):
                assert load(path).step == 3


@pytest.mark.parametrize("opcodes", [b"\x80\x02h\x05.", b"\x80\x020.", b"\x80\x02]q\x00e."])
def test_instructions_that_make_no_sense_are_errors(opcodes: bytes, tmp_path: Path) -> None:
    """The archive is intact, but its content is not a pickle."""
    path = tmp_path / "a.pt"
    save(path, SMALL)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, opcodes if name.endswith("data.pkl") else data)
    with pytest.raises(InputError, match="not a checkpoint"):
        load(path)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"ema": {}}, "ema, which is unknown"),
        ({"config": {}}, "no config.model; no config.training"),
        ({"sampler": 3}, "no sampler.position; no sampler.stages"),
    ],
)
def test_other_fields_are_an_error(change: dict[str, Any], fault: str, tmp_path: Path) -> None:
    """A later version or another program may write them; the message names them."""
    torch.save({**vars(SMALL), **change}, tmp_path / "a.pt")
    with pytest.raises(InputError, match="other fields") as caught:
        load(tmp_path / "a.pt")
    assert caught.value.got == fault


def test_a_format_alone_is_no_checkpoint(tmp_path: Path) -> None:
    """The message names everything that is missing."""
    torch.save({"format": 1}, tmp_path / "a.pt")
    with pytest.raises(InputError, match="other fields") as caught:
        load(tmp_path / "a.pt")
    assert caught.value.got.startswith("no step; no model; no optimizer; ")


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
