"""How the commands of all packages behave: their order, `--json`, and what a mistake looks like."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from corpusforge.errors import exit_on_user_error

Function = TypeVar("Function", bound=Callable[..., Any])


class Command(click.Command):
    """Shows users' errors as messages, and with `--debug` where they come from."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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
    """Lists its commands in the order of their use."""

    command_class = Command

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)


def json_option(function: Function) -> Function:
    """`--json`: the summary for a program."""
    return click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON.")(
        function
    )
