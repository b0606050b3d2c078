"""The training loop: steps, and what happens between them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from corpusforge.shards.reader import ShardSet
from corpusforge.terminal import harmless
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoints.keeper import CheckpointKeeper
from trainer.checkpoints.resume import newest
from trainer.checkpoints.state import TrainState
from trainer.config import TrainExperiment, TrainingConfig
from trainer.data.read_ahead import ReadAhead
from trainer.evaluation.evaluate import HeldOut, describe, report, total
from trainer.generation.prompt import trusted_prompt
from trainer.generation.sampling import SamplingConfig
from trainer.generation.text import generate_text
from trainer.loss import Objective
from trainer.metrics import MetricsLog
from trainer.progress import Pace, Progress
from trainer.safety import MAX_SKIPPED, diverged, documents_of, is_finite
from trainer.schedule import learning_rate
from trainer.sharding import whole
from trainer.stop import StopRequest
from trainer.world import World


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
    world: World
    # Were all time spent in matrix products at the measured peak of all processes together.
    tokens_per_second_at_peak: float
    told_of_no_choice: bool = False  # that nothing is held out to choose a best.pt by

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
        if state.best is None:
            self.evaluate()
        if state.best is not None and state.best["step"] == state.step:
            # Also where the file that was here is of later steps, which this run takes otherwise.
            self.save("best.pt")
        self.objective.warm_up(state.micro_batch, self.experiment.model.context)
        pace = Pace(self.num_steps)
        first = state.step
        while not self.finished and not self.world.any(stop.requested(state.step - first)):
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
            before = state.step - state.skipped
            good = newest(self.experiment.layout.checkpoints, before)
            name = None if good is None else good[0].name
            raise diverged(state.step, loss, gradient_norm, rate, name)

    def evaluate(self) -> bool:
        """Score the held-out windows; says whether the model is the best so far."""
        state = self.state
        scores = self.held_out.score(self.objective, self.world)
        if not scores:
            if not self.told_of_no_choice:
                self.progress.say("no held-out tokens to choose by: best.pt will be the last one")
            self.told_of_no_choice = True
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
                encoded = trusted_prompt(self.tokenizer, prompt, self.experiment.model.context)
                text = "".join(generate_text(state.model, self.tokenizer, encoded, sampling))
                self.log.write("sample", state.step, prompt=prompt, text=text)
                self.progress.say(f"step {state.step:,} writes: {harmless(prompt + text)}")

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
