"""Writes a run's checkpoints in the background and removes the ones that are no longer needed."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from torch import Tensor

from corpusforge.storage.files import link_or_copy
from trainer.checkpoints.checkpoint import Checkpoint, save, step_files, step_of


class CheckpointKeeper:
    """Takes a copy of a run's state, and writes it while the run goes on.

    One write is under way at a time, and a file is removed only when a newer one is whole, so that
    there is a good checkpoint at every instant from the first one on.
    """

    def __init__(self, directory: Path, *, keep: int, keep_every: int | None) -> None:
        """Keep the newest `keep` of step-*.pt, and besides those of every `keep_every` steps."""
        self._directory = directory
        self._keep = keep
        self._keep_every = keep_every
        self._writer = ThreadPoolExecutor(1, "checkpoints")
        self._under_way: Future[None] | None = None

    def __enter__(self) -> "CheckpointKeeper":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Returns when the last write has ended, well or not.
        self._writer.shutdown()
        if error is None:
            self.wait()

    def save(self, names: Sequence[str], checkpoint: Checkpoint) -> None:
        """Write a checkpoint under one name or several, which share their bytes.

        Raises:
            RunError: an earlier one could not be written.
        """
        self.wait()
        self._under_way = self._writer.submit(self._write, names, snapshot(checkpoint))

    def wait(self) -> None:
        """Return when what was to be saved is on the disk.

        Raises:
            RunError: it could not be written.
        """
        if self._under_way is not None:
            self._under_way.result()

    def _write(self, names: Sequence[str], checkpoint: Checkpoint) -> None:
        first, *others = (self._directory / name for name in names)
        save(first, checkpoint)
        for path in others:
            link_or_copy(first, path)
        # Skipped steps may be the end of weights that were spoilt before them.
        if not checkpoint.skipped:
            self._remove_old()

    def _remove_old(self) -> None:
        for path in step_files(self._directory)[: -self._keep]:
            if self._keep_every is None or step_of(path) % self._keep_every:
                path.unlink()


def snapshot(checkpoint: Checkpoint) -> Checkpoint:
    """A copy, on the CPU, that training does not change; plain values are shared."""
    return replace(
        checkpoint, model=_copied(checkpoint.model), optimizer=_copied(checkpoint.optimizer)
    )


def _copied(tree: Any) -> Any:
    if isinstance(tree, Tensor):
        return tree.detach().to("cpu", copy=True)
    if isinstance(tree, dict):
        return {key: _copied(value) for key, value in tree.items()}
    return tree
