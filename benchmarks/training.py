"""A training step compared with nanoGPT's architecture and Hugging Face's Llama, on equal batches.

`python -m benchmarks.training [--rounds 3]`. The contenders take steps in turn, so that other work
on the machine affects all of them. Our step is what the training loop does between two log lines:
the batch from the sampler, the loss and its gradient, clipping, and the update. For the others, the
time to read the batch is not counted.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import torch
from torch import Tensor, nn

from benchmarks.machine import heading
from benchmarks.random_shards import write_random_shards
from trainer.data.mixture import plan_stages
from trainer.data.sampler import Sampler
from trainer.data.targets import inputs_and_targets
from trainer.execution.device import Execution, ExecutionConfig, choose_execution
from trainer.model.config import ModelConfig, num_parameters
from trainer.model.decoder import Decoder, initialize
from trainer.optimization.loss import Objective
from trainer.optimization.optimizer import Optimizer, OptimizerConfig
from trainer.planning.flops import flops_per_token, matrix_peak

MODEL = ModelConfig(dim=384, layers=6, heads=6, hidden=1024, context=512)
VOCAB_SIZE, BATCH = 16_384, 8
# Ids outside the vocabulary: random tokens are not dialogues, so all of them are learned.
CONTROL = {"system": 65531, "user": 65532, "assistant": 65533, "end": 65534, "end_of_document": 1}
OPTIMIZER = OptimizerConfig(learning_rate=1e-3)
CPU = torch.device("cpu")
STEP_TOKENS = BATCH * MODEL.context

# Updates the weights with a batch and returns the loss.
Step = Callable[[Tensor, Tensor], float]


@dataclass(frozen=True)
class Contender:
    """One way to take a step."""

    name: str
    make: Callable[[], Step]
    parameters: int


def _ours(execution: Execution) -> Step:
    model = Decoder(MODEL, VOCAB_SIZE)
    initialize(model, 0)
    objective = Objective(model, execution)
    optimizer = Optimizer(model, OPTIMIZER, execution.dtype)

    def step(inputs_BT: Tensor, targets_BT: Tensor) -> float:
        torch.use_deterministic_algorithms(True, warn_only=True)
        loss = objective.accumulate(inputs_BT, targets_BT, BATCH)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step(1e-3)
        optimizer.zero_grad()
        return loss.item()

    return step


def _theirs(make: Callable[[], nn.Module], *, compiled: bool, dtype: torch.dtype) -> Step:
    from benchmarks.model_peers import adamw

    torch.manual_seed(0)
    model = make()
    optimizer = adamw(model, 1e-3)
    loss_of = torch.compile(model) if compiled else model

    def step(inputs_BT: Tensor, targets_BT: Tensor) -> float:
        torch.use_deterministic_algorithms(False)  # which the others do not promise
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            loss: Tensor = loss_of(inputs_BT, targets_BT)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    return step


# transformers is imported late: a process that only takes our first step does not need it.
def _gpt2() -> nn.Module:
    from benchmarks.model_peers import Gpt2

    return Gpt2(VOCAB_SIZE, MODEL.context, MODEL.dim, MODEL.layers, MODEL.heads)


def _llama() -> nn.Module:
    from benchmarks.model_peers import Llama

    return Llama(MODEL, VOCAB_SIZE)


def contenders(chosen: Execution) -> Iterator[Contender]:
    """Yield ours as the trainer runs it here, then ours with other settings, then the others."""
    parameters = num_parameters(MODEL, VOCAB_SIZE)
    low, full = torch.bfloat16, torch.float32
    executions = [chosen, Execution(CPU, low, True), Execution(CPU, full, True)]
    executions += [Execution(CPU, low, False), Execution(CPU, full, False)]
    for execution in dict.fromkeys(executions):
        yield Contender(f"ours, {execution}", partial(_ours, execution), parameters)
    for name, make in (("nanoGPT's architecture", _gpt2), ("Hugging Face's Llama", _llama)):
        count = sum(parameter.numel() for parameter in make().parameters())
        for dtype, format in ((low, "autocast to bfloat16"), (full, "float32")):
            for compiled in (True, False):
                how = "compiled" if compiled else "not compiled"
                yield Contender(
                    f"{name}, {format}, {how}",
                    partial(_theirs, make, compiled=compiled, dtype=dtype),
                    count,
                )


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Steps of each, after two to warm up.")
@click.option("--only", multiple=True, help="Only contenders with this in their names.")
@click.option("--first-step", is_flag=True, hidden=True)
def main(rounds: int, only: tuple[str, ...], first_step: bool) -> None:
    """Print tables for docs/benchmarks.md."""
    execution = choose_execution(ExecutionConfig(), print)
    if first_step:
        tokens_BT = torch.zeros(BATCH, MODEL.context, dtype=torch.int64)
        _ours(execution)(tokens_BT, tokens_BT)
        return
    print(heading("A training step (python -m benchmarks.training)"))
    with tempfile.TemporaryDirectory() as folder:
        shards = write_random_shards(Path(folder), 2_000_000, VOCAB_SIZE)
        sampler = Sampler.over(
            shards, "train", plan_stages(shards, ()), window=MODEL.context, seed=0
        )
        _print_speed(sampler, execution, rounds, only)
    if not only:
        _print_first_step()


def _print_speed(
    sampler: Sampler, execution: Execution, rounds: int, only: tuple[str, ...]
) -> None:
    fields = [c for c in contenders(execution) if not only or any(name in c.name for name in only)]
    steps = []
    for contender in fields:
        steps.append(contender.make())
        print(f"starting: {contender.name}", file=sys.stderr)
        for _ in range(2):
            steps[-1](*_batch(sampler))
    seconds: list[list[float]] = [[] for _ in fields]
    losses: list[list[float]] = [[] for _ in fields]
    loader: list[float] = []
    peaks: dict[torch.dtype, list[float]] = {torch.bfloat16: [], torch.float32: []}
    for _ in range(rounds):
        for dtype, values in peaks.items():
            values.append(matrix_peak.__wrapped__(Execution(CPU, dtype, compiled=False)))
        started = time.perf_counter()
        batch = _batch(sampler)
        loader.append(time.perf_counter() - started)
        for number, step in enumerate(steps):
            started = time.perf_counter()
            losses[number].append(step(*batch))
            seconds[number].append(time.perf_counter() - started)
    medians = [statistics.median(values) for values in seconds]
    # Only ours includes the time of the loader.
    medians = [
        value + (statistics.median(loader) if contender.name.startswith("ours") else 0)
        for contender, value in zip(fields, medians, strict=True)
    ]
    arithmetic = flops_per_token(MODEL, VOCAB_SIZE) * STEP_TOKENS
    low, full = (statistics.median(values) for values in peaks.values())
    print(
        "| | parameters | s per step | tokens/s | relative speed of ours "
        "| of the bfloat16 peak | of float32's |"
    )
    print("|---|---|---|---|---|---|---|")
    for contender, value in zip(fields, medians, strict=True):
        # The parameters are nearly equal, so the arithmetic is too, within one percent.
        rate = arithmetic / value
        print(
            f"| {contender.name} | {contender.parameters:,} | {value:.3f} "
            f"| {STEP_TOKENS / value:,.0f} | {value / medians[0]:.2f} × "
            f"| {rate / low:.0%} | {rate / full:.0%} |"
        )
    share = statistics.median(loader) / medians[0]
    print(
        f"\nThe fastest product of square matrices: bfloat16 {low / 1e9:,.0f} GFLOP/s, float32 "
        f"{full / 1e9:,.0f}. The loader takes {share:.3%} of our step."
    )
    if not all(torch.tensor(values).isfinite().all() for values in losses):
        raise SystemExit(f"a loss is not finite: {losses}")


def _batch(sampler: Sampler) -> tuple[Tensor, Tensor]:
    return inputs_and_targets(sampler.batch(BATCH), CONTROL, CPU)


def _print_first_step() -> None:
    """Measure a process to the end of its first step, with a cold and a warm compile cache."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": folder}
        command = [sys.executable, "-m", "benchmarks.training", "--first-step"]
        seconds = []
        for _ in range(3):
            started = time.perf_counter()
            subprocess.run(command, env=environment, check=True)
            seconds.append(time.perf_counter() - started)
    print(
        f"\nFrom the start of a process to the end of its first step: {seconds[0]:.1f} s with "
        f"nothing compiled, {min(seconds[1:]):.1f} s with a warm compile cache."
    )


if __name__ == "__main__":
    main()
