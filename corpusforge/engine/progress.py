"""What a person sees while work goes on: a live line on a terminal, plain lines in a log."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TextIO, TypeVar

Result = TypeVar("Result")

_PLAIN_SECONDS = 10.0


class Meter(Protocol):
    """Counts the bytes that one piece of work has done; made by `Progress.work`."""

    def advance(self, num_bytes: int) -> None: ...


class _LineMeter:
    """Prints a line from time to time."""

    def __init__(self, progress: "Progress", name: str, total_bytes: int) -> None:
        self._progress = progress
        self._name = name
        self._total = max(total_bytes, 1)
        self._done = 0
        self._started = self._last_line = time.monotonic()

    def advance(self, num_bytes: int) -> None:
        self._done += num_bytes
        now = time.monotonic()
        if now - self._last_line >= _PLAIN_SECONDS:
            self._last_line = now
            rate = self._done / (now - self._started)
            left = (self._total - self._done) / rate if rate else 0.0
            share = self._done / self._total
            self._progress.say(
                f"{self._name}: {share:.0%}, {rate / 1e6:.1f} MB/s, {left:.0f} s left"
            )


@dataclass(frozen=True)
class _Bar:
    """Moves one of the bars of rich."""

    bars: Any
    task: int

    def advance(self, num_bytes: int) -> None:
        self.bars.advance(self.task, num_bytes)


class Progress:
    """Progress on stderr; stdout belongs to the data."""

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._bars: Any = None  # of rich, while one is shown

    def say(self, line: str) -> None:
        """Print one line, above the bar if there is one."""
        if self._quiet:
            return
        if self._bars is not None:
            self._bars.console.print(line, highlight=False, markup=False)
        else:
            print(line, file=self._stream, flush=True)

    @contextmanager
    def work(self, name: str, total_bytes: int) -> Iterator[Meter]:
        """Show one piece of work of `total_bytes` while the block runs."""
        if self._quiet or not self._stream.isatty():
            yield _LineMeter(self, name, total_bytes)
            return
        from rich import progress as bars
        from rich.console import Console

        with bars.Progress(
            bars.TextColumn("{task.description:<12}"),
            bars.BarColumn(),
            bars.TaskProgressColumn(),
            bars.TransferSpeedColumn(),
            bars.TimeRemainingColumn(),
            console=Console(file=self._stream),
            transient=True,
        ) as self._bars:
            task = self._bars.add_task(name, total=max(total_bytes, 1))
            try:
                yield _Bar(self._bars, task)
            finally:
                self._bars = None

    def collect(
        self, name: str, sizes: Sequence[int], ended: Iterator[tuple[int, Result]]
    ) -> list[Result]:
        """Show tasks as one piece of work, and return their results in order.

        `sizes` has the bytes of each task. `ended` yields (index of the task, result), as an
        executor does.
        """
        results: dict[int, Result] = {}
        with self.work(name, sum(sizes)) as meter:
            for index, result in ended:
                results[index] = result
                meter.advance(sizes[index])
        return [results[index] for index in range(len(sizes))]
