"""The processes that train one model together, as torchrun starts them."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from corpusforge.errors import ConfigError


@dataclass(frozen=True)
class World:
    """This process among all of them. Only rank 0 writes files."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def sum(self, tensor: Tensor) -> Tensor:
        """Sum a tensor over all processes, in place, and return it."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def any(self, value: bool) -> bool:
        """Whether a value is true in any process; all processes get the same answer."""
        return bool(self.sum(torch.tensor(int(value))).item())

    def wait(self) -> None:
        """Return when all processes have called it."""
        self.sum(torch.zeros(()))

    def rows(self, batch_size: int) -> int:
        """The number of sequences of a batch that each process reads.

        Raises:
            ConfigError: the batch cannot be divided evenly.
        """
        if batch_size % self.size:
            raise ConfigError(
                f"{self.size} processes cannot share the batch evenly",
                where="training.batch_size",
                got=f"{batch_size} sequences",
                expected=f"a multiple of {self.size}",
                do="use another number of processes: torchrun --nproc-per-node",
            )
        return batch_size // self.size


@contextmanager
def joined_world() -> Iterator[World]:
    """Join the processes that torchrun has started; without torchrun, the world is this process.

    Raises:
        ConfigError: there are more processes on this machine than GPUs.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield World()
        return
    backend = "gloo"
    if num_gpus := torch.cuda.device_count():
        local_rank = int(os.environ["LOCAL_RANK"])
        if local_rank >= num_gpus:
            raise ConfigError(
                "there are more processes than GPUs on this machine",
                where="torchrun --nproc-per-node",
                got=os.environ["LOCAL_WORLD_SIZE"],
                expected=f"at most {num_gpus}",
            )
        torch.cuda.set_device(local_rank)
        backend = "cpu:gloo,cuda:nccl"
    dist.init_process_group(backend)
    world = World(dist.get_rank(), dist.get_world_size())
    try:
        yield world
        # No process leaves while another one still communicates with it. Reference cycles that hold
        # the group are collected before it is destroyed; otherwise gloo's threads abort when the
        # interpreter exits.
        world.wait()
        gc.collect()
    finally:
        dist.destroy_process_group()
