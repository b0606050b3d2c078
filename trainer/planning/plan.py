"""The plan of a training run: parameters, memory, arithmetic and time, before it starts."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch

from corpusforge.shards.manifest import load_shard_manifest
from trainer.config import TrainExperiment
from trainer.execution.device import Execution, choose_execution
from trainer.execution.world import World
from trainer.model.config import num_parameters
from trainer.model.decoder import Decoder, initialize
from trainer.optimization.loss import Objective
from trainer.optimization.optimizer import Optimizer
from trainer.planning.flops import flops_per_token, matrix_peak, seconds_of, wait
from trainer.planning.memory import Memory, choose_micro_batch, free_bytes, memory_of
from trainer.reporting.status_line import duration


@dataclass(frozen=True)
class MeasuredPace:
    """The measured speed of training on this machine."""

    execution: str
    first_step_seconds: float  # includes compilation
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
    """An experiment in numbers; `pace` is None if it was not measured."""

    parameters: int
    vocab_size: int
    micro_batch: int  # sequences in memory at a time
    vocab_is_final: bool  # taken from existing shards, not from the configuration
    memory: Memory
    flops_per_token: int
    steps: int
    tokens: int
    tokens_per_parameter: float  # the ratio to plan for
    target_tokens: int
    pace: MeasuredPace | None
    not_measured: str = ""  # why

    def as_json(self) -> dict[str, Any]:
        """The plan as plain values, with the time that follows from it."""
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
        ConfigError: no run can do this, the model misses its budget, or the machine lacks what the
            configuration requires.
    """
    model, training = experiment.model, experiment.training
    training.check(model.context)
    manifest = experiment.layout.shard_manifest
    vocab_size = experiment.tokenizer.vocab_size
    if manifest.is_file():
        vocab_size = load_shard_manifest(manifest.parent).tokenizer.vocab_size
    if experiment.parameter_budget is not None:
        experiment.parameter_budget.check(model, vocab_size)
    parameters = num_parameters(model, vocab_size)
    execution = choose_execution(training.execution, say)
    micro_batch = training.micro_batch
    if training.execution.micro_batch_size == "auto":
        micro_batch = choose_micro_batch(
            experiment, vocab_size, execution, World(), training.batch_size
        )
    memory = memory_of(experiment, vocab_size, micro_batch, execution.dtype)
    pace, not_measured = None, "not asked for"
    free = free_bytes(execution.device)
    if measure_seconds and free is not None and memory.total > free:
        not_measured = f"it needs {_size(memory.total)}, and {_size(free)} are free"
    elif measure_seconds:
        say(f"training on random tokens for {measure_seconds:g} s: {execution}")
        pace = measure_pace(experiment, vocab_size, execution, micro_batch, measure_seconds)
    return Plan(
        parameters=parameters,
        vocab_size=vocab_size,
        micro_batch=micro_batch,
        vocab_is_final=manifest.is_file(),
        memory=memory,
        flops_per_token=flops_per_token(model, vocab_size),
        steps=experiment.num_steps,
        tokens=experiment.num_steps * experiment.step_tokens,
        tokens_per_parameter=tokens_per_parameter,
        target_tokens=round(tokens_per_parameter * parameters),
        pace=pace,
        not_measured="" if pace else not_measured,
    )


def measure_pace(
    experiment: TrainExperiment,
    vocab_size: int,
    execution: Execution,
    micro_batch: int,
    seconds: float,
) -> MeasuredPace:
    """Measure training on micro-batches of random tokens, including the update of each step."""
    model, training = experiment.model, experiment.training
    device = execution.device
    decoder = Decoder(model, vocab_size)
    initialize(decoder, training.seed)
    decoder.to(device)
    decoder.recompute = training.execution.recompute
    optimizer = Optimizer(decoder, training.optimizer, execution.dtype)

    update_weights = partial(optimizer.step, training.optimizer.learning_rate)
    objective = Objective(decoder, execution)
    shape = (micro_batch, model.context + 1)
    tokens = torch.randint(vocab_size, shape, device=device)

    def micro_step() -> None:
        objective.accumulate(tokens[:, :-1], tokens[:, 1:], micro_batch)

    first_step = seconds_of(micro_step, device) + seconds_of(update_weights, device)
    update = seconds_of(update_weights, device)
    micro_steps, started = 0, time.monotonic()
    while not micro_steps or time.monotonic() - started < seconds:
        micro_step()
        wait(device)
        micro_steps += 1
    micro_seconds = (time.monotonic() - started) / micro_steps
    step_seconds = micro_seconds * (training.batch_size // micro_batch) + update
    tokens_per_second = experiment.step_tokens / step_seconds
    return MeasuredPace(
        execution=str(execution),
        first_step_seconds=first_step,
        tokens_per_second=tokens_per_second,
        flops_per_second=tokens_per_second * flops_per_token(model, vocab_size),
        peak_flops_per_second=matrix_peak(execution),
    )


def plan_text(plan: Plan) -> str:
    memory, pace = plan.memory, plan.pace
    source = "of the shards" if plan.vocab_is_final else "as configured; no shards yet"
    ratio = plan.tokens / plan.parameters
    rows = [
        ("parameters", f"{plan.parameters:,}, vocabulary of {plan.vocab_size:,} ({source})"),
        ("memory", f"{_size(memory.total)}, not compiled, {plan.micro_batch:,} sequences at once"),
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


def _size(num_bytes: int) -> str:
    return f"{num_bytes / 1e9:,.2f} GB" if num_bytes >= 1e9 else f"{num_bytes / 1e6:,.1f} MB"
