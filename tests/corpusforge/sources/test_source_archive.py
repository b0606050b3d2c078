"""Archives: every kind is read in place, and no member can do harm."""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from corpusforge.config import CodeSource
from corpusforge.sources.code import CodeDocuments
from corpusforge.storage.documents import Reject

Read = Callable[..., Any]

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".tar": bytes,
    ".tar.gz": gzip.compress,
    ".tgz": gzip.compress,
    ".tar.bz2": bz2.compress,
    ".tar.xz": lzma.compress,
    ".tar.zst": zstandard.compress,
}


def _tar(*members: tuple[str, bytes] | tarfile.TarInfo) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                name, data = member
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def _special(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = "/etc/passwd"
    return info


def _zip(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return str(path)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_every_kind_of_tar_is_read(tmp_path: Path, read_source: Read, suffix: str) -> None:
    """One repository, named like the archive; paths begin with the archive's name."""
    path = tmp_path / f"mine-1.0{suffix}"
    long = "deep/" * 30 + "a.py"
    path.write_bytes(COMPRESS[suffix](_tar(("./setup.py", b"x = 1\n"), (long, b"y = 2\n"))))
    reading = read_source(type="code", path=str(path))
    assert [(d["id"], d["repository"], d["language"]) for d in reading.documents] == [
        (f"mine-1.0{suffix}/setup.py", "mine-1.0", "python"),
        (f"mine-1.0{suffix}/{long}", "mine-1.0", "python"),
    ]
    assert reading.rejects == []


@pytest.mark.parametrize("suffix", [".zip", ".whl"])
def test_every_kind_of_zip_is_read(tmp_path: Path, read_source: Read, suffix: str) -> None:
    """Cut into ranges of members, it gives what it gives whole."""
    members = [(f"pkg/{number}.py", b"x = %d\n" % number) for number in range(20)]
    path = _zip(tmp_path / f"mine{suffix}", *members)
    whole = read_source(type="code", path=path)
    cut = read_source(type="code", path=path, part_bytes=30)
    assert whole.ids == [f"mine{suffix}/pkg/{number}.py" for number in range(20)]
    assert cut.documents == whole.documents
    assert len(cut.units) == 4


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_an_archive_that_may_not_be_read_is_unreadable(
    tmp_path: Path, read_source: Read, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It is not taken for damaged, and the reject does not say where it stands."""

    def refuse(path: Path, *arguments: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / name).write_bytes(b"closed")
    monkeypatch.setattr(Path, "open", refuse)
    reading = read_source(type="code", path=str(tmp_path / name))
    assert reading.rejects == [Reject(name, "unreadable", None, "Permission denied")]


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_an_archive_that_vanishes_is_unreadable(tmp_path: Path, name: str) -> None:
    """What is gone between plan and read is counted."""
    path = tmp_path / name
    if name == "a.zip":
        _zip(path, ("a.py", b"x = 1\n"))
    else:
        path.write_bytes(_tar(("a.py", b"x = 1\n")))
    source = CodeDocuments(CodeSource(name="source", path=(str(path),)))
    (unit,), _ = source.plan(1000)
    path.unlink()
    assert list(source.read(unit)) == [
        Reject(name, "unreadable", None, "No such file or directory")
    ]


UNSAFE = ["../evil.py", "a/../../evil.py", "/abs.py", "..\\evil.py", "C:\\evil.py"]


def test_members_of_a_zip_that_are_no_files_are_rejects(tmp_path: Path, read_source: Read) -> None:
    """Each with its reason, and nothing is written anywhere."""
    link = zipfile.ZipInfo("link.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    pipe = zipfile.ZipInfo("pipe.py")
    pipe.external_attr = (stat.S_IFIFO | 0o777) << 16
    squeezed = zipfile.ZipInfo("lzma.py")
    squeezed.compress_type = zipfile.ZIP_LZMA
    path = _zip(
        tmp_path / "a.zip",
        *((name, b"x = 1\n") for name in UNSAFE),
        (link, b"/etc/passwd"),
        (pipe, b""),
        ("data.bin", b"\0"),
        ("binary.py", b"\0"),
        ("long.py", b"x" * 2000),
        (".git/hooks/hook", b"#!/bin/sh\n"),
        ("build/a.py", b"x = 1\n"),
        ("dir/", b""),
        ("good.py", b"x = 1\n"),
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(squeezed, b"x = 1\n", zipfile.ZIP_LZMA)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("good.py", b"x = 2\n")
    reading = read_source(type="code", path=path, max_document_bytes=1000, exclude=["build/"])
    assert [(d["id"], d["text"]) for d in reading.documents] == [("a.zip/good.py", "x = 1\n")]
    assert reading.reasons == {
        "unsafe-name": 5,
        "link": 1,
        "special-file": 1,
        "unknown-type": 1,
        "binary": 1,
        "oversized": 1,
        "version-control": 1,
        "excluded": 1,
        "unsupported-compression": 1,
        "duplicate-name": 1,
    }
    assert sorted(tmp_path.iterdir()) == [Path(path)]


def test_an_encrypted_member_is_a_reject(tmp_path: Path, read_source: Read) -> None:
    """The flag is enough; no password is asked for."""
    path = Path(_zip(tmp_path / "a.zip", ("a.py", b"x = 1\n")))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert read_source(type="code", path=str(path)).reasons == {"encrypted": 1}


def test_members_of_a_tar_that_are_no_files_are_rejects(tmp_path: Path, read_source: Read) -> None:
    """Each with its reason, and nothing is written anywhere."""
    path = tmp_path / "a.tar"
    path.write_bytes(
        _tar(
            *((name, b"x = 1\n") for name in UNSAFE),
            _special("soft.py", tarfile.SYMTYPE),
            _special("hard.py", tarfile.LNKTYPE),
            _special("pipe.py", tarfile.FIFOTYPE),
            _special("disk.py", tarfile.BLKTYPE),
            _special("dir", tarfile.DIRTYPE),
            ("long.py", b"x" * 2000),
            ("good.py", b"x = 1\n"),
            ("good.py", b"x = 2\n"),
        )
    )
    reading = read_source(type="code", path=str(path), max_document_bytes=1000)
    assert [(d["id"], d["text"]) for d in reading.documents] == [("a.tar/good.py", "x = 1\n")]
    assert reading.reasons == {
        "unsafe-name": 5,
        "link": 2,
        "special-file": 2,
        "oversized": 1,
        "duplicate-name": 1,
    }
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_truncated_tar_keeps_what_stands_before_the_break(
    tmp_path: Path, read_source: Read, suffix: str
) -> None:
    """Whole members are documents, and the break is one reject."""
    members = [(f"{number}.py", f"x = {number}\n".encode() * 999) for number in range(300)]
    whole = COMPRESS[suffix](_tar(*members))
    path = tmp_path / f"a{suffix}"
    path.write_bytes(whole[: len(whole) * 3 // 4])
    reading = read_source(type="code", path=str(path))
    assert 50 < len(reading.documents) < 300
    assert reading.ids == [f"a{suffix}/{number}.py" for number in range(len(reading.documents))]
    assert [(reject.path, reject.reason) for reject in reading.rejects] == [
        (f"a{suffix}", "truncated")
    ]


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_what_is_no_archive_is_a_reject(tmp_path: Path, read_source: Read, name: str) -> None:
    """An empty file and a file of anything else."""
    path = tmp_path / name
    path.touch()
    assert read_source(type="code", path=str(path)).reasons == {"empty": 1}
    path.write_bytes(b"no archive at all" * 100)
    assert read_source(type="code", path=str(path)).reasons == {"corrupt": 1}


def test_a_damaged_member_does_not_take_the_others_along(tmp_path: Path, read_source: Read) -> None:
    """A zip finds the next member by its directory."""
    path = Path(_zip(tmp_path / "a.zip", ("a.py", b"x = 1\n" * 99), ("b.py", b"y = 2\n")))
    data = bytearray(path.read_bytes())
    data[40] ^= 255
    path.write_bytes(data)
    reading = read_source(type="code", path=str(path))
    assert reading.ids == ["a.zip/b.py"]
    assert [(reject.path, reject.reason) for reject in reading.rejects] == [
        ("a.zip/a.py", "corrupt")
    ]


def test_a_zip_bomb_is_refused_before_it_is_read(tmp_path: Path, read_source: Read) -> None:
    """Many members that each pass the limit, and together are far too much."""
    path = _zip(tmp_path / "a.zip", *((f"{n}.py", bytes(1 << 20)) for n in range(80)))
    assert Path(path).stat().st_size < 200_000
    reading = read_source(type="code", path=path)
    assert reading.units == []
    assert [(reject.path, reject.reason) for reject in reading.rejects] == [("a.zip", "bomb")]


def test_a_member_that_declares_too_little_takes_little_memory(
    tmp_path: Path, measure_source: Callable[..., tuple[dict[str, int], int]]
) -> None:
    """It is read as far as it declares, and then its checksum is wrong."""
    path = Path(_zip(tmp_path / "a.zip", ("a.py", bytes(200 << 20))))
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(signature) + offset
        data[start : start + 4] = (60).to_bytes(4, "little")
    path.write_bytes(data)
    reasons, grown_bytes = measure_source(type="code", path=str(path))
    assert reasons == {"corrupt": 1}
    assert grown_bytes < 50 << 20


def test_a_tar_bomb_takes_little_memory(
    tmp_path: Path, measure_source: Callable[..., tuple[dict[str, int], int]]
) -> None:
    """Four gigabytes of zeros in one member; what stands before them is kept."""
    zeros = tarfile.TarInfo("zeros.py")
    zeros.size = 4 << 30
    path = tmp_path / "a.tar.gz"
    head = _tar(("a.py", b"x = 1\n"))[:1024] + zeros.tobuf(format=tarfile.GNU_FORMAT)
    path.write_bytes(gzip.compress(head) + gzip.compress(bytes(16 << 20)) * 256)
    reasons, grown_bytes = measure_source(type="code", path=str(path))
    assert reasons == {"kept": 1, "oversized": 1, "bomb": 1}
    assert grown_bytes < 100 << 20


def test_an_endless_header_is_refused(
    tmp_path: Path, measure_source: Callable[..., tuple[dict[str, int], int]]
) -> None:
    """A member's attributes would be read into memory whole."""
    header = tarfile.TarInfo("attributes")
    header.type = tarfile.XHDTYPE
    header.size = 150 << 20
    path = tmp_path / "a.tar"
    with path.open("wb") as file:
        file.write(header.tobuf(format=tarfile.GNU_FORMAT))
        file.truncate(200 << 20)
    reasons, grown_bytes = measure_source(type="code", path=str(path))
    assert reasons == {"bomb": 1}
    assert grown_bytes < 50 << 20
