"""Models that no process holds whole: each has its rows of every parameter, gradient and moment.

It is FSDP2 (arxiv.org/abs/2304.11277, docs.pytorch.org/docs/stable/distributed.fsdp.fully_shard):
a layer is put together when its turn comes, forward and backward, and falls apart behind it.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor

from trainer.execution.world import World
from trainer.model.decoder import Decoder


def shard(model: Decoder, world: World, device: torch.device) -> None:
    """Leave each process its rows of a model that all have made alike.

    Weights travel as float32 and are lowered where they are used, by autocast as in one process, so
    that the numbers are the same. (A policy of FSDP's own would lower norms and the residual stream
    with them.) The embedding, which is the output matrix too, stays whole from the beginning of a
    forward pass to the end of its backward pass: the loss needs it in between.
    """
    mesh = init_device_mesh(device.type, (world.size,))
    for layer in model.layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh, reshard_after_forward=False)


def is_sharded(model: nn.Module) -> bool:
    return isinstance(model, FSDPModule)


def whole(tensor: Tensor) -> Tensor:
    """All rows of a tensor; every process has to ask for them."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def gathered(tree: Any, world: World) -> Any:
    """A tree of dictionaries with whole tensors for the process that leads, on the CPU.

    The others must call it too, and get empty ones, so that there is one whole tensor at a time.
    What is not sharded stays as it is.
    """
    if isinstance(tree, Mapping):
        return {key: gathered(value, world) for key, value in tree.items()}
    if isinstance(tree, DTensor):
        rows = tree.full_tensor()
        return rows.cpu() if world.leads else rows.new_empty(0)
    return tree


def scattered(tensor: Tensor, like: Tensor) -> Tensor:
    """Of a tensor that every process has whole, the rows that this one has of `like`."""
    if not isinstance(like, DTensor):
        return tensor
    mesh = like.device_mesh
    # The last processes may have fewer rows, or none.
    parts = tensor.chunk(mesh.size())
    rank = mesh.get_local_rank()
    rows = parts[rank] if rank < len(parts) else tensor[:0]
    return DTensor.from_local(
        rows.to(like.device),
        mesh,
        like.placements,
        run_check=False,
        shape=tensor.shape,
        stride=tensor.stride(),
    )
