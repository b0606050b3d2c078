"""What the documents show is what the program does."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from corpusforge.config import Experiment, load
from corpusforge.redaction.secrets import kinds

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_cli", ROOT / "docs" / "generate_cli.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_reference_is_what_help_prints() -> None:
    """`make docs` writes it anew."""
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == _generator().page()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_configuration_loads(path: Path) -> None:
    """Its corpus has sources, each with its own name; or it trains on another one's."""
    experiment = load(path, Experiment)
    if "corpus_dir" not in experiment.training.get("data", {}):
        assert experiment.corpus.sources()


def test_links_of_the_documents_lead_somewhere() -> None:
    """Every relative link of the Markdown files names a file that is there."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    assert len(pages) >= 5
    for page in pages:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_commands_of_the_readme_are_commands() -> None:
    """Every `corpusforge …` and `python -m trainer …` line of the README names a real command."""
    generator = _generator()
    readme = (ROOT / "README.md").read_text("utf-8")
    for program, group in (
        ("corpusforge", generator.corpusforge),
        ("python -m trainer", generator.trainer),
    ):
        shown = re.findall(rf"^(?:\$ )?{program} (\w[\w-]*)", readme, flags=re.MULTILINE)
        assert shown, program
        assert set(shown) <= set(group.commands), program


def test_the_page_about_secrets_names_the_marks_of_examples() -> None:
    """A token with one of them in it is not replaced; only the subject of jwt.io's is long."""
    page = (ROOT / "docs" / "secrets.md").read_text("utf-8")
    marks = [mark for mark in kinds._EXAMPLES.pattern.decode().split("|") if len(mark) < 20]
    assert len(marks) == 5
    for mark in marks:
        assert f"`{mark}`" in page
