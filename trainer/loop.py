"""The training loop: steps, and what happens between them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from corpusforge.shards.reader import ShardSet
from corpusforge.terminal import harmless
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoints.files import newest
from trainer.checkpoints.keeper import CheckpointKeeper
from trainer.checkpoints.state import TrainState
from trainer.config import TrainExperiment, TrainingConfig
from trainer.data.read_ahead import ReadAhead
from trainer.data.sampler import documents_of
from trainer.evaluation.evaluate import HeldOut, describe, report, total
from trainer.execution.sharding import whole
from trainer.execution.world import World
from trainer.generate import SamplingConfig, generate_text
from trainer.optimization.loss import Objective
from trainer.optimization.schedule import learning_rate
from trainer.optimization.stability import MAX_SKIPPED, diverged, is_finite
from trainer.reporting.metrics import MetricsLog
from trainer.reporting.status import Pace, Progress
from trainer.stop import StopRequest


@dataclass
class Training:
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
    stop: StopRequest
    world: World
    # Were all time spent in matrix products at the measured peak of all processes together.
    tokens_per_second_at_peak: float
    told_of_no_choice: bool = False  # that nothing is held out to choose a best.pt by

    def __post_init__(self) -> None:
        self.first_step = self.state.step
        self.pace = Pace(self.experiment.num_steps)

    @property
    def config(self) -> TrainingConfig:
        return self.experiment.training

    def run(self) -> None:
        """Evaluate, show samples and save whenever they are due, taking the steps in between.

        Ends after the last step, or after the step during which a stop was requested.
        """
        config, state = self.config, self.state
        if self.objective.execution.compiled:
            self.progress.update("compiling the model, which takes up to a minute the first time")
        self.objective.warm_up(state.micro_batch, self.experiment.model.context)
        while True:
            if self.is_due(config.evaluation.every) or (self.is_first and state.best is None):
                self.evaluate()
            if self.is_due(config.samples.every):
                self.show_samples()
            is_last = self.is_finished or self.world.any(
                self.stop.requested(state.step - self.first_step)
            )
            self.save(self.due_checkpoints(is_last))
            if is_last:
                break
            self.take_step()
        if not self.is_finished:
            self.progress.say(f"stopped at step {state.step:,}; the same command goes on from here")

    @property
    def is_first(self) -> bool:
        """Whether this process has not taken a step yet."""
        return self.state.step == self.first_step

    @property
    def is_finished(self) -> bool:
        return self.state.step >= self.experiment.num_steps

    def is_due(self, interval: int | None) -> bool:
        """Whether something that comes every `interval` steps, and after the last, comes now.

        Nothing is due before the first step: the process that wrote the checkpoint has done it.
        """
        if self.is_first:
            return False
        return self.is_finished or (interval is not None and self.state.step % interval == 0)

    def due_checkpoints(self, is_last: bool) -> list[str]:
        """Names of the checkpoints to write at this step, `is_last` if the process ends here."""
        step, best = self.state.step, self.state.best
        names = []
        # When resuming from the best step as well: best.pt may be of a later step, which this run
        # takes again. Without any evaluation, the last checkpoint counts as the best.
        if self.is_finished if best is None else best["step"] == step:
            names.append("best.pt")
        if self.is_finished:
            # Written last, because it marks the run as finished.
            names.append("final.pt")
        elif self.is_due(self.config.checkpoints.every) or (is_last and step > 0):
            names.append(self.step_name)
        return names

    def take_step(self) -> None:
        """Update the weights, log the step and show the pace."""
        started = time.monotonic()
        rate = learning_rate(
            self.config.schedule,
            self.config.optimizer.learning_rate,
            self.experiment.num_steps,
            self.state.step,
        )
        loss, gradient_norm, loader_seconds = self.update(rate)
        seconds = time.monotonic() - started
        tokens_per_second = self.experiment.step_tokens / seconds
        speed = {
            "tokens_per_second": round(tokens_per_second, 1),
            "utilization": round(tokens_per_second / self.tokens_per_second_at_peak, 4),
            "loader_share": round(loader_seconds / seconds, 5),
        }
        if self.state.skipped:
            self.log_skipped(rate, loss, gradient_norm)
        else:
            self.log_step(rate, loss, gradient_norm, speed)
        self.progress.update(self.pace.describe(self.state.step, loss, speed))

    def update(self, rate: float) -> tuple[float, float, float]:
        """Update the weights by the next batch.

        Return the loss in nats per token, the gradient norm and the seconds spent waiting for the
        batch. A step whose loss or norm is not finite, or a spike, changes neither weights nor
        optimizer.
        """
        config, state = self.config, self.state
        started = time.monotonic()
        inputs, targets = self.batches.take()
        loader_seconds = time.monotonic() - started
        loss = self.objective.accumulate(inputs, targets, state.micro_batch)
        norm = whole(
            nn.utils.clip_grad_norm_(state.model.parameters(), config.stability.gradient_clip)
        )
        values = loss.item(), norm.item()
        if is_finite(*values) and not state.spikes.is_spike(*values):
            state.optimizer.step(rate)
            state.skipped = 0
        else:
            state.skipped += 1
        state.optimizer.zero_grad()
        state.step += 1
        return *values, loader_seconds

    def log_step(
        self, rate: float, loss: float, gradient_norm: float, speed: Mapping[str, float]
    ) -> None:
        self.log.write(
            "step",
            self.state.step,
            loss=loss,
            learning_rate=rate,
            gradient_norm=gradient_norm,
            tokens=self.state.step * self.experiment.step_tokens,
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
            self.save([self.step_name])
            before = state.step - state.skipped
            good = newest(self.experiment.layout.checkpoints, before)
            name = None if good is None else good[0].name
            raise diverged(state.step, loss, gradient_norm, rate, name)

    def evaluate(self) -> None:
        """Score the held-out windows and note whether the model is the best so far."""
        state = self.state
        scores = self.held_out.score(self.objective, self.world)
        if not scores:
            if not self.told_of_no_choice:
                self.progress.say("no held-out tokens to choose by: best.pt will be the last one")
            self.told_of_no_choice = True
            return
        self.log.write("evaluation", state.step, **report(scores))
        self.progress.say(f"step {state.step:,}: {describe(scores)}")
        bits_per_byte = total(scores).bits_per_byte
        if state.best is None or bits_per_byte < state.best["bits_per_byte"]:
            state.best = {"step": state.step, "bits_per_byte": bits_per_byte}

    def show_samples(self) -> None:
        """Write what follows each of the sample prompts.

        All processes do it, since each may hold a part of the model; the leading one tells.
        """
        state, config = self.state, self.config
        sampling = SamplingConfig(max_new_tokens=config.samples.tokens, seed=config.seed)
        # A sequence that grows would be compiled again and again.
        with torch.compiler.set_stance("force_eager"):
            for prompt in config.samples.prompts:
                text = "".join(generate_text(state.model, self.tokenizer, prompt, sampling))
                self.log.write("sample", state.step, prompt=prompt, text=text)
                self.progress.say(f"step {state.step:,} writes: {harmless(prompt + text)}")

    @property
    def step_name(self) -> str:
        return f"step-{self.state.step:06}.pt"

    def save(self, names: Sequence[str]) -> None:
        """Start writing a checkpoint under these names, if any."""
        if not names:
            return
        checkpoint = self.state.checkpoint()
        if self.world.leads:
            self.log.sync()
            self.keeper.save(names, checkpoint)
