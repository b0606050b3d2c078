"""Files about licences are kept beside the documents, and none of them stops an ingest."""

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Read = Callable[..., Any]


def _problems(reading: Any) -> dict[str, str | None]:
    return {file.path: file.problem for file in reading.evidence}


def test_a_tree_gives_its_evidence_whatever_is_excluded(tmp_path: Path, read_source: Read) -> None:
    """Also what is no document: sidecars of images; with the repository and the kind."""
    (tmp_path / "LICENSE").write_text("MIT")
    (tmp_path / "logo.png.license").write_text("SPDX-License-Identifier: CC0-1.0")
    (tmp_path / "a.py").write_text("x = 1")
    reading = read_source(type="code", path=str(tmp_path), exclude=["LICENSE"])
    assert [(file.path, file.kind, file.text) for file in reading.evidence] == [
        ("LICENSE", "license", "MIT"),
        ("logo.png.license", "sidecar", "SPDX-License-Identifier: CC0-1.0"),
    ]
    assert {file.repository for file in reading.evidence} == {tmp_path.name}
    assert reading.ids == ["a.py"]


def test_evidence_that_cannot_be_read_stands_with_the_reason(
    tmp_path: Path, read_source: Read
) -> None:
    """Too large, not text, links out of the tree; each is a counted reject, too."""
    tree = tmp_path / "tree"
    (tree / "in").mkdir(parents=True)
    with (tree / "package.json").open("wb") as file:
        file.truncate(200_000_000)
    (tree / "COPYING").write_bytes(b"\0\1\2")
    (tmp_path / "secret").write_text("MIT")
    (tree / "LICENSE").symlink_to(tmp_path / "secret")
    (tree / "in" / "LICENSE").write_text("MIT")
    (tree / "LICENSE.txt").symlink_to("in/LICENSE")
    reading = read_source(type="code", path=str(tree))
    problems = _problems(reading)
    assert problems["LICENSE"] == "a link out of the tree"
    assert problems["COPYING"] == "binary: NUL bytes"
    assert str(problems["package.json"]).startswith("oversized")
    assert problems["LICENSE.txt"] is None
    assert reading.reasons["unread-evidence"] == 3


def test_a_path_of_4000_characters_is_evidence_like_any_other(
    tmp_path: Path, read_source: Read
) -> None:
    """In an archive, where there is no limit of the system's."""
    name = "/".join(["d" * 99] * 40) + "/LICENSE"
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = 3
        archive.addfile(info, io.BytesIO(b"MIT"))
    path = tmp_path / "a.tar"
    path.write_bytes(data.getvalue())
    (file,) = read_source(type="code", path=str(path)).evidence
    assert (len(file.path), file.text) == (4013, "MIT")


def test_archives_give_their_evidence(tmp_path: Path, read_source: Read) -> None:
    """A link to a licence is not followed, and stands there."""
    path = tmp_path / "x.whl"
    link = zipfile.ZipInfo("sub/LICENSE")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x-1.dist-info/METADATA", "Name: x\nLicense: MIT\n")
        archive.writestr("x-1.dist-info/licenses/LICENSE", "MIT")
        archive.writestr(link, "../../etc/passwd")
    reading = read_source(type="code", path=str(path))
    assert _problems(reading) == {
        "x.whl/x-1.dist-info/METADATA": None,
        "x.whl/x-1.dist-info/licenses/LICENSE": None,
        "x.whl/sub/LICENSE": "link",
    }


def test_evidence_decides_whether_a_unit_is_read_again(tmp_path: Path, read_source: Read) -> None:
    """A changed licence file changes the checksum of its unit."""
    (tmp_path / "a.py").write_text("x = 1")
    (tmp_path / "logo.png.license").write_text("SPDX-License-Identifier: MIT")
    first = read_source(type="code", path=str(tmp_path)).units[0].checksum
    (tmp_path / "logo.png.license").write_text("SPDX-License-Identifier: ISC")
    assert read_source(type="code", path=str(tmp_path)).units[0].checksum != first
