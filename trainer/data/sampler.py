"""Which tokens the n-th training sample is: a pure function of n, so that one integer is the state.

Samples are numbered through the whole run: n = step × batch + slot. From n follow, in closed form
and without a table: the stage of the mixture, the source, how many samples that source has given
before (`draw`), the epoch of the source, and the window of its tokens. All of it is vectorised over
samples. What a window is, `windows.py` says.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import TypeVar

import numpy as np

from corpusforge.arrays import Integers
from corpusforge.errors import ConfigError, InputError
from corpusforge.shards.reader import ShardSet, Tokens, TokenStream
from corpusforge.storage.files import fingerprint
from trainer.config import MAX_SAMPLES, Packing
from trainer.data.permutation import Bits, mix64, permute, unpermute
from trainer.data.windows import ContiguousWindows, Run, Runs, WholeDocuments, Windows

Count = TypeVar("Count", int, Integers)

# Weights of a stage add up to at most this: twice the product with `MAX_SAMPLES` stays below 2^63,
# so that shares are exact in int64.
MAX_TOTAL_WEIGHT = 1 << 28
# Samples whose places are worked out at once: the calls cost more than the arithmetic of a few.
_LOOK_AHEAD = 4096


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


@dataclass(frozen=True)
class _Ahead:
    """Where the runs of samples from a first one on stand.

    `runs` has a row a run, int64[runs, 7]: sample, column in its window, length, shard, first token
    in it, source, first token of that. Samples are counted from the first; the shard is -1 for a
    run that is not all in one. `begins` has the first run of each sample, int64[samples + 1].
    """

    first_sample: int
    begins: Integers
    runs: Integers

    @property
    def num_samples(self) -> int:
        return len(self.begins) - 1


class Sampler:
    """Batches of windows from weighted sources; `position` is the number of the next sample.

    An epoch of a source shows each of its windows (`windows.py`) once, in a keyed order.
    """

    def __init__(
        self,
        windows: Mapping[str, Windows],
        stages: Sequence[Stage],
        *,
        window: int,
        padding: int,
        seed: int,
        vocab_size: int = 1 << 16,
    ) -> None:
        """Windows by source, `window` + 1 tokens each; `padding` is the id of what no run covers.

        Raises:
            InputError: a source has no window.
        """
        self.window = window
        self.stages = tuple(stages)
        self.position = 0
        self.sources = tuple(sorted({source for stage in stages for source in stage.weights}))
        self.windows = {source: windows[source] for source in self.sources}
        for source, cut in self.windows.items():
            if not cut.num_windows:
                raise InputError(
                    f"source {source} has too few tokens for one window",
                    got=f"{cut.stream.num_tokens:,} tokens",
                    expected=f"at least {window + 1:,}: model.context + 1",
                    do=f"lower model.context, give {source} more documents, or leave it out with "
                    "training.mixture",
                )
        self._padding = padding
        self._vocab_size = vocab_size
        self._number = {source: number for number, source in enumerate(self.sources)}
        self._num_windows = np.array([cut.num_windows for cut in self.windows.values()])
        # By name, so that another source beside it does not change a source's order.
        self._keys = np.array([_key(seed, source) for source in self.sources], np.uint64)
        self._stage_of_source = [
            np.array([self._number[source] for source in stage.weights]) for stage in stages
        ]
        self._given_before = _given_before(self.stages, self._number)
        # All sources one after the other, so that one search finds the shards of many runs.
        self._streams = [cut.stream for cut in self.windows.values()]
        self._all = TokenStream([shard for stream in self._streams for shard in stream.shards])
        num_tokens = np.array([stream.num_tokens for stream in self._streams])
        self._first_of_source = np.cumsum(num_tokens) - num_tokens
        self._ahead = _Ahead(0, np.zeros(1, np.int64), np.empty((0, 7), np.int64))

    @classmethod
    def over(
        cls,
        shards: ShardSet,
        split: str,
        stages: Sequence[Stage],
        *,
        window: int,
        seed: int,
        packing: Packing = "contiguous",
    ) -> "Sampler":
        """A sampler over the sources of a shard directory that the stages name.

        Raises:
            InputError: a source has fewer tokens than one window, or its index is damaged.
        """
        windows: dict[str, Windows] = {}
        for source in sorted({source for stage in stages for source in stage.weights}):
            if packing == "whole":
                windows[source] = WholeDocuments.of(shards, split, source, window)
            else:
                windows[source] = ContiguousWindows(shards.stream(split, source), window)
        tokenizer = shards.manifest.tokenizer
        return cls(
            windows,
            stages,
            window=window,
            padding=tokenizer.end_of_document,
            seed=seed,
            vocab_size=tokenizer.vocab_size,
        )

    def batch(self, size: int, *, rank: int = 0, world_size: int = 1) -> Tokens:
        """The next `size` samples, or a rank's slots of them: uint16[slots, window + 1].

        The position moves by `size` whatever the rank, so all ranks stay together.

        Raises:
            InputError: a shard cannot be read, or has ids beyond the vocabulary.
        """
        first = self.position - self._ahead.first_sample
        if not 0 <= first <= first + size <= self._ahead.num_samples:
            end = min(self.position + max(size, _LOOK_AHEAD), MAX_SAMPLES)
            self._ahead = self._find(np.arange(self.position, end))
            first = 0
        runs = self._ahead.runs[self._ahead.begins[first] : self._ahead.begins[first + size]]
        slots = runs[:, 0] - first
        if world_size > 1:
            mine = slots % world_size == rank
            runs, slots = runs[mine], slots[mine] // world_size
        out = self._read(runs, slots, len(range(rank, size, world_size)))
        if out.max(initial=0) >= self._vocab_size:
            slot = int(out.max(axis=1).argmax())
            source = self.sources[runs[slots == slot][0, 5]]
            raise beyond_vocabulary(source, out, self._vocab_size)
        self.position += size
        return out

    def read(self, sample: int) -> Tokens:
        """One sample, wherever the position is: uint16[window + 1]."""
        runs = self._find(np.array([sample])).runs
        window: Tokens = self._read(runs, runs[:, 0], 1)[0]
        return window

    def _find(self, samples: Integers) -> _Ahead:
        source, runs = self._runs(samples)
        number = source[runs.window]
        shard, offset = self._all.find(self._first_of_source[number] + runs.first, runs.length)
        table = [runs.window, runs.column, runs.length, shard, offset, number, runs.first]
        begins = np.searchsorted(runs.window, np.arange(len(samples) + 1))
        return _Ahead(int(samples[0]), begins, np.column_stack(table))

    def _read(self, runs: Integers, rows: Integers, num_rows: int) -> Tokens:
        """Windows from the rows of an `_Ahead.runs`, each of which goes into one of `rows`."""
        out = np.full((num_rows, self.window + 1), self._padding, np.uint16)
        shards = self._all.shards
        for row, (_, column, length, shard, offset, source, first) in zip(
            rows.tolist(), runs.tolist(), strict=True
        ):
            piece = out[row, column : column + length]
            if shard < 0:
                self._streams[source].read(first, piece)
            else:
                shards[shard].read(offset, piece)
        return out

    def runs_of(self, samples: Integers) -> Iterator[tuple[str, list[Run]]]:
        """What each sample is made of: its source, and runs of the source's tokens from left to
        right; between and behind them is padding."""
        numbers, runs = self._runs(samples)
        bounds = np.searchsorted(runs.window, np.arange(len(samples) + 1)).tolist()
        table = np.column_stack([runs.column, runs.first, runs.first + runs.length]).tolist()
        for number, begin, end in zip(numbers.tolist(), bounds, bounds[1:], strict=False):
            yield self.sources[number], [Run(*row) for row in table[begin:end]]

    def _runs(self, samples: Integers) -> tuple[Integers, Runs]:
        """The source of each sample by its place in `sources`, int64[samples], and runs of tokens,
        sample after sample and from left to right."""
        assert samples[-1] < MAX_SAMPLES
        source, draw = self._draws(samples)
        epoch, turn = np.divmod(draw, self._num_windows[source])
        key = self._epoch_key(source, epoch)
        order = permute(turn, self._num_windows[source], key)
        parts = []
        for number, cut in enumerate(self.windows.values()):
            mine = np.flatnonzero(source == number)
            part = cut.runs(order[mine], key[mine])
            parts.append((mine[part.window], part.column, part.first, part.length))
        window, column, first, length = (
            np.concatenate(columns) for columns in zip(*parts, strict=True)
        )
        by_sample = np.argsort(window, kind="stable")
        return source, Runs(*(each[by_sample] for each in (window, column, first, length)))

    def samples_of(self, source: str, first: int, end: int) -> Integers:
        """`runs_of` backwards: the samples before `position` whose window has a token in
        [first, end) of a source, in their order. int64[samples]."""
        number = self._number.get(source)
        if number is None:
            return np.empty(0, np.int64)
        cut = self.windows[source]
        num_draws = self._num_draws(number, self.position)
        found = [np.empty(0, np.int64)]
        for epoch in range(-(-num_draws // cut.num_windows)):
            key = self._epoch_key(np.array([number]), np.array([epoch]))
            orders = cut.holding(first, end, key)
            size = np.full(len(orders), cut.num_windows)
            turns = unpermute(orders, size, np.repeat(key, len(orders)))
            draws = epoch * cut.num_windows + turns
            found.append(draws[draws < num_draws])
        return np.sort(self._samples(number, source, np.concatenate(found)))

    def _epoch_key(self, source: Integers, epoch: Integers) -> Bits:
        """What decides about the order of an epoch's windows."""
        return mix64(self._keys[source] + epoch.astype(np.uint64))

    def epochs(self, num_samples: int) -> dict[str, float]:
        """How often the first samples of the run show each source."""
        return {
            source: self._num_draws(number, num_samples) / self.windows[source].num_windows
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


def beyond_vocabulary(source: str, windows: Tokens, vocab_size: int) -> InputError:
    """What is said where a source's tokens have an id that the tokenizer does not know."""
    return InputError(
        f"a token of source {source} is outside the vocabulary",
        got=f"id {windows.max()}",
        expected=f"0 to {vocab_size - 1}",
        do="find the damaged shard with `corpusforge verify`, and remove it; `corpusforge "
        "tokenize` writes it again",
    )


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


def _key(seed: int, source: str) -> int:
    return int(fingerprint(seed, source)[:16], 16)
