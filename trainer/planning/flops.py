"""Arithmetic: what a model needs per token, and what the machine does per second."""

import functools
import time
from collections.abc import Callable

import torch

from trainer.execution.device import Execution
from trainer.model.config import ModelConfig, num_parameters

_PEAK_SIZE = 2048  # rows of the square matrices whose product is measured
_PEAK_SECONDS = 1.0


def flops_per_token(model: ModelConfig, vocab_size: int) -> int:
    """Operations of the forward and backward pass, counting only matrix products.

    Two operations per weight forward and four backward (arxiv.org/abs/2001.08361), plus attention,
    where a token attends to half of its context on average.
    """
    llama = model.model_copy(update={"qk_norm": False})
    weights = num_parameters(llama, vocab_size) - model.dim * (2 * model.layers + 1)  # no norms
    attention = model.layers * 2 * model.dim * model.context // 2
    return 6 * (weights + attention)


@functools.cache
def matrix_peak(execution: Execution) -> float:
    """Operations per second of the product of two large square matrices, the best of a second.

    It is measured once per process.
    """
    shape = (_PEAK_SIZE, _PEAK_SIZE)
    left, right = (
        torch.randn(shape, device=execution.device).to(execution.dtype) for _ in range(2)
    )
    best, started = float("inf"), time.monotonic()
    while time.monotonic() - started < _PEAK_SECONDS:
        best = min(best, seconds_of(lambda: left @ right, execution.device))
    return float(2 * _PEAK_SIZE**3 / best)


def seconds_of(work: Callable[[], object], device: torch.device) -> float:
    """Time some work on a device."""
    started = time.perf_counter()
    work()
    wait(device)
    return time.perf_counter() - started


def wait(device: torch.device) -> None:
    """Wait until the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()
