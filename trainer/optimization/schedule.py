"""The learning rate of each step."""

import math
from typing import Literal

from pydantic import Field

from corpusforge.config import Frozen


class ScheduleConfig(Frozen):
    """How the learning rate rises and falls over a run."""

    type: Literal["cosine", "wsd"] = "cosine"  # wsd: warmup-stable-decay, arxiv.org/abs/2405.18392
    warmup_steps: int = Field(0, ge=0)
    # The last learning rate as a share of the peak: Chinchilla, arxiv.org/abs/2203.15556.
    min_learning_rate_ratio: float = Field(0.1, ge=0, le=1)
    # For wsd: the last share of all steps, and how the rate falls over it.
    decay_share: float = Field(0.2, gt=0, le=1)
    decay: Literal["linear", "1-sqrt"] = "linear"


def learning_rate(schedule: ScheduleConfig, peak: float, num_steps: int, step: int) -> float:
    """The learning rate of update `step`, counted from 0.

    It rises linearly over the warm-up. Then `cosine` falls along half a cosine; `wsd` stays at the
    peak and falls over the last `decay_share` of all steps. Both end at the lowest rate.
    """
    lowest = peak * schedule.min_learning_rate_ratio
    if step < schedule.warmup_steps:
        return peak * (step + 1) / schedule.warmup_steps
    start = schedule.warmup_steps
    if schedule.type == "wsd":
        start = max(start, num_steps - round(num_steps * schedule.decay_share))
    done = max(0.0, (step + 1 - start) / max(1, num_steps - start))
    if schedule.type == "cosine":
        remaining = (1 + math.cos(math.pi * done)) / 2
    else:
        remaining = 1 - (done if schedule.decay == "linear" else math.sqrt(done))
    return lowest + (peak - lowest) * remaining
