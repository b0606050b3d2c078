"""The training loop: steps, and what happens between them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from corpusforge.terminal import harmless
from trainer.checkpoints.files import newest
from trainer.checkpoints.keeper import CheckpointKeeper
from trainer.checkpoints.state import TrainState
from trainer.data.read_ahead import ReadAhead
from trainer.data.sampler import documents_of
from trainer.evaluation.evaluate import HeldOut, describe, report, total
from trainer.execution.sharding import whole
from trainer.generation.prompt import trusted_prompt
from trainer.generation.sampling import SamplingConfig
from trainer.generation.text import generate_text
from trainer.inputs import RunInputs
from trainer.optimization.loss import Objective
from trainer.optimization.schedule import learning_rate
from trainer.optimization.stability import MAX_SKIPPED, diverged, is_finite
from trainer.reporting.metrics import MetricsLog
from trainer.reporting.status_line import Pace, StatusLine
from trainer.stop import StopRequest


@dataclass
class Training:
    """A run in progress: its state, and the parts that change, measure and save it."""

    inputs: RunInputs
    state: TrainState
    objective: Objective
    held_out: HeldOut
    batches: ReadAhead
    log: MetricsLog
    keeper: CheckpointKeeper
    status: StatusLine
    stop: StopRequest
    # If all time were spent in matrix products, at the measured peak of all processes together.
    tokens_per_second_at_peak: float

    def __post_init__(self) -> None:
        self.experiment = self.inputs.experiment
        self.config = self.experiment.training
        self.world = self.inputs.world
        self.first_step = self.state.step
        self.pace = Pace(self.experiment.num_steps)

    def run(self) -> None:
        """Train: evaluate, show samples and save when they are due, and take steps in between.

        Ends after the last step, or after the step during which a stop was requested.
        """
        if self.objective.execution.compiled:
            self.status.update("compiling the model, which takes up to a minute the first time")
        self.objective.warm_up(self.state.micro_batch, self.experiment.model.context)
        while True:
            has_no_score = self.steps_taken == 0 and self.state.best is None
            if has_no_score or self.is_due(self.config.evaluation.every):
                self.evaluate()
            if self.is_due(self.config.samples.every):
                self.show_samples()
            is_last = self.is_finished or self.must_stop()
            self.save(self.due_checkpoints(is_last))
            if is_last:
                break
            self.take_step()
        if not self.is_finished:
            step = self.state.step
            self.status.say(f"stopped at step {step:,}; the same command goes on from here")

    @property
    def steps_taken(self) -> int:
        """Steps that this process has taken."""
        return self.state.step - self.first_step

    @property
    def is_finished(self) -> bool:
        """Whether the last step of the run has been taken."""
        return self.state.step >= self.experiment.num_steps

    def must_stop(self) -> bool:
        """Whether any process was asked to stop; all processes must call it together."""
        return self.world.any(self.stop.requested(self.steps_taken))

    def is_due(self, interval: int | None) -> bool:
        """Whether something that is done every `interval` steps, and after the last, is due.

        Nothing is due before the first step: the process that wrote the checkpoint has done it.
        """
        if not self.steps_taken:
            return False
        return self.is_finished or (interval is not None and self.state.step % interval == 0)

    def due_checkpoints(self, is_last: bool) -> list[str]:
        """Names of the checkpoints to write at this step; `is_last`: the process ends with it."""
        step, best = self.state.step, self.state.best
        names = []
        # Also when resuming at the best step: best.pt may be of a later one, which this run takes
        # again. If nothing was ever scored, the last checkpoint counts as the best.
        if self.is_finished if best is None else best["step"] == step:
            names.append("best.pt")
        if self.is_finished:
            # Written last, because it marks the run as finished.
            names.append("final.pt")
        elif self.is_due(self.config.checkpoints.every) or (is_last and step > 0):
            names.append(self.step_name)
        return names

    def take_step(self) -> None:
        """Update the weights, log the step and show its speed."""
        started = time.monotonic()
        peak = self.config.optimizer.learning_rate
        num_steps = self.experiment.num_steps
        rate = learning_rate(self.config.schedule, peak, num_steps, self.state.step)
        loss, gradient_norm, loader_seconds = self.update(rate)
        seconds = time.monotonic() - started
        tokens_per_second = self.experiment.step_tokens / seconds
        speed = {
            "tokens_per_second": round(tokens_per_second, 1),
            "utilization": round(tokens_per_second / self.tokens_per_second_at_peak, 4),
            "loader_share": round(loader_seconds / seconds, 5),
        }
        step = self.state.step
        if self.state.skipped:
            self.log_skipped(rate, loss, gradient_norm)
        else:
            values = {"loss": loss, "learning_rate": rate, "gradient_norm": gradient_norm}
            tokens = step * self.experiment.step_tokens
            self.log.write("step", step, **values, tokens=tokens, **speed)
        self.status.update(self.pace.describe(step, loss, speed))

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

    def log_skipped(self, rate: float, loss: float, gradient_norm: float) -> None:
        """Log a skipped step with the documents of its batch.

        Raises:
            RunError: too many steps in a row were skipped. A checkpoint has been written then.
        """
        state, size = self.state, self.config.batch_size
        batch = documents_of(self.inputs.shards, state.sampler, state.sampler.position - size, size)
        # As text, because JSON has no infinity or nan.
        values = {"loss": str(loss), "gradient_norm": str(gradient_norm)}
        self.log.write("skipped", state.step, **values, batch=list(batch))
        self.status.say(f"step {state.step:,} skipped: loss {loss}, gradient {gradient_norm}")
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
            if not self.steps_taken:
                self.status.say("no held-out tokens to choose by: best.pt will be the last one")
            return
        self.log.write("evaluation", state.step, **report(scores))
        self.status.say(f"step {state.step:,}: {describe(scores)}")
        bits_per_byte = total(scores).bits_per_byte
        if state.best is None or bits_per_byte < state.best["bits_per_byte"]:
            state.best = {"step": state.step, "bits_per_byte": bits_per_byte}

    def show_samples(self) -> None:
        """Continue each of the sample prompts, and show and log the texts.

        All processes generate, since each may hold a shard of the model; the leading one writes.
        """
        state, config = self.state, self.config
        sampling = SamplingConfig(max_new_tokens=config.samples.tokens, seed=config.seed)
        # Compiled code would be recompiled for every length of the sequence.
        with torch.compiler.set_stance("force_eager"):
            for prompt in config.samples.prompts:
                encoded = trusted_prompt(
                    self.inputs.tokenizer, prompt, self.experiment.model.context
                )
                text = "".join(generate_text(state.model, self.inputs.tokenizer, encoded, sampling))
                self.log.write("sample", state.step, prompt=prompt, text=text)
                self.status.say(f"step {state.step:,} writes: {harmless(prompt + text)}")

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
