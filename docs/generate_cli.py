"""Write docs/cli.md from the `--help` of the commands. Run by `make docs`; a test compares."""

from collections.abc import Iterator
from pathlib import Path

import click

from corpusforge.cli import cli as corpusforge
from trainer.cli import cli as trainer

PAGE = Path(__file__).with_name("cli.md")
WIDTH = 96


def page() -> str:
    """Return the whole reference as Markdown."""
    lines = ["# Commands", "", "Generated from `--help` by `make docs`.", ""]
    for name, group in (("corpusforge", corpusforge), ("python -m trainer", trainer)):
        for title, text in _helps(name, group):
            lines += [f"## `{title}`", "", "```", text, "```", ""]
    return "\n".join(lines)


def _helps(name: str, group: click.Group) -> Iterator[tuple[str, str]]:
    # Unlike click, apply the group's own settings (`-h`) here.
    root = click.Context(group, info_name=name, terminal_width=WIDTH, **group.context_settings)
    yield name, group.get_help(root)
    for command_name in group.list_commands(root):
        command = group.get_command(root, command_name)
        assert command is not None
        context = click.Context(command, info_name=command_name, parent=root, terminal_width=WIDTH)
        yield f"{name} {command_name}", command.get_help(context)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
