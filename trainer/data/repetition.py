"""Limits of how often a run repeats its sources."""

from collections.abc import Iterator, Mapping

from corpusforge.errors import ConfigError
from trainer.data.config import DataConfig

# Up to this, repeated data is almost as good as new: arxiv.org/abs/2305.16264, figure 1.
_USUAL_EPOCHS = 4.0


def check_repetition(epochs: Mapping[str, float], config: DataConfig) -> Iterator[str]:
    """Check how often sources are repeated; without limits, warn if a source is repeated unusually
    often.

    Raises:
        ConfigError: a source is repeated more often than its limit, or a limit names no source.
    """
    limits = config.max_epochs
    if limits is None:
        for source, times in epochs.items():
            if times > _USUAL_EPOCHS:
                yield (
                    f"source {source} is repeated {times:.1f} times; above {_USUAL_EPOCHS:g}, "
                    "repeated data is worth less than new (training.data.max_epochs sets a limit)"
                )
        return
    if not isinstance(limits, Mapping):
        limits = dict.fromkeys(epochs, limits)
    if unknown := sorted(set(limits) - set(epochs)):
        raise ConfigError(
            f"max_epochs names a source that is not trained on: {unknown[0]}",
            where="training.data.max_epochs",
            expected=f"one of {', '.join(sorted(epochs))}",
        )
    for source, limit in limits.items():
        if epochs[source] > limit:
            raise ConfigError(
                f"source {source} would be repeated more often than its limit",
                where="training.data.max_epochs",
                got=f"{epochs[source]:.2f} epochs with this mixture and number of steps",
                expected=f"at most {limit:g}",
                do="lower its share in training.data.mixture, train for fewer steps, or give "
                f"{source} more documents",
            )
