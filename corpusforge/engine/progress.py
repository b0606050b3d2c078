"""What a person sees while work goes on: a live line on a terminal, plain lines in a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

_PLAIN_SECONDS = 10.0


class Meter:
    """Counts the bytes one piece of work has done; made by `Progress.work`."""

    def __init__(self, progress: "Progress", name: str, total_bytes: int) -> None:
        self._progress = progress
        self._name = name
        self._total = max(total_bytes, 1)
        self._done = 0
        self._started = self._last_line = time.monotonic()
        self._task = progress.start_bar(name, self._total)

    def advance(self, num_bytes: int) -> None:
        self._done += num_bytes
        self._progress.move_bar(self._task, self._done)
        now = time.monotonic()
        if self._task is None and now - self._last_line >= _PLAIN_SECONDS:
            self._last_line = now
            rate = self._done / (now - self._started)
            left = (self._total - self._done) / rate if rate else 0.0
            share = self._done / self._total
            self._progress.say(
                f"{self._name}: {share:.0%}, {rate / 1e6:.1f} MB/s, {left:.0f} s left"
            )

    def close(self) -> None:
        self._progress.end_bar(self._task)


class Progress:
    """Progress on stderr; stdout belongs to the data."""

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._bars: Any = None
        self._live = self._stream.isatty() and not quiet

    def say(self, line: str) -> None:
        """Print one line, above the live line where there is one."""
        if self._quiet:
            return
        if self._bars is not None:
            self._bars.console.print(line, highlight=False, markup=False)
        else:
            print(line, file=self._stream, flush=True)

    @contextmanager
    def work(self, name: str, total_bytes: int) -> Iterator[Meter]:
        """Show one piece of work of `total_bytes` while the block runs."""
        meter = Meter(self, name, total_bytes)
        try:
            yield meter
        finally:
            meter.close()

    def start_bar(self, name: str, total: int) -> int | None:
        if not self._live:
            return None
        from rich import progress as bars
        from rich.console import Console

        self._bars = bars.Progress(
            bars.TextColumn("{task.description:<12}"),
            bars.BarColumn(),
            bars.TaskProgressColumn(),
            bars.TransferSpeedColumn(),
            bars.TimeRemainingColumn(),
            console=Console(file=self._stream),
            transient=True,
        )
        self._bars.start()
        return int(self._bars.add_task(name, total=total))

    def move_bar(self, task: int | None, done: int) -> None:
        if task is not None:
            self._bars.update(task, completed=done)

    def end_bar(self, task: int | None) -> None:
        if task is not None:
            self._bars.stop()
            self._bars = None
