"""The parameter budget of a model, and the change that meets it."""

from bisect import bisect_left
from collections.abc import Callable

from pydantic import Field

from corpusforge.config import Frozen
from corpusforge.errors import ConfigError
from trainer.model.config import ModelConfig, num_parameters


class ParameterBudget(Frozen):
    """The intended number of parameters. A model that misses it is never allocated."""

    target: int = Field(gt=0)
    tolerance: float = Field(0.05, ge=0, lt=1)  # share of the target

    def check(self, model: ModelConfig, vocab_size: int) -> int:
        """Return the number of parameters of a model.

        Raises:
            ConfigError: it differs from the target by more than the tolerance; the message says
                which single option fixes it, with its value.
        """
        count = num_parameters(model, vocab_size)
        difference = count - self.target
        if abs(difference) <= self.tolerance * self.target:
            return count
        side = "above" if difference > 0 else "below"
        raise ConfigError(
            f"the model is off its parameter budget by {abs(difference) / self.target:.1%}",
            where="model, parameter_budget",
            got=f"{count:,} parameters with a vocabulary of {vocab_size:,}: "
            f"{abs(difference):,} {side} the target",
            expected=f"{self.target:,} ± {self.tolerance:.1%}",
            do=_remedy(model, vocab_size, self),
        )


def _remedy(model: ModelConfig, vocab_size: int, budget: ParameterBudget) -> str:
    """Find one option that brings the count within its tolerance; depth is tried before widths."""
    head_step = 2 * model.heads  # `dim` must be a multiple of it
    options = (
        ("layers", 1),
        ("hidden", 64 if model.hidden % 64 == 0 else 1),
        ("dim", 64 if 64 % head_step == 0 else head_step),
    )
    for option, step in options:

        def count_with(value: int, option: str = option) -> int:
            return num_parameters(model.model_copy(update={option: value}), vocab_size)

        value = _nearest(count_with, step, budget.target)
        count = count_with(value)
        if abs(count - budget.target) <= budget.tolerance * budget.target:
            return f"set model.{option}: {value}, which gives {count:,} parameters"
    return "no single option fixes it: change model.dim and model.layers together"


def _nearest(count: Callable[[int], int], step: int, target: int) -> int:
    """The multiple of `step` whose count is nearest to `target`; counts grow with the value."""
    high = step
    while count(high) < target:
        high *= 2
    values = range(step, high + 1, step)
    enough = bisect_left(values, target, key=count)
    neighbours = values[max(0, enough - 1) : enough + 1]
    return min(neighbours, key=lambda value: abs(count(value) - target))
