"""What reaches a person of a text, whatever stands in it."""

import io
import sys

import pytest

from corpusforge.terminal import harmless, show, write


class _Stdout(io.TextIOWrapper):
    """An output of few characters, which may be a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        self.bytes = io.BytesIO()
        self._terminal = terminal
        super().__init__(self.bytes, encoding="latin-1")

    def isatty(self) -> bool:
        return self._terminal


def test_control_characters_are_pictures() -> None:
    """But for what lays a text out."""
    assert harmless("\tdef é():\n\x1b[31m\r\x7f\x9b1m") == "\tdef é():\n␛[31m␍␡\ufffd1m"


@pytest.mark.parametrize(("terminal", "shown"), [(True, "日␛[0m\n"), (False, "日\x1b[0m\n")])
def test_a_terminal_is_not_steered_and_a_pipe_gets_the_text(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, shown: str
) -> None:
    """As UTF-8, whatever the encoding of the output."""
    stdout = _Stdout(terminal=terminal)
    monkeypatch.setattr(sys, "stdout", stdout)
    show("日\x1b[0m")
    write("\x1b[1m", end="")
    assert stdout.bytes.getvalue().decode() == shown + "\x1b[1m"
