"""`metrics.jsonl`, a line for each event of a run, and `metrics.json`, its summary."""

import json
import os
import statistics
from pathlib import Path
from types import TracebackType
from typing import Any

from corpusforge.files import atomic_writer
from trainer.tensorboard import Board

Event = dict[str, Any]


class MetricsLog:
    """Appends events; those of a step that a resumed run takes again are cut off first."""

    def __init__(self, path: Path | None, board: Path | None = None, *, last_step: int) -> None:
        """Keep the events up to `last_step` of what an earlier process wrote; below 0, none.

        Without a path, which processes that write nothing have, events go nowhere. `board` is a
        directory for TensorBoard.
        """
        self._board = None if board is None else Board(board, last_step=last_step)
        if path is None:
            path = Path(os.devnull)
        else:
            _cut(path, last_step)
        self._handle = path.open("ab")

    def __enter__(self) -> "MetricsLog":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handle.close()
        if self._board is not None:
            self._board.close()

    def write(self, event: str, step: int, **values: Any) -> None:
        self._handle.write(_line({"event": event, "step": step, **values}))
        self._handle.flush()
        if self._board is not None:
            self._board.write(event, step, values)

    def sync(self) -> None:
        """Return when all events are on the disk; a checkpoint must never be ahead of them."""
        os.fsync(self._handle.fileno())
        if self._board is not None:
            self._board.flush()


def _cut(path: Path, last_step: int) -> None:
    kept = [event for event in read_events(path) if event["step"] <= last_step]
    with atomic_writer(path) as handle:
        handle.writelines(_line(event) for event in kept)


def read_events(path: Path) -> list[Event]:
    """All events of a log; a last line that a killed process left unfinished is none."""
    if not path.is_file():
        return []
    lines = path.read_bytes().split(b"\n")
    return [json.loads(line) for line in lines[:-1]]


def summarize(events: list[Event]) -> dict[str, Any]:
    """First, best and last evaluation, the last loss and the usual speed of a run."""
    steps = [event for event in events if event["event"] == "step"]
    evaluations = [event for event in events if event["event"] == "evaluation"]
    start = next(event for event in events if event["event"] == "start")
    summary: dict[str, Any] = {
        "parameters": start["parameters"],
        "execution": start["execution"],
        "step": steps[-1]["step"] if steps else 0,
        "tokens": steps[-1]["tokens"] if steps else 0,
        "train_loss": steps[-1]["loss"] if steps else None,
        "tokens_per_second": statistics.median(event["tokens_per_second"] for event in steps)
        if steps
        else None,
    }
    for name in ("utilization", "loader_share"):
        if values := [event[name] for event in steps if name in event]:
            summary[name] = statistics.median(values)
    if skipped := [event["step"] for event in events if event["event"] == "skipped"]:
        summary["skipped_steps"] = skipped
    if evaluations:
        best = min(evaluations, key=lambda event: float(event["bits_per_byte"]))
        chosen = {"first": evaluations[0], "best": best, "final": evaluations[-1]}
        summary["validation"] = {
            name: {key: value for key, value in event.items() if key != "event"}
            for name, event in chosen.items()
        }
    return summary


def summary_lines(summary: dict[str, Any]) -> list[str]:
    """A summary for a person."""
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
