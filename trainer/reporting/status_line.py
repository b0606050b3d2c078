"""The status of a training on stderr: a live line on a terminal, plain lines in a log."""

import sys
import time
from collections.abc import Mapping
from typing import TextIO

_PLAIN_SECONDS = 10.0  # between lines in a log


class StatusLine:
    """Prints lines that stay, and below them a line that is replaced by the next one."""

    def __init__(self, stream: TextIO | None = None, *, silent: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._silent = silent
        self._live = self._stream.isatty()
        self._shown = ""
        self._last = -_PLAIN_SECONDS

    def say(self, line: str) -> None:
        """Print a line that stays."""
        if self._silent:
            return
        self._clear()
        print(line, file=self._stream, flush=True)

    def update(self, line: str) -> None:
        """Replace the status line; in a log, print it if the last one was some time ago."""
        if self._silent:
            return
        if self._live:
            self._clear()
            print(line, end="", file=self._stream, flush=True)
            self._shown = line
        elif time.monotonic() - self._last >= _PLAIN_SECONDS:
            self._last = time.monotonic()
            print(line, file=self._stream, flush=True)

    def _clear(self) -> None:
        if self._shown:
            print("\r" + " " * len(self._shown) + "\r", end="", file=self._stream)
            self._shown = ""


class Pace:
    """The pace of a run and the time left, from all steps but the first, which compiles."""

    def __init__(self, num_steps: int) -> None:
        self._num_steps = num_steps
        self._first: tuple[int, float] | None = None

    def describe(self, step: int, loss: float, speed: Mapping[str, float]) -> str:
        """A status line for a step."""
        now = time.monotonic()
        line = (
            f"step {step:,}/{self._num_steps:,}  loss {loss:.3f}  "
            f"{speed['tokens_per_second']:,.0f} tokens/s  {speed['utilization']:.0%} of peak  "
            f"loader {speed['loader_share']:.2%}"
        )
        if self._first is None:
            self._first = step, now
            return line
        first_step, first_time = self._first
        left = (now - first_time) / (step - first_step) * (self._num_steps - step)
        return f"{line}  {duration(left)} left"


def duration(seconds: float) -> str:
    """`3:05` or `2:03:05`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
