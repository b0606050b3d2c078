"""The documents show what the program does."""

import importlib.util
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pyarrow as pa
import pytest

import corpusforge.cli
import corpusforge.config
import corpusforge.stages.split
import trainer.cli
from corpusforge import pipeline
from corpusforge.config import Experiment, load
from corpusforge.redaction.secrets import kinds

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = {"corpusforge": corpusforge.cli.cli, "python -m trainer": trainer.cli.cli}


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_cli", ROOT / "docs" / "generate_cli.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_reference_is_what_help_prints() -> None:
    """`make docs` regenerates it."""
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == _generator().page()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_configuration_loads(path: Path) -> None:
    """Its corpus has sources, or it trains on the corpus of another run."""
    experiment = load(path, Experiment)
    if "corpus_dir" not in experiment.training.get("data", {}):
        assert experiment.corpus.sources()


def test_links_of_the_documents_lead_somewhere() -> None:
    """Every relative link of the Markdown files names an existing file."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    assert len(pages) >= 5
    for page in pages:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


_FENCE = re.compile(r"^(`{3,})(\w*)\n(.*?)^\1$", flags=re.MULTILINE | re.DOTALL)


def _blocks(page: Path, language: str = "") -> list[str]:
    """The fenced code blocks of a page that are in this language."""
    found = _FENCE.findall(page.read_text("utf-8"))
    return [code for _, named, code in found if named == language]


def _shown_commands(page: Path) -> Iterator[str]:
    """Commands in code blocks: without the prompt, and without a remark two spaces after it."""
    for block in _blocks(page):
        for line in block.replace("\\\n", "").splitlines():
            yield re.split(r"(?<=\S)\s{2,}", line.strip())[0].removeprefix("$ ")


def _mentioned_commands(page: Path) -> Iterator[str]:
    """Commands within sentences, which may leave arguments out."""
    for code in re.findall(r"`([^`]+)`", _FENCE.sub("", page.read_text("utf-8"))):
        yield " ".join(code.split())


def _parsed(command: str) -> list[str]:
    """The words of a command of one of the programs, after parsing; empty for any other.

    Raises:
        click.UsageError: the program does not take this command, option or value.
    """
    for program, group in PROGRAMS.items():
        if command.startswith(f"{program} "):
            name, *arguments = shlex.split(command.removeprefix(program), comments=True)
            if name.startswith("-") or name == "…":
                return []
            context = click.Context(group, info_name=program)
            known = group.get_command(context, name)
            if known is None:
                raise click.UsageError(f"no command {name}")
            known.make_context(name, arguments, parent=context)
            return [program, name, *arguments]
    return []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_of_the_documents_parse(page: Path) -> None:
    """`corpusforge …` and `python -m trainer …`; nothing is run."""
    for command in _shown_commands(page):
        try:
            _parsed(command)
        except click.UsageError as error:
            pytest.fail(f"{command}: {error.format_message()}")
    for command in _mentioned_commands(page):
        try:
            _parsed(command)
        except click.MissingParameter:
            pass
        except click.UsageError as error:
            pytest.fail(f"{command}: {error.format_message()}")


def test_the_readme_shows_both_programs() -> None:
    """So the test above has commands to parse."""
    parsed = [
        words for command in _shown_commands(ROOT / "README.md") if (words := _parsed(command))
    ]
    assert {words[0] for words in parsed} == set(PROGRAMS)
    assert len(parsed) >= 20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_files_of_the_documents_exist(page: Path) -> None:
    """Paths of this repository, and modules such as `benchmarks.dedup`."""
    text = page.read_text("utf-8")
    paths = re.findall(r"\b(?:corpusforge|trainer|tests|configs|benchmarks)/[\w/]+(?:\.\w+)?", text)
    modules = re.findall(r"\bbenchmarks\.(?!md\b)(\w+)", text)
    for path in [*paths, *(f"benchmarks/{name}.py" for name in modules)]:
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", ["README.md", "docs/api.md"])
def test_the_python_examples_run(
    page: str,
    small_corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From top to bottom, on small runs in the places of those that `make train` leaves."""
    runs = tmp_path / "runs"
    shutil.copytree(ROOT / "tests" / "data" / "old_run", runs / "quickstart-chat")
    checkpoints = runs / "quickstart-chat" / "checkpoints"
    (checkpoints / "final.pt").rename(checkpoints / "best.pt")
    (runs / "quickstart").symlink_to(small_corpus)
    monkeypatch.chdir(tmp_path)
    code = "\n".join(_blocks(ROOT / page, "python"))
    assert "corpusforge.open_corpus(" in code
    assert "trainer.load_model(" in code
    exec(compile(code, page, "exec"), {})
    assert capsys.readouterr().out


def test_the_stage_of_the_contributors_page_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its code blocks are the options, the stage, and the line in the pipeline."""
    options, stage, line = _blocks(ROOT / "CONTRIBUTING.md", "python")
    names = {**vars(corpusforge.config), **vars(corpusforge.stages.split), **vars(pipeline)}
    exec(options, names)
    monkeypatch.setattr(corpusforge.config, "LengthConfig", names["LengthConfig"], raising=False)
    exec(stage + line, names)
    length = names["LengthStage"](names["LengthConfig"](min_bytes=3))
    decided = length.decide(pa.table({"num_bytes": [2, 3]}))
    assert decided["keep"].to_pylist() == [False, True]
    assert decided["reason"].to_pylist() == ["too short", None]
    assert names["STEP"].name == "length"
    (command,) = set(names["COMMANDS"]) - set(pipeline.COMMANDS)
    assert command.steps == ("stages.length",)


def test_the_page_about_secrets_names_the_marks_of_examples() -> None:
    """A token that contains one of them is not replaced. Only the subject of jwt.io's is long."""
    page = (ROOT / "docs" / "secrets.md").read_text("utf-8")
    marks = [mark for mark in kinds._EXAMPLES.pattern.decode().split("|") if len(mark) < 20]
    assert len(marks) == 5
    for mark in marks:
        assert f"`{mark}`" in page
