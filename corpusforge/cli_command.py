"""What the command lines of all packages share: commands with examples, options, JSON output."""

import json
import math
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from corpusforge.errors import exit_on_user_error
from corpusforge.terminal import show

Function = TypeVar("Function", bound=Callable[..., Any])
PATH = click.Path(path_type=Path)
POSITIVE = click.IntRange(min=1)


class Command(click.Command):
    """A command with an example in its help, and with user errors as messages unless `--debug`."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        if example:
            kwargs["epilog"] = f"\b\nExample:\n  {example}"  # \b: click must not wrap it
        super().__init__(*args, **kwargs)
        self.example = example
        self.params.append(
            click.Option(
                ["--debug"],
                is_flag=True,
                expose_value=False,
                is_eager=True,
                callback=lambda context, _, value: context.meta.update(debug=value),
                help="Show the traceback of an error.",
            )
        )

    def invoke(self, context: click.Context) -> Any:
        with exit_on_user_error(debug=context.meta["debug"]):
            return super().invoke(context)


class Group(click.Group):
    """A group that lists its commands in the order of their definition."""

    command_class = Command

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)


class Choices(click.Choice[str]):
    """The keys of a table or the values of a Literal, which are imported only when needed."""

    def __init__(self, name: str, module: str = "corpusforge.config") -> None:
        self._name, self._module = name, module
        self.case_sensitive = True

    @property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]  # an attribute of click's
        values = getattr(import_module(self._module), self._name)
        return tuple(get_args(values) or values)


class FiniteFloatRange(click.FloatRange):
    """A range of finite numbers. click's ranges include nan, and inf if a bound is missing."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
set_option = click.option(
    "--set", "overrides", multiple=True, metavar="A.B=C", help="Override a configuration key."
)


def experiment_options(function: Function) -> Function:
    """`--example` and `--set`, for commands that read an experiment; see `experiment_path`."""
    example = click.option(
        "--example",
        type=Choices("EXAMPLES", "corpusforge.examples"),
        help="Use a configuration that comes with the package.",
    )
    return example(set_option(function))


def experiment_path(config: Path | None, example: str | None) -> Path:
    """Return the configuration file that the user chose."""
    if (config is None) == (example is None):
        raise click.UsageError("Give either a configuration file or --example NAME.")
    from corpusforge.examples import EXAMPLES

    return config or EXAMPLES[example or ""]


def print_result(tree: Any, text: str, as_json: bool) -> None:
    """Print a result for a program or for a person."""
    show(json.dumps(tree, indent=2, ensure_ascii=False) if as_json else text)
