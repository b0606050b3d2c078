"""What a training run will take, before it is started: parameters, memory, arithmetic, time."""

import functools
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from corpusforge.shards.manifest import read_manifest
from trainer.config import ModelConfig, TrainExperiment, num_parameters
from trainer.device import Execution, choose_execution
from trainer.flops import flops_per_token, matrix_peak, seconds_of, wait
from trainer.loss import Objective
from trainer.model import Decoder, initialize
from trainer.optimizer import Optimizer
from trainer.progress import duration

_FLOAT32 = 4  # bytes


@dataclass(frozen=True)
class Memory:
    """Bytes that a run holds at once, beside the program itself."""

    weights: int
    gradients: int
    optimizer: int  # two moments a weight for AdamW, one for Muon
    # What the backward pass of a micro-batch needs, not compiled; a compiled model keeps less.
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations


@dataclass(frozen=True)
class Pace:
    """What this machine does, measured."""

    execution: str
    first_step_seconds: float  # compilation is in it
    tokens_per_second: float
    flops_per_second: float
    # The fastest product of large square matrices in the same number format.
    peak_flops_per_second: float

    @property
    def utilization(self) -> float:
        """Model FLOPs utilization, arxiv.org/abs/2204.02311."""
        return self.flops_per_second / self.peak_flops_per_second


@dataclass(frozen=True)
class Plan:
    """An experiment in numbers; `pace` is None where it was not measured."""

    parameters: int
    vocab_size: int
    vocab_is_final: bool  # of shards that are there; otherwise what the configuration asks for
    memory: Memory
    flops_per_token: int
    steps: int
    tokens: int
    tokens_per_parameter: float  # what is asked for
    target_tokens: int
    pace: Pace | None
    not_measured: str = ""  # why

    def as_json(self) -> dict[str, Any]:
        """For a program: all of it, with the time that follows."""
        seconds = None if self.pace is None else self.tokens / self.pace.tokens_per_second
        return {**asdict(self), "seconds": seconds}


def make_plan(
    experiment: TrainExperiment,
    *,
    tokens_per_parameter: float,
    measure_seconds: float,
    say: Callable[[str], None],
) -> Plan:
    """Count what can be counted, then train on random tokens for about `measure_seconds`.

    Raises:
        ConfigError: the model is off its budget, or the machine has not what is insisted on.
    """
    model, training = experiment.model, experiment.training
    manifest = experiment.layout.shard_manifest
    vocab_size = experiment.tokenizer.vocab_size
    if manifest.is_file():
        vocab_size = read_manifest(manifest.parent).tokenizer.vocab_size
    if experiment.parameter_budget is not None:
        experiment.parameter_budget.check(model, vocab_size)
    parameters = num_parameters(model, vocab_size)
    execution = choose_execution(training, say)
    memory = Memory(
        weights=_FLOAT32 * parameters,
        gradients=_FLOAT32 * parameters,
        optimizer=_FLOAT32
        * (2 * parameters - _weights_of_muon(experiment, parameters, vocab_size)),
        activations=activation_bytes(
            model, vocab_size, training.micro_batch, execution.dtype, recompute=training.recompute
        ),
    )
    steps = training.num_steps(model.context)
    pace, not_measured = None, "not asked for"
    free = _free_bytes(execution.device)
    if measure_seconds and free is not None and memory.total > free:
        not_measured = f"it needs {_size(memory.total)}, and {_size(free)} are free"
    elif measure_seconds:
        say(f"training on random tokens for {measure_seconds:g} s: {execution}")
        pace = measure_pace(experiment, vocab_size, execution, measure_seconds)
    return Plan(
        parameters=parameters,
        vocab_size=vocab_size,
        vocab_is_final=manifest.is_file(),
        memory=memory,
        flops_per_token=flops_per_token(model, vocab_size),
        steps=steps,
        tokens=steps * training.batch_size * model.context,
        tokens_per_parameter=tokens_per_parameter,
        target_tokens=round(tokens_per_parameter * parameters),
        pace=pace,
        not_measured="" if pace else not_measured,
    )


def _weights_of_muon(experiment: TrainExperiment, parameters: int, vocab_size: int) -> int:
    """Parameters that Muon updates: all but the embedding and the norms."""
    model = experiment.model
    others = model.dim * (vocab_size + 2 * model.layers + 1)
    others += 2 * model.head_dim * model.layers if model.qk_norm else 0
    return parameters - others if experiment.training.optimizer == "muon" else 0


def activation_bytes(
    model: ModelConfig,
    vocab_size: int,
    micro_batch: int,
    dtype: torch.dtype,
    *,
    recompute: bool = False,
) -> int:
    """Bytes that the backward pass of a micro-batch needs of the forward pass.

    Where layers are computed anew, that is what all of them keep, and the rest of one.
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

    The pass itself runs, on tensors that have shapes and no contents.
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
        always_there = {tensor.untyped_storage()._cdata for tensor in own}
        return sum(
            tensor.untyped_storage().nbytes()
            for storage, tensor in kept.items()
            if storage not in always_there
        )


def measure_pace(
    experiment: TrainExperiment, vocab_size: int, execution: Execution, seconds: float
) -> Pace:
    """Tokens a second of micro-batches of random tokens, each step's update counted in."""
    model, training = experiment.model, experiment.training
    device = execution.device
    decoder = Decoder(model, vocab_size)
    initialize(decoder, training.seed)
    decoder.to(device)
    decoder.recompute = training.recompute
    optimizer = Optimizer(decoder, training)

    def update_weights() -> None:
        optimizer.step(training.learning_rate)

    objective = Objective(decoder, execution)
    shape = (training.micro_batch, model.context + 1)
    tokens = torch.randint(vocab_size, shape, device=device)

    def micro_step() -> None:
        objective.accumulate(tokens[:, :-1], tokens[:, 1:], training.micro_batch)

    first_step = seconds_of(micro_step, device) + seconds_of(update_weights, device)
    update = seconds_of(update_weights, device)
    micro_steps, started = 0, time.monotonic()
    while not micro_steps or time.monotonic() - started < seconds:
        micro_step()
        wait(device)
        micro_steps += 1
    micro_seconds = (time.monotonic() - started) / micro_steps
    step_seconds = micro_seconds * (training.batch_size // training.micro_batch) + update
    tokens_per_second = training.batch_size * model.context / step_seconds
    return Pace(
        execution=str(execution),
        first_step_seconds=first_step,
        tokens_per_second=tokens_per_second,
        flops_per_second=tokens_per_second * flops_per_token(model, vocab_size),
        peak_flops_per_second=matrix_peak(execution),
    )


def plan_text(plan: Plan) -> str:
    """The plan for a person."""
    memory, pace = plan.memory, plan.pace
    source = "of the shards" if plan.vocab_is_final else "as configured; no shards yet"
    ratio = plan.tokens / plan.parameters
    rows = [
        ("parameters", f"{plan.parameters:,}, vocabulary of {plan.vocab_size:,} ({source})"),
        ("memory", f"{_size(memory.total)}, not compiled"),
        ("  weights", _size(memory.weights)),
        ("  gradients", _size(memory.gradients)),
        ("  optimizer", _size(memory.optimizer)),
        ("  activations", _size(memory.activations)),
        ("arithmetic", f"{plan.flops_per_token / 1e6:,.1f} MFLOP a token"),
        ("tokens", f"{plan.tokens:,} in {plan.steps:,} steps, {ratio:,.1f} a parameter"),
        ("  for the ratio", f"{plan.target_tokens:,}, {plan.tokens_per_parameter:g} a parameter"),
    ]
    if pace is None:
        rows.append(("time", f"not measured: {plan.not_measured}"))
    else:
        rows += [
            ("speed", f"{pace.tokens_per_second:,.0f} tokens/s on {pace.execution}"),
            (
                "  of the peak",
                f"{pace.utilization:.0%} of {pace.peak_flops_per_second / 1e9:,.0f} GFLOP/s",
            ),
            ("  first step", f"{pace.first_step_seconds:.1f} s"),
            ("time", duration(plan.tokens / pace.tokens_per_second)),
            ("  for the ratio", duration(plan.target_tokens / pace.tokens_per_second)),
        ]
    return "\n".join(f"{name:<17}{value}" for name, value in rows)


def _free_bytes(device: torch.device) -> int | None:
    """Memory that a run could have; None where the system does not tell."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info()[0]
    meminfo = Path("/proc/meminfo")
    if device.type != "cpu" or not meminfo.is_file():
        return None
    return 1024 * int(meminfo.read_text().split("MemAvailable:")[1].split()[0])


def _size(num_bytes: int) -> str:
    return f"{num_bytes / 1e9:,.2f} GB" if num_bytes >= 1e9 else f"{num_bytes / 1e6:,.1f} MB"
