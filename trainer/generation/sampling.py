"""Sampling: the model reads a prompt once, then one token at a time is drawn."""

from collections.abc import Collection, Iterator

import torch
from pydantic import Field
from torch import Tensor

from corpusforge.config import Frozen
from trainer.generation.prompt import Prompt
from trainer.model.decoder import Cache, Decoder


class SamplingConfig(Frozen):
    """How tokens are drawn from the model's probabilities, and how many."""

    max_new_tokens: int = Field(160, gt=0)
    temperature: float = Field(0.8, ge=0)  # 0: always the most likely token
    top_k: int | None = Field(None, gt=0)  # arxiv.org/abs/1805.04833
    top_p: float = Field(0.95, gt=0, le=1)  # arxiv.org/abs/1904.09751
    seed: int = Field(0, ge=0, lt=1 << 63)

    def series(self, count: int) -> "list[SamplingConfig]":
        """This configuration with `count` consecutive seeds."""
        seeds = range(self.seed, self.seed + count)
        return [self.model_copy(update={"seed": seed}) for seed in seeds]


def draw(logits_V: Tensor, config: SamplingConfig, generator: torch.Generator) -> int:
    """Draw the next token. `logits_V` is float32 [V] on the CPU, as is the generator."""
    if config.temperature == 0:
        return int(logits_V.argmax())
    # Relative to the largest and in float64, so that no temperature overflows.
    logits_V = ((logits_V - logits_V.max()).double() / config.temperature).float()
    ordered_V, ids_V = logits_V.sort(descending=True, stable=True)
    if config.top_k is not None:
        ordered_V = ordered_V[: config.top_k]
    probabilities = ordered_V.softmax(-1)
    # The smallest set whose probability reaches top_p: a token stays while those before it do not.
    before = probabilities.cumsum(-1) - probabilities
    probabilities = probabilities.masked_fill(before >= config.top_p, 0.0)
    probabilities[0] = torch.clamp(probabilities[0], min=torch.finfo().tiny)
    return int(ids_V[torch.multinomial(probabilities, 1, generator=generator)])


@torch.inference_mode()
def generate_ids(
    model: Decoder, prompt: Prompt, config: SamplingConfig, ends: Collection[int]
) -> Iterator[int]:
    """Yield the token ids that follow a prompt, up to the first one in `ends`, which is left out.

    Generation also stops after `max_new_tokens` and when the context is full.
    """
    device = model.head.device
    generator = torch.Generator().manual_seed(config.seed)
    cache = Cache(model.config, device=device)
    unread, first = prompt.ids.tolist(), prompt.first_ids
    for _ in range(min(config.max_new_tokens, model.config.context - len(unread))):
        hidden_1TD = model(torch.tensor([unread], device=device), cache)
        logits_V = model.logits(hidden_1TD[0, -1]).float().cpu()
        if first is not None:
            allowed_V = torch.full_like(logits_V, -torch.inf)
            allowed_V[list(first)] = 0.0
            logits_V, first = logits_V + allowed_V, None
        token = draw(logits_V, config, generator)
        if token in ends:
            return
        yield token
        unread = [token]
