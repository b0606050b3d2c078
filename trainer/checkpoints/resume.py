"""Where a run starts: from scratch, at a checkpoint, or not at all because it is finished."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpusforge.errors import ConfigError, InputError, RunError
from corpusforge.shards.manifest import ShardManifest
from corpusforge.storage.files import file_checksum
from corpusforge.storage.layout import Layout
from trainer.checkpoints.checkpoint import Checkpoint, load
from trainer.checkpoints.files import checkpoint_files, newest_good, step_files, step_of
from trainer.checkpoints.upgrade import lost_values
from trainer.config import TrainExperiment, TrainingConfig
from trainer.data.mixture import WeightedStage

# Values that have shaped the weights so far. All others concern later steps or only observe, so
# `--resume` accepts new ones; a new mixture, if the stages that have begun stay the same.
_FIXED = (
    "training.batch_size",
    "training.seed",
    "training.data.packing",
    "training.optimizer.type",
)
# These are fixed as well, but a branch may differ from its trunk in them.
_BEGINNINGS = ("training.start_from", "training.branch_from")
_COMPARED = {"model", "training"}


@dataclass(frozen=True)
class Start:
    """Where a run starts."""

    checkpoint: Checkpoint | None  # None: from scratch
    branches: bool = False  # the checkpoint belongs to another run
    finished: bool = False  # there is nothing left to do
    changes: tuple[str, ...] = ()  # lines that say what differs from the checkpoint

    @property
    def own(self) -> Checkpoint | None:
        """The checkpoint, if this run itself has taken the steps so far."""
        return None if self.branches else self.checkpoint


def find_start(
    experiment: TrainExperiment,
    manifest: ShardManifest,
    stages: Sequence[WeightedStage],
    *,
    resume: bool,
    fresh: bool,
) -> Start:
    """Find where a run starts, and check that its configuration fits the checkpoint there.

    A run continues from its newest checkpoint, unless `fresh`, or branches from another run's. With
    `resume`, as in a branch, the configuration may have changed in what has not shaped the weights.

    Raises:
        InputError: the newest checkpoint is damaged.
        RunError: it was trained on other shards, or started from a file that has changed.
        ConfigError: it was trained with another configuration; or a run from scratch would begin
            with a file of its own.
    """
    checkpoints, training = experiment.layout.checkpoints, experiment.training
    found = None if fresh else newest_good(checkpoints)
    branches = found is None and training.branch_from is not None
    if found is None:
        _check_beginning(experiment.layout, training)
        if training.branch_from is None:
            return Start(None)
        path = Path(training.branch_from)
        found = path, load(path)
    path, checkpoint = found
    _check_shards(path, checkpoint, experiment.layout, manifest)
    changes = _accepted_changes(path, checkpoint, experiment, stages, resume or branches, branches)
    if training.start_from is not None and checkpoint.started_from is not None and not resume:
        _check_unchanged(Path(training.start_from), checkpoint.started_from)
    is_long_enough = checkpoint.step >= experiment.num_steps
    if branches:
        if is_long_enough:
            raise ConfigError(
                "the branch would end before it begins",
                where="training.branch_from, training.steps",
                got=f"{path} at step {checkpoint.step:,}",
                expected="a checkpoint with fewer steps than the branch",
                do="raise training.steps, or branch from an earlier checkpoint",
            )
        # The best of a branch is chosen from its own steps.
        checkpoint = replace(checkpoint, best=None, skipped=0)
    elif changes and not _has_best(checkpoints, checkpoint):
        checkpoint = replace(checkpoint, best=None)
    finished = is_long_enough and path.name == "final.pt"
    return Start(checkpoint, branches, finished, changes)


def _check_shards(
    path: Path, checkpoint: Checkpoint, layout: Layout, manifest: ShardManifest
) -> None:
    """Raises RunError if a checkpoint was trained on other shards than those of the run."""
    if checkpoint.shards == manifest.fingerprint:
        return
    tokenizer_too = checkpoint.tokenizer["fingerprint"] != manifest.tokenizer.fingerprint
    raise RunError(
        "the checkpoint was trained on other shards"
        + (" of another tokenizer" if tokenizer_too else ""),
        where=str(path),
        got=f"shards {manifest.fingerprint} in {layout.shards}",
        expected=f"shards {checkpoint.shards}",
        do="start from scratch with --fresh, which removes the run's checkpoints; or give the run "
        "another output_dir",
    )


def _accepted_changes(
    path: Path,
    checkpoint: Checkpoint,
    experiment: TrainExperiment,
    stages: Sequence[WeightedStage],
    may_change: bool,
    branches: bool,
) -> tuple[str, ...]:
    """Lines that say how the configuration differs from that of a checkpoint.

    Raises:
        ConfigError: it may not differ, or not in this.
    """
    before = checkpoint.experiment
    changes = dict(
        _differences(
            before.model_dump(mode="json", include=_COMPARED),
            experiment.model_dump(mode="json", include=_COMPARED),
        )
    )
    changes |= lost_values(checkpoint.config)
    fixed = _FIXED if branches else (*_FIXED, *_BEGINNINGS)
    rewritten = any(name in fixed or not name.startswith("training.") for name in changes)
    begun = _begun(checkpoint.stages, checkpoint)
    moved = bool(changes) and _begun(stages, checkpoint) != begun
    got = list(changes.values())
    if not (rewritten or moved) and (may_change or not changes):
        return tuple(got)
    do = ["start from scratch with --fresh, which removes the run's checkpoints"]
    if not (rewritten or moved):
        do.append("continue with the new values: --resume")
    elif not rewritten and before.training.data.mixture == experiment.training.data.mixture:
        got.append("stages of training.data.mixture that have begun would move, by from_share")
        steps = ", ".join(str(s.from_sample // before.training.batch_size) for s in begun)
        do.append(f"give them from_step instead ({steps}), and go on: --resume")
    raise ConfigError(
        f"the run at step {checkpoint.step:,} has another configuration",
        where=str(path),
        got="; ".join(got),
        do="; or ".join(do),
    )


def remove_superseded(layout: Layout, start: Start) -> None:
    """Remove the files of an earlier run, or of later steps that this run takes again.

    The newest files are removed last, so that a killed removal still leaves a run.
    """
    if start.own is None:
        shutil.rmtree(layout.tensorboard, ignore_errors=True)
        for path in (layout.metrics, *checkpoint_files(layout.checkpoints), layout.metrics_log):
            path.unlink(missing_ok=True)
        return
    final = layout.checkpoints / "final.pt"
    if final.is_file() and load(final).step > start.own.step:
        final.unlink()
    for path in step_files(layout.checkpoints):
        if step_of(path) > start.own.step:
            path.unlink()


def _has_best(checkpoints: Path, checkpoint: Checkpoint) -> bool:
    """Whether the best step that a checkpoint records is its own, or still in best.pt."""
    if checkpoint.best is None or checkpoint.best["step"] == checkpoint.step:
        return True
    try:
        return bool(load(checkpoints / "best.pt").step == checkpoint.best["step"])
    except InputError:
        return False


def _check_beginning(layout: Layout, config: TrainingConfig) -> None:
    """Raises ConfigError if a run from scratch would begin with a file that it removes."""
    own = {path.resolve() for path in checkpoint_files(layout.checkpoints)}
    for name, named in zip(_BEGINNINGS, (config.start_from, config.branch_from), strict=True):
        if named is not None and Path(named).resolve() in own:
            raise ConfigError(
                "the run would begin with a file that it removes or writes over",
                where=name,
                got=named,
                expected=f"a file outside of {layout.checkpoints}",
                do="copy the file to another place, and begin with the copy",
            )


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
    """Raises RunError if the file that a run started from has another content now."""
    if start.is_file() and (now := file_checksum(start)) != checksum:
        raise RunError(
            "the checkpoint that the run started from has changed since",
            where=str(start),
            got=f"a file whose checksum is {now}",
            expected=checksum,
            do="start from scratch with --fresh, which removes the run's checkpoints; or keep the "
            "old weights with --resume",
        )


def _begun(stages: Sequence[WeightedStage], checkpoint: Checkpoint) -> list[WeightedStage]:
    """The stages that the samples before a checkpoint were drawn from."""
    position = checkpoint.sampler["position"]
    return [stage for stage in stages if stage.from_sample < position]
