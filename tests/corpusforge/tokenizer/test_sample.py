"""The sample a vocabulary is learned from follows the weights and stays within its budget."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.tokenizer.sample import shares

sizes_and_weights = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.integers(1, 10**9), st.floats(0.01, 100)),
    min_size=1,
)


@given(sizes_and_weights, st.integers(1, 10**9))
@settings(deadline=None)
def test_the_budget_is_used_and_not_exceeded(
    sources: dict[str, tuple[int, float]], budget: int
) -> None:
    """All is taken where there is less than the budget; the shares follow the weights."""
    sizes = {name: size for name, (size, _) in sources.items()}
    weights = {name: weight for name, (_, weight) in sources.items()}
    drawn = shares(sizes, weights, budget)
    assert all(0 <= share <= 1 for share in drawn.values())
    taken = sum(sizes[name] * drawn[name] for name in sizes)
    assert taken == pytest.approx(min(budget, sum(sizes.values())), rel=1e-6)
    partial = [name for name in drawn if drawn[name] < 1 - 1e-9]
    for first in partial:
        for second in partial:
            expected = weights[first] / weights[second]
            assert drawn[first] / drawn[second] == pytest.approx(expected, rel=1e-6)
