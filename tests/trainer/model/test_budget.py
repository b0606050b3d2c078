"""The parameter budget, and the fix that its error names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.errors import ConfigError
from trainer.model.budget import ParameterBudget
from trainer.model.config import ModelConfig


def test_a_model_off_its_budget_names_the_option_that_fixes_it() -> None:
    """The value in the message is within the budget."""
    model = ModelConfig(dim=256, layers=4, heads=4, kv_heads=2, hidden=704, context=256)
    with pytest.raises(ConfigError, match=r"off its parameter budget by 36\.9%") as caught:
        ParameterBudget(target=8_000_000, tolerance=0.05).check(model, 8192)
    assert caught.value.got == (
        "5,048,576 parameters with a vocabulary of 8,192: 2,951,424 below the target"
    )
    assert caught.value.do == "set model.layers: 8, which gives 7,999,744 parameters"
    assert (
        ParameterBudget(target=8_000_000).check(model.model_copy(update={"layers": 8}), 8192)
        == 7_999_744
    )


@given(target=st.integers(10_000, 10**9), vocab_size=st.sampled_from([512, 8192, 65_536]))
@settings(deadline=None)
def test_a_remedy_is_a_remedy(target: int, vocab_size: int) -> None:
    """For any target, the value in the error passes the check."""
    model = ModelConfig(dim=256, layers=4, heads=4, kv_heads=2, hidden=704, context=256)
    budget = ParameterBudget(target=target, tolerance=0.05)
    try:
        budget.check(model, vocab_size)
    except ConfigError as error:
        if error.do.startswith("set model."):
            option, value = error.do.split(",")[0].removeprefix("set model.").split(": ")
            tree = model.model_dump() | {option: int(value)}
            budget.check(ModelConfig.model_validate(tree), vocab_size)
