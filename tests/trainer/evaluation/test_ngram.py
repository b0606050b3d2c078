"""Counted probabilities beside sums by hand."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from corpusforge.errors import InputError
from corpusforge.shards.reader import ShardSet
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.data.targets import NOT_COUNTED
from trainer.evaluation.ngram import NgramModel, train_tokens

# What follows 1: 2, 2, 3. What follows (1, 2): 1, 1.
STREAM = np.array([1, 2, 1, 2, 1, 3], np.uint16)


def _probability(model: NgramModel, context: list[int], token: int) -> float:
    inputs = np.array([context])
    targets = np.array([[*context[1:], token]])
    return float(model.probabilities(inputs, targets)[0, -1])


def test_unigrams_are_counted_once_more() -> None:
    """No token is impossible: six tokens, four ids."""
    model = NgramModel([STREAM], 4, 1)
    assert _probability(model, [0], 1) == pytest.approx((3 + 1) / 10)
    assert _probability(model, [0], 0) == pytest.approx(1 / 10)


def test_bigrams_keep_back_as_much_as_there_were_different_tokens() -> None:
    """After 1 there were three tokens, of two kinds."""
    model = NgramModel([STREAM], 4, 2)
    assert _probability(model, [1], 2) == pytest.approx((2 + 2 * 0.3) / (3 + 2))
    assert _probability(model, [1], 0) == pytest.approx((0 + 2 * 0.1) / (3 + 2))
    assert _probability(model, [3], 1) == pytest.approx(0.4)  # nothing has followed 3


def test_trigrams_lean_on_bigrams() -> None:
    """After (1, 2) there was 1, twice; a context that was not seen falls back."""
    model = NgramModel([STREAM], 4, 3)
    bigram = (2 + 1 * 0.4) / (2 + 1)  # of 1 after 2
    assert _probability(model, [1, 2], 1) == pytest.approx((2 + 1 * bigram) / (2 + 1))
    assert _probability(model, [3, 2], 1) == pytest.approx(bigram)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_add_up_to_one(order: int) -> None:
    """After any context, seen or not."""
    generator = np.random.default_rng(0)
    streams = [generator.integers(0, 8, 200).astype(np.uint16), STREAM]
    model = NgramModel(streams, 8, order)
    for context in ([0, 1, 2], [7, 7, 7], [3, 1, 2]):
        total = sum(_probability(model, context, token) for token in range(8))
        assert total == pytest.approx(1)


def test_runs_do_not_cross_streams() -> None:
    """The last token of one source is no context for the first of another."""
    model = NgramModel([np.array([1, 1], np.uint16), np.array([2, 2], np.uint16)], 3, 2)
    crossing = _probability(model, [1], 2)
    assert crossing == pytest.approx((0 + 1 * 3 / 7) / 2)


def test_baselines_want_train_tokens(
    tmp_path: Path, write_shards: Callable[..., None], tokenizer: Tokenizer
) -> None:
    """Without a train split, or with next to nothing in it, there is nothing to count."""
    write_shards(tmp_path, {"validation": {"code": [STREAM]}}, tokenizer=tokenizer)
    with pytest.raises(InputError, match="too few train tokens") as caught:
        train_tokens(ShardSet(tmp_path / "shards"), 100)
    assert caught.value.got == "at most 0 tokens in a source of the split train"
    write_shards(tmp_path, {"train": {"code": [STREAM[:2]]}}, tokenizer=tokenizer)
    with pytest.raises(InputError, match="too few train tokens"):
        train_tokens(ShardSet(tmp_path / "shards"), 100)


def test_only_counted_targets_cost() -> None:
    """As with a model's loss."""
    model = NgramModel([STREAM], 4, 2)
    inputs = torch.tensor([[1, 2, 1]])
    nats = model.detached_loss(inputs, torch.tensor([[2, NOT_COUNTED, 3]])).item()
    expected = _probability(model, [1], 2) * _probability(model, [1], 3)
    assert nats == pytest.approx(-math.log(expected))
