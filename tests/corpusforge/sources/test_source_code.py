"""Source trees: which files, which repository, what is passed over and why."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from corpusforge.config import CodeSource
from corpusforge.errors import InputError
from corpusforge.sources.code import CodeDocuments
from corpusforge.sources.languages import language_by_name, language_by_shebang
from corpusforge.storage.documents import Reject

Read = Callable[..., Any]


def _tree(root: Path, files: dict[str, str | bytes]) -> str:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(root)


def test_text_files_are_documents(tmp_path: Path, read_source: Read) -> None:
    """By extension, by name, or by the interpreter they call; files before subdirectories."""
    path = _tree(
        tmp_path / "project",
        {
            "Makefile": "all:\n",
            "b/main.c": "int main;\n",
            "a.py": "x = 1\n",
            "run": "#!/usr/bin/env -S python3 -u\nprint()\n",
            "LICENSE-MIT": "Permission is hereby granted\n",
        },
    )
    reading = read_source(type="code", path=path)
    assert [(d["id"], d["language"]) for d in reading.documents] == [
        ("LICENSE-MIT", "text"),
        ("Makefile", "makefile"),
        ("a.py", "python"),
        ("run", "python"),
        ("b/main.c", "c"),
    ]
    assert reading.documents[2]["text"] == "x = 1\n"
    assert reading.documents[2]["path"] == "a.py"
    assert reading.rejects == []


def test_what_is_no_source_is_a_reject(tmp_path: Path, read_source: Read) -> None:
    """Every file that is passed over has its reason."""
    path = _tree(
        tmp_path,
        {
            "binary.py": b"a\0b",
            "bundle.js": "var a=1;" * 200,
            "data.csv": "1,2\n",
            "empty.py": "",
            "blank.py": "\n \n",
            "foreign.py": bytes(range(128, 256)) * 4,
            "long.py": "x" * 3001,
            "noname": "no interpreter\n",
            "prose.md": "a paragraph in one line " * 100,
            "__pycache__/a.py": "",
            "node_modules/a/index.js": "",
            "env/pyvenv.cfg": "",
            ".git/config": "",
        },
    )
    (tmp_path / "link.py").symlink_to("/etc/hostname")
    (tmp_path / "linked").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe.py")
    reading = read_source(type="code", path=path, max_document_bytes=3000)
    assert reading.ids == ["prose.md"]
    assert {reject.path: reject.reason for reject in reading.rejects} == {
        "binary.py": "binary",
        "bundle.js": "minified",
        "data.csv": "unknown-type",
        "empty.py": "empty",
        "blank.py": "empty",
        "foreign.py": "undecodable",
        "long.py": "oversized",
        "noname": "unknown-type",
        "__pycache__/": "cache",
        "node_modules/": "installed-packages",
        "env/": "installed-packages",
        ".git/": "version-control",
        "link.py": "link",
        "linked": "link",
        "pipe.py": "special-file",
    }


def test_gitignore_is_honoured_as_git_does(tmp_path: Path, read_source: Read) -> None:
    """Nested files are stronger, `!` takes back, an ignored directory is closed."""
    path = _tree(
        tmp_path,
        {
            ".gitignore": "*.txt\nbuild/\n/top.py\n!keep.txt\nfoo\ndocs/**\n!docs/a.md\nbad\\\n",
            "a.txt": "a\n",
            "keep.txt": "a\n",
            "top.py": "a\n",
            "sub/top.py": "a\n",
            "sub/.gitignore": "keep.txt\n!b.txt\n!build/\n!foo/\n",
            "sub/b.txt": "b\n",
            "sub/keep.txt": "b\n",
            "build/x.py": "x\n",
            "sub/build/x.py": "x\n",
            "sub/build/foo": "#!/bin/sh\n",
            "sub/build/a.txt": "a\n",
            "docs/a.md": "a\n",
            "docs/b.md": "b\n",
        },
    )
    reading = read_source(type="code", path=path)
    # As `git ls-files --others --exclude-standard` lists them.
    assert reading.ids == ["keep.txt", "docs/a.md", "sub/b.txt", "sub/top.py", "sub/build/x.py"]
    assert {reject.path for reject in reading.rejects if reject.reason == "gitignored"} == {
        "a.txt",
        "top.py",
        "build/",
        "docs/b.md",
        "sub/keep.txt",
        "sub/build/foo",
        "sub/build/a.txt",
    }


def test_a_gitignore_that_cannot_be_read_is_a_reject(tmp_path: Path, read_source: Read) -> None:
    """What stands below is taken, other rules hold, and the reject says what was not left out."""
    path = _tree(
        tmp_path,
        {".gitignore": "*.txt\n", "sub/a.py": "a\n", "sub/b.txt": "b\n", "sub/deep/c.py": "c\n"},
    )
    (tmp_path / "sub/.gitignore").symlink_to("nowhere")
    reading = read_source(type="code", path=path)
    assert reading.ids == ["sub/a.py", "sub/deep/c.py"]
    assert [reject for reject in reading.rejects if reject.reason == "unreadable"] == [
        Reject(
            "sub/.gitignore",
            "unreadable",
            None,
            "No such file or directory; its rules are not known, and leave nothing out",
        )
    ]


def test_rules_end_where_another_repository_begins(tmp_path: Path, read_source: Read) -> None:
    """A repository inside a tree has only its own rules; those of the configuration hold."""
    path = _tree(
        tmp_path,
        {
            ".gitignore": "*.py\n",
            "a.py": "a\n",
            "inner/.git/HEAD": "",
            "inner/a.py": "a\n",
            "inner/b.rs": "b\n",
        },
    )
    reading = read_source(type="code", path=path, exclude=["*.rs"])
    assert reading.ids == ["inner/a.py"]
    assert reading.reasons["excluded"] == 1


def test_a_repository_is_the_nearest_git_or_the_outermost_project(
    tmp_path: Path, read_source: Read
) -> None:
    """Files of no project belong to none."""
    path = _tree(
        tmp_path,
        {
            "loose.py": "x\n",
            "mono/package.json": "{}\n",
            "mono/parts/one/package.json": "{}\n",
            "mono/parts/one/a.js": "x\n",
            "mono/vendored/.git/HEAD": "",
            "mono/vendored/sub/setup.py": "x\n",
        },
    )
    reading = read_source(type="code", path=path)
    assert {d["path"]: d["repository"] for d in reading.documents} == {
        "loose.py": None,
        "mono/package.json": "mono",
        "mono/parts/one/package.json": "mono",
        "mono/parts/one/a.js": "mono",
        "mono/vendored/sub/setup.py": "mono/vendored",
    }


def test_a_root_that_is_a_repository_has_its_own_name(tmp_path: Path, read_source: Read) -> None:
    """Its paths do not begin with it."""
    path = _tree(tmp_path / "mine", {"pyproject.toml": "[project]\n"})
    (document,) = read_source(type="code", path=path).documents
    assert (document["path"], document["repository"]) == ("pyproject.toml", "mine")


def test_several_roots_are_told_apart(tmp_path: Path, read_source: Read) -> None:
    """Paths and repositories begin with the roots' names; files may be named, too."""
    _tree(tmp_path, {"a/setup.py": "a\n", "b/setup.py": "b\n", "c.py": "c\n", "d.py": "d\n"})
    reading = read_source(type="code", path=[str(tmp_path / name) for name in ("b", "a", "c.py")])
    assert [(d["id"], d["repository"]) for d in reading.documents] == [
        ("b/setup.py", "b"),
        ("a/setup.py", "a"),
        ("c.py", None),
    ]


def test_a_root_inside_another_is_an_error(tmp_path: Path, read_source: Read) -> None:
    """Its files would be taken twice."""
    _tree(tmp_path, {"a/b/c.py": "c\n"})
    with pytest.raises(InputError, match="inside another one"):
        read_source(type="code", path=[str(tmp_path / "a"), str(tmp_path / "a/b")])


def test_names_that_are_no_utf8_are_shown(tmp_path: Path, read_source: Read) -> None:
    """A file is read whatever the bytes of its name."""
    (tmp_path / os.fsdecode(b"caf\xe9.py")).write_text("x = 1\n")
    assert read_source(type="code", path=str(tmp_path)).ids == ["caf\\xe9.py"]


def test_units_are_cut_by_bytes_and_follow_content(tmp_path: Path, read_source: Read) -> None:
    """However a tree is cut it gives the same documents, and a change is seen in one unit."""
    path = _tree(tmp_path, {f"{n:02}.py": f"x = {n:03}\n" for n in range(50)})
    whole = read_source(type="code", path=path)
    before = read_source(type="code", path=path, part_bytes=64)
    assert len(before.units) == 7
    assert before.documents == whole.documents
    (tmp_path / "20.py").write_text("y = 020\n")
    after = read_source(type="code", path=path, part_bytes=64)
    changed = [
        old.checksum != new.checksum for old, new in zip(before.units, after.units, strict=True)
    ]
    assert changed.count(True) == 1


def test_equal_trees_elsewhere_are_equal(tmp_path: Path, read_source: Read) -> None:
    """Neither documents nor checksums know where a tree stands."""
    files: dict[str, str | bytes] = {"setup.py": "a\n", "b/c.py": "c\n"}
    here = read_source(type="code", path=_tree(tmp_path / "x/mine", files))
    there = read_source(type="code", path=_tree(tmp_path / "y/z/mine", files))
    assert here.documents == there.documents
    assert [unit.checksum for unit in here.units] == [unit.checksum for unit in there.units]


def test_a_file_that_vanishes_is_a_reject(tmp_path: Path) -> None:
    """What is gone between plan and read is counted, and the rest is read."""
    path = _tree(tmp_path, {"a.py": "a\n", "b.py": "b\n"})
    source = CodeDocuments(CodeSource(name="source", path=(path,)))
    (unit,), _ = source.plan(1000)
    (tmp_path / "a.py").unlink()
    reject, batch = source.read(unit)
    assert reject == Reject("a.py", "unreadable", None, "No such file or directory")
    assert isinstance(batch, pa.RecordBatch)
    assert batch["id"].to_pylist() == ["b.py"]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("a/b.PY", "python"),
        ("CMakeLists.txt", "cmake"),
        ("notes.txt", "text"),
        ("Dockerfile", "dockerfile"),
        ("COPYING.LESSER", "text"),
        (".py", None),
        ("a.b", None),
        ("photo.jpeg", None),
    ],
)
def test_names_say_languages(name: str, language: str | None) -> None:
    """The whole name is stronger than its extension."""
    assert language_by_name(name) == language


@pytest.mark.parametrize(
    ("line", "language"),
    [
        (b"#!/bin/sh\n", "shell"),
        (b"#! /usr/local/bin/perl -w\n", "perl"),
        (b"#!/usr/bin/env python3.11\n", "python"),
        (b"#!/usr/bin/env -S LANG=C node --flag\n", "javascript"),
        (b"#!/opt/strange\n", None),
        (b"# no shebang\n", None),
        (b"", None),
    ],
)
def test_first_lines_say_languages(line: bytes, language: str | None) -> None:
    """Versions, paths, `env` and its options are passed over."""
    assert language_by_shebang(line) == language
