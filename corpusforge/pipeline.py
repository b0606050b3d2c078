"""The pipeline: the commands of a build in order, each with its steps.

Everything else that needs this order derives it from here: the commands of the command line, the
stage before a stage, the funnel, `verify`, `explain`, the history of a document. To add a stage or
a fact, write a module with a `STEP` and name it in `COMMANDS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

from corpusforge.errors import ConfigError, RunError

if TYPE_CHECKING:
    from corpusforge.config import CorpusExperiment
    from corpusforge.engine.run import Run
    from corpusforge.engine.step import Step
    from corpusforge.stages.stage import StageStep


@dataclass(frozen=True)
class Command:
    """A command and its steps: facts first, then the verdict, then what follows from it."""

    name: str
    # Modules under corpusforge/, each with a `STEP`; imported when needed, so that the command line
    # can list the commands without them. A step itself is possible, too.
    steps: tuple[str | Step, ...]


COMMANDS = (
    Command("ingest", ("sources.ingest",)),
    Command("license", ("facts.license", "stages.license", "stages.audit")),
    Command("dedup", ("facts.signatures", "stages.dedup", "facts.lines")),
    Command("split", ("stages.split",)),
    Command("tokenizer", ("facts.secrets", "tokenizer.step")),
    Command("tokenize", ("shards.step",)),
)


def command_names() -> list[str]:
    """The commands in the order of a build."""
    return [command.name for command in COMMANDS]


def all_steps() -> Iterator[tuple[str, Step]]:
    """Every step in order, with the command that runs it."""
    from corpusforge.stages.stage import StageStep

    before: tuple[str, ...] = ()
    for command in COMMANDS:
        for named in command.steps:
            step = import_module(f"corpusforge.{named}").STEP if isinstance(named, str) else named
            yield command.name, replace(step, stages_before=before)
            if isinstance(step, StageStep):
                before = (*before, step.name)


def stages() -> list[StageStep]:
    """The stages, in the order in which they decide."""
    from corpusforge.stages.stage import StageStep

    return [step for _, step in all_steps() if isinstance(step, StageStep)]


def enabled_steps(config: CorpusExperiment) -> list[tuple[str, Step]]:
    """The steps that a configuration asks for, in order, with their commands."""
    return [(command, step) for command, step in all_steps() if step.is_enabled(config)]


def build(run: Run, until: str | None = None) -> None:
    """Bring every command up to date, or those up to `until`.

    Raises:
        ConfigError: there is no such command.
        UserError: a step cannot work with the configuration; raised before any work.
    """
    names = command_names()
    if until is not None and until not in names:
        raise ConfigError(
            "no such command", where="--until", got=until, expected=f"one of {', '.join(names)}"
        )
    asked = names if until is None else names[: names.index(until) + 1]
    _run(run, [(command, step) for command, step in enabled_steps(run.config) if command in asked])


def run_command(run: Run, command: str) -> None:
    """Run the steps of one command.

    Raises:
        RunError: an earlier step has not been run or is out of date.
        UserError: a step cannot work with the configuration; raised before any work.
    """
    from corpusforge.engine.step import is_up_to_date

    names = command_names()
    earlier = names[: names.index(command)]
    steps = enabled_steps(run.config)
    for name, step in steps:
        if name in earlier and not is_up_to_date(run, step):
            raise RunError(
                f"the {name} command is not up to date",
                where=str(run.layout.root),
                do=f"run `corpusforge {name}` first, or `corpusforge build` to run all commands",
            )
    _run(run, [(name, step) for name, step in steps if name == command])


def _run(run: Run, steps: list[tuple[str, Step]]) -> None:
    from corpusforge.engine.step import execute

    for _, step in steps:
        step.check(run.config)
    for place, (command, step) in enumerate(steps):
        execute(run, step)
        if place + 1 == len(steps) or steps[place + 1][0] != command:
            run.save_config()
