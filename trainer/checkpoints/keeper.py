"""Writes checkpoints in the background and removes old ones."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from corpusforge.storage.files import link_or_copy
from trainer.checkpoints.checkpoint import Checkpoint, save
from trainer.checkpoints.files import step_files, step_of
from trainer.config import CheckpointsConfig


class CheckpointKeeper:
    """Copies the state of a run, and writes the copy while training continues.

    There is one write at a time, and a file is removed only once a newer one is complete, so that
    there is always a good checkpoint after the first one.
    """

    def __init__(self, directory: Path, config: CheckpointsConfig) -> None:
        self._directory = directory
        self._config = config
        self._writer = ThreadPoolExecutor(1, "checkpoints")
        self._pending: Future[None] | None = None

    def __enter__(self) -> "CheckpointKeeper":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        # Returns when the last write has ended, successfully or not.
        self._writer.shutdown()
        if error is None:
            self.wait()

    def save(self, names: Sequence[str], checkpoint: Checkpoint) -> None:
        """Start writing a checkpoint under one name or several, which share their bytes.

        Raises:
            RunError: an earlier one could not be written.
        """
        self.wait()
        self._pending = self._writer.submit(self._write, names, snapshot(checkpoint))

    def wait(self) -> None:
        """Wait until the last checkpoint is on the disk.

        Raises:
            RunError: it could not be written.
        """
        if self._pending is not None:
            self._pending.result()

    def _write(self, names: Sequence[str], checkpoint: Checkpoint) -> None:
        first, *others = (self._directory / name for name in names)
        save(first, checkpoint)
        for path in others:
            link_or_copy(first, path)
        # If steps were skipped, the weights may be spoilt: keep the checkpoints from before.
        if not checkpoint.skipped:
            self._remove_old()

    def _remove_old(self) -> None:
        for path in step_files(self._directory)[: -self._config.keep]:
            if self._config.keep_every is None or step_of(path) % self._config.keep_every:
                path.unlink()


def snapshot(checkpoint: Checkpoint) -> Checkpoint:
    """Copy a checkpoint to the CPU, where training does not change it; plain values are shared."""
    return replace(
        checkpoint, model=_copied(checkpoint.model), optimizer=_copied(checkpoint.optimizer)
    )


def _copied(tree: Any) -> Any:
    if isinstance(tree, Tensor):
        return tree.detach().to("cpu", copy=True)
    if isinstance(tree, dict):
        return {key: _copied(value) for key, value in tree.items()}
    return tree
