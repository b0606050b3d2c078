"""The training loop: shards and a configuration in, checkpoints and metrics out."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Any

import torch
from torch import nn

from corpusforge.errors import RunError
from corpusforge.files import write_json
from corpusforge.layout import Layout
from corpusforge.shards.reader import ShardSet
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoint import Checkpoint
from trainer.config import TrainExperiment, TrainingConfig, num_parameters
from trainer.device import Execution, choose_execution
from trainer.evaluate import HeldOut, describe, report, total
from trainer.flops import flops_per_token, matrix_peak
from trainer.generate import SamplingConfig, generate_text, read_prompt
from trainer.keeper import CheckpointKeeper
from trainer.loss import Objective
from trainer.memory import choose_micro_batch
from trainer.metrics import MetricsLog, read_events, summarize
from trainer.progress import Pace, Progress
from trainer.read_ahead import ReadAhead
from trainer.repetition import check_repetition
from trainer.resume import find_start, only_trainer, remove_run
from trainer.safety import MAX_SKIPPED, diverged, documents_of, is_finite
from trainer.sampler import Sampler, Stage, plan_stages
from trainer.schedule import learning_rate
from trainer.sharding import whole
from trainer.state import TrainState
from trainer.stop import StopRequest
from trainer.windows import WholeDocuments
from trainer.world import World


def train(
    experiment: TrainExperiment,
    progress: Progress,
    *,
    resume: bool = False,
    fresh: bool = False,
    max_seconds: float | None = None,
    world: World | None = None,
) -> dict[str, Any]:
    """Train a model, or go on where an earlier process stopped; gives the run's summary.

    All processes of a world call it alike; the summary is the leading one's. SIGTERM, Ctrl-C and
    the end of `max_seconds` end it after the step at hand, with a checkpoint.

    Raises:
        UserError: the configuration, the shards and the checkpoints do not go together.
    """
    layout = experiment.layout
    shards = ShardSet(layout.shards)
    vocab_size = shards.manifest.tokenizer.vocab_size
    if experiment.parameter_budget is not None:
        experiment.parameter_budget.check(experiment.model, vocab_size)
    tokenizer = _tokenizer_of(layout, shards)
    config = experiment.training
    world = world or World()
    world.rows(config.batch_size)
    for prompt in config.sample_prompts:
        read_prompt(tokenizer, prompt, experiment.model.context)
    window = experiment.model.context
    stages = plan_stages(shards, config.mixture_stages(window))
    sampler = Sampler.over(
        shards, "train", stages, window=window, seed=config.seed, packing=config.packing
    )
    epochs = sampler.epochs(config.num_steps(window) * config.batch_size)
    warnings = list(check_repetition(epochs, config))
    with only_trainer(layout, world):
        if fresh and world.leads:
            remove_run(layout)
        world.wait()
        start = find_start(layout, experiment, shards.manifest, stages, resume=resume)
        if start.finished:
            progress.say("up to date")
            return _write_summary(layout, world, finished=True)
        execution = choose_execution(config, progress.say)
        micro_batch = _micro_batch(experiment, vocab_size, execution, world, start.checkpoint)
        state = TrainState(experiment, shards.manifest, sampler, execution.device, world)
        state.micro_batch = micro_batch
        if config.separates_documents:
            state.model.separate_documents(tokenizer.end_of_document, blocks=execution.has_blocks)
        if start.checkpoint is not None:
            state.restore(start.checkpoint)
            progress.say(f"going on at step {state.step:,}")
            for change in start.changes:
                progress.say(f"from here on, {change}")
        elif resume:
            progress.say("nothing to resume: starting anew")
        if start.checkpoint is None and config.start_from is not None:
            state.start_from(Path(config.start_from))
            progress.say(f"starting with the weights of {config.start_from}")
        for warning in warnings:
            progress.say(f"warning: {warning}")
        parameters = num_parameters(experiment.model, vocab_size)
        progress.say(f"{parameters:,} parameters on {_describe_machines(execution, world)}")
        if config.micro_batch_size == "auto":
            progress.say(f"micro-batches of {micro_batch:,} sequences, as memory allows")
        progress.say(f"mixture: {_describe_mixture(stages, shards)}")
        for source, windows in sampler.windows.items():
            if isinstance(windows, WholeDocuments):
                progress.say(f"{source}: {windows}")
        last_step = -1 if start.checkpoint is None else state.step
        with (
            _open_log(layout, world, last_step) as log,
            StopRequest(max_seconds) as stop,
            CheckpointKeeper(
                layout.checkpoints,
                keep=config.keep_checkpoints,
                keep_every=config.keep_every,
            ) as keeper,
            ReadAhead(
                sampler,
                tokenizer.control,
                execution.device,
                batch_size=config.batch_size,
                world=world,
            ) as batches,
        ):
            log.write(
                "start",
                state.step,
                parameters=parameters,
                execution=_describe_machines(execution, world),
                micro_batch=micro_batch,
            )
            training = _Training(
                experiment=experiment,
                shards=shards,
                tokenizer=tokenizer,
                state=state,
                objective=Objective(state.model, execution, world, z_loss=config.z_loss),
                held_out=HeldOut(
                    shards,
                    tokenizer,
                    window=experiment.model.context,
                    batch_size=micro_batch,
                    max_batches=config.evaluate_batches * config.micro_batch // micro_batch,
                    without=_unused(stages, shards),
                ),
                batches=batches,
                log=log,
                keeper=keeper,
                progress=progress,
                world=world,
                tokens_per_second_at_peak=_tokens_at_peak(experiment, vocab_size, execution, world),
            )
            training.run(stop)
        return _write_summary(layout, world, finished=training.finished)


@dataclass
class _Training:
    """The parts of a run at work."""

    experiment: TrainExperiment
    shards: ShardSet
    tokenizer: Tokenizer
    state: TrainState
    objective: Objective
    held_out: HeldOut
    batches: ReadAhead
    log: MetricsLog
    keeper: CheckpointKeeper
    progress: Progress
    world: World
    # Were all time spent in matrix products at the measured peak of all processes together.
    tokens_per_second_at_peak: float

    @property
    def config(self) -> TrainingConfig:
        return self.experiment.training

    @property
    def num_steps(self) -> int:
        return self.config.num_steps(self.experiment.model.context)

    @property
    def finished(self) -> bool:
        return self.state.step >= self.num_steps

    def run(self, stop: StopRequest) -> None:
        """Take the steps that are left; evaluate, show samples and save on the way."""
        config, state = self.config, self.state
        if self.objective.execution.compiled:
            self.progress.update("compiling the model, which takes up to a minute the first time")
        names = ["best.pt"] if state.step == 0 and self.evaluate() else []
        self.save(*names)
        self.objective.warm_up(state.micro_batch, self.experiment.model.context)
        pace = Pace(self.num_steps)
        while not self.finished and not self.world.any(stop.requested):
            started = time.monotonic()
            rate = learning_rate(config, self.num_steps, state.step)
            loss, gradient_norm, loader_seconds = self.take_step(rate)
            seconds = time.monotonic() - started

            tokens_per_second = self.step_tokens / seconds
            speed = {
                "tokens_per_second": round(tokens_per_second, 1),
                "utilization": round(tokens_per_second / self.tokens_per_second_at_peak, 4),
                "loader_share": round(loader_seconds / seconds, 5),
            }
            if state.skipped:
                self.log_skipped(rate, loss, gradient_norm)
            else:
                self.log_step(rate, loss, gradient_norm, speed)
            self.progress.update(pace.describe(state.step, loss, speed))
            names = ["best.pt"] if self.is_due(config.evaluate_every) and self.evaluate() else []
            if self.is_due(config.sample_every):
                self.show_samples()
            if not self.finished:
                if self.is_due(config.checkpoint_every):
                    names.append(self.step_name)
                self.save(*names)
        if self.finished:
            # final.pt says that a run is finished: it comes last.
            self.save(*(["best.pt"] if state.best is None else names), "final.pt")
        else:
            if state.step > 0:
                self.save(self.step_name)
            self.progress.say(f"stopped at step {state.step:,}; the same command goes on from here")

    def take_step(self, rate: float) -> tuple[float, float, float]:
        """One update from the next batch; gives its loss in nats a token, the gradient's norm, and
        how many seconds it waited for the batch.

        Where one of them is no number, or a spike, the weights and the optimizer stay as they are.
        """
        config, state = self.config, self.state
        started = time.monotonic()
        inputs, targets = self.batches.take()
        loader_seconds = time.monotonic() - started
        loss = self.objective.accumulate(inputs, targets, state.micro_batch)
        norm = whole(nn.utils.clip_grad_norm_(state.model.parameters(), config.gradient_clip))
        values = loss.item(), norm.item()
        if is_finite(*values) and not state.spikes.is_spike(*values):
            state.optimizer.step(rate)
            state.skipped = 0
        else:
            state.skipped += 1
        state.optimizer.zero_grad()
        state.step += 1
        return *values, loader_seconds

    @property
    def step_tokens(self) -> int:
        return self.config.batch_size * self.experiment.model.context

    def is_due(self, interval: int | None) -> bool:
        """Whether something that comes every `interval` steps, and after the last, comes now."""
        return self.finished or (interval is not None and self.state.step % interval == 0)

    def log_step(
        self, rate: float, loss: float, gradient_norm: float, speed: Mapping[str, float]
    ) -> None:
        self.log.write(
            "step",
            self.state.step,
            loss=loss,
            learning_rate=rate,
            gradient_norm=gradient_norm,
            tokens=self.state.step * self.step_tokens,
            **speed,
        )

    def log_skipped(self, rate: float, loss: float, gradient_norm: float) -> None:
        """Name the documents of a step that was skipped.

        Raises:
            RunError: it is one too many; a checkpoint is written before.
        """
        state, size = self.state, self.config.batch_size
        batch = documents_of(self.shards, state.sampler, state.sampler.position - size, size)
        # As text: JSON has no word for what is no number.
        values = {"loss": str(loss), "gradient_norm": str(gradient_norm)}
        self.log.write("skipped", state.step, **values, batch=list(batch))
        self.progress.say(f"step {state.step:,} skipped: loss {loss}, gradient {gradient_norm}")
        if state.skipped >= MAX_SKIPPED:
            self.save(self.step_name)
            raise diverged(state.step, loss, gradient_norm, rate)

    def evaluate(self) -> bool:
        """Score the held-out windows; says whether the model is the best so far."""
        state = self.state
        scores = self.held_out.score(self.objective, self.world)
        if not scores:
            self.progress.say("no held-out tokens to choose by: best.pt will be the last one")
            return False
        self.log.write("evaluation", state.step, **report(scores))
        self.progress.say(f"step {state.step:,}: {describe(scores)}")
        bits_per_byte = total(scores).bits_per_byte
        is_best = state.best is None or bits_per_byte < state.best["bits_per_byte"]
        if is_best:
            state.best = {"step": state.step, "bits_per_byte": bits_per_byte}
        return is_best

    def show_samples(self) -> None:
        """Write what follows each of the sample prompts.

        All processes do it, since each may hold a part of the model; the leading one tells.
        """
        state, config = self.state, self.config
        sampling = SamplingConfig(max_new_tokens=config.sample_tokens, seed=config.seed)
        # A sequence that grows would be compiled again and again.
        with torch.compiler.set_stance("force_eager"):
            for prompt in config.sample_prompts:
                text = "".join(generate_text(state.model, self.tokenizer, prompt, sampling))
                self.log.write("sample", state.step, prompt=prompt, text=text)
                self.progress.say(f"step {state.step:,} writes: {prompt}{text}")

    @property
    def step_name(self) -> str:
        return f"step-{self.state.step:06}.pt"

    def save(self, *names: str) -> None:
        """Begin to write the state of things under these names; without any, nothing."""
        if not names:
            return
        checkpoint = self.state.checkpoint()
        if self.world.leads:
            self.log.sync()
            self.keeper.save(names, checkpoint)


def _tokenizer_of(layout: Layout, shards: ShardSet) -> Tokenizer:
    """The run's tokenizer.

    Raises:
        RunError: it is not the one that wrote the shards.
    """
    tokenizer = load_tokenizer(layout.data_root)
    entry = shards.manifest.tokenizer
    if (tokenizer.fingerprint, tokenizer.vocab_size) != (entry.fingerprint, entry.vocab_size):
        raise RunError(
            "the shards were written with another tokenizer",
            where=str(layout.shards),
            got=f"{entry.vocab_size:,} ids, fingerprint {entry.fingerprint}",
            expected=f"{tokenizer.vocab_size:,} ids, fingerprint {tokenizer.fingerprint}, "
            f"as {layout.tokenizer} says",
            do="run `corpusforge tokenize` again",
        )
    return tokenizer


def _open_log(layout: Layout, world: World, last_step: int) -> MetricsLog:
    if not world.leads:
        return MetricsLog(None, last_step=last_step)
    return MetricsLog(layout.metrics_log, layout.tensorboard, last_step=last_step)


def _micro_batch(
    experiment: TrainExperiment,
    vocab_size: int,
    execution: Execution,
    world: World,
    checkpoint: Checkpoint | None,
) -> int:
    """Sequences that each process has in memory at once: as configured, as before, or chosen."""
    config = experiment.training
    rows = world.rows(config.batch_size)
    if config.micro_batch_size != "auto":
        # A process may have fewer rows than a micro-batch would take.
        return gcd(config.micro_batch, rows)
    if checkpoint is not None and checkpoint.micro_batch is not None:
        return gcd(checkpoint.micro_batch, rows)
    return choose_micro_batch(experiment, vocab_size, execution, world, rows)


def _tokens_at_peak(
    experiment: TrainExperiment, vocab_size: int, execution: Execution, world: World
) -> float:
    # Measured by all processes at once, as they work: on a CPU they share its cores.
    peak = world.sum(torch.tensor(matrix_peak(execution), dtype=torch.float64)).item()
    return peak / flops_per_token(experiment.model, vocab_size)


def _describe_mixture(stages: Sequence[Stage], shards: ShardSet) -> str:
    """Shares of the sources, stage by stage, and what is left out."""
    lines = []
    for stage in stages:
        whole = sum(stage.weights.values())
        shares = [f"{source} {weight / whole:.1%}" for source, weight in stage.weights.items()]
        shares += [f"{source} not used" for source in _unused([stage], shards)]
        lines.append(", ".join(shares))
    return "; then ".join(lines)


def _unused(stages: Sequence[Stage], shards: ShardSet) -> list[str]:
    """Train sources that the mixture leaves out."""
    used = {source for stage in stages for source in stage.weights}
    return sorted(set(shards.sources("train")) - used)


def _describe_machines(execution: Execution, world: World) -> str:
    return f"{execution}, {world.size} processes" if world.size > 1 else str(execution)


def _write_summary(layout: Layout, world: World, *, finished: bool) -> dict[str, Any]:
    """Write and give metrics.json; processes that do not lead have no summary."""
    if not world.leads:
        return {}
    summary = {"finished": finished, **summarize(read_events(layout.metrics_log))}
    write_json(layout.metrics, summary)
    return summary
