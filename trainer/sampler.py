"""Which tokens the n-th training sample is: a pure function of n, so that one integer is the state.

Samples are numbered through the whole run: n = step × batch + slot. From n follow, in closed form
and without a table: the stage of the mixture, the source, how many samples that source has given
before (`draw`), the epoch of the source, and the window of its tokens. All of it is vectorised
over samples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from corpusforge.errors import ConfigError, InputError
from corpusforge.files import fingerprint
from corpusforge.shards.reader import Integers, ShardSet, Tokens, TokenStream

Bits = npt.NDArray[np.uint64]
Count = TypeVar("Count", int, Integers)

# Weights of a stage add up to at most this, samples of a run to at most the other: twice their
# product stays below 2^63, so that shares are exact in int64.
MAX_TOTAL_WEIGHT = 1 << 28
MAX_SAMPLES = 1 << 33
# Samples whose places are worked out at once: the calls cost more than the arithmetic of a few.
_LOOK_AHEAD = 4096
_FEISTEL_ROUNDS = 6
_PHASE = 0xFF  # a round number that no Feistel round has


def integer_weights(weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Weights as the smallest integers of the same ratios; sources of weight 0 are left out.

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


@dataclass(frozen=True)
class Stage:
    """A mixture that holds from a sample on; weights are integers above 0."""

    from_sample: int
    weights: Mapping[str, int]

    def counts(self, num_samples: int) -> dict[str, int]:
        """How many of the stage's first samples each source gives."""
        sources, weights = tuple(self.weights), tuple(self.weights.values())
        counts: dict[str, int] = {}

        # A binary tree over the sources. A node passes on to its left half what rounding its
        # share gives, and to the right half the rest. Each half's count grows by 0 or 1 with the
        # node's, so no count ever falls; they add up by construction; and a level is off by half
        # a sample at most, so a source by log2(sources) / 2 + 1/2 at any n.
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
        """For samples of the stage (its first is 0): the position of the source in `weights`, and
        how many of the stage's samples that source has given before. int64[samples] each."""
        weights = tuple(self.weights.values())
        source = np.empty(len(samples), np.int64)
        draw = np.empty(len(samples), np.int64)

        # The tree of `counts`: a sample goes left where it raises the left half's count.
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
        """`draws` backwards: the stage's samples that are these draws of a source. int64[draws]."""
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


def permute(index: Integers, size: Integers, key: Bits) -> Integers:
    """Where keyed permutations of [0, size) take each index; sizes and keys go with the indices.

    A balanced Feistel network over the next power of four, walked until it lands inside: a walk
    follows a cycle of a bijection and comes back, so the result is a bijection too. Memory and
    start-up are O(1), for any size.
    """
    return _walk(index, size, key, backwards=False)


def unpermute(index: Integers, size: Integers, key: Bits) -> Integers:
    """`permute` backwards: the same cycle, walked the other way."""
    return _walk(index, size, key, backwards=True)


@dataclass(frozen=True)
class _Ahead:
    """Where samples from a first one on stand.

    A row a sample, int64[samples, 4]: shard, first token in it, source, first token of that. The
    shard is -1 for a window that is not all in one.
    """

    first_sample: int
    places: Integers


class Sampler:
    """Batches of windows from weighted sources; `position` is the number of the next sample.

    A window is `window` + 1 tokens: inputs, and the same shifted by one as targets. The tokens of
    a source are a ring (every document ends in an end-of-document id, so the seam is one between
    documents like any other). An epoch of a source starts at a keyed phase of the ring and gives
    its ⌊tokens / window⌋ windows that do not overlap, in a keyed order, each once.
    """

    def __init__(
        self,
        streams: Mapping[str, TokenStream],
        stages: Sequence[Stage],
        *,
        window: int,
        seed: int,
    ) -> None:
        self.window = window
        self.stages = tuple(stages)
        self.position = 0
        used = sorted({source for stage in stages for source in stage.weights})
        self.sources = tuple(used)
        for source in used:
            if streams[source].num_tokens < window + 1:
                raise InputError(
                    f"source {source} has too few tokens for one window",
                    got=f"{streams[source].num_tokens:,} tokens",
                    expected=f"at least {window + 1:,}: model.context + 1",
                    do=f"lower model.context, give {source} more documents, or leave it out with "
                    "training.mixture",
                )
        self._number = {source: number for number, source in enumerate(used)}
        self._streams = [streams[source] for source in used]
        self._num_tokens = np.array([stream.num_tokens for stream in self._streams])
        # By name, so that another source beside it does not change a source's order.
        self._keys = np.array([_key(seed, source) for source in used], np.uint64)
        self._stage_of_source = [
            np.array([self._number[source] for source in stage.weights]) for stage in stages
        ]
        self._given_before = _given_before(self.stages, self._number)
        # All sources one after the other, so that one search finds the shards of many samples.
        self._all = TokenStream([shard for stream in self._streams for shard in stream.shards])
        self._first_of_source = np.cumsum(self._num_tokens) - self._num_tokens
        self._ahead = _Ahead(0, np.empty((0, 4), np.int64))

    @classmethod
    def over(
        cls, shards: ShardSet, split: str, stages: Sequence[Stage], *, window: int, seed: int
    ) -> "Sampler":
        """A sampler over the sources of a shard directory that the stages name.

        Raises:
            InputError: a source has fewer tokens than one window.
        """
        used = {source for stage in stages for source in stage.weights}
        streams = {source: shards.stream(split, source) for source in sorted(used)}
        return cls(streams, stages, window=window, seed=seed)

    def batch(self, size: int, *, rank: int = 0, world_size: int = 1) -> Tokens:
        """The next `size` samples, or a rank's slots of them: uint16[slots, window + 1].

        The position moves by `size` whatever the rank, so all ranks stay together.
        """
        first = self.position - self._ahead.first_sample
        if not 0 <= first <= first + size <= len(self._ahead.places):
            self._look_ahead(max(size, _LOOK_AHEAD))
            first = 0
        places = self._ahead.places[first : first + size][rank::world_size]
        out = np.empty((len(places), self.window + 1), np.uint16)
        shards = self._all.shards
        for row, (shard, offset, source, start) in zip(out, places.tolist(), strict=True):
            if shard < 0:
                _read_ring(self._streams[source], start, row)
            else:
                shards[shard].read(offset, row)
        self.position += size
        return out

    def _look_ahead(self, num_samples: int) -> None:
        samples = np.arange(self.position, min(self.position + num_samples, MAX_SAMPLES))
        source, start = self.locate(samples)
        shard, offset = self._all.find(self._first_of_source[source] + start, self.window + 1)
        places = np.column_stack([shard, offset, source, start])
        self._ahead = _Ahead(self.position, places)

    def locate(self, samples: Integers) -> tuple[Integers, Integers]:
        """Source and first token of samples, as int64[samples]; sources are in order of name."""
        assert samples[-1] < MAX_SAMPLES
        source, draw = self._draws(samples)
        num_tokens = self._num_tokens[source]
        num_windows = num_tokens // self.window
        epoch, turn = np.divmod(draw, num_windows)
        key, phase = self._epoch(source, epoch)
        order = permute(turn, num_windows, key)
        return source, (phase + order * self.window) % num_tokens

    def samples_of(self, source: str, first: int, end: int) -> Integers:
        """`locate` backwards: the samples before `position` whose window has a token in
        [first, end) of a source, in their order. int64[samples]."""
        number = self._number.get(source)
        if number is None:
            return np.empty(0, np.int64)
        num_tokens = int(self._num_tokens[number])
        num_windows = num_tokens // self.window
        num_draws = self._num_draws(number, self.position)
        found = [np.empty(0, np.int64)]
        for epoch in range(-(-num_draws // num_windows)):
            key, phase = self._epoch(np.array([number]), np.array([epoch]))
            # Tokens counted from the epoch's phase, on the ring's turn that they stand in and on
            # its neighbours. The last target of a window is the first input of the next one.
            runs = [
                np.arange(
                    max(0, -(-start // self.window) - 1),
                    min(num_windows, (start + end - first - 1) // self.window + 1),
                )
                for turn in (-1, 0, 1)
                for start in (first - int(phase[0]) + turn * num_tokens,)
            ]
            orders = np.unique(np.concatenate(runs))
            size = np.full(len(orders), num_windows)
            draws = epoch * num_windows + unpermute(orders, size, np.repeat(key, len(orders)))
            found.append(draws[draws < num_draws])
        return np.sort(self._samples(number, source, np.concatenate(found)))

    def _epoch(self, source: Integers, epoch: Integers) -> tuple[Bits, Integers]:
        """The key of an epoch's order, and the token at which it starts."""
        key = _mix64(self._keys[source] + epoch.astype(np.uint64))
        phase = _mix64(key ^ np.uint64(_PHASE)) % self._num_tokens[source].astype(np.uint64)
        return key, phase.astype(np.int64)

    def epochs(self, num_samples: int) -> dict[str, float]:
        """How often the first samples of the run show each source."""
        num_windows = (self._num_tokens // self.window).tolist()
        return {
            source: self._num_draws(number, num_samples) / num_windows[number]
            for number, source in enumerate(self.sources)
        }

    def _num_draws(self, number: int, num_samples: int) -> int:
        """How many of the run's first samples a source gives."""
        starts = [stage.from_sample for stage in self.stages]
        last = int(np.searchsorted(starts, num_samples, side="right")) - 1
        counts = self.stages[last].counts(num_samples - starts[last])
        given = {self._number[source]: count for source, count in counts.items()}
        return int(self._given_before[last][number]) + given.get(number, 0)

    def _samples(self, number: int, source: str, draws: Integers) -> Integers:
        """The samples of the run that are these draws of a source. int64[draws]."""
        samples = np.empty(len(draws), np.int64)
        given = [int(before[number]) for before in self._given_before]
        # Of stages that begin with the same count, the source is drawn from in the last alone.
        stage_of_draw = np.searchsorted(given, draws, side="right") - 1
        for index in np.unique(stage_of_draw):
            mine = stage_of_draw == index
            stage = self.stages[index]
            samples[mine] = stage.from_sample + stage.samples(source, draws[mine] - given[index])
        return samples

    def _draws(self, samples: Integers) -> tuple[Integers, Integers]:
        """Source, and how many samples of the run it has given before. int64[samples] each."""
        source = np.empty(len(samples), np.int64)
        draw = np.empty(len(samples), np.int64)
        starts = [stage.from_sample for stage in self.stages]
        stage_of_sample = np.searchsorted(starts, samples, side="right") - 1
        for number in sorted(set(stage_of_sample.tolist())):
            mine = stage_of_sample == number
            position, drawn = self.stages[number].draws(samples[mine] - starts[number])
            source[mine] = self._stage_of_source[number][position]
            draw[mine] = drawn + self._given_before[number][source[mine]]
        return source, draw


def _given_before(stages: Sequence[Stage], number: Mapping[str, int]) -> list[Integers]:
    """Samples that each source has given when a stage starts: int64[sources] a stage."""
    given = np.zeros(len(number), np.int64)
    before = []
    for index, stage in enumerate(stages):
        before.append(given.copy())
        if index + 1 < len(stages):
            length = stages[index + 1].from_sample - stage.from_sample
            for source, count in stage.counts(length).items():
                given[number[source]] += count
    return before


def plan_stages(
    shards: ShardSet, mixture: Sequence[tuple[int, Mapping[str, float]]]
) -> tuple[Stage, ...]:
    """Stages of (first sample, weights by source) over a train split.

    Without any, every token counts as the manifest says its source's tokens do.

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
        return (Stage(0, integer_weights(by_tokens)),)
    for _, weights in mixture:
        for source in weights:
            if source not in sources or not sources[source].num_tokens:
                raise ConfigError(
                    f"the mixture names a source that has no train tokens: {source}",
                    where="training.mixture",
                    expected=f"one of {', '.join(sorted(sources))}",
                )
    return tuple(
        Stage(
            first,
            integer_weights({source: _as_written(weight) for source, weight in weights.items()}),
        )
        for first, weights in mixture
    )


def _as_written(weight: float) -> Fraction:
    """A weight as its writer meant it: 0.3 is 3/10, not the binary number next to it."""
    return Fraction(repr(weight))


def _left_share(total: Count, weight: int, of: int) -> Count:
    """total × weight / of, rounded half up."""
    return (total * (2 * weight) + of) // (2 * of)


def _read_ring(stream: TokenStream, start: int, out: Tokens) -> None:
    to_end = stream.num_tokens - start
    stream.read(start, out[:to_end])
    if to_end < len(out):
        stream.read(0, out[to_end:])


def _walk(index: Integers, size: Integers, key: Bits, *, backwards: bool) -> Integers:
    bits = np.frexp(size - 1)[1]  # bit length, exact below 2^53
    half_bits = np.maximum(1, (bits + 1) // 2).astype(np.uint64)
    rounds: Bits = np.arange(_FEISTEL_ROUNDS, dtype=np.uint64)
    keys = _mix64(np.add.outer(key, rounds))
    value = index.astype(np.uint64)
    outside = np.arange(len(index))
    while len(outside):
        step = _feistel(value[outside], half_bits[outside], keys[outside], backwards)
        value[outside] = step
        outside = outside[step >= size[outside].astype(np.uint64)]
    return value.astype(np.int64)


def _feistel(value: Bits, half_bits: Bits, keys: Bits, backwards: bool) -> Bits:
    """One walk; `keys` has a key for each round: uint64[values, rounds]."""
    mask = (np.uint64(1) << half_bits) - np.uint64(1)
    left, right = value >> half_bits, value & mask
    rounds = range(_FEISTEL_ROUNDS)
    # With the halves changed over and the rounds from the last to the first, it undoes itself.
    if backwards:
        left, right, rounds = right, left, rounds[::-1]
    for number in rounds:
        left, right = right, left ^ (_mix64(right + keys[:, number]) & mask)
    if backwards:
        left, right = right, left
    return left << half_bits | right


def _mix64(value: Bits) -> Bits:
    """The finalizer of SplitMix64, after the increment: every bit of the input moves half the
    bits of the output (doi.org/10.1145/2714064.2660195)."""
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _key(seed: int, source: str) -> int:
    return int(fingerprint(seed, source)[:16], 16)
