"""Keys that earlier versions had at the top of the section `training`."""

from collections.abc import Mapping
from typing import Any

from corpusforge.errors import ConfigError

# The section of each key; `=` precedes its name there, if that has changed.
_SECTIONS = {
    "data": "corpus_dir mixture packing attention max_epochs",
    "optimizer": "optimizer=type learning_rate embedding_learning_rate_ratio weight_decay",
    "schedule": "schedule=type warmup_steps min_learning_rate_ratio decay_share decay",
    "stability": "gradient_clip z_loss spike_deviations",
    "evaluation": "evaluate_every=every evaluate_batches=batches",
    "samples": "sample_every=every sample_prompts=prompts sample_tokens=tokens",
    "checkpoints": "checkpoint_every=every keep_checkpoints=keep keep_every",
    "execution": "device dtype compile threads parallel micro_batch_size recompute",
}
MOVED = {
    key.split("=")[0]: f"{section}.{key.split('=')[-1]}"
    for section, keys in _SECTIONS.items()
    for key in keys.split()
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
