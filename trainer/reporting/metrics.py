"""`metrics.jsonl`, a line per event of a run, and its summary for `metrics.json`."""

import json
import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corpusforge.errors import InputError, RunError
from corpusforge.storage.files import atomic_writer
from trainer.reporting.tensorboard import Board

Event = dict[str, Any]


class MetricsLog:
    """Appends events, after removing those of steps that a resumed run takes again."""

    def __init__(self, path: Path | None, board: Path | None = None, *, last_step: int) -> None:
        """Open a log, keeping the events up to `last_step` of an earlier process; below 0, none.

        Without a path, for processes that write nothing, events are discarded. `board` is a
        directory for TensorBoard.

        Raises:
            InputError: the log is damaged.
            RunError: the files cannot be written.
        """
        self._path = Path(os.devnull) if path is None else path
        with self._readable_errors():
            self._board = Board(board, last_step=last_step)
            if path is not None:
                kept = [event for event in read_events(path) if event["step"] <= last_step]
                with atomic_writer(path) as handle:
                    handle.writelines(_line(event) for event in kept)
            self._handle = self._path.open("ab")

    def __enter__(self) -> "MetricsLog":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        with self._readable_errors():
            self._handle.close()
            self._board.close()

    def write(self, event: str, step: int, **values: Any) -> None:
        """Add an event.

        Raises:
            RunError: it cannot be written.
        """
        with self._readable_errors():
            self._handle.write(_line({"event": event, "step": step, **values}))
            self._handle.flush()
            self._board.write(event, step, values)

    def sync(self) -> None:
        """Wait until all events are on the disk; a checkpoint must never be ahead of them.

        Raises:
            RunError: they could not be written.
        """
        with self._readable_errors():
            os.fsync(self._handle.fileno())
            self._board.flush()

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        """Turn errors of the system, such as a full disk, into a `RunError`."""
        try:
            yield
        except OSError as error:
            raise RunError(
                f"cannot write the run's metrics: {error.strerror or error}",
                where=str(error.filename or self._path),
                do="free some space or fix the permissions, then run the same command again",
            ) from error


def read_events(path: Path) -> list[Event]:
    """Read all events of a log, ignoring a last line that a killed process left unfinished.

    Raises:
        InputError: another line is damaged.
    """
    if not path.is_file():
        return []
    events = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1):
        try:
            events.append(json.loads(line))
        except ValueError:
            raise InputError(
                "an event of a run cannot be read",
                where=f"{path}, line {number:,}",
                got=repr(line[:40]),
                expected="JSON",
                do="remove the line: curves and summaries do without it, and checkpoints do not "
                "need it",
            ) from None
    return events


def summarize(events: list[Event]) -> dict[str, Any]:
    """Summarize a run: first, best and last evaluation, last loss and median speed.

    Values that no event has, if the log was removed or has lost lines, are left out.
    """
    steps = [event for event in events if event["event"] == "step"]
    evaluations = [event for event in events if event["event"] == "evaluation"]
    summary: dict[str, Any] = {
        "train_loss": steps[-1]["loss"] if steps else None,
        "tokens_per_second": statistics.median(event["tokens_per_second"] for event in steps)
        if steps
        else None,
    }
    if steps:
        summary |= {name: steps[-1][name] for name in ("step", "tokens")}
    if starts := [event for event in events if event["event"] == "start"]:
        summary |= {name: starts[0][name] for name in ("parameters", "execution")}
    for name in ("utilization", "loader_share"):
        if values := [event[name] for event in steps if name in event]:
            summary[name] = statistics.median(values)
    if skipped := [event["step"] for event in events if event["event"] == "skipped"]:
        summary["skipped_steps"] = skipped
    if evaluations:
        best = min(
            _candidates(events) or evaluations, key=lambda event: float(event["bits_per_byte"])
        )
        chosen = {"first": evaluations[0], "best": best, "final": evaluations[-1]}
        summary["validation"] = {
            name: {key: value for key, value in event.items() if key != "event"}
            for name, event in chosen.items()
        }
    return summary


def _candidates(events: list[Event]) -> list[Event]:
    """Evaluations that best.pt may belong to.

    Each process logs at its start which one is the best so far. A changed run has none if best.pt
    belongs to steps that it discards.
    """
    starts = (number for number, event in enumerate(events) if event["event"] == "start")
    last = max(starts, default=0)
    since = [event for event in events[last:] if event["event"] == "evaluation"]
    before = [event for event in events[:last] if event["event"] == "evaluation"]
    if "best" in events[last]:
        known = events[last]["best"] or {}
        before = [event for event in before if event["step"] == known.get("step")]
    return before + since


def summary_lines(summary: dict[str, Any]) -> list[str]:
    state = "finished" if summary["finished"] else "unfinished"
    speed = summary["tokens_per_second"] or 0
    lines = [
        f"{state} at step {summary['step']:,}: {summary['tokens']:,} tokens, "
        f"{summary['parameters']:,} parameters, {speed:,.0f} tokens/s"
    ]
    if skipped := summary.get("skipped_steps"):
        lines.append(f"skipped:  {len(skipped):,} steps, as metrics.jsonl says")
    for name, evaluation in summary.get("validation", {}).items():
        sources = ", ".join(
            f"{source} {score['bits_per_byte']:.3f}"
            for source, score in evaluation["sources"].items()
        )
        lines.append(
            f"{name + ':':<7}{evaluation['bits_per_byte']:.3f} bits per byte "
            f"at step {evaluation['step']:,} ({sources})"
        )
    return lines


def _line(event: Event) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode() + b"\n"
