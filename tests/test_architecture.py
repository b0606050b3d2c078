"""Imports go one way; the rooms are as ARCHITECTURE.md says."""

import ast
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpusforge.pipeline import COMMANDS

ROOT = Path(__file__).parents[1]
HEAVY = {
    "torch",
    "datasets",
    "numba",
    "pyarrow",
    "numpy",
    "sentencepiece",
    "pydantic",
    "rich",
    "transformers",
}
# What the trainer may know of the corpus side.
OPEN_TO_TRAINER = (
    "corpusforge.shards",
    "corpusforge.inspection.history",
    "corpusforge.inspection.shards",
    "corpusforge.tokenizer.load",
    "corpusforge.tokenizer.model_file",
    "corpusforge.tokenizer.tokenizer",
    "corpusforge.tokenizer.chat",
    "corpusforge.cli_command",
    "corpusforge.config",
    "corpusforge.dialogues",
    "corpusforge.errors",
    "corpusforge.storage.files",
    "corpusforge.storage.layout",
    "corpusforge.storage.lock",
    "corpusforge.arrays",
    "corpusforge.terminal",
)


def _imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Modules that a file imports, and whether the import runs when the file is imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lazy: set[ast.AST] = set()
    for node in ast.walk(tree):
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or (
            isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        )
        if inside:
            lazy.update(ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node not in lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node not in lazy
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from ((name, node not in lazy) for name in names if _is_module(name))


def _room(module: str) -> str:
    """The sub-package of a module, or the module itself if it is in none: what a map names."""
    names = module.split(".")
    is_package = (ROOT / Path(*names[:2])).is_dir()
    return names[1] + "/" if is_package else names[1] + ".py"


def _rooms_imported(path: Path, package: str) -> set[str]:
    """Rooms of its own package that a file imports, lazy imports included."""
    names = {name for name, _ in _imports(path) if name.startswith(f"{package}.")}
    if path == ROOT / "corpusforge" / "pipeline.py":
        # It names its steps by their modules.
        steps = [step for command in COMMANDS for step in command.steps]
        names |= {f"corpusforge.{step}" for step in steps}
    modules = {name for name in names if _is_module(name)}
    return {_room(module) for module in modules}


def _is_module(name: str) -> bool:
    path = ROOT / Path(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def _map_of(package: str) -> list[str]:
    """The rooms of a package as ARCHITECTURE.md lists them, from the ground up."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    block = text.partition(f"```\n{package}/\n")[2].partition("```")[0]
    return re.findall(r"^  ([a-z_]+(?:/|\.py)) ", block, flags=re.MULTILINE)


@pytest.mark.parametrize("package", ["corpusforge", "trainer"])
def test_the_rooms_are_those_of_the_map(package: str) -> None:
    """ARCHITECTURE.md names every room, and no other."""
    entries = {
        entry.name + "/" if entry.is_dir() else entry.name
        for entry in (ROOT / package).iterdir()
        if (entry.is_dir() and (entry / "__init__.py").is_file()) or entry.suffix == ".py"
    }
    assert sorted(_map_of(package)) == sorted(entries - {"__init__.py"})


@pytest.mark.parametrize("package", ["corpusforge", "trainer"])
def test_a_room_imports_only_rooms_above_it_on_the_map(package: str) -> None:
    """So there is no circle, lazy imports included."""
    order = {room: place for place, room in enumerate(_map_of(package))}
    for path in _modules(package):
        if path == ROOT / package / "__init__.py":
            continue
        module = path.relative_to(ROOT).with_suffix("")
        own = _room(".".join(module.parts))
        for room in _rooms_imported(path, package) - {own, "__init__.py"}:
            assert order[room] < order[own], f"{path.relative_to(ROOT)} imports {room}"


def _modules(package: str) -> list[Path]:
    modules = sorted((ROOT / package).rglob("*.py"))
    assert modules, package
    return modules


def test_the_corpus_side_knows_nothing_of_the_trainer() -> None:
    """Raw data to shards needs neither torch nor the trainer."""
    for path in _modules("corpusforge"):
        roots = {name.split(".")[0] for name, _ in _imports(path)}
        assert not roots & {"torch", "trainer", "assistant"}, path


def test_the_trainer_meets_the_corpus_side_at_the_shards() -> None:
    """It imports what reads shards and encodes text, and no stage."""
    for path in _modules("trainer"):
        for name, _ in _imports(path):
            if name.startswith("corpusforge"):
                assert name == "corpusforge" or name.startswith(OPEN_TO_TRAINER), (path, name)


def test_only_cli_modules_know_the_command_line() -> None:
    """Everything else can be called from a program."""
    for package in ("corpusforge", "trainer"):
        for path in _modules(package):
            if path.name not in ("cli.py", "cli_command.py"):
                assert "click" not in {name.split(".")[0] for name, _ in _imports(path)}, path


def test_stages_and_facts_do_not_know_one_another() -> None:
    """They meet through files; each imports its seam alone."""
    seams = {
        "facts": {"corpusforge.facts.fact"},
        "stages": {"corpusforge.stages.stage", "corpusforge.stages.known_corpora"},
    }
    for room, seam in seams.items():
        for path in _modules(f"corpusforge/{room}"):
            for name, _ in _imports(path):
                if name.startswith(("corpusforge.stages.", "corpusforge.facts.")):
                    assert name in seam, (path, name)


@pytest.mark.parametrize("package", ["corpusforge", "trainer"])
def test_the_command_line_imports_nothing_heavy(package: str) -> None:
    """What a command needs is imported when it runs."""
    roots = {name.split(".")[0] for name, now in _imports(ROOT / package / "cli.py") if now}
    assert not roots & HEAVY


@pytest.mark.parametrize("module", ["corpusforge", "trainer"])
def test_help_answers_at_once(module: str) -> None:
    """Under 0.3 s, the start of Python included; the best of five, since machines are noisy."""
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", module, "--help"], check=True, capture_output=True)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.3
