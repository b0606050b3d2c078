"""Steps that would spoil the weights: which ones are skipped, and when they end a run."""

import math
import statistics
from collections import deque
from collections.abc import Sequence

from pydantic import Field

from corpusforge.config import Frozen
from corpusforge.errors import RunError

# Steps that a spike is measured against, as in OLMo-core's SkipStepOptimizer; none is found before
# half of them are recorded.
_WINDOW = 128

# Skipped steps in a row that end a run: the weights are to blame, not the documents.
MAX_SKIPPED = 3


class StabilityConfig(Frozen):
    """What keeps a run from diverging."""

    gradient_clip: float = Field(1.0, gt=0)  # norm: GPT-3, arxiv.org/abs/2005.14165
    # Adds this many times log²(sum of the exponentials of the logits) to the loss of a token, which
    # keeps logits near 0: PaLM, arxiv.org/abs/2204.02311, has 1e-4. Reported losses are without it.
    z_loss: float = Field(0.0, ge=0)
    # Skip a step whose loss or gradient norm is this many standard deviations above the mean of the
    # last 128 steps. OLMo-core: 6. None: skip only what is not finite.
    spike_deviations: float | None = Field(None, gt=0)


def is_finite(loss: float, gradient_norm: float) -> bool:
    """Whether a step may change the weights."""
    return math.isfinite(loss) and math.isfinite(gradient_norm)


class SpikeDetector:
    """Finds losses and gradient norms far above those of the last 128 steps."""

    def __init__(self, deviations: float | None) -> None:
        """Find values this many standard deviations above the mean; None: find none."""
        self._deviations = deviations
        self._steps: deque[tuple[float, float]] = deque(maxlen=_WINDOW)

    def is_spike(self, loss: float, gradient_norm: float) -> bool:
        """Judge a step by the ones before it, and remember it.

        Spikes are remembered too: if the loss rises for good, as with another mixture, its values
        soon stop being spikes.
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
        """The remembered steps in plain values, for a checkpoint."""
        return [list(values) for values in self._steps]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        """Restore the steps that another detector remembered, unless this one finds no spikes."""
        if self._deviations is None:
            return
        self._steps = deque(((loss, norm) for loss, norm in state), maxlen=_WINDOW)


def diverged(
    step: int, loss: float, gradient_norm: float, rate: float, good: str | None
) -> RunError:
    """The error that ends a run; `good` names the newest checkpoint before the skipped steps."""
    way_out = "start with --fresh" if good is None else f"go on with --resume, which takes {good}"
    return RunError(
        f"training diverged at step {step:,}: {MAX_SKIPPED} steps in a row were skipped",
        got=f"loss {loss}, gradient norm {gradient_norm}, at learning rate {rate:g}",
        do="lower training.optimizer.learning_rate or raise training.schedule.warmup_steps, and "
        f"{way_out}; the events `skipped` of metrics.jsonl name the documents",
    )
