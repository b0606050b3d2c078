"""Training speed of the 175M configuration on a GPU: `python -m benchmarks.gpu`.

Prints the tokens per second, and the model FLOPs as a share of the measured speed of the fastest
product of large matrices. Trains on random tokens, so that no corpus is needed. Without a GPU, it
prints a message and exits with code 1.
"""

from pathlib import Path

import click
import torch

from benchmarks.machine import heading
from corpusforge.config import load
from trainer.config import TrainExperiment
from trainer.planning.plan import make_plan


@click.command()
@click.option(
    "--config",
    default=Path("configs/train_175m.yaml"),
    show_default=True,
    type=click.Path(path_type=Path),
)
@click.option("--seconds", default=60.0, show_default=True, help="Time to measure.")
@click.option("--device", default="cuda", show_default=True, help="Other devices are for tests.")
def main(config: Path, seconds: float, device: str) -> None:
    """Print a table for docs/benchmarks.md."""
    if device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("torch finds no GPU here: nothing was measured")
    experiment = load(config, TrainExperiment, [f"training.execution.device={device}"])
    plan = make_plan(experiment, tokens_per_parameter=20, measure_seconds=seconds, say=print)
    if plan.pace is None:
        raise SystemExit(f"nothing was measured: {plan.not_measured}")
    name = torch.cuda.get_device_name() if device == "cuda" else device
    pace = plan.pace
    print(heading(f"{config.stem} on {name} (make bench-gpu)"))
    print(
        "| execution | sequences per micro-batch | tokens/s | TFLOP/s | of the measured peak "
        "| peak TFLOP/s | first step |"
    )
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {pace.execution} | {plan.micro_batch} | {pace.tokens_per_second:,.0f} "
        f"| {pace.flops_per_second / 1e12:.1f} | {pace.utilization:.1%} "
        f"| {pace.peak_flops_per_second / 1e12:.1f} | {pace.first_step_seconds:.1f} s |"
    )


if __name__ == "__main__":
    main()
