"""N-gram baselines: the loss that counting tokens achieves, to compare a model's loss with.

Interpolated Witten-Bell smoothing (doi.org/10.1109/18.87000, method C): a context reserves a count
for unseen tokens that equals the number of different tokens that followed it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from corpusforge.errors import InputError
from corpusforge.shards.reader import ShardSet, Tokens
from trainer.data.targets import NOT_COUNTED

MAX_ORDER = 4  # 16-bit ids, packed into a 64-bit number

Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Counts:
    """Counts of runs of n tokens and of their contexts of n - 1 tokens, sorted by key."""

    runs: Keys
    run_counts: Floats
    contexts: Keys
    context_counts: Floats
    distinct: Floats  # number of different tokens that followed each context


class NgramModel:
    """Predicts a token from the `order` - 1 tokens before it; order 1: unigrams."""

    device = torch.device("cpu")

    def __init__(self, streams: Sequence[Tokens], vocab_size: int, order: int) -> None:
        """Count runs of tokens within each stream."""
        assert 1 <= order <= MAX_ORDER
        counted = np.ones(vocab_size)  # one for every token, so that none is impossible
        for stream in streams:
            counted += np.bincount(stream, minlength=vocab_size)
        self._unigrams: Floats = counted / counted.sum()
        self._orders = [_count(streams, length) for length in range(2, order + 1)]

    def detached_loss(self, inputs_BT: Tensor, targets_BT: Tensor) -> Tensor:
        """The sum of the loss in nats over all targets except `NOT_COUNTED`, as in `Objective`."""
        inputs, targets = inputs_BT.numpy(), targets_BT.numpy()
        counted = targets != NOT_COUNTED
        probabilities = self.probabilities(inputs, np.where(counted, targets, 0))
        return torch.tensor(-np.log(probabilities[counted]).sum())

    def probabilities(
        self, inputs: npt.NDArray[np.int64], targets: npt.NDArray[np.int64]
    ) -> Floats:
        """The probability of each target after the inputs up to its place. float64 [B, T]."""
        lower = self._unigrams[targets]
        for context_length, counts in enumerate(self._orders, 1):
            # The first places have only a shorter context, and keep its probability.
            contexts = _pack(inputs, context_length)
            ends = targets[:, context_length - 1 :].astype(np.uint64)
            runs = contexts << np.uint64(16) | ends
            seen = _look_up(counts.runs, counts.run_counts, runs)
            total = _look_up(counts.contexts, counts.context_counts, contexts)
            distinct = _look_up(counts.contexts, counts.distinct, contexts)
            rest = lower[:, context_length - 1 :]
            known = total > 0
            better = (seen + distinct * rest) / np.where(known, total + distinct, 1)
            lower[:, context_length - 1 :] = np.where(known, better, rest)
        return lower


def train_tokens(shards: ShardSet, max_tokens: int) -> list[Tokens]:
    """Return the first tokens of every source in the train split, at most `max_tokens` of each.

    Raises:
        InputError: no source has as many tokens as the longest n-gram.
    """
    tokens = []
    for source in shards.sources("train"):
        stream = shards.stream("train", source)
        out = np.empty(min(max_tokens, stream.num_tokens), np.uint16)
        stream.read(0, out)
        tokens.append(out)
    longest = max(map(len, tokens), default=0)
    if longest < MAX_ORDER:
        raise InputError(
            "there are too few train tokens for the baselines",
            where=str(shards.directory),
            got=f"at most {longest} tokens in a source of the split train",
            expected=f"{MAX_ORDER} or more",
            do="evaluate without --baselines",
        )
    return tokens


def _count(streams: Sequence[Tokens], length: int) -> _Counts:
    packed = [_pack(stream[None], length)[0] for stream in streams if len(stream) >= length]
    runs, run_counts = np.unique(np.concatenate(packed), return_counts=True)
    # Runs are sorted, so those with the same context are adjacent.
    contexts, first, distinct = np.unique(
        runs >> np.uint64(16), return_index=True, return_counts=True
    )
    return _Counts(
        runs,
        run_counts.astype(np.float64),
        contexts,
        np.add.reduceat(run_counts, first).astype(np.float64),
        distinct.astype(np.float64),
    )


def _pack(ids: npt.NDArray[np.integer], length: int) -> Keys:
    """Pack every run of `length` ids into a number. uint64 [B, T - length + 1]."""
    width = ids.shape[1] - length + 1
    keys = np.zeros((len(ids), width), np.uint64)
    for place in range(length):
        keys = keys << np.uint64(16) | ids[:, place : place + width].astype(np.uint64)
    return keys


def _look_up(keys: Keys, values: Floats, wanted: Keys) -> Floats:
    """Return the values of keys, 0 for missing ones."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0.0)
