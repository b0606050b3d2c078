"""The memory that training needs, and the largest micro-batch that fits into it."""

import functools
import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from corpusforge.errors import ConfigError
from trainer.config import TrainExperiment
from trainer.execution.device import Execution
from trainer.execution.world import World
from trainer.model.config import ModelConfig, num_parameters
from trainer.model.decoder import Decoder
from trainer.optimization.loss import Objective
from trainer.optimization.optimizer import Optimizer

_FLOAT32 = 4  # bytes
# Share of the free memory that a run may take. The rest is for what is not counted: logits of a
# chunk, copies of weights in the lower format, fragmentation, a checkpoint that is being written.
_SHARE = 0.8
# Files of a control group, and the line of memory.stat with reclaimable pages:
# docs.kernel.org/admin-guide/cgroup-v2.html and cgroup-v1/memory.html.
_CONTROL_GROUP = (
    ("", "memory.max", "memory.current", "inactive_file"),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


@dataclass(frozen=True)
class Memory:
    """Bytes that a run needs in addition to the program itself."""

    weights: int
    gradients: int
    optimizer: int  # two moments per weight for AdamW, one for Muon
    # Needed by the backward pass of a micro-batch, not compiled; a compiled model keeps less.
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations


def memory_of(
    experiment: TrainExperiment, vocab_size: int, micro_batch: int, dtype: torch.dtype
) -> Memory:
    """Memory of one process that holds the whole model."""
    model = experiment.model
    parameters = num_parameters(model, vocab_size)
    moments = 2 * parameters - _weights_of_muon(experiment, parameters, vocab_size)
    return Memory(
        weights=_FLOAT32 * parameters,
        gradients=_FLOAT32 * parameters,
        optimizer=_FLOAT32 * moments,
        activations=activation_bytes(
            model, vocab_size, micro_batch, dtype, recompute=experiment.training.execution.recompute
        ),
    )


def _weights_of_muon(experiment: TrainExperiment, parameters: int, vocab_size: int) -> int:
    """Parameters that Muon updates: all except the embedding and the norms."""
    model = experiment.model
    others = model.dim * (vocab_size + 2 * model.layers + 1)
    others += 2 * model.head_dim * model.layers if model.qk_norm else 0
    return parameters - others if experiment.training.optimizer.type == "muon" else 0


def activation_bytes(
    model: ModelConfig,
    vocab_size: int,
    micro_batch: int,
    dtype: torch.dtype,
    *,
    recompute: bool = False,
) -> int:
    """Bytes of activations that the backward pass of a micro-batch needs.

    If layers are recomputed, that is what all of them keep plus the rest of one layer.
    """
    kept = functools.partial(
        _kept_bytes, vocab_size=vocab_size, micro_batch=micro_batch, dtype=dtype
    )
    if not recompute:
        return kept(model, recompute=False)
    flat = model.model_copy(update={"layers": 1})
    rest = kept(flat, recompute=False) - kept(flat, recompute=True)
    return kept(model, recompute=True) + rest


def _kept_bytes(
    model: ModelConfig, *, vocab_size: int, micro_batch: int, dtype: torch.dtype, recompute: bool
) -> int:
    """Bytes that the forward pass of a micro-batch keeps.

    Counted by running the pass on tensors that have shapes and no contents.
    """
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage()._cdata] = tensor
        return tensor

    with FakeTensorMode():
        decoder = Decoder(model, vocab_size)
        decoder.recompute = recompute
        objective = Objective(decoder, Execution(torch.device("cpu"), dtype, compiled=False))
        tokens = torch.zeros(micro_batch, model.context, dtype=torch.int64)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            objective(tokens, tokens)
        own = [*decoder.parameters(), *decoder.buffers()]
        permanent = {tensor.untyped_storage()._cdata for tensor in own}
        return sum(
            tensor.untyped_storage().nbytes()
            for storage, tensor in kept.items()
            if storage not in permanent
        )


def choose_micro_batch(
    experiment: TrainExperiment, vocab_size: int, execution: Execution, world: World, rows: int
) -> int:
    """Choose the largest divisor of a process's `rows` with which a step fits into its memory.

    On a GPU that holds the whole model, a step is tried; otherwise memory is counted. The result is
    1 if even that seems too much. All processes choose the same.

    Raises:
        ConfigError: the system does not report its free memory.
    """
    device = execution.device
    if (free := free_bytes(device)) is None:
        raise ConfigError(
            f"micro-batches cannot be chosen: {device.type} does not report its free memory",
            where="training.execution.micro_batch_size",
            got="auto",
            do="name a number of sequences",
        )
    sharded = world.size > 1 and experiment.training.execution.parallel == "fsdp"

    def fits(micro_batch: int) -> bool:
        if device.type == "cuda" and not sharded:
            peak = measured_peak(experiment, vocab_size, execution, micro_batch)
            return peak is not None and peak <= _SHARE * free
        memory = memory_of(experiment, vocab_size, micro_batch, execution.dtype)
        model = (memory.total - memory.activations) // (world.size if sharded else 1)
        neighbours = 1 if device.type == "cuda" else int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        return neighbours * (model + memory.activations) <= _SHARE * free

    return largest_fitting(rows, lambda micro_batch: not world.any(not fits(micro_batch)))


def largest_fitting(rows: int, fits: Callable[[int], bool]) -> int:
    """The largest divisor of `rows` that fits, tried in decreasing order; at least 1."""
    divisors = (size for size in range(rows, 1, -1) if rows % size == 0)
    return next((size for size in divisors if fits(size)), 1)


def measured_peak(
    experiment: TrainExperiment, vocab_size: int, execution: Execution, micro_batch: int
) -> int | None:
    """Peak bytes of a step on a GPU, not compiled, which takes the most; None: out of memory."""
    device, training = execution.device, experiment.training
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    try:
        model = Decoder(experiment.model, vocab_size).to(device)
        model.recompute = training.execution.recompute
        optimizer = Optimizer(model, training.optimizer, execution.dtype)
        shape = (micro_batch, experiment.model.context)
        tokens = torch.zeros(shape, dtype=torch.int64, device=device)
        objective = Objective(model, Execution(device, execution.dtype, compiled=False))
        objective.accumulate(tokens, tokens, micro_batch)
        optimizer.step(training.optimizer.learning_rate)
        return torch.cuda.max_memory_allocated(device) - before
    except torch.OutOfMemoryError:
        return None
    finally:
        model = optimizer = objective = tokens = None  # type: ignore[assignment]
        gc.collect()
        torch.cuda.empty_cache()


def free_bytes(device: torch.device) -> int | None:
    """Memory that is free for a run; None if the system does not report it."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info()[0]
    meminfo = Path("/proc/meminfo")
    if device.type != "cpu" or not meminfo.is_file():
        return None
    available = 1024 * int(meminfo.read_text().split("MemAvailable:")[1].split()[0])
    return min(available, *left_of_limits(Path("/sys/fs/cgroup")))


def left_of_limits(groups: Path) -> Iterator[int]:
    """Memory that the limit of a container leaves, if it has one.

    Pages of files that have not been used recently are reclaimable, so they count as free.
    """
    for folder, limit, usage, pages in _CONTROL_GROUP:
        path = groups / folder / limit
        most = path.read_text().strip() if path.is_file() else "max"
        if most != "max":
            words = path.with_name("memory.stat").read_text().split()
            reclaimable = int(words[words.index(pages) + 1])
            used = int(path.with_name(usage).read_text()) - reclaimable
            yield max(0, int(most) - used)
