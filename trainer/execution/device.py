"""Where and how a model runs: device, number format, compiler."""

import ctypes
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import BeforeValidator, Field

from corpusforge.config import Frozen
from corpusforge.errors import ConfigError

# Parameters of glibc's mallopt(3).
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


def _on_or_off(value: object) -> object:
    """Undo YAML 1.1, which reads a bare on or off as true or false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


class ExecutionConfig(Frozen):
    """How a model runs on this machine."""

    device: Literal["auto", "cuda", "mps", "cpu"] = "auto"
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"  # of activations; weights are float32
    compile: Annotated[Literal["auto", "on", "off"], BeforeValidator(_on_or_off)] = "auto"
    threads: int | None = Field(None, gt=0)  # None: torch decides
    # How torchrun's processes share a model. ddp: each holds all of it (DistributedDataParallel);
    # fsdp: each holds its rows of every parameter, gradient and moment (FSDP2). Checkpoints are the
    # same.
    parallel: Literal["ddp", "fsdp"] = "ddp"
    # Sequences in memory at a time; gradients add up over a step. None: the whole batch; auto: as
    # many as fit, which only changes rounding and is kept when the run is resumed.
    micro_batch_size: Annotated[int, Field(gt=0)] | Literal["auto"] | None = None
    # Recompute the activations of each layer in the backward pass instead of keeping them
    # (arxiv.org/abs/1604.06174): a third more arithmetic, and the memory of one layer.
    recompute: bool = False


@dataclass(frozen=True)
class Execution:
    """The resolved configuration. Weights are float32 whatever `dtype` is."""

    device: torch.device
    dtype: torch.dtype  # of matrix products
    compiled: bool

    def autocast(self) -> AbstractContextManager[object]:
        """Matrix products in `dtype` within the block."""
        enabled = self.dtype != torch.float32
        return torch.autocast(self.device.type, self.dtype, enabled=enabled)

    @property
    def has_blocks(self) -> bool:
        """Whether FlexAttention is fast here."""
        return self.compiled and self.device.type == "cuda"

    def __str__(self) -> str:
        dtype = str(self.dtype).removeprefix("torch.")
        return f"{self.device.type}, {dtype}, {'compiled' if self.compiled else 'not compiled'}"


def choose_execution(config: ExecutionConfig, say: Callable[[str], None]) -> Execution:
    """Resolve `auto` values for this machine; `say` gets a line if a compiler is missing.

    Raises:
        ConfigError: the configuration requires what this machine does not have.
    """
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    device = choose_device(config.device)
    _be_deterministic(device)
    if device.type == "cpu":
        _keep_freed_memory()
    dtype = torch.bfloat16 if config.dtype == "bfloat16" else torch.float32
    if config.dtype == "auto" and _has_fast_bfloat16(device):
        dtype = torch.bfloat16
    compiled = config.compile != "off" and device.type != "mps"
    if compiled and not can_compile(device):
        compiled = False
        missing = "no working C++ compiler was found" if device.type == "cpu" else "Triton fails"
        if config.compile == "on":
            raise ConfigError(
                f"the model cannot be compiled: {missing}",
                where="training.execution.compile",
                got="on",
                do="install a compiler (Debian: apt install g++), or set "
                "training.execution.compile: auto",
            )
        say(f"{missing}: the same training, not compiled, takes about 1.7 times as long")
    return Execution(device, dtype, compiled)


def choose_device(name: str = "auto") -> torch.device:
    """Return the named device; for `auto`, the first one available of CUDA, MPS and CPU.

    Raises:
        ConfigError: the named device is not available.
    """
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(device for device, is_there in present.items() if is_there)
    if not present[name]:
        raise ConfigError(
            f"there is no {name} device here",
            where="training.execution.device",
            got=name,
            expected=" or ".join(device for device, is_there in present.items() if is_there),
        )
    return torch.device(name)


def can_compile(device: torch.device) -> bool:
    """Whether torch.compile works here: it needs a compiler, Python's headers, a writable cache."""

    # The answer may come from torch's cache of an earlier compilation, which is good enough: the
    # machine had a compiler then.
    def probe(x: torch.Tensor) -> torch.Tensor:
        return torch.sin(x) + 1

    try:
        torch.compile(probe)(torch.zeros(64, device=device))
    except Exception:
        # Any failure, in any layer of the compiler, would also occur with the model.
        return False
    finally:
        torch.compiler.reset()
    return True


def _has_fast_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        return _cpu_has_fast_bfloat16(
            matrix_units=torch.cpu._is_amx_tile_supported(),
            dot_products=torch.cpu._is_avx512_bf16_supported(),
            vendor=_cpu_vendor(),
        )
    return False


def _cpu_has_fast_bfloat16(*, matrix_units: bool, dot_products: bool, vendor: str) -> bool:
    """Whether products of bfloat16 matrices are faster than those of float32.

    Decided by the processor's features rather than by a measurement, which other work could
    distort: a resumed run must use the number format that it began with.
    """
    # An Intel core has two units for float32 and one for dot products of bfloat16, which do twice
    # as much: no gain on paper, and 0.6 of float32's speed in torch (docs/log.md, 2026-11-25). On
    # AMD's cores they are faster. Without either, bfloat16 is emulated.
    return matrix_units or (dot_products and vendor != "GenuineIntel")


def _cpu_vendor() -> str:
    """The vendor string of CPUID; empty if the system does not report it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("vendor_id")), "")


def _keep_freed_memory() -> None:
    """Make glibc keep the memory that a step frees for the next step.

    By default it returns every large block to the system, which then clears the pages of the next
    one: about a tenth of a step of the quickstart's model.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, -1)


def _be_deterministic(device: torch.device) -> None:
    """Make equal runs produce equal bits, so that a resumed run equals one that never stopped."""
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
