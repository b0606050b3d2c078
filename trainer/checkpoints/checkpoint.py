"""A checkpoint file: everything that a run needs to resume, and a reader to run the model."""

import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, BinaryIO, cast

import torch
from torch import Tensor

from corpusforge.config import parse
from corpusforge.errors import InputError
from corpusforge.storage.files import atomic_writer
from corpusforge.storage.layout import Layout
from trainer.checkpoints.upgrade import upgraded
from trainer.config import TrainExperiment
from trainer.data.mixture import WeightedStage

FORMAT = 1
# Keys that are read within a field.
_WITHIN = {
    "sampler": ("position", "stages"),
    "config": ("model", "training"),
    "tokenizer": ("fingerprint", "vocab_size"),
}


@dataclass(frozen=True)
class Checkpoint:
    """A run after `step` updates. It only has tensors and plain values, so `weights_only` reads it.

    It has no state of a random generator: the first weights, the order of the data and the samples
    are functions of the seed and the step.
    """

    step: int
    model: Mapping[str, Tensor]
    optimizer: Mapping[str, Any]
    sampler: Mapping[str, Any]  # position: the next sample; stages: [first sample, weights]
    config: Mapping[str, Any]  # the whole experiment, as the version that wrote it had it
    tokenizer: Mapping[str, Any]  # the shard manifest's TokenizerEntry
    shards: str  # fingerprint
    best: Mapping[str, Any] | None  # step and bits_per_byte of the best evaluation so far
    skipped: int = 0  # steps in a row, up to this one, that changed nothing
    micro_batch: int | None = None  # sequences that a process had in memory at a time
    spikes: Sequence[Sequence[float]] = ()  # state of the spike detector
    started_from: str | None = None  # xxh3-128 of the file that its first weights are from
    # What was read before the run began: `ancestry.Reading`s. None: of a version without them.
    ancestors: Sequence[Any] | None = None
    format: int = FORMAT

    @cached_property
    def experiment(self) -> TrainExperiment:
        """The configuration, in the form of this version.

        Raises:
            ConfigError: this version cannot read it.
        """
        return parse(upgraded(self.config), TrainExperiment, where="the checkpoint's configuration")

    @property
    def stages(self) -> tuple[WeightedStage, ...]:
        return tuple(WeightedStage(first, weights) for first, weights in self.sampler["stages"])


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, whole or not at all.

    Raises:
        RunError: the disk is full or not writable.
    """
    tree = _canonical({field.name: getattr(checkpoint, field.name) for field in fields(checkpoint)})
    # Given a path, torch would write its name into the file.
    with atomic_writer(path) as file:
        handle = _Handle(file)
        try:
            torch.save(tree, cast(BinaryIO, handle))
        except RuntimeError:
            if handle.error is not None:
                raise handle.error from None
            raise


def _canonical(tree: Any) -> Any:
    """Copy the containers of a tree so that equal trees are pickled to equal bytes.

    Pickle writes an object again that it has seen, or refers to it, by its identity. After a resume
    equal strings, for example, may be one object or several.
    """
    if isinstance(tree, Mapping):
        return {_canonical(key): _canonical(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(map(_canonical, tree))
    return sys.intern(tree) if type(tree) is str else tree


class _Handle:
    """A file that keeps the error of a write, which torch replaces with a less specific one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._file.flush()


def load(path: Path) -> Checkpoint:
    """Read a checkpoint and verify the checksums in it (CRC-32, one per tensor).

    Tensors are memory-mapped: those that are not used take no memory.

    Raises:
        InputError: it is missing, damaged, contains code, or has another format.
    """
    if not path.is_file():
        raise InputError(
            "no checkpoint here",
            where=str(path),
            do="train first: python -m trainer train --config CONFIG",
        )
    try:
        with zipfile.ZipFile(path) as archive:
            # Mapped tensors are not checked when they are read, so everything is checked now.
            if (damaged := archive.testzip()) is not None:
                raise zipfile.BadZipFile(f"wrong checksum of {damaged}")
        tree = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:
        # A damaged file can raise anything, in the zip reader or in the unpickler.
        raise InputError(
            "not a checkpoint, or a damaged one",
            where=str(path),
            got=_described(error),
            expected="a file that `trainer train` wrote: tensors and plain values, no code",
            do="use another checkpoint; step-*.pt are earlier ones",
        ) from None
    if not isinstance(tree, dict) or tree.get("format") != FORMAT:
        raise InputError(
            "a checkpoint of a format this version does not read",
            where=str(path),
            expected=f"format {FORMAT}",
        )
    if faults := list(_faults(tree)):
        raise InputError(
            "a checkpoint with other fields than this version reads",
            where=str(path),
            got="; ".join(faults),
            do="use the version of this program that wrote it, or another checkpoint",
        )
    return Checkpoint(**tree)


def _described(error: Exception) -> str:
    if isinstance(error, UnpicklingError):
        # Torch's message advises to load the file anyway.
        return "something other than tensors and plain values: code, which is never run, or damage"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _faults(tree: Mapping[Any, Any]) -> Iterator[str]:
    """Fields that a checkpoint lacks or should not have."""
    needed = {field.name: field.default is MISSING for field in fields(Checkpoint)}
    yield from (
        f"no {name}" for name, is_needed in needed.items() if is_needed and name not in tree
    )
    for name, inner in _WITHIN.items():
        if name in tree:
            within = tree[name] if isinstance(tree[name], Mapping) else {}
            yield from (f"no {name}.{key}" for key in inner if key not in within)
    yield from (f"{name}, which is unknown" for name in tree if name not in needed)


def require_tokenizer(checkpoint: Checkpoint, fingerprint: str, where: str) -> None:
    """Check that text or tokens are of the model's own tokenizer.

    Raises:
        InputError: the fingerprints differ.
    """
    if fingerprint != checkpoint.tokenizer["fingerprint"]:
        raise InputError(
            "the tokenizer is not the one that the model was trained with",
            where=where,
            got=fingerprint,
            expected=str(checkpoint.tokenizer["fingerprint"]),
            do="name the files of the run that the checkpoint comes from",
        )


def layout_of(path: Path, checkpoint: Checkpoint, tokenizer: Path | None = None) -> Layout:
    """The files of the run that a checkpoint belongs to, with the corpus that it was trained on.

    `tokenizer` is tokenizer.json or its directory, for a checkpoint that was moved. A checkpoint
    outside the `checkpoints` of a run is a run by itself: the directory above is not its own.
    """
    folder = path.absolute().parent
    if tokenizer is None:
        return checkpoint.experiment.layout_in(folder.parent)
    named = tokenizer.suffix in (".json", ".model")
    in_a_run = Layout(folder.parent).checkpoints == folder
    return Layout(folder.parent if in_a_run else folder, tokenizer.parent if named else tokenizer)
