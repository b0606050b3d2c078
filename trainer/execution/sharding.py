"""Sharded models: each process holds its rows of every parameter, gradient and moment.

FSDP2 (arxiv.org/abs/2304.11277, docs.pytorch.org/docs/stable/distributed.fsdp.fully_shard) gathers
a layer when it is used, in the forward and the backward pass, and frees it afterwards.
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
    """Reduce a model that all processes have built alike to the rows of each process.

    Weights are communicated as float32 and cast by autocast where they are used, as in one process,
    so that the numbers are the same. (FSDP's own policy would also cast norms and the residual
    stream.) The embedding, which is the output matrix too, stays gathered from the beginning of a
    forward pass to the end of its backward pass, because the loss needs it in between.
    """
    mesh = init_device_mesh(device.type, (world.size,))
    for layer in model.layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh, reshard_after_forward=False)


def is_sharded(model: nn.Module) -> bool:
    return isinstance(model, FSDPModule)


def whole(tensor: Tensor) -> Tensor:
    """Gather all rows of a tensor; every process must call it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def gathered(tree: Any, world: World) -> Any:
    """Gather the tensors in a tree of dictionaries on the CPU of the leading process.

    The others must call it too, and get empty tensors, so that there is one whole tensor at a time.
    Values that are not sharded stay unchanged.
    """
    if isinstance(tree, Mapping):
        return {key: gathered(value, world) for key, value in tree.items()}
    if isinstance(tree, DTensor):
        rows = tree.full_tensor()
        return rows.cpu() if world.leads else rows.new_empty(0)
    return tree


def scattered(tensor: Tensor, like: Tensor) -> Tensor:
    """Shard a tensor that every process has whole in the same way as `like`."""
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
