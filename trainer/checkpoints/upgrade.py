"""Configurations that earlier versions wrote into checkpoints."""

from collections.abc import Mapping
from typing import Any

from trainer.moved_keys import MOVED, REMOVED, is_moved


def upgraded(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Move the keys of a stored configuration to where this version reads them.

    Keys that are no longer options are dropped; a configuration of this version stays as it is.
    """
    stored = config["training"]
    if not isinstance(stored, Mapping):
        return config
    training: dict[str, Any] = {}
    for key, value in stored.items():
        if not is_moved(key, value):
            training[key] = value
        elif key in MOVED:
            section, name = MOVED[key].split(".")
            training.setdefault(section, {})[name] = value
    return {**config, "training": training}


def lost_values(config: Mapping[str, Any]) -> dict[str, str]:
    """Options of a stored configuration that no longer exist and had another value than now.

    Each has a line that says so.
    """
    stored = config["training"]
    return {
        f"training.{key}": f"training.{key} was {stored[key]}, is {value}"
        for key, value in REMOVED.items()
        if isinstance(stored, Mapping) and stored.get(key, value) != value
    }
