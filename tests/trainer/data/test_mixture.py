"""Exact shares of the sources, for any weights and number of samples."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.errors import ConfigError, InputError
from corpusforge.shards.reader import ShardSet
from trainer.data.mixture import (
    MAX_SAMPLES,
    MAX_TOTAL_WEIGHT,
    WeightedStage,
    integer_weights,
    plan_stages,
)

weights = st.lists(st.integers(1, 1000), min_size=1, max_size=9).map(
    lambda values: {f"source{number}": value for number, value in enumerate(values)}
)


@given(weights=weights, num_samples=st.integers(0, 5000))
@settings(deadline=None)
def test_counts_are_exact_and_never_fall(weights: dict[str, int], num_samples: int) -> None:
    """Counts add up to n, agree with the samples, and always stay near n × weight."""
    stage = WeightedStage(0, weights)
    source, draw = stage.draws(np.arange(num_samples))
    counts = stage.counts(num_samples)
    assert sum(counts.values()) == num_samples
    assert list(counts.values()) == np.bincount(source, minlength=len(weights)).tolist()
    for number, (name, weight) in enumerate(weights.items()):
        # A source's own draws are 0, 1, 2, … in order: its count grows by one with each.
        assert draw[source == number].tolist() == list(range(counts[name]))
        back = stage.samples(name, np.arange(counts[name]))
        assert back.tolist() == np.flatnonzero(source == number).tolist()
        assert abs(counts[name] - num_samples * weight / sum(weights.values())) <= 2.5


def test_counts_stay_exact_at_the_end_of_the_longest_run() -> None:
    """The largest weights at the largest sample do not overflow."""
    stage = WeightedStage(0, {"large": MAX_TOTAL_WEIGHT - 1, "small": 1})
    last = MAX_SAMPLES - 1
    counts = stage.counts(last)
    source, draw = stage.draws(np.array([last]))
    assert counts == {"large": last - 32, "small": 32}
    assert draw[0] == list(counts.values())[source[0]]
    assert stage.samples("large", draw).tolist() == [last]


def test_weights_become_the_smallest_integers() -> None:
    """0.3 and 0.7 are 3 to 7; a source of weight 0 is left out."""
    weights = {"a": Fraction("0.3"), "b": Fraction("0.7"), "c": Fraction(0)}
    assert integer_weights(weights) == {"a": 3, "b": 7}


def test_rounding_never_loses_a_small_source() -> None:
    """A weight of one in 10^15 still becomes 1."""
    weights = integer_weights({"large": Fraction(10**15), "small": Fraction(1)})
    assert weights["small"] == 1
    assert sum(weights.values()) <= MAX_TOTAL_WEIGHT


def test_tokens_count_by_their_sources_weight(
    tmp_path: Path, write_shards: Callable[..., None]
) -> None:
    """Without a mixture, a source's share is its tokens times its weight."""
    tokens = {"train": {"a": [np.zeros(300)], "b": [np.zeros(100)]}}
    write_shards(tmp_path, tokens, weights={"a": 1.0, "b": 1.5})
    assert plan_stages(ShardSet(tmp_path / "shards"), []) == (WeightedStage(0, {"a": 2, "b": 1}),)


def test_a_mixture_of_unknown_sources_is_an_error(
    tmp_path: Path, write_shards: Callable[..., None]
) -> None:
    """The message lists the sources there are."""
    write_shards(tmp_path, {"train": {"a": [np.zeros(300)]}})
    with pytest.raises(ConfigError, match="no train tokens: c") as caught:
        plan_stages(ShardSet(tmp_path / "shards"), [(0, {"c": 1.0})])
    assert caught.value.expected == "one of a"


def test_shards_without_a_train_split_are_an_error(
    tmp_path: Path, write_shards: Callable[..., None]
) -> None:
    """There is nothing to train on, and the message says so."""
    write_shards(tmp_path, {"validation": {"a": [np.zeros(300)]}})
    with pytest.raises(InputError, match="nothing to train on"):
        plan_stages(ShardSet(tmp_path / "shards"), [])
