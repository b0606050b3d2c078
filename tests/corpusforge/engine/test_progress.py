"""Progress goes to stderr: plain lines in a log, a live line on a terminal."""

import io
import re

import pytest

from corpusforge.engine import progress as module
from corpusforge.engine.progress import Progress


def test_a_log_gets_plain_lines_with_rate_share_and_time_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No colour and no carriage return reach a pipe."""
    clock = iter([0.0, 11.0, 12.0, 30.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    stream = io.StringIO()
    with Progress(stream).work("tokenize", 100_000_000) as meter:
        meter.advance(22_000_000)
        meter.advance(1)
        meter.advance(37_999_999)
    assert stream.getvalue() == (
        "tokenize: 22%, 2.0 MB/s, 39 s left\ntokenize: 60%, 2.0 MB/s, 20 s left\n"
    )


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_live_line() -> None:
    """The bar shows what is at work; lines said meanwhile stand above it."""
    stream = _Terminal()
    progress = Progress(stream)
    with progress.work("ingest", 10) as meter:
        meter.advance(5)
        progress.say("a word in between")
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert "ingest" in shown
    assert "a word in between" in shown


def test_quiet_says_nothing() -> None:
    """For programs and tests."""
    stream = _Terminal()
    progress = Progress(stream, quiet=True)
    with progress.work("ingest", 10) as meter:
        meter.advance(10)
    progress.say("nothing")
    assert stream.getvalue() == ""
