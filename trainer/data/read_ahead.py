"""Batches are read by a thread while the steps before them are taken."""

import copy
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from trainer.data.sampler import Sampler
from trainer.data.targets import inputs_and_targets
from trainer.execution.world import World

# Batches that wait in memory. One hides the reading; a second one, a read that takes long.
NUM_BUFFERS = 2


class ReadAhead:
    """A run's batches in their order, from the sampler's position on.

    The sampler's position moves when a batch is taken, not when it is read: that is what a
    checkpoint holds.
    """

    def __init__(
        self,
        sampler: Sampler,
        control: Mapping[str, int],
        device: torch.device,
        *,
        batch_size: int,
        world: World,
    ) -> None:
        """`batch_size` of the whole world; `control` names the ids that dialogues are marked by."""
        self._sampler = sampler
        self._control = control
        self._device = device
        self._batch_size = batch_size
        self._world = world
        self._reading = copy.copy(sampler)
        self._thread = ThreadPoolExecutor(1, "batches")
        self._waiting = deque(self._thread.submit(self._read) for _ in range(NUM_BUFFERS))

    def close(self) -> None:
        """Stop reading."""
        self._thread.shutdown(cancel_futures=True)

    def take(self) -> tuple[Tensor, Tensor]:
        """Inputs and targets of the next batch, this process's slots of it: int64 [B, T] each.

        Raises:
            InputError: a shard cannot be read.
        """
        batch = self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._read))
        self._sampler.position += self._batch_size
        return batch

    def _read(self) -> tuple[Tensor, Tensor]:
        world = self._world
        windows = self._reading.batch(self._batch_size, rank=world.rank, world_size=world.size)
        return inputs_and_targets(windows, self._control, self._device)
