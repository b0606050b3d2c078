"""What a training run can be told: the model, its parameter budget, and how it is trained."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from corpusforge.config import CorpusExperiment, Frozen
from corpusforge.errors import ConfigError
from corpusforge.storage.layout import Layout
from trainer.data.mixture import MAX_SAMPLES
from trainer.model.budget import ParameterBudget
from trainer.model.config import ModelConfig

Packing = Literal["contiguous", "whole"]
_ATTENTION = {"contiguous": "window", "whole": "document"}
Weights = Mapping[str, Annotated[float, Field(ge=0)]]
Limit = Annotated[float, Field(gt=0)]


class MixtureStage(Frozen):
    """Weights of the sources from a step on, or from a share of all steps on."""

    from_step: int | None = Field(None, ge=0)
    from_share: float | None = Field(None, ge=0, lt=1)
    weights: Weights = Field(min_length=1)

    @model_validator(mode="after")
    def _one_start(self) -> Self:
        if (self.from_step is None) == (self.from_share is None):
            raise ValueError("give a stage either `from_step` or `from_share`")
        return self

    def first_step(self, num_steps: int) -> int:
        """The first step of a run of `num_steps` that draws by these weights."""
        if self.from_step is not None:
            return self.from_step
        assert self.from_share is not None
        return round(self.from_share * num_steps)


def _as_stages(mixture: object) -> object:
    """Weights alone stand for one stage; none at all, for no stage."""
    if isinstance(mixture, Mapping):
        return ({"from_step": 0, "weights": mixture},) if mixture else ()
    return () if mixture is None else mixture


def _on_or_off(value: object) -> object:
    """YAML 1.1 reads a bare on or off as true or false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


class TrainingConfig(Frozen):
    """From shards and a fresh model to a trained one. A step is one update of the weights."""

    steps: int | None = Field(None, gt=0)
    tokens: int | None = Field(None, gt=0)  # instead of `steps`; rounded up to whole steps
    batch_size: int = Field(gt=0)  # sequences a step
    # Compute the activations of each layer anew in the backward pass instead of keeping them
    # (arxiv.org/abs/1604.06174): a third more arithmetic, and the memory of one layer.
    recompute: bool = False
    # Sequences in memory at once; gradients add up over a step. None: all of them; auto: as many as
    # fit, which changes rounding alone and is kept when the run goes on.
    micro_batch_size: Annotated[int, Field(gt=0)] | Literal["auto"] | None = None

    # The output_dir of another run, whose tokenizer and shards are trained on. None: its own.
    corpus_dir: str | None = None
    # A fresh run begins with the weights of this checkpoint: for another corpus, or dialogues.
    start_from: str | None = None
    # A fresh run goes on from this checkpoint as if it were its own, on the same shards: a cooldown
    # of another length from one stable stretch of wsd.
    branch_from: str | None = None

    # contiguous: windows are a source's tokens end to end, cut where one is full. whole: documents
    # are packed so that only those longer than a window are cut, for dialogues.
    packing: Packing = "contiguous"
    # What a token sees: all that stands before it in its window, or of that its own document alone.
    # None: document, where packing is whole.
    attention: Literal["window", "document"] | None = None
    # Share of each source in the batches: weights by source, or a list of stages. A source that is
    # not named is not trained on, and what is held out of it not scored. Empty: every token counts
    # as its source's weight says.
    mixture: Annotated[tuple[MixtureStage, ...], BeforeValidator(_as_stages)] = ()

    # muon: for the matrices of the layers, with adamw for the rest.
    optimizer: Literal["adamw", "muon"] = "adamw"
    muon_momentum: float = Field(0.95, ge=0, lt=1)  # kellerjordan.github.io/posts/muon
    learning_rate: float = Field(gt=0)  # the highest
    # That of the embedding, which is the output matrix too, as a multiple of all others'.
    embedding_learning_rate_ratio: float = Field(1.0, gt=0)
    min_learning_rate_ratio: float = Field(0.1, ge=0, le=1)  # Chinchilla, arxiv.org/abs/2203.15556
    warmup_steps: int = Field(0, ge=0)
    schedule: Literal["cosine", "wsd"] = "cosine"
    # For wsd, arxiv.org/abs/2405.18392: the last share of all steps, and how the rate falls there.
    decay_share: float = Field(0.2, gt=0, le=1)
    decay: Literal["linear", "1-sqrt"] = "linear"
    beta1: float = Field(0.9, ge=0, lt=1)
    beta2: float = Field(0.95, ge=0, lt=1)  # GPT-3, arxiv.org/abs/2005.14165
    adam_eps: float = Field(1e-8, gt=0)
    weight_decay: float = Field(0.1, ge=0)  # of matrices, not of norms: GPT-3
    # Adds so many times log²(sum of the exponentials of the logits) to a token's loss, which keeps
    # logits near 0: PaLM, arxiv.org/abs/2204.02311, which has 1e-4. Losses are shown without it.
    z_loss: float = Field(0.0, ge=0)
    gradient_clip: float = Field(1.0, gt=0)  # norm: GPT-3
    # A step whose loss or gradient norm is so many standard deviations above the mean of the last
    # 128 changes nothing. 6: OLMo-core's. None: only what is no number is skipped.
    spike_deviations: float | None = Field(None, gt=0)
    # Times that a source may be repeated; more is an error. None: a warning above 4, up to which
    # repeated data is almost as good as new, arxiv.org/abs/2305.16264.
    max_epochs: Limit | Mapping[str, Limit] | None = None
    seed: int = Field(0, ge=0, lt=1 << 63)

    evaluate_every: int = Field(100, gt=0)  # steps
    # Held-out windows of a source: so many times `micro_batch_size` as it stands here, or
    # `batch_size` where that is no number. How many of them are scored at once changes nothing.
    evaluate_batches: int = Field(8, gt=0)
    sample_every: int | None = Field(None, gt=0)  # steps; None: after the last one only
    sample_prompts: tuple[str, ...] = ("def ",)
    sample_tokens: int = Field(64, gt=0)
    checkpoint_every: int = Field(500, gt=0)  # steps
    keep_checkpoints: int = Field(2, gt=0)  # of the step-*.pt, the newest
    # Steps, a multiple of `checkpoint_every`; such step-*.pt are kept for good.
    keep_every: int | None = Field(None, gt=0)

    # How torchrun's processes share a model. ddp: each holds all of it (DistributedDataParallel);
    # fsdp: each holds its rows of every parameter, gradient and moment (FSDP2). Checkpoints are the
    # same.
    parallel: Literal["ddp", "fsdp"] = "ddp"
    device: Literal["auto", "cuda", "mps", "cpu"] = "auto"
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"  # of activations; weights are float32
    compile: Annotated[Literal["auto", "on", "off"], BeforeValidator(_on_or_off)] = "auto"
    threads: int | None = Field(None, gt=0)  # None: torch decides

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if (self.steps is None) == (self.tokens is None):
            raise ValueError("give either `steps` or `tokens`")
        if self.start_from is not None and self.branch_from is not None:
            raise ValueError("give either `start_from` or `branch_from`")
        if self.batch_size % self.micro_batch:
            raise ValueError(
                f"micro_batch_size ({self.micro_batch_size}) must divide "
                f"batch_size ({self.batch_size})"
            )
        if any(not any(stage.weights.values()) for stage in self.mixture):
            raise ValueError("`mixture` needs a source whose weight is above 0")
        return self

    def check(self, context: int) -> None:
        """Find what would only come out in the middle of a run.

        No part of validation: what a checkpoint says can always be read, and be changed.

        Raises:
            ConfigError: there are more samples than numbers, or checkpoints are to be kept that are
                not written.
        """
        stages = [first for first, _ in self.mixture_stages(context)]
        samples = max([self.num_steps(context) * self.batch_size, *stages])
        if samples > MAX_SAMPLES:
            raise ConfigError(
                "the run, or a stage of its mixture, is beyond the last sample that has a number",
                where="training.steps, training.batch_size, training.mixture",
                got=f"{samples:,} sequences: steps times batch_size",
                expected=f"at most {MAX_SAMPLES:,}",
            )
        if self.keep_every is not None and self.keep_every % self.checkpoint_every:
            raise ConfigError(
                "not every checkpoint that is to be kept would be written",
                where="training.keep_every",
                got=f"{self.keep_every:,}, with a checkpoint_every of {self.checkpoint_every:,}",
                expected="a multiple of training.checkpoint_every",
            )

    @property
    def separates_documents(self) -> bool:
        """Whether a token sees its own document alone."""
        return (self.attention or _ATTENTION[self.packing]) == "document"

    @property
    def micro_batch(self) -> int:
        """The largest that the configuration allows."""
        named = self.micro_batch_size
        return named if isinstance(named, int) else self.batch_size

    def mixture_stages(self, context: int) -> list[tuple[int, Weights]]:
        """The mixture as stages, (first sample, weights) each; empty when the shards decide."""
        num_steps = self.num_steps(context)
        return [
            (stage.first_step(num_steps) * self.batch_size, stage.weights) for stage in self.mixture
        ]

    def num_steps(self, context: int) -> int:
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
    def _stages_in_order(self) -> Self:
        starts = [first for first, _ in self.training.mixture_stages(self.model.context)]
        if starts and (starts[0] != 0 or sorted(set(starts)) != starts):
            raise ValueError("the stages of `mixture` must start at step 0 and then ever later")
        return self

    @property
    def layout(self) -> Layout:
        """The run's files, with the corpus that it is trained on."""
        data = self.training.corpus_dir
        return Layout(Path(self.output_dir), None if data is None else Path(data))
