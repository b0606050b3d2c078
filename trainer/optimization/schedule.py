"""The learning rate of each step."""

import math

from trainer.config import TrainingConfig


def learning_rate(config: TrainingConfig, num_steps: int, step: int) -> float:
    """The learning rate of update `step`, the first of which is 0.

    It rises linearly over the warm-up. Then `cosine` falls at once along half a cosine; `wsd` stays
    and falls over the last `decay_share` of all steps. Both end at the lowest rate.
    """
    highest = config.learning_rate
    lowest = highest * config.min_learning_rate_ratio
    if step < config.warmup_steps:
        return highest * (step + 1) / config.warmup_steps
    start = config.warmup_steps
    if config.schedule == "wsd":
        start = max(start, num_steps - round(num_steps * config.decay_share))
    done = max(0.0, (step + 1 - start) / max(1, num_steps - start))
    if config.schedule == "cosine":
        remaining = (1 + math.cos(math.pi * done)) / 2
    else:
        remaining = 1 - (done if config.decay == "linear" else math.sqrt(done))
    return lowest + (highest - lowest) * remaining
