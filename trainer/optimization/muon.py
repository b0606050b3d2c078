"""Muon: an optimizer that makes the singular values of the momentum about equal."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

# Coefficients of the polynomial a x + b x³ + c x⁵, which maps singular values from (0, 1] close to
# 1: steep at 0 rather than exact at 1 (kellerjordan.github.io/posts/muon).
_A, _B, _C = 3.4445, -4.7750, 2.0315
_ITERATIONS = 5
_SMALLEST_NORM = 1e-7


class Muon(torch.optim.Optimizer):
    """Muon (kellerjordan.github.io/posts/muon, arxiv.org/abs/2502.16982) for matrices.

    Updates are scaled by 0.2 × √(longer side), which gives them the size of AdamW's, so that one
    learning rate and one weight decay serve both (the second paper, equation 4). The result is that
    of torch.optim.Muon, which always multiplies in bfloat16: on a processor without units for it,
    float32 takes half the time.
    """

    def __init__(
        self,
        matrices: Iterable[Tensor],
        *,
        momentum: float,
        weight_decay: float,
        dtype: torch.dtype,
    ) -> None:
        """`dtype` is that of the matrix products; the learning rate is set in `param_groups`."""
        super().__init__(matrices, {"lr": 0.0, "momentum": momentum, "weight_decay": weight_decay})
        self._dtype = dtype

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # takes no closure
        for group in self.param_groups:
            rate, momentum = group["lr"], group["momentum"]
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if not state:
                    state["momentum_buffer"] = torch.zeros_like(matrix)
                mean = state["momentum_buffer"].lerp_(matrix.grad, 1 - momentum)
                # Nesterov: the momentum after one more such gradient.
                update = orthogonal(matrix.grad.lerp(mean, momentum), self._dtype)
                matrix.mul_(1 - rate * group["weight_decay"])
                matrix.add_(update, alpha=-rate * 0.2 * math.sqrt(max(matrix.shape)))


def orthogonal(matrix: Tensor, dtype: torch.dtype) -> Tensor:
    """Bring the singular values of a matrix to about 0.7 to 1.2 by five Newton-Schulz steps."""
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if is_tall else matrix).to(dtype)
    x = x / x.norm().clamp(min=_SMALLEST_NORM)
    for _ in range(_ITERATIONS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=_B, alpha=_C), x, beta=_A)
    return x.T if is_tall else x
