"""Files appear whole or not at all."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from corpusforge.errors import RunError
from corpusforge.storage.files import (
    atomic_path,
    atomic_writer,
    file_checksum,
    fingerprint,
    read_json,
    require_writable,
    sweep_temporaries,
    write_json,
)


def test_a_block_that_raises_leaves_the_old_file(tmp_path: Path) -> None:
    """A failed write changes nothing and leaves no temporary file."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="half way"), atomic_writer(path) as handle:
        handle.write(b"new")
        raise ValueError("half way")
    assert path.read_bytes() == b"old"
    assert [child.name for child in tmp_path.iterdir()] == ["a.bin"]


def test_a_killed_writer_leaves_only_what_the_sweep_removes(tmp_path: Path) -> None:
    """SIGKILL inside the block leaves a temporary file, never the file itself."""
    code = (
        "import os, signal, sys; from pathlib import Path; "
        "from corpusforge.storage.files import atomic_writer\n"
        "with atomic_writer(Path(sys.argv[1])) as handle:\n"
        "    handle.write(b'x' * 100_000); handle.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "deep" / "a.bin")])
    assert done.returncode == -9
    assert not (tmp_path / "deep" / "a.bin").exists()
    assert len(list((tmp_path / "deep").iterdir())) == 1
    sweep_temporaries(tmp_path)
    assert list((tmp_path / "deep").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder", "cannot write folder: Is a directory"),
        (".", "Is a directory"),
        ("file/a.bin", "cannot write a.bin: File exists"),
        ("file/deep/a.bin", "cannot write a.bin: Not a directory"),
    ],
)
def test_a_path_that_cannot_be_written_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    """A directory in the way, or a file, is told before anything is written, with the path."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match=reason) as caught:
        require_writable(Path(name))
    assert caught.value.where == name
    with pytest.raises(RunError, match=reason), atomic_path(Path(name)):
        raise AssertionError("the block was entered")
    assert sorted(child.name for child in tmp_path.rglob("*")) == ["file", "folder"]


def test_what_cannot_be_cleaned_up_hides_no_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a directory may not be written, its temporary file may not be removed either."""

    def refused(path: Path, *arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refused)
    monkeypatch.setattr(Path, "open", refused)
    with (
        pytest.raises(RunError, match=r"cannot write a\.bin: Permission denied"),
        atomic_writer(tmp_path / "a.bin"),
    ):
        pass


def test_asking_whether_a_path_can_be_written_writes_nothing(tmp_path: Path) -> None:
    """What stands there stays as it is; missing directories are made."""
    path = tmp_path / "deep" / "a.bin"
    require_writable(path)
    assert list(path.parent.iterdir()) == []
    path.write_bytes(b"old")
    require_writable(path)
    assert path.read_bytes() == b"old"


def test_equal_values_are_equal_bytes(tmp_path: Path) -> None:
    """The order of keys does not reach the file."""
    write_json(tmp_path / "a.json", {"b": 1, "a": [1, "ü"]})
    write_json(tmp_path / "b.json", {"a": [1, "ü"], "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == {"a": [1, "ü"], "b": 1}


def test_json_that_is_damaged_names_its_file(tmp_path: Path) -> None:
    """Half a manifest is an error that says what to do."""
    (tmp_path / "a.json").write_text('{"a": ')
    with pytest.raises(RunError, match=r"a\.json is not JSON") as caught:
        read_json(tmp_path / "a.json")
    assert "remove the file" in str(caught.value)


def test_checksum_is_xxh3_128(tmp_path: Path) -> None:
    """The checksum is the one that xxhsum -H2 prints."""
    (tmp_path / "a").write_bytes(b"")
    assert file_checksum(tmp_path / "a") == "99aa06d3014798d86001c324468d497f"


def test_fingerprint_knows_values_and_not_order_of_keys() -> None:
    """A changed value changes the fingerprint; a changed order of keys does not."""
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
    assert fingerprint("a", "b") != fingerprint("ab")


def test_sweeping_spares_the_file_of_a_live_writer(tmp_path: Path) -> None:
    """Whoever writes it: another process of this directory, or one whose id is the same."""
    with atomic_path(tmp_path / "mine.json") as temporary:
        temporary.write_text("half")
        sweep_temporaries(tmp_path)
        assert temporary.read_text() == "half"
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from corpusforge.storage.files import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    print(temporary, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "theirs.json"], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        theirs = Path(writer.stdout.readline().strip())
        sweep_temporaries(tmp_path)
        assert theirs.read_text() == "half"
        writer.kill()
        writer.wait()
    sweep_temporaries(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.json"]


def test_two_writers_of_one_file_do_not_share_a_temporary_file(tmp_path: Path) -> None:
    """The process id is no name: containers that share a directory have the same ones."""
    with atomic_path(tmp_path / "a") as first, atomic_path(tmp_path / "a") as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert (tmp_path / "a").read_text() == "first"
