"""The loss and its gradients, computed without holding the logits of a whole batch.

Shapes as in `model.decoder`; N is the tokens of a micro-batch in one row, C a chunk of them.
"""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from trainer.data.targets import NOT_COUNTED
from trainer.execution.device import Execution
from trainer.execution.sharding import is_sharded
from trainer.execution.world import World
from trainer.model.decoder import Decoder, soft_capped

# Logits in memory at a time, in float32: 32 MiB on a CPU, where they should stay near the cache,
# and 512 MiB on a GPU, which needs large products.
_CHUNK_LOGITS = {"cpu": 1 << 23, "cuda": 1 << 27, "mps": 1 << 25}

Piece = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


class Objective:
    """The negative log-likelihood of the next token under a model that all of a world share."""

    def __init__(
        self,
        model: Decoder,
        execution: Execution,
        world: World | None = None,
        *,
        z_loss: float = 0.0,
    ) -> None:
        """`z_loss` is the weight of a term that only acts on gradients; losses are without it."""
        self.model = model
        self.execution = execution
        self.world = world or World()
        piece = _nats_and_slopes
        if execution.compiled:
            # Layers share one compilation, so a deep model starts as fast as a flat one. The
            # embedding is not compiled, so that its gradient is summed in a fixed order.
            for layer in model.layers:
                layer.compile(dynamic=False)
            piece = torch.compile(_nats_and_slopes, dynamic=False)
        soft_cap = model.config.logit_soft_cap
        self._piece: Piece = functools.partial(piece, soft_cap=soft_cap, z_loss=z_loss)
        self._replica: DistributedDataParallel | None = None
        if self.world.size > 1 and not is_sharded(model):
            self._replica = DistributedDataParallel(_Nats(self))

    @property
    def device(self) -> torch.device:
        return self.execution.device

    def __call__(self, inputs_BT: Tensor, targets_BT: Tensor) -> Tensor:
        """The sum over all targets except `NOT_COUNTED`, in nats: float32 []."""
        with self.execution.autocast():
            hidden_BTD = self.model(inputs_BT)
        hidden_ND, targets_N = hidden_BTD.flatten(0, 1), targets_BT.flatten()
        limit = max(1, _CHUNK_LOGITS[self.execution.device.type] // self.model.head.shape[0])
        chunk = chunk_tokens(len(targets_N), limit)
        dtype = self.execution.dtype
        nats: Tensor = _ChunkedLoss.apply(  # type: ignore[no-untyped-call]
            hidden_ND, self.model.head, targets_N, chunk, dtype, self._piece
        )
        return nats

    def accumulate(self, inputs_BT: Tensor, targets_BT: Tensor, micro_batch: int) -> Tensor:
        """Add the gradient of a batch, and return its loss in nats per counted token: float32 [].

        The mean is over all counted tokens, so it does not matter how the batch is divided into
        micro-batches and over processes.
        """
        counted = self.world.sum((targets_BT != NOT_COUNTED).sum()).clamp(min=1)
        nats_of = self if self._replica is None else self._replica
        loss = torch.zeros((), device=inputs_BT.device)
        for first in range(0, len(inputs_BT), micro_batch):
            rows = slice(first, first + micro_batch)
            with self._gradients_meet(last=first + micro_batch >= len(inputs_BT)):
                micro_loss = nats_of(inputs_BT[rows], targets_BT[rows]) / counted
                # Gradients are averaged over the processes; they should be summed.
                (micro_loss * self.world.size).backward()
            loss += micro_loss.detach()
        return self.world.sum(loss)

    def warm_up(self, micro_batch: int, window: int) -> None:
        """Take a backward pass without effect, so that gradients are summed in a fixed order.

        DistributedDataParallel regroups gradients after its first backward pass. Without this, a
        resumed run would sum its first step in another order than one that never stopped.
        """
        if self._replica is not None:
            shape = (micro_batch, window)
            tokens_BT = torch.zeros(shape, dtype=torch.int64, device=self.device)
            self.accumulate(tokens_BT, tokens_BT, micro_batch)
            self.model.zero_grad()

    def _gradients_meet(self, *, last: bool) -> AbstractContextManager[object]:
        """Sum gradients over processes only within the last block."""
        return nullcontext() if self._replica is None or last else self._replica.no_sync()

    def detached_loss(self, inputs_BT: Tensor, targets_BT: Tensor) -> Tensor:
        """The loss without a gradient, by the same compiled code, for evaluation."""
        # Under no_grad the layers would be compiled a second time, which takes longer than the
        # cheaper forward pass saves.
        with torch.enable_grad():
            nats = self(inputs_BT, targets_BT)
        return nats.detach()


class _Nats(nn.Module):
    """An objective as a module, which DistributedDataParallel requires."""

    def __init__(self, objective: Objective) -> None:
        super().__init__()
        self.model = objective.model
        self._objective = objective

    def forward(self, inputs_BT: Tensor, targets_BT: Tensor) -> Tensor:
        return self._objective(inputs_BT, targets_BT)


@functools.cache
def chunk_tokens(total: int, limit: int) -> int:
    """Tokens per chunk, up to `limit`, so that chunks of one shape need one compilation.

    It is the largest divisor of `total`; if that is small, the last chunk has to be padded.
    """
    most = min(total, limit)
    divisor = max(size for size in range(1, most + 1) if total % size == 0)
    return divisor if 2 * divisor >= most else -(-total // -(-total // limit))


class _ChunkedLoss(torch.autograd.Function):
    """Computes the gradient along with the loss, so that the logits of a chunk are freed early.

    Usually they are kept until the backward pass: at 32,000 ids and float32, twice 1 GiB for 8,192
    tokens.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden_ND: Tensor,
        head_VD: Tensor,
        targets_N: Tensor,
        chunk: int,
        dtype: torch.dtype,
        piece: Piece,
    ) -> Tensor:
        hidden_ND, low_head_VD = hidden_ND.to(dtype), head_VD.to(dtype)
        hidden_slopes_ND = torch.empty_like(hidden_ND)
        head_slopes_VD = torch.zeros_like(head_VD)
        total = torch.zeros((), device=hidden_ND.device)
        for start in range(0, len(hidden_ND), chunk):
            hidden_CD, targets_C = (each[start : start + chunk] for each in (hidden_ND, targets_N))
            num_tokens = len(targets_C)
            if num_tokens < chunk:
                # Pad the last one to the shape of the others; uncounted targets have no gradient.
                hidden_CD = F.pad(hidden_CD, (0, 0, 0, chunk - num_tokens))
                targets_C = F.pad(targets_C, (0, chunk - num_tokens), value=NOT_COUNTED)
            nats, slopes_CV = piece(hidden_CD, low_head_VD, targets_C)
            total += nats
            hidden_slopes_CD = hidden_slopes_ND[start : start + chunk]
            torch.mm(slopes_CV[:num_tokens], low_head_VD, out=hidden_slopes_CD)
            head_slopes_VD += slopes_CV.T @ hidden_CD
        ctx.save_for_backward(hidden_slopes_ND, head_slopes_VD)
        return total

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        hidden_slopes_ND, head_slopes_VD = ctx.saved_tensors
        (slope,) = slopes
        return hidden_slopes_ND * slope, head_slopes_VD * slope, None, None, None, None


def _nats_and_slopes(
    hidden_CD: Tensor, head_VD: Tensor, targets_C: Tensor, soft_cap: float | None, z_loss: float
) -> tuple[Tensor, Tensor]:
    """The loss of a chunk, float32 [], and its gradient by the logits, [C, V] in their dtype."""
    logits_CV = soft_capped((hidden_CD @ head_VD.T).float(), soft_cap)
    counted_C = targets_C != NOT_COUNTED
    targets_C1 = targets_C.clamp(min=0)[:, None]
    normalizer_C1 = logits_CV.logsumexp(-1, keepdim=True)
    nats_C = (normalizer_C1 - logits_CV.gather(1, targets_C1))[:, 0]
    # A CPU compares 64-bit ids half as fast.
    ids_V = torch.arange(head_VD.shape[0], device=logits_CV.device, dtype=torch.int32)
    is_target_CV = ids_V == targets_C1.to(torch.int32)
    probabilities_CV = (logits_CV - normalizer_C1).exp()
    slopes_CV = probabilities_CV - is_target_CV.float()
    if z_loss:
        slopes_CV = slopes_CV + 2 * z_loss * normalizer_C1 * probabilities_CV
    if soft_cap is not None:
        slopes_CV = slopes_CV * (1 - (logits_CV / soft_cap) ** 2)
    slopes_CV = slopes_CV * counted_C[:, None]
    return (nats_C * counted_C).sum(), slopes_CV.to(hidden_CD.dtype)
