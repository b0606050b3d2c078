"""The configuration of an experiment: the corpus, the model, and how it is trained.

The sections of `training` that one room owns are defined there, next to what they configure.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from corpusforge.config import CorpusExperiment, Frozen
from corpusforge.errors import ConfigError
from corpusforge.storage.layout import Layout
from trainer.data.config import DataConfig, Weights
from trainer.data.mixture import MAX_SAMPLES
from trainer.execution.device import ExecutionConfig
from trainer.model.budget import ParameterBudget
from trainer.model.config import ModelConfig
from trainer.moved_keys import refuse_moved_keys
from trainer.optimization.optimizer import OptimizerConfig
from trainer.optimization.schedule import ScheduleConfig
from trainer.optimization.stability import StabilityConfig


class EvaluationConfig(Frozen):
    """Scores on held-out documents. After the last step there is an evaluation in any case."""

    every: int = Field(100, gt=0)  # steps
    # Held-out windows of a source: this many times `micro_batch_size`, or times `batch_size` if
    # that is not a number. How many of them are scored in one batch does not change the score.
    batches: int = Field(8, gt=0)


class SamplesConfig(Frozen):
    """Texts that the model writes while it trains."""

    every: int | None = Field(None, gt=0)  # steps; None: only after the last one
    prompts: tuple[str, ...] = ("def ",)
    tokens: int = Field(64, gt=0)  # length of a sample


class CheckpointsConfig(Frozen):
    """When step-*.pt are written, and which of them are kept."""

    every: int = Field(500, gt=0)  # steps
    keep: int = Field(2, gt=0)  # the newest ones
    # Steps, a multiple of `every`; these step-*.pt are never removed.
    keep_every: int | None = Field(None, gt=0)


class TrainingConfig(Frozen):
    """How a model is trained. A step is one update of the weights."""

    steps: int | None = Field(None, gt=0)
    tokens: int | None = Field(None, gt=0)  # instead of `steps`; rounded up to whole steps
    batch_size: int = Field(gt=0)  # sequences per step
    seed: int = Field(0, ge=0, lt=1 << 63)
    # A checkpoint whose weights a new run starts with: for another corpus, or for dialogues.
    start_from: str | None = None
    # A checkpoint on the same shards that a new run continues as if it were its own: several
    # cooldowns from one stable stretch of wsd.
    branch_from: str | None = None

    data: DataConfig = DataConfig()
    optimizer: OptimizerConfig
    schedule: ScheduleConfig = ScheduleConfig()
    stability: StabilityConfig = StabilityConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    samples: SamplesConfig = SamplesConfig()
    checkpoints: CheckpointsConfig = CheckpointsConfig()
    execution: ExecutionConfig = ExecutionConfig()

    @model_validator(mode="before")
    @classmethod
    def _has_no_moved_keys(cls, training: Any) -> Any:
        if isinstance(training, Mapping):
            refuse_moved_keys(training)
        return training

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if (self.steps is None) == (self.tokens is None):
            raise ValueError("give either `steps` or `tokens`")
        if self.start_from is not None and self.branch_from is not None:
            raise ValueError("give either `start_from` or `branch_from`")
        if self.batch_size % self.micro_batch:
            raise ValueError(
                f"micro_batch_size ({self.micro_batch}) must divide batch_size ({self.batch_size})"
            )
        return self

    def check(self, context: int) -> None:
        """Find what would otherwise fail in the middle of a run.

        Not part of the validation, so that the configuration of any checkpoint can be read.

        Raises:
            ConfigError: the run has more samples than can be numbered, or it keeps checkpoints that
                it does not write.
        """
        stages = [first for first, _ in self.mixture_stages(context)]
        samples = max([self.num_steps(context) * self.batch_size, *stages])
        if samples > MAX_SAMPLES:
            raise ConfigError(
                "the run, or a stage of its mixture, is beyond the last sample that has a number",
                where="training.steps, training.batch_size, training.data.mixture",
                got=f"{samples:,} sequences: steps times batch_size",
                expected=f"at most {MAX_SAMPLES:,}",
            )
        every, keep_every = self.checkpoints.every, self.checkpoints.keep_every
        if keep_every is not None and keep_every % every:
            raise ConfigError(
                "not every checkpoint that is to be kept would be written",
                where="training.checkpoints.keep_every",
                got=f"{keep_every:,}, while a checkpoint is written every {every:,} steps",
                expected="a multiple of training.checkpoints.every",
            )

    @property
    def micro_batch(self) -> int:
        """The largest micro-batch that the configuration allows, in sequences."""
        size = self.execution.micro_batch_size
        return size if isinstance(size, int) else self.batch_size

    def mixture_stages(self, context: int) -> list[tuple[int, Weights]]:
        """The first sample and the weights of each stage; empty if the shards decide."""
        num_steps = self.num_steps(context)
        return [
            (stage.first_step(num_steps) * self.batch_size, stage.weights)
            for stage in self.data.mixture
        ]

    def num_steps(self, context: int) -> int:
        """The length of the run in steps, for sequences of `context` tokens."""
        if self.steps is not None:
            return self.steps
        assert self.tokens is not None
        return -(-self.tokens // (self.batch_size * context))


class TrainExperiment(CorpusExperiment):
    """A whole experiment: the corpus, the model, and the training of one on the other."""

    model: ModelConfig
    parameter_budget: ParameterBudget | None = None
    training: TrainingConfig

    @model_validator(mode="after")
    def _stages_are_in_order(self) -> Self:
        starts = [first for first, _ in self.training.mixture_stages(self.model.context)]
        if starts and (starts[0] != 0 or sorted(set(starts)) != starts):
            raise ValueError("the stages of `mixture` must start at step 0 and then ever later")
        return self

    @property
    def num_steps(self) -> int:
        return self.training.num_steps(self.model.context)

    @property
    def step_tokens(self) -> int:
        return self.training.batch_size * self.model.context

    @property
    def layout(self) -> Layout:
        """The files of the run, and of the corpus that it is trained on."""
        return self.layout_in(Path(self.output_dir))

    def layout_in(self, run: Path) -> Layout:
        """The same files, for a run that was moved."""
        corpus_dir = self.training.data.corpus_dir
        return Layout(run, None if corpus_dir is None else Path(corpus_dir))
