"""The configuration of a decoder, and the number of its parameters."""

import math
from typing import Self

from pydantic import Field, model_validator

from corpusforge.config import Frozen


class ModelConfig(Frozen):
    """A decoder of the Llama architecture. Its vocabulary is that of the shards."""

    dim: int = Field(gt=0)  # width of the residual stream
    layers: int = Field(gt=0)
    heads: int = Field(gt=0)
    # Fewer than `heads`: grouped-query attention, arxiv.org/abs/2305.13245. None: `heads`.
    kv_heads: int | None = Field(None, gt=0)
    hidden: int = Field(gt=0)  # width of the feed-forward layer; SwiGLU's is about 8/3 × dim
    context: int = Field(gt=1)  # tokens per sequence, in training and in generation
    rope_theta: float = Field(10_000.0, gt=0)  # Llama, arxiv.org/abs/2302.13971
    norm_eps: float = Field(1e-5, gt=0)  # Llama 2, arxiv.org/abs/2307.09288
    # Standard deviation of the first weights. None: 1 / √dim, as in SmolLM2,
    # arxiv.org/abs/2502.02737. Matrices that write to the residual stream get it / √(2 × layers),
    # so that the stream starts at the same size at any depth: GPT-2.
    init_std: float | None = Field(None, gt=0)
    # The same by group of matrices; None: as above. OLMo 2, arxiv.org/abs/2501.00656, has 0.02 for
    # all three; nanochat (github.com/karpathy/nanochat) 1, 1 / √dim and 0.
    embedding_init_std: float | None = Field(None, ge=0)
    reading_init_std: float | None = Field(None, ge=0)  # of matrices that read the residual stream
    writing_init_std: float | None = Field(None, ge=0)  # of matrices that write to it

    # Normalise queries and keys, head by head, before they are rotated: arxiv.org/abs/2302.05442;
    # with a weight for each component of a head, as in Qwen 3, arxiv.org/abs/2505.09388.
    qk_norm: bool = False
    # Cap logits smoothly to (-cap, cap) by cap × tanh(logits / cap): Gemma 2,
    # arxiv.org/abs/2408.00118, has 30.
    logit_soft_cap: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _heads_fit(self) -> Self:
        if self.dim % self.heads or self.head_dim % 2:
            raise ValueError(
                f"dim ({self.dim}) must be heads ({self.heads}) times an even number: the rotary "
                "embedding rotates the two halves of a head"
            )
        if self.heads % self.num_kv_heads:
            raise ValueError(f"kv_heads ({self.kv_heads}) must divide heads ({self.heads})")
        return self

    @property
    def head_dim(self) -> int:
        return self.dim // self.heads

    @property
    def num_kv_heads(self) -> int:
        return self.heads if self.kv_heads is None else self.kv_heads

    @property
    def architecture(self) -> dict[str, object]:
        """The options that weights depend on, so without the context and the initialization."""
        options = self.model_dump(exclude={"context"})
        options = {name: value for name, value in options.items() if not name.endswith("init_std")}
        return {**options, "kv_heads": self.num_kv_heads}

    @property
    def beyond_llama(self) -> tuple[str, ...]:
        """Enabled options that programs for Llama's architecture do not have."""
        options = {"qk_norm": self.qk_norm, "logit_soft_cap": self.logit_soft_cap is not None}
        return tuple(name for name, is_used in options.items() if is_used)

    @property
    def first_std(self) -> float:
        return self.dim**-0.5 if self.init_std is None else self.init_std

    def first_std_of(self, parameter: str) -> float:
        """The standard deviation of the first weights of a matrix, given its name in the model."""
        if parameter.startswith("embed_tokens."):
            named, usual = self.embedding_init_std, self.first_std
        elif parameter.endswith(("o_proj.weight", "down_proj.weight")):
            named, usual = self.writing_init_std, self.first_std / math.sqrt(2 * self.layers)
        else:
            named, usual = self.reading_init_std, self.first_std
        return usual if named is None else named


def num_parameters(config: ModelConfig, vocab_size: int) -> int:
    dim = config.dim
    attention = 2 * dim * dim + 2 * dim * config.num_kv_heads * config.head_dim
    feed_forward = 3 * dim * config.hidden
    norms = 2 * dim + (2 * config.head_dim if config.qk_norm else 0)
    return vocab_size * dim + config.layers * (attention + feed_forward + norms) + dim
