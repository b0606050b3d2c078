"""Held-out loss compared with nanoGPT's architecture and Hugging Face's Llama, at equal data.

`python -m benchmarks.quality runs/quickstart [--steps 400]`. All models have about equally many
parameters, see the same batches of a run's shards in the same order, and are scored on the same
held-out windows. Ours trains as in the quickstart, and again with AdamW. The others train with the
settings of their authors, and at higher learning rates. Every model with AdamW gets the rate that
is best for its first seed.

nanoGPT (its train.py): AdamW with betas 0.9 and 0.95 and weight decay 0.1, cosine to a tenth, norms
clipped at 1, first weights of 0.02; learning rate 6e-4. Hugging Face
(huggingface.co/learn/llm-course/chapter7/6, training a model from scratch): AdamW with betas 0.9
and 0.999 and weight decay 0.1, cosine to 0, norms clipped at 1, first weights of 0.02; learning
rate 5e-4.
"""

import json
import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor, nn

from benchmarks.machine import heading
from benchmarks.model_peers import Gpt2, Llama, adamw
from corpusforge.config import load
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.load import load_tokenizer
from trainer.config import TrainExperiment
from trainer.data.mixture import plan_stages
from trainer.data.sampler import Sampler
from trainer.data.targets import NOT_COUNTED, inputs_and_targets
from trainer.evaluation.evaluate import HeldOut, total
from trainer.execution.device import choose_execution
from trainer.model.decoder import Decoder, initialize
from trainer.optimization.loss import Objective
from trainer.optimization.optimizer import Optimizer
from trainer.optimization.schedule import learning_rate

CONFIG = Path("configs/train_quickstart.yaml")
HELD_OUT_WINDOWS = 128  # per source
OURS = "ours"
OURS_BY_ADAMW = "ours, by AdamW"
HIGHER_RATES = (3e-3, 6e-3)


@dataclass(frozen=True)
class Peer:
    """A model of other authors, with their settings."""

    make: Callable[[TrainExperiment, int], nn.Module]
    usual_rate: float
    beta2: float
    min_ratio: float  # last learning rate ÷ highest


PEERS = {
    "nanoGPT's architecture": Peer(
        lambda e, vocab_size: Gpt2(
            vocab_size, e.model.context, e.model.dim, e.model.layers, e.model.heads
        ),
        6e-4,
        beta2=0.95,
        min_ratio=0.1,
    ),
    "Hugging Face's Llama": Peer(
        lambda e, vocab_size: Llama(e.model, vocab_size),
        5e-4,
        beta2=0.999,
        min_ratio=0,
    ),
}


class OurModel:
    """Our model, trained with the parts of the trainer."""

    def __init__(self, experiment: TrainExperiment, vocab_size: int, seed: int) -> None:
        self.model = Decoder(experiment.model, vocab_size)
        initialize(self.model, seed)
        self._config = experiment.training
        execution = choose_execution(self._config.execution, print)
        self._objective = Objective(self.model, execution)
        self._optimizer = Optimizer(self.model, self._config.optimizer, execution.dtype)
        self.device = self._objective.device
        self.detached_loss = self._objective.detached_loss

    def step(self, inputs_BT: Tensor, targets_BT: Tensor, rate: float) -> None:
        self._objective.accumulate(inputs_BT, targets_BT, self._config.micro_batch)
        nn.utils.clip_grad_norm_(self.model.parameters(), self._config.stability.gradient_clip)
        self._optimizer.step(rate)
        self._optimizer.zero_grad()


class TheirModel:
    """A module that returns the mean loss, trained in the usual way."""

    def __init__(self, peer: Peer, experiment: TrainExperiment, vocab_size: int, seed: int) -> None:
        self._execution = choose_execution(experiment.training.execution, print)
        torch.manual_seed(seed)
        self.model = peer.make(experiment, vocab_size)
        self.device = self._execution.device
        self._loss = torch.compile(self.model) if self._execution.compiled else self.model
        self._optimizer = adamw(self.model, 0.0, beta2=peer.beta2)

    def step(self, inputs_BT: Tensor, targets_BT: Tensor, rate: float) -> None:
        with self._execution.autocast():
            self._loss(inputs_BT, targets_BT).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        self._optimizer.zero_grad()

    def detached_loss(self, inputs_BT: Tensor, targets_BT: Tensor) -> Tensor:
        """Return the nats of all counted targets together."""
        with torch.no_grad(), self._execution.autocast():
            mean: Tensor = self.model(inputs_BT, targets_BT)
        return mean * (targets_BT != NOT_COUNTED).sum()


@dataclass(frozen=True)
class Task:
    """One training run of one model."""

    name: str
    rate: float
    seed: int


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--steps", default=400, show_default=True)
@click.option("--seeds", default=3, show_default=True)
@click.option("--threads", type=int, help="Threads (default: as the trainer chooses).")
@click.option(
    "--results",
    default="runs/quality.jsonl",
    show_default=True,
    type=click.Path(path_type=Path),
    help="File of scores by training run; runs in it are not trained again.",
)
def main(run: Path, steps: int, seeds: int, threads: int | None, results: Path) -> None:
    """Print a table for docs/benchmarks.md."""
    overrides = [f"training.steps={steps}", f"training.execution.threads={threads or 'null'}"]
    experiment = load(CONFIG, TrainExperiment, overrides)

    def scored(task: Task) -> dict[str, Any]:
        return _recorded(results, task, steps) or _record(
            results, task, steps, train(task, experiment, run)
        )

    def loss_of(task: Task) -> float:
        return float(scored(task)["loss"])

    print(heading("Held-out loss at equal tokens (python -m benchmarks.quality runs/quickstart)"))
    print(
        f"{steps} steps of {experiment.training.batch_size} × {experiment.model.context} tokens.\n"
    )
    print("| | parameters | learning rate | loss | of the seeds | bits per byte |")
    print("|---|---|---|---|---|---|")
    rows = []
    for name, peer in PEERS.items():
        rates = [peer.usual_rate, *HIGHER_RATES]
        best = min(rates, key=lambda rate: loss_of(Task(name, rate, 0)))
        rows += [(name, rate) for rate in dict.fromkeys([peer.usual_rate, best])]
    best = min(HIGHER_RATES, key=lambda rate: loss_of(Task(OURS_BY_ADAMW, rate, 0)))
    rows += [(OURS_BY_ADAMW, best), (OURS, experiment.training.optimizer.learning_rate)]
    for name, rate in rows:
        scores = [scored(Task(name, rate, seed)) for seed in range(seeds)]
        losses = [score["loss"] for score in scores]
        bits = statistics.mean(score["bits_per_byte"] for score in scores)
        print(
            f"| {name} | {scores[0]['parameters']:,} | {rate:g} | {statistics.mean(losses):.4f} "
            f"| {' '.join(f'{loss:.4f}' for loss in losses)} | {bits:.4f} |",
            flush=True,
        )


def train(task: Task, experiment: TrainExperiment, run: Path) -> dict[str, Any]:
    """Train a model and return its held-out scores after all steps."""
    layout = Layout(run)
    shards, tokenizer = ShardSet(layout.shards), load_tokenizer(layout.root)
    config, window = experiment.training, experiment.model.context
    stages = plan_stages(shards, config.mixture_stages(window))
    sampler = Sampler.over(shards, "train", stages, window=window, seed=task.seed)
    schedule = config.schedule
    model: OurModel | TheirModel
    if task.name == OURS:
        model = OurModel(experiment, tokenizer.vocab_size, task.seed)
    elif task.name == OURS_BY_ADAMW:
        adamw_config = config.optimizer.model_copy(update={"type": "adamw"})
        training = config.model_copy(update={"optimizer": adamw_config})
        by_adamw = experiment.model_copy(update={"training": training})
        model = OurModel(by_adamw, tokenizer.vocab_size, task.seed)
    else:
        peer = PEERS[task.name]
        schedule = schedule.model_copy(update={"min_learning_rate_ratio": peer.min_ratio})
        model = TheirModel(peer, experiment, tokenizer.vocab_size, task.seed)
    for step in range(experiment.num_steps):
        windows = sampler.batch(config.batch_size)
        batch = inputs_and_targets(windows, tokenizer.control, model.device)
        model.step(*batch, learning_rate(schedule, task.rate, experiment.num_steps, step))
    held_out = HeldOut(
        shards,
        tokenizer,
        window=window,
        max_windows=HELD_OUT_WINDOWS,
        batch_size=config.micro_batch,
    )
    scores = held_out.score(model)
    parameters = sum(parameter.numel() for parameter in model.model.parameters())
    by_source = {source: score.bits_per_byte for source, score in scores.items()}
    return {"parameters": parameters, **total(scores).summary(), "sources": by_source}


def _recorded(results: Path, task: Task, steps: int) -> dict[str, Any] | None:
    lines = results.read_text().splitlines() if results.is_file() else []
    entries = [json.loads(line) for line in lines]
    key = [task.name, task.rate, task.seed, steps]
    return next((entry for entry in entries if entry["task"] == key), None)


def _record(results: Path, task: Task, steps: int, scores: dict[str, Any]) -> dict[str, Any]:
    assert math.isfinite(scores["loss"])
    results.parent.mkdir(parents=True, exist_ok=True)
    with results.open("a") as handle:
        handle.write(
            json.dumps({"task": [task.name, task.rate, task.seed, steps], **scores}) + "\n"
        )
    return scores


if __name__ == "__main__":
    main()
