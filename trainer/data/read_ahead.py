"""Reads batches in a thread, ahead of the steps that take them."""

import copy
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from trainer.data.sampler import Sampler
from trainer.data.targets import inputs_and_targets
from trainer.execution.world import World

# Batches that wait in memory. One hides the time of reading; a second one, that of a slow read.
NUM_BUFFERS = 2


@dataclass
class ReadAhead:
    """The batches of a run in order, from the sampler's position on.

    The sampler's position moves when a batch is taken, not when it is read, so that a checkpoint
    has the position of the steps taken.
    """

    sampler: Sampler
    control: Mapping[str, int]  # control tokens by name
    device: torch.device
    batch_size: int  # of the whole world
    world: World

    def __post_init__(self) -> None:
        self._reading = copy.copy(self.sampler)
        self._thread = ThreadPoolExecutor(1, "batches")
        self._waiting = deque(self._thread.submit(self._read) for _ in range(NUM_BUFFERS))

    def close(self) -> None:
        """Stop reading."""
        self._thread.shutdown(cancel_futures=True)

    def take(self) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of this process's slots of the next batch: int64 [B, T] each.

        Raises:
            InputError: a shard cannot be read.
        """
        batch = self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._read))
        self.sampler.position += self.batch_size
        return batch

    def _read(self) -> tuple[Tensor, Tensor]:
        world = self.world
        windows = self._reading.batch(self.batch_size, rank=world.rank, world_size=world.size)
        return inputs_and_targets(windows, self.control, self.device)
