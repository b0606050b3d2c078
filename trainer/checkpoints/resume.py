"""Where a run starts: anew, at a checkpoint, or not at all because it is finished."""

import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpusforge.errors import ConfigError, InputError, RunError
from corpusforge.shards.manifest import ShardManifest
from corpusforge.storage.files import file_checksum
from corpusforge.storage.layout import Layout
from trainer.checkpoints.checkpoint import Checkpoint, load, step_files, step_of
from trainer.config import TrainExperiment, TrainingConfig
from trainer.data.mixture import Stage
from trainer.optimization.stability import MAX_SKIPPED

# Values that have shaped the weights so far. All others concern steps to come or only observe, so
# `--resume` accepts new ones; of the mixture, only for stages to come.
_SETTLED = (
    "training.batch_size",
    "training.seed",
    "training.data.packing",
    "training.optimizer.type",
)
# These have as well, but a branch may differ from its trunk in them.
_BEGINNINGS = ("training.start_from", "training.branch_from")
_COMPARED = {"model", "training"}


@dataclass(frozen=True)
class Start:
    """`checkpoint` to go on from; none: anew. `finished`: nothing is left to do."""

    checkpoint: Checkpoint | None
    branches: bool = False  # the checkpoint is another run's
    finished: bool = False
    changes: tuple[str, ...] = ()  # what differs from the checkpoint, a line each

    @property
    def own(self) -> Checkpoint | None:
        """The checkpoint, where the run itself has taken the steps so far."""
        return None if self.branches else self.checkpoint


def find_start(
    experiment: TrainExperiment,
    manifest: ShardManifest,
    stages: Sequence[Stage],
    *,
    resume: bool,
    fresh: bool,
) -> Start:
    """Compare the newest checkpoint of a run with what is asked for; `fresh`: as if it had none.

    The same configuration goes on by itself. With `resume`, another one does where it changes
    nothing that has shaped the weights so far. So does a run without checkpoints that branches from
    another one's.

    Raises:
        InputError: the newest checkpoint is damaged.
        RunError: it was trained on other shards, or started from what has changed since.
        ConfigError: it was trained with another configuration; or a run that starts anew would
            begin with a file of its own.
    """
    layout = experiment.layout
    found = None if fresh else newest_good(layout.checkpoints)
    if found is None:
        _check_beginning(layout, experiment.training)
    branch_from = experiment.training.branch_from
    branches = found is None and branch_from is not None
    if found is not None:
        path, checkpoint = found
    elif branch_from is not None:
        path = Path(branch_from)
        checkpoint = load(path)
    else:
        return Start(None)
    if checkpoint.shards != manifest.fingerprint:
        tokenizer_too = checkpoint.tokenizer["fingerprint"] != manifest.tokenizer.fingerprint
        raise RunError(
            "the checkpoint was trained on other shards"
            + (" of another tokenizer" if tokenizer_too else ""),
            where=str(path),
            got=f"shards {manifest.fingerprint} in {layout.shards}",
            expected=f"shards {checkpoint.shards}",
            do="start anew with --fresh, which removes the run's checkpoints; or give the run "
            "another output_dir",
        )
    before = checkpoint.experiment
    changes = dict(
        _differences(
            before.model_dump(mode="json", include=_COMPARED),
            experiment.model_dump(mode="json", include=_COMPARED),
        )
    )
    if changes:
        rewritten = not all(_can_change(name, branches=branches) for name in changes)
        begun = _past(checkpoint.stages, checkpoint)
        moved = _past(stages, checkpoint) != begun
        if rewritten or moved or not (resume or branches):
            got = list(changes.values())
            do = ["start anew with --fresh, which removes the run's checkpoints"]
            if not (rewritten or moved):
                do.append("go on with the new values: --resume")
            elif not rewritten and before.training.data.mixture == experiment.training.data.mixture:
                got.append(
                    "stages of training.data.mixture that have begun would move, by from_share"
                )
                steps = ", ".join(str(s.from_sample // before.training.batch_size) for s in begun)
                do.append(f"give them from_step instead ({steps}), and go on: --resume")
            raise ConfigError(
                f"the run at step {checkpoint.step:,} has another configuration",
                where=str(path),
                got="; ".join(got),
                do="; or ".join(do),
            )
    start_from = experiment.training.start_from
    if start_from is not None and checkpoint.started_from is not None and not resume:
        _check_unchanged(Path(start_from), checkpoint.started_from)
    finished = checkpoint.step >= experiment.num_steps
    if finished and branches:
        raise ConfigError(
            "the branch would end before it begins",
            where="training.branch_from, training.steps",
            got=f"{path} at step {checkpoint.step:,}",
            expected="a checkpoint with fewer steps than the branch",
            do="raise training.steps, or branch from an earlier checkpoint",
        )
    if branches:
        # Its own steps count, and are chosen among.
        checkpoint = replace(checkpoint, best=None, skipped=0)
    elif changes and not _has_best(layout.checkpoints, checkpoint):
        checkpoint = replace(checkpoint, best=None)
    finished = finished and path.name == "final.pt"
    return Start(checkpoint, branches, finished, tuple(changes.values()))


def remove_superseded(layout: Layout, start: Start) -> None:
    """Remove what a run that begins now leaves behind: an earlier run, or steps that diverged.

    Newest last, so that a killed removal is a run.
    """
    if start.own is None:
        shutil.rmtree(layout.tensorboard, ignore_errors=True)
        for path in (layout.metrics, *_files(layout.checkpoints), layout.metrics_log):
            path.unlink(missing_ok=True)
        return
    final = layout.checkpoints / "final.pt"
    if final.is_file() and load(final).step > start.own.step:
        final.unlink()
    for path in step_files(layout.checkpoints):
        if step_of(path) > start.own.step:
            path.unlink()


def newest_good(checkpoints: Path) -> tuple[Path, Checkpoint] | None:
    """The newest checkpoint to go on from: none whose weights have ended a run.

    A step that was skipped has changed nothing, so the weights are those of the step before the
    first of them, and every checkpoint from there on has them.

    Raises:
        InputError: the newest one is damaged.
    """
    found = newest(checkpoints)
    while found is not None and found[1].skipped >= MAX_SKIPPED:
        found = newest(checkpoints, before=found[1].step - found[1].skipped)
    return found


def newest(checkpoints: Path, before: float = math.inf) -> tuple[Path, Checkpoint] | None:
    """The checkpoint with the most steps, fewer than `before`; final.pt where it is as far as any.

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
        # A longer run that went on from final.pt has steps beyond it.
        others = map(step_of, names[1:2])
        if path != final or max(others, default=0) <= checkpoint.step < before:
            return path, checkpoint
    return None


def _has_best(checkpoints: Path, checkpoint: Checkpoint) -> bool:
    """Whether the best that a checkpoint knows is itself or best.pt, and not overwritten since."""
    if checkpoint.best is None or checkpoint.best["step"] == checkpoint.step:
        return True
    try:
        return bool(load(checkpoints / "best.pt").step == checkpoint.best["step"])
    except InputError:
        return False


def _files(checkpoints: Path) -> list[Path]:
    """The files that a run writes; which of them are there is another matter."""
    return [*step_files(checkpoints), checkpoints / "best.pt", checkpoints / "final.pt"]


def _check_beginning(layout: Layout, config: TrainingConfig) -> None:
    """Raises ConfigError where a run that starts anew would begin with a file of its own."""
    own = {path.resolve() for path in _files(layout.checkpoints)}
    for name, named in zip(_BEGINNINGS, (config.start_from, config.branch_from), strict=True):
        if named is not None and Path(named).resolve() in own:
            raise ConfigError(
                "the run would begin with a file that it removes or writes over",
                where=name,
                got=named,
                expected=f"a file outside of {layout.checkpoints}",
                do="copy the file to another place, and begin with the copy",
            )


def _with_a_way_out(error: InputError, path: Path, older: Sequence[Path]) -> InputError:
    """The error of a damaged checkpoint, with the newest good one to go on from."""
    for candidate in older:
        try:
            step = load(candidate).step
        except InputError:
            continue
        error.do = f"remove {path.name}; the run then goes on from {candidate.name}, step {step:,}"
        return error
    error.do = f"remove {path.name}; no other checkpoint to go on from is good: start with --fresh"
    return error


def _differences(
    before: Mapping[str, Any], after: Mapping[str, Any], section: str = ""
) -> Iterator[tuple[str, str]]:
    """Dotted names of the values that differ, each with a line that says how."""
    for key in sorted({*before, *after}):
        name, old, new = f"{section}{key}", before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new, f"{name}.")
        elif old != new:
            yield name, f"{name} was {old}, is {new}"


def _check_unchanged(start: Path, checksum: str) -> None:
    """Raises RunError where the file that a run started from is there, and another one by now."""
    if start.is_file() and (now := file_checksum(start)) != checksum:
        raise RunError(
            "the checkpoint that the run started from has changed since",
            where=str(start),
            got=f"a file whose checksum is {now}",
            expected=checksum,
            do="start anew with --fresh, which removes the run's checkpoints; or keep to the old "
            "weights: --resume",
        )


def _can_change(name: str, *, branches: bool) -> bool:
    if not name.startswith("training.") or name in _SETTLED:
        return False
    return branches or name not in _BEGINNINGS


def _past(stages: Sequence[Stage], checkpoint: Checkpoint) -> list[Stage]:
    """The stages that samples were drawn from before the checkpoint."""
    position = checkpoint.sampler["position"]
    return [stage for stage in stages if stage.from_sample < position]
