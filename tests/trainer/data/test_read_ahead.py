"""Reading ahead only changes when batches are read."""

import time
from collections.abc import Callable
from contextlib import closing

import numpy as np
import pytest
import torch

from corpusforge.shards.reader import Tokens
from trainer.data.read_ahead import NUM_BUFFERS, ReadAhead
from trainer.data.sampler import Sampler
from trainer.execution.world import World

CPU = torch.device("cpu")
CONTROL = {"end_of_document": 1000}


class Counting(Sampler):
    """The token of a window is the number of its sample; the fifth batch cannot be read."""

    def __init__(self) -> None:
        self.position = 0
        self.num_read = [0]  # shared by copies, as the arrays of a sampler are

    def batch(self, size: int, *, rank: int = 0, world_size: int = 1) -> Tokens:
        if self.num_read[0] == 4:
            raise OSError("no such shard")
        self.num_read[0] += 1
        samples = np.arange(self.position, self.position + size)[rank::world_size]
        self.position += size
        return np.repeat(samples[:, None], 3, axis=1).astype(np.uint16)


def _read(batches: ReadAhead) -> list[int]:
    inputs, targets = batches.take()
    assert inputs.shape == targets.shape == (len(inputs), 2)
    return [int(row[0]) for row in inputs]


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)


def test_batches_come_in_order_and_a_fixed_number_waits() -> None:
    """The position is that of the batches taken, however far the thread has read."""
    sampler = Counting()
    sampler.position = 8
    with closing(
        ReadAhead(sampler, CONTROL, CPU, batch_size=4, world=World(rank=1, size=2))
    ) as batches:
        _wait_for(lambda: sampler.num_read[0] == NUM_BUFFERS)
        time.sleep(0.02)
        assert sampler.num_read[0] == NUM_BUFFERS
        assert sampler.position == 8
        assert _read(batches) == [9, 11]
        assert sampler.position == 12
        assert _read(batches) == [13, 15]


def test_what_cannot_be_read_ends_the_run_where_it_is_needed() -> None:
    """The steps before it are still taken."""
    sampler = Counting()
    with closing(ReadAhead(sampler, CONTROL, CPU, batch_size=2, world=World())) as batches:
        assert [_read(batches) for _ in range(4)] == [[0, 1], [2, 3], [4, 5], [6, 7]]
        with pytest.raises(OSError, match="no such shard"):
            batches.take()
    assert sampler.position == 8
