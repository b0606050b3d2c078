"""The commands: each parses, builds the configuration, makes one call and prints.

Everything but click is imported inside the commands, so that `--help` answers immediately.
"""

from __future__ import annotations

import json
import os
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpusforge.cli_command import (
    PATH,
    POSITIVE,
    FiniteFloatRange,
    Function,
    Group,
    experiment_options,
    experiment_path,
    json_option,
)
from corpusforge.terminal import show, write
from trainer.export.formats import FORMATS

if TYPE_CHECKING:
    from trainer.config import TrainExperiment

_MODEL = "--checkpoint runs/quickstart/checkpoints/best.pt"  # in examples


@click.group(
    cls=Group, context_settings={"help_option_names": ["-h", "--help"], "show_default": True}
)
def cli() -> None:
    """Train a small language model on token shards, and generate text with it."""


def main() -> None:
    cli(prog_name="python -m trainer")


_checkpoint = click.option(
    "--checkpoint",
    required=True,
    type=PATH,
    help="Checkpoint file, such as runs/quickstart/checkpoints/best.pt.",
)
_tokenizer = click.option(
    "--tokenizer", type=PATH, help="Tokenizer directory (default: that of the checkpoint's run)."
)
_device = click.option(
    "--device",
    type=click.Choice(["auto", "cuda", "mps", "cpu"]),
    default="auto",
    show_default=False,
    help="Device that runs the model.",
)


def _experiment(function: Function) -> Function:
    config = click.option("--config", type=PATH, help="An experiment.")
    return config(experiment_options(function))


def _load(config: Path | None, example: str | None, overrides: tuple[str, ...]) -> TrainExperiment:
    """Load the experiment that the options of `_experiment` name."""
    from corpusforge.config import load
    from trainer.config import TrainExperiment

    return load(experiment_path(config, example), TrainExperiment, overrides)


@cli.command(example="python -m trainer plan --config configs/train_base.yaml")
@_experiment
@click.option(
    "--tokens-per-parameter",
    default=20.0,
    type=FiniteFloatRange(min=0, min_open=True),
    help="Tokens per parameter to plan for; 20 is the ratio of Chinchilla.",
)
@click.option(
    "--measure",
    default=60.0,
    type=FiniteFloatRange(min=0),
    help="Seconds of training on random tokens to measure speed; 0 skips it.",
)
@json_option
def plan(tokens_per_parameter: float, measure: float, as_json: bool, **experiment: Any) -> None:
    """Show what a run will need before you start it: memory, arithmetic and time on this
    machine."""
    from trainer.planning.plan import make_plan, plan_text
    from trainer.reporting.status_line import StatusLine

    plan = make_plan(
        _load(**experiment),
        tokens_per_parameter=tokens_per_parameter,
        measure_seconds=measure,
        say=StatusLine().say,
    )
    click.echo(json.dumps(plan.as_json(), indent=2) if as_json else plan_text(plan))


@cli.command(example="python -m trainer train --config configs/train_quickstart.yaml")
@_experiment
@click.option("--resume", is_flag=True, help="Go on even where the configuration has changed.")
@click.option("--fresh", is_flag=True, help="Remove the run's checkpoints and start from scratch.")
@click.option(
    "--max-seconds",
    type=FiniteFloatRange(min=0, min_open=True),
    help="Stop after so long, with a checkpoint, and after one step at least; the same command "
    "goes on.",
)
@json_option
def train(
    resume: bool, fresh: bool, max_seconds: float | None, as_json: bool, **experiment: Any
) -> None:
    """Train a model on a run's shards, or go on where it stopped. Several processes together:
    torchrun --nproc-per-node N -m trainer train …"""
    if resume and fresh:
        raise click.UsageError("--resume and --fresh exclude each other")
    loaded = _load(**experiment)

    from trainer.execution.world import joined_world
    from trainer.reporting.metrics import summary_lines
    from trainer.reporting.status_line import StatusLine
    from trainer.train import train

    with joined_world() as world:
        status = StatusLine(silent=not world.leads)
        summary = train(
            loaded, status, resume=resume, fresh=fresh, max_seconds=max_seconds, world=world
        )
    if world.leads:
        click.echo(json.dumps(summary) if as_json else "\n".join(summary_lines(summary)))


@cli.command(example=f"python -m trainer evaluate {_MODEL} --baselines")
@_checkpoint
@click.option("--shards", type=PATH, help="Default: those of the model's run.")
@click.option("--split", default="validation", help="Split to score.")
@click.option(
    "--max-batches",
    default=32,
    type=POSITIVE,
    help="Batches to score per source, of 8 windows each, spread evenly over the source.",
)
@click.option("--baselines", is_flag=True, help="Also score unigrams, bigrams and trigrams.")
@click.option(
    "--samples",
    "num_samples",
    default=0,
    type=click.IntRange(min=0),
    help="Also draw this many samples after `def ` and report the share that is valid Python.",
)
@_device
@json_option
def evaluate(as_json: bool, **options: Any) -> None:
    """Score a checkpoint on held-out tokens, by source."""
    from trainer.evaluation.evaluate import evaluate_checkpoint

    evaluation = evaluate_checkpoint(**options)
    click.echo(json.dumps(evaluation.as_json()) if as_json else str(evaluation))


@cli.command(example=f"python -m trainer solve {_MODEL} --problems HumanEval.jsonl.gz")
@click.option("--checkpoint", type=PATH, help="Checkpoint file to judge.")
@click.option("--reference", is_flag=True, help="Judge the problems' own solutions instead.")
@_tokenizer
@click.option(
    "--problems",
    required=True,
    type=PATH,
    help="JSON Lines file in the format of HumanEval or MBPP, also gzipped.",
)
@click.option("--samples", default=1, type=POSITIVE)
@click.option(
    "--temperature",
    default=0.2,
    type=FiniteFloatRange(min=0),
    help="0.2 is usual for pass@1, 0.8 for pass@10 and pass@100.",
)
@click.option("--max-new-tokens", default=256, type=POSITIVE)
@click.option("--seed", default=0, type=click.IntRange(0, (1 << 62) - 1))
@click.option(
    "--seconds",
    default=3.0,
    type=FiniteFloatRange(min=0, min_open=True),
    help="Time limit of each program.",
)
@click.option("--workers", type=POSITIVE, help="Programs at a time; default: cores.")
@click.option("--save", type=PATH, help="JSON Lines file to write the answers to.")
@_device
@json_option
def solve(
    checkpoint: Path | None,
    reference: bool,
    tokenizer: Path | None,
    problems: Path,
    samples: int,
    seconds: float,
    workers: int | None,
    save: Path | None,
    device: str,
    as_json: bool,
    **sampling: Any,
) -> None:
    """Measure how many programming problems a model solves. Its programs run in a sandbox."""
    if (checkpoint is None) != reference:
        raise click.UsageError("use either --checkpoint or --reference")
    from corpusforge.storage.files import require_writable
    from trainer.evaluation.sandbox import Limits
    from trainer.evaluation.solve import report_text, solve, solve_by_reference, write_samples
    from trainer.generation.sampling import SamplingConfig
    from trainer.reporting.status_line import StatusLine

    if save is not None:
        require_writable(save)
    limits, workers = Limits(seconds), workers or os.cpu_count() or 1
    if checkpoint is None:
        report = solve_by_reference(problems, limits, workers)
    else:
        report = solve(
            checkpoint,
            tokenizer,
            problems,
            SamplingConfig(**sampling),
            num_samples=samples,
            limits=limits,
            workers=workers,
            device=device,
            say=StatusLine().update,
        )
    if save is not None:
        write_samples(save, report)
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else report_text(report))


@cli.command(example=f"python -m trainer harness {_MODEL} --tasks hellaswag,arc_easy --limit 100")
@_checkpoint
@_tokenizer
@click.option("--tasks", required=True, metavar="NAME,…", help="Names of lm-eval tasks.")
@click.option("--include-path", type=PATH, help="Directory with your own tasks.")
@click.option("--num-fewshot", type=click.IntRange(min=0), help="Examples in each prompt.")
@click.option("--limit", type=POSITIVE, help="Use only this many documents per task.")
@_device
@json_option
def harness(
    checkpoint: Path, tokenizer: Path | None, tasks: str, as_json: bool, **options: Any
) -> None:
    """Run tasks of lm-evaluation-harness (the package lm-eval) on a checkpoint."""
    from trainer.evaluation.harness import evaluate_tasks, results_text

    results = evaluate_tasks(checkpoint, tokenizer, tasks.split(","), **options)
    click.echo(json.dumps(results, indent=2) if as_json else results_text(results))


@cli.command(example="python -m trainer batch runs/quickstart --step 300")
@click.argument("run", type=PATH)
@click.option("--step", required=True, type=int, help="The first step is 1.")
@json_option
def batch(run: Path, step: int, as_json: bool) -> None:
    """Show a training step's batch as text, with documents, licences and boundaries.
    RUN is the output_dir of a run with a checkpoint."""
    from dataclasses import asdict

    from trainer.inspection.batch import read_batch, row_text

    rows = list(read_batch(run, step))
    if as_json:
        write(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False))
    else:
        show("\n".join(row_text(row) for row in rows))


@cli.command(example="python -m trainer plot runs/quickstart runs/base --output curves")
@click.argument("runs", nargs=-1, required=True, metavar="RUN…", type=PATH)
@click.option(
    "--output",
    type=PATH,
    help="OUTPUT.png and OUTPUT.html are written; default: plot, in the first RUN.",
)
def plot(runs: tuple[Path, ...], output: Path | None) -> None:
    """Draw loss and held-out bits per byte, by source, of one run or several."""
    from trainer.inspection.plot import plot

    for path in plot(runs, runs[0] / "plot" if output is None else output):
        click.echo(str(path))


@cli.command(example=f"python -m trainer generate {_MODEL} --message 'Write a sort function.'")
@_checkpoint
@_tokenizer
@click.option(
    "--prompt", help="Text to continue; <|system|>, <|user|> and <|assistant|> are control tokens."
)
@click.option(
    "--message",
    "messages",
    multiple=True,
    help="User message to answer, read as text. Repeat it for a dialogue: user, assistant, user, …",
)
@click.option("--system", help="System message before the first --message, read as text.")
@click.option("--max-new-tokens", default=160, type=POSITIVE)
@click.option(
    "--temperature",
    default=0.8,
    type=FiniteFloatRange(min=0),
    help="0: always the most likely token.",
)
@click.option("--top-k", type=POSITIVE, help="Draw from this many tokens at most.")
@click.option(
    "--top-p",
    default=0.95,
    type=FiniteFloatRange(min=0, max=1, min_open=True),
    help="Draw from the most likely tokens that together have this probability.",
)
@click.option("--seed", default=0, type=click.IntRange(0, (1 << 63) - 1))
@_device
def generate(
    checkpoint: Path,
    tokenizer: Path | None,
    prompt: str | None,
    messages: tuple[str, ...],
    system: str | None,
    device: str,
    **sampling: Any,
) -> None:
    """Continue a prompt, or answer a message."""
    if (prompt is None) != bool(messages) or (system is not None and not messages):
        raise click.UsageError("use either --prompt, or --message with or without --system")
    from corpusforge.dialogues import Message
    from trainer.api import generate, load_model

    turns = [] if system is None else [("system", system)]
    turns += zip(cycle(("user", "assistant")), messages, strict=False)
    dialogue = [Message(role=role, content=content) for role, content in turns]
    request = dialogue if prompt is None else prompt
    for piece in generate(load_model(checkpoint, tokenizer, device), request, **sampling):
        show(piece, end="")
    show("")


@cli.command(example=f"python -m trainer export {_MODEL} --format huggingface")
@_checkpoint
@_tokenizer
@click.option(
    "--format",
    required=True,
    type=click.Choice(list(FORMATS)),
    help="; ".join(f"{name}: {format.reader}" for name, format in FORMATS.items()) + ".",
)
@click.option(
    "--dtype",
    default="float32",
    type=click.Choice(["float32", "bfloat16", "float16"]),
    help="Data type of the matrices.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Default: export/FORMAT of the model's run.",
)
def export(**options: Any) -> None:
    """Export a checkpoint for another program, with a model card."""
    from trainer.export.export import export

    for path in export(**options):
        click.echo(str(path))


@cli.command(example="python -m trainer trace runs/quickstart --step 300 --slot 0")
@click.argument("run", type=PATH)
@click.option("--step", type=int, help="Show what this step has read; the first step is 1.")
@click.option("--slot", type=int, help="Show one row of the step's batch only; the first is 0.")
@click.option("--id", help="Show the steps that have read this document.")
@json_option
def trace(run: Path, step: int | None, slot: int | None, id: str | None, as_json: bool) -> None:
    """From a training step to its documents, and from a document to the steps that have read it.
    RUN is the output_dir of a run with a checkpoint."""
    from dataclasses import asdict

    if (step is None) == (id is None) or (slot is not None and step is None):
        raise click.UsageError("give --step, with or without --slot, or --id")
    from trainer.inspection.provenance import TrainedRun, sample_text, uses_text

    trained = TrainedRun(run)
    if step is None:
        document = trained.document(id or "")
        uses = list(trained.uses(document))
        tree: Any = {**asdict(document), "uses": [asdict(use) for use in uses]}
        text = uses_text(document, uses)
    else:
        samples = list(trained.batch(step) if slot is None else [trained.sample(step, slot)])
        tree = [asdict(sample) for sample in samples]
        text = "\n".join(sample_text(sample) for sample in samples)
    if as_json:
        write(json.dumps(tree, indent=2, ensure_ascii=False))
    else:
        show(text)
