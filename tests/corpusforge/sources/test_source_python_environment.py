"""A Python environment: a small one made for the test, and the one that runs it."""

import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpusforge.errors import InputError
from corpusforge.sources.python_environment import Distribution, declared_license, normalized

Read = Callable[..., Any]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A virtual environment with three distributions: the interpreter and its site-packages."""
    directory = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", directory], check=True)
    python = str(directory / "bin" / "python")
    site = Path(
        sysconfig.get_path("purelib", vars={"base": str(directory), "platbase": str(directory)})
    )
    _install(
        site,
        "Tea_Pot",
        {
            "teapot/__init__.py": b"POUR = True\n",
            "teapot/handle.pyi": b"POUR: bool\n",
            "teapot/lid.c": b"int lid;\n",
            "teapot/steam.so": b"\x7fELF\0",
            "shared.py": b"x = 1\n",
            "../../../bin/teapot": b"#!/bin/sh\n",
        },
        "License-Expression: MIT\nDescription-Content-Type: text/markdown\n\n# Teapot\n\nPours.\n",
    )
    _install(
        site,
        "cup",
        {"cup.py": b"FULL = False\n", "shared.py": b"x = 1\n", "gone.py": None},
        "License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n\nA cup.\n",
    )
    _install(site, "working-copy", {"finder.py": b"x = 1\n"}, "\nEditable.\n")
    (site / "working_copy-1.0.dist-info" / "direct_url.json").write_text(
        '{"url": "file:///x", "dir_info": {"editable": true}}'
    )
    return python, site


def _install(site: Path, name: str, files: dict[str, bytes | None], metadata: str) -> None:
    info = f"{name.replace('-', '_')}-1.0.dist-info"
    (site / info).mkdir()
    (site / info / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{metadata}"
    )
    for path, content in files.items():
        if content is not None:
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_bytes(content)
    record = [*files, "__pycache__/x.pyc", f"{info}/METADATA", f"{info}/RECORD"]
    (site / info / "RECORD").write_text("".join(f"{path},,\n" for path in record))


def test_distributions_are_read(environment: tuple[str, Path], read_source: Read) -> None:
    """Their files with their licences, each once; no scripts, no metadata, no working copies."""
    reading = read_source(
        type="python-environment", python=environment[0], include=["distributions"]
    )
    assert [(d["id"], d["path"], d["license"], d["language"]) for d in reading.documents] == [
        ("cup/cup.py", "cup.py", "License :: OSI Approved :: MIT License", "python"),
        ("cup/shared.py", "shared.py", "License :: OSI Approved :: MIT License", "python"),
        ("tea-pot/teapot/__init__.py", "teapot/__init__.py", "MIT", "python"),
        ("tea-pot/teapot/handle.pyi", "teapot/handle.pyi", "MIT", "python"),
        ("tea-pot/teapot/lid.c", "teapot/lid.c", "MIT", "c"),
    ]
    assert {d["repository"] for d in reading.documents} == {"cup", "tea-pot"}
    assert {reject.path: reject.reason for reject in reading.rejects} == {
        "gone.py": "unreadable",
        "teapot/steam.so": "unknown-type",
    }


def test_descriptions_are_prose(environment: tuple[str, Path], read_source: Read) -> None:
    """The long description, in the markup that it says; reStructuredText where it says none."""
    reading = read_source(
        type="python-environment", python=environment[0], include=["descriptions"]
    )
    assert [(d["id"], d["text"], d["language"]) for d in reading.documents] == [
        ("cup/cup-1.0.dist-info/METADATA", "A cup.\n", "rst"),
        ("tea-pot/Tea_Pot-1.0.dist-info/METADATA", "# Teapot\n\nPours.\n", "markdown"),
    ]


def test_distributions_are_chosen_by_name(environment: tuple[str, Path], read_source: Read) -> None:
    """In any spelling; one that is not installed is an error."""
    config = {
        "type": "python-environment",
        "python": environment[0],
        "include": ["distributions"],
    }
    assert len(read_source(**config, distributions=["tea.POT"]).documents) == 4
    assert len(read_source(**config, exclude=["tea.POT"]).documents) == 2
    with pytest.raises(InputError, match="not installed: kettle"):
        read_source(**config, distributions=["kettle"])


def test_the_standard_library_is_read(environment: tuple[str, Path], read_source: Read) -> None:
    """Of this Python: all of it decodes or says why not, and nothing of site-packages is in it."""
    reading = read_source(
        type="python-environment", python=environment[0], include=["standard-library"]
    )
    documents = {document["path"]: document for document in reading.documents}
    assert documents["json/decoder.py"]["id"] == "cpython/json/decoder.py"
    assert documents["json/decoder.py"]["license"] == "PSF-2.0"
    assert documents["json/decoder.py"]["repository"] == "cpython"
    assert len(documents) == len(reading.documents) > 500
    assert not [path for path in documents if "site-packages" in path]
    assert not [path for path in documents if path.startswith("_sysconfigdata")]
    assert set(reading.reasons) <= {
        "binary",
        "cache",
        "empty",
        "excluded",
        "link",
        "minified",
        "oversized",
        "undecodable",
        "unknown-type",
    }


@pytest.mark.parametrize("content", ["", "#!/bin/sh\necho no Python\n", "#!/bin/sh\nexit 3\n"])
def test_what_is_no_python_is_an_error(tmp_path: Path, read_source: Read, content: str) -> None:
    """The message names the program."""
    program = tmp_path / "python"
    program.write_text(content)
    program.chmod(0o755)
    with pytest.raises(InputError, match="does not behave like a Python") as caught:
        read_source(type="python-environment", python=str(program))
    assert caught.value.where == str(program)


def test_a_missing_python_is_an_error(tmp_path: Path, read_source: Read) -> None:
    """It names the path that was given."""
    with pytest.raises(InputError, match="no such Python"):
        read_source(type="python-environment", python=str(tmp_path / "python"))


def _distribution(**fields: Any) -> Distribution:
    return {
        "name": "a",
        "root": "/",
        "files": None,
        "editable": False,
        "license_expression": None,
        "license": None,
        "classifiers": [],
        **fields,
    }


@pytest.mark.parametrize(
    ("fields", "license"),
    [
        ({}, None),
        ({"license_expression": "MIT OR ISC", "license": "see file"}, "MIT OR ISC"),
        (
            {
                "license": "BSD",
                "classifiers": ["Topic :: Tea", "License :: OSI Approved :: BSD License"],
            },
            "License :: OSI Approved :: BSD License",
        ),
        (
            {"classifiers": ["License :: OSI Approved :: MIT License", "License :: Public Domain"]},
            '["License :: OSI Approved :: MIT License", "License :: Public Domain"]',
        ),
        ({"license": "BSD-3-Clause", "classifiers": ["License :: OSI Approved"]}, "BSD-3-Clause"),
        (
            {
                "license": "BSD-3-Clause",
                "classifiers": ["License :: OSI Approved :: BSD License"],
            },
            "BSD-3-Clause",
        ),
        (
            {"license": "MIT", "classifiers": ["License :: OSI Approved :: ISC License (ISCL)"]},
            "License :: OSI Approved :: ISC License (ISCL)",
        ),
        ({"license": " Apache-2.0 \n"}, "Apache-2.0"),
        ({"license": "UNKNOWN"}, None),
        ({"license": "Copyright (c) 2020\nPermission is hereby granted"}, None),
        ({"license": "x" * 101}, None),
    ],
)
def test_a_declared_licence_is_taken_as_it_is(fields: dict[str, Any], license: str | None) -> None:
    """The expression, else the one statement that names a licence, else what there is."""
    assert declared_license(_distribution(**fields)) == license


def test_names_are_normalized() -> None:
    """PEP 503."""
    assert normalized("Tea__Pot.-x") == "tea-pot-x"
