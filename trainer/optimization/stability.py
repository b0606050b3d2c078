"""Steps that should not change the weights: they are skipped, and their documents named."""

import math
import statistics
from collections import deque
from collections.abc import Sequence

from corpusforge.errors import RunError

# Steps that a spike is measured by, as OLMo-core's SkipStepOptimizer has it; half of them must be
# there.
_WINDOW = 128

# So many steps in a row: the weights are to blame, not the documents.
MAX_SKIPPED = 3


def is_finite(loss: float, gradient_norm: float) -> bool:
    """Whether a step may change the weights."""
    return math.isfinite(loss) and math.isfinite(gradient_norm)


class SpikeDetector:
    """Finds losses and gradient norms far above those of the last 128 steps."""

    def __init__(self, deviations: float | None) -> None:
        """A spike is more than so many standard deviations above the mean; None: nothing is one."""
        self._deviations = deviations
        self._steps: deque[tuple[float, float]] = deque(maxlen=_WINDOW)

    def is_spike(self, loss: float, gradient_norm: float) -> bool:
        """Judge a step by the ones before it, and remember it.

        A spike is remembered too: a loss that rises for good, as another mixture may have it, is
        soon none any more.
        """
        values = (loss, gradient_norm)
        found = len(self._steps) >= _WINDOW // 2 and any(
            self._is_far(value, before)
            for value, before in zip(values, zip(*self._steps, strict=True), strict=True)
        )
        if self._deviations is not None:
            self._steps.append(values)
        return found

    def _is_far(self, value: float, before: Sequence[float]) -> bool:
        assert self._deviations is not None
        limit = statistics.fmean(before) + self._deviations * statistics.pstdev(before)
        return value > limit

    def state(self) -> list[list[float]]:
        """What it remembers, as a checkpoint holds it."""
        return [list(values) for values in self._steps]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        """Remember what another one did; where nothing is a spike, nothing is remembered."""
        if self._deviations is None:
            return
        self._steps = deque(((loss, norm) for loss, norm in state), maxlen=_WINDOW)


def diverged(
    step: int, loss: float, gradient_norm: float, rate: float, good: str | None
) -> RunError:
    """The error of a run that is stopped; `good` names its newest checkpoint from before that."""
    way_out = "start with --fresh" if good is None else f"go on with --resume, which takes {good}"
    return RunError(
        f"training diverged at step {step:,}: {MAX_SKIPPED} steps in a row were skipped",
        got=f"loss {loss}, gradient norm {gradient_norm}, at learning rate {rate:g}",
        do=f"lower training.learning_rate or raise training.warmup_steps, and {way_out}; the "
        "events `skipped` of metrics.jsonl name the documents",
    )
