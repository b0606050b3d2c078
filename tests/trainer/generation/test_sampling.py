"""Drawing tokens: probabilities, limits, the cache, the end of the context."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from trainer.config import ModelConfig
from trainer.generation.prompt import Prompt
from trainer.generation.sampling import SamplingConfig, draw, generate_ids
from trainer.model.decoder import Decoder, initialize

MODEL = ModelConfig(dim=32, layers=2, heads=2, hidden=48, context=24)
GREEDY = SamplingConfig(temperature=0, max_new_tokens=12)


def _model() -> Decoder:
    """A random model."""
    model = Decoder(MODEL, 261)
    initialize(model, 3)
    return model.requires_grad_(False)


def _draws(config: SamplingConfig, count: int = 2000) -> Iterator[int]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    return (draw(logits, config, generator) for _ in range(count))


def test_draws_follow_the_probabilities() -> None:
    """Without limits, every token comes up as often as the model says."""
    shares = np.bincount(list(_draws(SamplingConfig(temperature=1, top_p=1)))) / 2000
    assert shares == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.04)


@pytest.mark.parametrize(
    ("options", "tokens"),
    [
        ({"temperature": 0}, {0}),
        ({"top_k": 2}, {0, 1}),
        ({"top_k": 100}, {0, 1, 2, 3}),
        ({"top_p": 0.5}, {0}),
        ({"top_p": 0.81}, {0, 1, 2}),
        ({"top_p": 0.001}, {0}),
    ],
)
def test_limits_leave_out_the_unlikely(options: dict[str, float], tokens: set[int]) -> None:
    """top_k and top_p keep the likeliest; a temperature of 0 the likeliest alone."""
    assert set(_draws(SamplingConfig.model_validate({"temperature": 1, "top_p": 1} | options))) == (
        tokens
    )


def test_a_low_temperature_sharpens() -> None:
    """The likeliest token comes up more often."""
    cold = list(_draws(SamplingConfig(temperature=0.5, top_p=1)))
    assert np.bincount(cold)[0] / 2000 == pytest.approx(0.25 / 0.365, abs=0.04)


@pytest.mark.parametrize("temperature", [1e-42, 1e-300, 5e-324])
def test_a_temperature_next_to_nothing_draws_the_likeliest(temperature: float) -> None:
    """As 0 does; what is divided by it does not leave the range of numbers."""
    assert set(_draws(SamplingConfig(temperature=temperature, top_p=1), count=20)) == {0}


def test_the_cache_changes_nothing() -> None:
    """Token by token gives what reading everything anew each time gives."""
    model = _model()
    prompt = np.array([256, 65, 66, 67], np.uint16)
    ids = [int(token) for token in prompt]
    for _ in range(12):
        logits = model.logits(model(torch.tensor([ids]))[0, -1])
        ids.append(int(logits.argmax()))
    assert list(generate_ids(model, Prompt(prompt), GREEDY, [])) == ids[4:]


def test_a_full_context_ends_the_text() -> None:
    """Positions that were never trained are never used."""
    config = SamplingConfig(temperature=0, max_new_tokens=1000)
    prompt = np.arange(20, dtype=np.uint16)
    assert len(list(generate_ids(_model(), Prompt(prompt), config, []))) == 4
