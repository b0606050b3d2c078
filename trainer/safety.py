"""What happens when a step has no number to learn from: it is skipped, and its documents named."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from corpusforge.errors import RunError
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.reader import ShardSet
from trainer.sampler import Sampler

# So many steps in a row without a number: the weights are to blame, not the documents.
MAX_SKIPPED = 3


def is_finite(loss: float, gradient_norm: float) -> bool:
    """Whether a step may change the weights."""
    return math.isfinite(loss) and math.isfinite(gradient_norm)


def documents_of(
    shards: ShardSet, sampler: Sampler, first: int, count: int
) -> Iterator[dict[str, Any]]:
    """Samples from `first` on: the slot, the source, and the ids of the documents in it.

    Raises:
        InputError: a document index is missing or damaged.
    """
    numbers, tokens = sampler.locate(np.arange(first, first + count))
    for slot, (number, token) in enumerate(zip(numbers.tolist(), tokens.tolist(), strict=True)):
        source = sampler.sources[number]
        lookup = Lookup(shards, "train", source)
        # A window that goes over the end of a source goes on at its beginning.
        end, seam = token + sampler.window + 1, lookup.num_tokens
        found = list(lookup.between(token, min(end, seam)))
        if end > seam:
            found += lookup.between(0, end - seam)
        yield {"slot": slot, "source": source, "documents": [document.id for document in found]}


def diverged(step: int, loss: float, gradient_norm: float, rate: float) -> RunError:
    """The error of a run that is stopped."""
    return RunError(
        f"training diverged at step {step:,}: {MAX_SKIPPED} steps in a row were skipped",
        got=f"loss {loss}, gradient norm {gradient_norm}, at learning rate {rate:g}",
        do="lower training.learning_rate or raise training.warmup_steps, and start with --fresh, "
        "or with --resume from the last checkpoint; the events `skipped` of metrics.jsonl name "
        "the documents",
    )
