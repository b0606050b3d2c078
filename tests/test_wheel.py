"""A wheel has all that the program needs, its examples included."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKED = ("pyproject.toml", "setup.py", "README.md", "LICENSE")
FOLDERS = ("corpusforge", "trainer", "configs")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the content of a wheel that was built from a copy of the sources."""
    source = tmp_path_factory.mktemp("source")
    for name in PACKED:
        shutil.copy(ROOT / name, source)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps"]
    subprocess.run(
        [*wheel, "--no-build-isolation", "--wheel-dir", "dist", "."], cwd=source, check=True
    )
    (archive,) = (source / "dist").glob("*.whl")
    target = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(target)
    return target


def _run(installed: Path, folder: Path, *arguments: str) -> str:
    """Run Python with the installed packages, from a folder that is not on its path."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-P", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    return done.stdout.decode()


def test_an_installed_wheel_builds_an_example(installed: Path, tmp_path: Path) -> None:
    """In an empty folder: neither a configuration nor the sources are beside it."""
    where = _run(installed, tmp_path, "-c", "import corpusforge; print(corpusforge.__file__)")
    assert Path(where.strip()).is_relative_to(installed)
    overrides = ("train_sources=[]", "train_synthetic_examples=30", "val_synthetic_examples=2")
    build = ("-m", "corpusforge", "build", "--example", "quickstart", "--until", "ingest", "--json")
    for override in overrides:
        build += ("--set", f"corpus.{override}")
    funnel = json.loads(_run(installed, tmp_path, *build, "--workers", "1"))
    assert funnel["by_source"] == {"synthetic": 30, "synthetic-validation": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    license = ("-m", "corpusforge", "license", "runs/quickstart", "--json", "--workers", "1")
    assert json.loads(_run(installed, tmp_path, *license))["kept"] == 32


def test_a_wheel_has_every_file_of_the_packages(installed: Path) -> None:
    """Modules, tables and configurations, and nothing beside the two packages."""
    for folder in FOLDERS:
        target = installed / ("corpusforge/configs" if folder == "configs" else folder)
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert (target / path.relative_to(ROOT / folder)).is_file(), path
    tops = {path.name for path in installed.iterdir() if path.suffix != ".dist-info"}
    assert tops == {"corpusforge", "trainer"}
