"""What the paths of a configuration name, in which order, and under which names."""

from pathlib import Path

import pytest

from corpusforge.errors import InputError
from corpusforge.sources.inputs import find_files, find_inputs, public_name

SUFFIXES = (".jsonl",)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Five files, three of them JSON Lines that are not hidden."""
    for name in ("a.jsonl", "b/c.jsonl", "b/D.JSONL", "b/e.txt", ".hidden.jsonl", ".h/x.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def _names(*paths: Path) -> list[str]:
    return [file.name for file in find_files([str(path) for path in paths], SUFFIXES)]


def test_a_file_is_known_by_its_name(tree: Path) -> None:
    """One file has no directory in its name, and may end as it likes."""
    assert _names(tree / "b/e.txt") == ["e.txt"]


def test_a_directory_gives_its_files_of_a_kind(tree: Path) -> None:
    """Sorted byte by byte, relative to the directory, hidden ones left out."""
    assert _names(tree) == ["a.jsonl", "b/D.JSONL", "b/c.jsonl"]


def test_a_pattern_gives_names_from_its_fixed_part(tree: Path) -> None:
    """Names do not depend on how much a pattern happens to match."""
    assert _names(tree / "*/c.jsonl") == ["b/c.jsonl"]
    assert _names(tree / "**/*.jsonl") == ["a.jsonl", "b/c.jsonl"]


def test_several_inputs_keep_their_order_and_what_tells_them_apart(tree: Path) -> None:
    """Names are relative to what the inputs have in common; what is named twice is taken once."""
    assert _names(tree / "b", tree / "a.jsonl", tree / "b/c.jsonl") == [
        "b/D.JSONL",
        "b/c.jsonl",
        "a.jsonl",
    ]


def test_home_is_expanded(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the home directory."""
    monkeypatch.setenv("HOME", str(tree))
    assert [given.path for given in find_inputs(["~/a.jsonl"])] == [tree / "a.jsonl"]


def test_a_name_with_brackets_is_no_pattern(tree: Path) -> None:
    """A file that is there is meant, even where its name could be a pattern."""
    (tree / "[a].jsonl").touch()
    assert _names(tree / "[a].jsonl") == ["[a].jsonl"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none.jsonl", "an input is missing"),
        ("none*.jsonl", "a pattern matches nothing"),
        ("empty", "a directory has no file of this kind"),
    ],
)
def test_inputs_that_give_nothing_are_errors(tree: Path, path: str, message: str) -> None:
    """The message says what is wrong with which input."""
    (tree / "empty").mkdir()
    with pytest.raises(InputError, match=message) as caught:
        _names(tree / path)
    assert caught.value.where == str(tree / path)


def test_names_that_are_no_utf8_are_shown(tree: Path) -> None:
    """A name of other bytes still is valid Unicode in a document."""
    assert public_name("a/caf\udce9.py") == "a/caf\\xe9.py"
