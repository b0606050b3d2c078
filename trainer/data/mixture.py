"""Which source each training sample is drawn from: exact shares, in closed form.

Samples are numbered through the whole run. From the number of a sample follow the stage of the
mixture, the source, and how many samples that source has given before (`draw`); the inverse leads
from a draw back to its sample. All of it is vectorised over samples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import TypeVar

import numpy as np

from corpusforge.arrays import Integers
from corpusforge.errors import ConfigError, InputError
from corpusforge.shards.reader import ShardSet

Count = TypeVar("Count", int, Integers)

MAX_SAMPLES = 1 << 33  # of a run
# Weights of a stage add up to at most this: twice the product with `MAX_SAMPLES` stays below 2^63,
# so that shares are exact in int64.
MAX_TOTAL_WEIGHT = 1 << 28


@dataclass(frozen=True)
class WeightedStage:
    """Weights of the sources from a sample on: integers above 0."""

    from_sample: int
    weights: Mapping[str, int]

    def counts(self, num_samples: int) -> dict[str, int]:
        """How many of the stage's first samples come from each source."""
        sources, weights = tuple(self.weights), tuple(self.weights.values())
        counts: dict[str, int] = {}

        # A binary tree over the sources. A node passes its rounded share to the left half and the
        # rest to the right half. Each half's count grows by 0 or 1 with the node's, so no count
        # ever falls, and the counts add up by construction. A level is off by half a sample at
        # most, so a source by log2(sources) / 2 + 1/2 at any n.
        def descend(first: int, last: int, total: int) -> None:
            if last - first == 1:
                counts[sources[first]] = total
                return
            middle = (first + last) // 2
            left = _left_share(total, sum(weights[first:middle]), sum(weights[first:last]))
            descend(first, middle, left)
            descend(middle, last, total - left)

        descend(0, len(sources), num_samples)
        return counts

    def draws(self, samples: Integers) -> tuple[Integers, Integers]:
        """The source of each sample, as its position in `weights`, and how many samples of the
        stage it has given before. Samples are counted from the stage's first. int64[samples]
        each."""
        weights = tuple(self.weights.values())
        source = np.empty(len(samples), np.int64)
        draw = np.empty(len(samples), np.int64)

        # The tree of `counts`: a sample goes left if it raises the left half's count.
        def descend(first: int, last: int, where: Integers, numbers: Integers) -> None:
            if last - first == 1:
                source[where], draw[where] = first, numbers
                return
            middle = (first + last) // 2
            left_weight, weight = sum(weights[first:middle]), sum(weights[first:last])
            left = _left_share(numbers, left_weight, weight)
            goes_left = _left_share(numbers + 1, left_weight, weight) > left
            descend(first, middle, where[goes_left], left[goes_left])
            descend(middle, last, where[~goes_left], (numbers - left)[~goes_left])

        descend(0, len(weights), np.arange(len(samples)), samples)
        return source, draw

    def samples(self, source: str, draws: Integers) -> Integers:
        """The inverse of `draws`: the stage's samples that are these draws of a source.
        int64[draws]."""
        weights = tuple(self.weights.values())
        position = tuple(self.weights).index(source)
        first, last = 0, len(weights)
        path: list[tuple[int, int, bool]] = []
        while last - first > 1:
            middle = (first + last) // 2
            goes_left = position < middle
            path.append((sum(weights[first:middle]), sum(weights[middle:last]), goes_left))
            first, last = (first, middle) if goes_left else (middle, last)
        # A half's draw k is the least n whose n + 1 gives the half k + 1: `_left_share` solved for
        # n on the left, and what it leaves on the right.
        for left, right, goes_left in reversed(path):
            middle_of_draw = (left + right) * (2 * draws + 1)
            draws = (
                (middle_of_draw - 1) // (2 * left) if goes_left else middle_of_draw // (2 * right)
            )
        return draws


class Mixture:
    """The stages of a run, one after the other. Sources are numbered in the order of `sources`."""

    def __init__(self, stages: Sequence[WeightedStage]) -> None:
        self.stages = tuple(stages)
        self.sources = tuple(sorted({source for stage in stages for source in stage.weights}))
        self._number = {source: number for number, source in enumerate(self.sources)}
        self._starts = [stage.from_sample for stage in stages]
        # Samples that each source has given when a stage starts.
        before = [np.zeros(len(self.sources), np.int64)]
        for stage, end in zip(stages, self._starts[1:], strict=False):
            before.append(before[-1] + self._counts(stage, end - stage.from_sample))
        self._given_before: Integers = np.stack(before)  # int64[stages, sources]

    def draws(self, samples: Integers) -> tuple[Integers, Integers]:
        """The source of each sample, and how many samples of the run it has given before.
        int64[samples] each."""
        source = np.empty(len(samples), np.int64)
        draw = np.empty(len(samples), np.int64)
        stage_of_sample = np.searchsorted(self._starts, samples, side="right") - 1
        for index in sorted(set(stage_of_sample.tolist())):
            mine = stage_of_sample == index
            stage = self.stages[index]
            numbers = np.array([self._number[name] for name in stage.weights])
            position, drawn = stage.draws(samples[mine] - stage.from_sample)
            source[mine] = numbers[position]
            draw[mine] = drawn + self._given_before[index, source[mine]]
        return source, draw

    def samples(self, number: int, draws: Integers) -> Integers:
        """The inverse of `draws`: the samples of the run that are these draws of a source.
        int64[draws]."""
        samples = np.empty(len(draws), np.int64)
        given = self._given_before[:, number]
        # If stages begin with the same count, only the last of them draws from the source.
        stage_of_draw = np.searchsorted(given, draws, side="right") - 1
        for index in np.unique(stage_of_draw):
            mine = stage_of_draw == index
            stage = self.stages[index]
            drawn = stage.samples(self.sources[number], draws[mine] - given[index])
            samples[mine] = stage.from_sample + drawn
        return samples

    def num_draws(self, num_samples: int) -> Integers:
        """How many of the run's first samples come from each source: int64[sources]."""
        last = int(np.searchsorted(self._starts, num_samples, side="right")) - 1
        stage = self.stages[last]
        before: Integers = self._given_before[last]
        return before + self._counts(stage, num_samples - stage.from_sample)

    def _counts(self, stage: WeightedStage, num_samples: int) -> Integers:
        counts = stage.counts(num_samples)
        return np.array([counts.get(source, 0) for source in self.sources])


def plan_stages(
    shards: ShardSet, mixture: Sequence[tuple[int, Mapping[str, float]]]
) -> tuple[WeightedStage, ...]:
    """Resolve stages of (first sample, weights by source) over a train split.

    An empty mixture is one stage in which every token counts by its source's weight in the
    manifest.

    Raises:
        InputError: there is nothing to train on.
        ConfigError: the mixture names a source that has no tokens.
    """
    sources = shards.sources("train")
    if not any(entry.num_tokens for entry in sources.values()):
        raise InputError(
            "there is nothing to train on",
            where=str(shards.directory),
            got="a train split without tokens",
            do="see with `corpusforge report` why no document was kept",
        )
    if not mixture:
        by_tokens = {
            source: _as_written(entry.weight) * entry.num_tokens
            for source, entry in sources.items()
        }
        return (WeightedStage(0, integer_weights(by_tokens)),)
    stages = []
    for first, weights in mixture:
        for source in weights:
            if source not in sources or not sources[source].num_tokens:
                raise ConfigError(
                    f"the mixture names a source that has no train tokens: {source}",
                    where="training.data.mixture",
                    expected=f"one of {', '.join(sorted(sources))}",
                )
        exact = {source: _as_written(weight) for source, weight in weights.items()}
        stages.append(WeightedStage(first, integer_weights(exact)))
    return tuple(stages)


def integer_weights(weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Scale weights to the smallest integers of the same ratios, leaving out sources of weight 0.

    Ratios that would need more than `MAX_TOTAL_WEIGHT` are rounded, never to 0.
    """
    used = {source: weight for source, weight in weights.items() if weight}
    denominator = lcm(*(weight.denominator for weight in used.values()))
    whole = {source: int(weight * denominator) for source, weight in used.items()}
    total = sum(whole.values())
    if total > MAX_TOTAL_WEIGHT:
        room = MAX_TOTAL_WEIGHT - len(whole)
        whole = {source: max(1, weight * room // total) for source, weight in whole.items()}
    divisor = gcd(*whole.values())
    return {source: weight // divisor for source, weight in whole.items()}


def _as_written(weight: float) -> Fraction:
    """The weight as its decimal digits: 0.3 is 3/10, not the binary number next to it."""
    return Fraction(repr(weight))


def _left_share(total: Count, weight: int, of: int) -> Count:
    """total × weight / of, rounded half up."""
    return (total * (2 * weight) + of) // (2 * of)
