"""Training speed of the 175M configuration on a GPU: `python -m benchmarks.gpu`.

Tokens a second, and model FLOPs as a share of the fastest product of large matrices that the GPU is
measured to do; on random tokens, so that no corpus is needed. Without a GPU it says so and ends
with 1.
"""

from pathlib import Path

import click
import torch

from benchmarks.machine import heading
from corpusforge.config import load
from trainer.config import TrainExperiment
from trainer.device import choose_execution
from trainer.plan import measure_pace


@click.command()
@click.option(
    "--config",
    default=Path("configs/train_175m.yaml"),
    show_default=True,
    type=click.Path(path_type=Path),
)
@click.option("--seconds", default=60.0, show_default=True, help="To measure for.")
def main(config: Path, seconds: float) -> None:
    """Print a table for docs/benchmarks.md."""
    if not torch.cuda.is_available():
        raise SystemExit("there is no GPU here that torch can use: nothing was measured")
    experiment = load(config, TrainExperiment, ["training.device=cuda"])
    execution = choose_execution(experiment.training, print)
    pace = measure_pace(experiment, experiment.tokenizer.vocab_size, execution, seconds)
    print(heading(f"{config.stem} on {torch.cuda.get_device_name()} (make bench-gpu)"))
    print("| execution | tokens/s | TFLOP/s | of the measured peak | peak TFLOP/s | first step |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {pace.execution} | {pace.tokens_per_second:,.0f} | {pace.flops_per_second / 1e12:.1f} "
        f"| {pace.utilization:.1%} | {pace.peak_flops_per_second / 1e12:.0f} "
        f"| {pace.first_step_seconds:.1f} s |"
    )


if __name__ == "__main__":
    main()
