"""What the machine can do: device, number format, and whether a compiler is there."""

import ctypes
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import torch

from corpusforge.errors import ConfigError
from trainer.config import TrainingConfig

# Parameters of glibc's mallopt(3).
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


@dataclass(frozen=True)
class Execution:
    """How the model is run. Weights are float32 whatever `dtype` says."""

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


def choose_execution(config: TrainingConfig, say: Callable[[str], None]) -> Execution:
    """Settle what the configuration leaves open; `say` gets a line where something is missing.

    Raises:
        ConfigError: the configuration insists on what this machine does not have.
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
                where="training.compile",
                got="on",
                do="install a compiler (Debian: apt install g++), or set training.compile: auto",
            )
        say(f"{missing}: the same training, not compiled, takes about 1.7 times as long")
    return Execution(device, dtype, compiled)


def choose_device(name: str = "auto") -> torch.device:
    """The named device; for `auto` the first there is of CUDA, MPS, CPU.

    Raises:
        ConfigError: the named device is not there.
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
            where="training.device",
            got=name,
            expected=" or ".join(device for device, is_there in present.items() if is_there),
        )
    return torch.device(name)


def can_compile(device: torch.device) -> bool:
    """Whether torch.compile works here: a compiler, the headers of Python, a cache to write to."""

    # Bytes of its own each time would defeat the cache, so this may be answered from an earlier
    # compilation; then the machine had a compiler at least once.
    def probe(x: torch.Tensor) -> torch.Tensor:
        return torch.sin(x) + 1

    try:
        torch.compile(probe)(torch.zeros(64, device=device))
    except Exception:
        # Whatever it was, in one of many layers: the model would meet it too.
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

    Settled by what the processor is and not by a measurement, which other work could turn: a run
    must go on in the number format that it began with.
    """
    # An Intel core has two units for float32 and one for dot products of bfloat16, which do twice
    # as much: no gain on paper, and 0.6 of float32's speed in torch (docs/log.md, 2026-11-25). On
    # AMD's cores they are worth it. Without either, bfloat16 is emulated.
    return matrix_units or (dot_products and vendor != "GenuineIntel")


def _cpu_vendor() -> str:
    """As CPUID has it; empty where the system does not tell."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("vendor_id")), "")


def _keep_freed_memory() -> None:
    """Let the process keep what a step has freed for the next step, where the C library is glibc.

    By itself it gives every large block back to the system, which then clears the pages of the next
    one: about a tenth of a step of the quickstart's model.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, -1)


def _be_deterministic(device: torch.device) -> None:
    """Equal runs give equal bits, so that a resumed run is the run that never stopped."""
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
