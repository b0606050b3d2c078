"""The checkpoint files of a run, and which of them to continue from."""

import math
import re
from collections.abc import Sequence
from pathlib import Path

from corpusforge.errors import InputError
from trainer.checkpoints.checkpoint import Checkpoint, load
from trainer.optimization.stability import MAX_SKIPPED


def step_of(path: Path) -> int:
    """The step in a file name, `step-000500.pt`."""
    return int(path.stem.removeprefix("step-"))


def step_files(directory: Path) -> list[Path]:
    """The step-*.pt of a run, in order of their steps."""
    # Not a step-old.pt that somebody has put there.
    named = [p for p in directory.glob("step-*.pt") if re.fullmatch(r"step-[0-9]+\.pt", p.name)]
    return sorted(named, key=step_of)


def checkpoint_files(checkpoints: Path) -> list[Path]:
    """The checkpoints of a run; best.pt and final.pt may not exist."""
    return [*step_files(checkpoints), checkpoints / "best.pt", checkpoints / "final.pt"]


def newest_good(checkpoints: Path) -> tuple[Path, Checkpoint] | None:
    """The newest checkpoint to resume from: not one whose weights have ended a run.

    Skipped steps change nothing, so that all checkpoints since the step before the first skipped
    one have the same weights.

    Raises:
        InputError: the newest one is damaged.
    """
    found = newest(checkpoints)
    while found is not None and found[1].skipped >= MAX_SKIPPED:
        found = newest(checkpoints, before=found[1].step - found[1].skipped)
    return found


def newest(checkpoints: Path, before: float = math.inf) -> tuple[Path, Checkpoint] | None:
    """The checkpoint with the most steps below `before`; final.pt if no other has more.

    Raises:
        InputError: it is damaged; names the newest one that is not.
    """
    names = [path for path in reversed(step_files(checkpoints)) if step_of(path) < before]
    final = checkpoints / "final.pt"
    if final.is_file():
        names.insert(0, final)
    for number, path in enumerate(names):
        try:
            checkpoint = load(path)
        except InputError as error:
            raise _with_a_way_out(error, path, names[number + 1 :]) from None
        # final.pt is not the newest if a longer run has continued from it.
        others = map(step_of, names[1:2])
        if path != final or max(others, default=0) <= checkpoint.step < before:
            return path, checkpoint
    return None


def _with_a_way_out(error: InputError, path: Path, older: Sequence[Path]) -> InputError:
    """The error of a damaged checkpoint, naming the newest good one to resume from."""
    for candidate in older:
        try:
            step = load(candidate).step
        except InputError:
            continue
        error.do = f"remove {path.name}; the run then resumes from {candidate.name}, step {step:,}"
        return error
    error.do = f"remove {path.name}; no other checkpoint is good: start with --fresh"
    return error
