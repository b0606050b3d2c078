"""Which data a run trains on, in which shares, and how it is cut into windows."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from corpusforge.config import Frozen

PackingKind = Literal["contiguous", "whole"]
Weights = Mapping[str, Annotated[float, Field(ge=0)]]
Limit = Annotated[float, Field(gt=0)]
_USUAL_ATTENTION = {"contiguous": "window", "whole": "document"}


class StageConfig(Frozen):
    """Weights of the sources from a step on, or from a share of all steps on."""

    from_step: int | None = Field(None, ge=0)
    from_share: float | None = Field(None, ge=0, lt=1)
    weights: Weights = Field(min_length=1)

    @model_validator(mode="after")
    def _has_one_start(self) -> Self:
        if (self.from_step is None) == (self.from_share is None):
            raise ValueError("give a stage either `from_step` or `from_share`")
        return self

    def first_step(self, num_steps: int) -> int:
        """The first step of the stage in a run of `num_steps`."""
        if self.from_step is not None:
            return self.from_step
        assert self.from_share is not None
        return round(self.from_share * num_steps)


def _as_stages(mixture: object) -> object:
    """Read plain weights as one stage, and nothing as no stage."""
    if isinstance(mixture, Mapping):
        return ({"from_step": 0, "weights": mixture},) if mixture else ()
    return () if mixture is None else mixture


class DataConfig(Frozen):
    """Training data: the corpus, the mixture of its sources, and its windows."""

    # The output_dir of the run whose tokenizer and shards are used. None: this run's own.
    corpus_dir: str | None = None
    # Share of each source in the batches: weights by source, or a list of stages. Sources that are
    # not named are not trained on, and what is held out of them is not scored. Empty: every token
    # counts by the weight of its source.
    mixture: Annotated[tuple[StageConfig, ...], BeforeValidator(_as_stages)] = ()
    # contiguous: windows cover a source's tokens end to end and cut documents at their borders.
    # whole: documents are packed so that only those longer than a window are cut; for dialogues.
    packing: PackingKind = "contiguous"
    # What a token attends to: everything before it in its window, or only its own document.
    # None: document if packing is whole, else window.
    attention: Literal["window", "document"] | None = None
    # Times that a source may be repeated; more is an error. None: a warning above 4, up to which
    # repeated data is almost as good as new, arxiv.org/abs/2305.16264.
    max_epochs: Limit | Mapping[str, Limit] | None = None

    @model_validator(mode="after")
    def _has_weights(self) -> Self:
        if any(not any(stage.weights.values()) for stage in self.mixture):
            raise ValueError("`mixture` needs a source whose weight is above 0")
        return self

    @property
    def separates_documents(self) -> bool:
        """Whether a token attends only to its own document."""
        return (self.attention or _USUAL_ATTENTION[self.packing]) == "document"
