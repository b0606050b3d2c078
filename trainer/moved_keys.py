"""Keys that earlier versions had at the top of the section `training`."""

from collections.abc import Mapping
from typing import Any

from corpusforge.errors import ConfigError

MOVED = {
    "corpus_dir": "data.corpus_dir",
    "mixture": "data.mixture",
    "packing": "data.packing",
    "attention": "data.attention",
    "max_epochs": "data.max_epochs",
    "optimizer": "optimizer.type",
    "learning_rate": "optimizer.learning_rate",
    "embedding_learning_rate_ratio": "optimizer.embedding_learning_rate_ratio",
    "weight_decay": "optimizer.weight_decay",
    "schedule": "schedule.type",
    "warmup_steps": "schedule.warmup_steps",
    "min_learning_rate_ratio": "schedule.min_learning_rate_ratio",
    "decay_share": "schedule.decay_share",
    "decay": "schedule.decay",
    "gradient_clip": "stability.gradient_clip",
    "z_loss": "stability.z_loss",
    "spike_deviations": "stability.spike_deviations",
    "evaluate_every": "evaluation.every",
    "evaluate_batches": "evaluation.batches",
    "sample_every": "samples.every",
    "sample_prompts": "samples.prompts",
    "sample_tokens": "samples.tokens",
    "checkpoint_every": "checkpoints.every",
    "keep_checkpoints": "checkpoints.keep",
    "keep_every": "checkpoints.keep_every",
    "device": "execution.device",
    "dtype": "execution.dtype",
    "compile": "execution.compile",
    "threads": "execution.threads",
    "parallel": "execution.parallel",
    "micro_batch_size": "execution.micro_batch_size",
    "recompute": "execution.recompute",
}
# Keys that are no longer options, with the value that replaces them.
REMOVED = {"muon_momentum": 0.95, "beta1": 0.9, "beta2": 0.95, "adam_eps": 1e-8}


def is_moved(key: str, value: object) -> bool:
    """Whether a key of `training` is one of an earlier version.

    `optimizer` and `schedule` are sections now, and were names then.
    """
    if key in ("optimizer", "schedule"):
        return isinstance(value, str)
    return key in MOVED or key in REMOVED


def refuse_moved_keys(training: Mapping[str, Any]) -> None:
    """Check that a section has no keys of an earlier version.

    Raises:
        ConfigError: it has some; names the new place of each.
    """
    found = [_described(key) for key, value in training.items() if is_moved(key, value)]
    if found:
        first, *others = found
        also = f"; also: {'; '.join(others)}" if others else ""
        raise ConfigError(first, where="training", do=f"change the configuration{also}")


def _described(key: str) -> str:
    if key in REMOVED:
        return f"training.{key} is no longer an option, and is always {REMOVED[key]:g}"
    return f"training.{key} is now training.{MOVED[key]}"
