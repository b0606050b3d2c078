"""Batches of windows as a pure function of the sample number, so that one integer is the state.

A sample is numbered n = step × batch + slot. `mixture.py` turns n into a source and a draw from it.
From the draw follow, without a table, the epoch of the source and the window of its tokens;
`windows.py` turns a window into runs of tokens.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpusforge.arrays import Integers
from corpusforge.errors import InputError
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.reader import ShardSet, Tokens, TokenStream
from corpusforge.storage.files import fingerprint
from trainer.data.config import PackingKind
from trainer.data.mixture import MAX_SAMPLES, Mixture, WeightedStage
from trainer.data.permutation import Bits, mix64, permute, unpermute
from trainer.data.windows import ContiguousWindows, Run, Runs, WholeDocuments, Windows

# Samples whose places are computed in one call: a call costs more than the arithmetic of a few.
_LOOK_AHEAD = 4096


@dataclass(frozen=True)
class _Ahead:
    """Runs of consecutive samples, computed before they are read.

    `runs` has a row per run, int64[runs, 7]: sample, column in its window, length, shard, first
    token in the shard, source, first token in the source. Samples are counted from `first_sample`;
    the shard is -1 for a run that crosses shards. `begins` has the first run of each sample,
    int64[samples + 1].
    """

    first_sample: int
    begins: Integers
    runs: Integers

    @property
    def num_samples(self) -> int:
        return len(self.begins) - 1


class Sampler:
    """Batches of windows from weighted sources; `position` is the number of the next sample.

    An epoch of a source shows each of its windows once, in a keyed order.
    """

    def __init__(
        self,
        windows: Mapping[str, Windows],
        stages: Sequence[WeightedStage],
        *,
        window: int,
        padding: int,
        seed: int,
        vocab_size: int = 1 << 16,
    ) -> None:
        """Sample from windows by source, `window` + 1 tokens each.

        `padding` is the token id where no run covers the window.

        Raises:
            InputError: a source has no window.
        """
        self.window = window
        self.mixture = Mixture(stages)
        self.sources = self.mixture.sources
        self.position = 0
        self.windows = {source: windows[source] for source in self.sources}
        for source, cut in self.windows.items():
            if not cut.num_windows:
                raise InputError(
                    f"source {source} has too few tokens for one window",
                    got=f"{cut.stream.num_tokens:,} tokens",
                    expected=f"at least {window + 1:,}: model.context + 1",
                    do=f"lower model.context, give {source} more documents, or leave it out with "
                    "training.data.mixture",
                )
        self._padding = padding
        self._vocab_size = vocab_size
        self._num_windows = np.array([cut.num_windows for cut in self.windows.values()])
        # By name, so that adding a source does not change the order of another one.
        self._keys = np.array([_key(seed, source) for source in self.sources], np.uint64)
        # All sources in one stream, so that one search finds the shards of many runs.
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
        stages: Sequence[WeightedStage],
        *,
        window: int,
        seed: int,
        packing: PackingKind = "contiguous",
    ) -> "Sampler":
        """Sample from the sources of a shard directory that the stages name.

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
        """Read the next `size` samples, or a rank's slots of them: uint16[slots, window + 1].

        The position moves by `size` on every rank, so that all ranks stay together.

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
        """Read one sample, independently of the position: uint16[window + 1]."""
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
        """Read windows; each row of `_Ahead.runs` goes into one of `rows`."""
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
        """The source of each sample and its runs of tokens, from left to right; the rest of the
        window is padding."""
        numbers, runs = self._runs(samples)
        bounds = np.searchsorted(runs.window, np.arange(len(samples) + 1)).tolist()
        table = np.column_stack([runs.column, runs.first, runs.first + runs.length]).tolist()
        for number, begin, end in zip(numbers.tolist(), bounds, bounds[1:], strict=False):
            yield self.sources[number], [Run(*row) for row in table[begin:end]]

    def _runs(self, samples: Integers) -> tuple[Integers, Runs]:
        """The source of each sample as its position in `sources`, int64[samples], and the runs of
        tokens in order of samples and columns."""
        assert samples[-1] < MAX_SAMPLES
        source, draw = self.mixture.draws(samples)
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
        """The inverse of `runs_of`: the samples before `position` whose window has a token in
        [first, end) of a source, in order. int64[samples]."""
        if source not in self.sources:
            return np.empty(0, np.int64)
        number, cut = self.sources.index(source), self.windows[source]
        num_draws = int(self.mixture.num_draws(self.position)[number])
        found = [np.empty(0, np.int64)]
        for epoch in range(-(-num_draws // cut.num_windows)):
            key = self._epoch_key(np.array([number]), np.array([epoch]))
            orders = cut.holding(first, end, key)
            size = np.full(len(orders), cut.num_windows)
            turns = unpermute(orders, size, np.repeat(key, len(orders)))
            draws = epoch * cut.num_windows + turns
            found.append(draws[draws < num_draws])
        return np.sort(self.mixture.samples(number, np.concatenate(found)))

    def _epoch_key(self, source: Integers, epoch: Integers) -> Bits:
        """The key of the order of an epoch's windows."""
        return mix64(self._keys[source] + epoch.astype(np.uint64))

    def epochs(self, num_samples: int) -> dict[str, float]:
        """How often the first samples of the run show each source."""
        epochs = self.mixture.num_draws(num_samples) / self._num_windows
        return dict(zip(self.sources, epochs.tolist(), strict=True))


def documents_of(
    shards: ShardSet, sampler: Sampler, first: int, count: int
) -> Iterator[dict[str, Any]]:
    """Name the documents of `count` samples from `first` on: slot, source, document ids.

    Raises:
        InputError: a document index is missing or damaged.
    """
    for slot, (source, runs) in enumerate(sampler.runs_of(np.arange(first, first + count))):
        lookup = Lookup(shards, "train", source)
        found = [document for run in runs for document in lookup.between(run.first, run.end)]
        yield {"slot": slot, "source": source, "documents": [document.id for document in found]}


def beyond_vocabulary(source: str, windows: Tokens, vocab_size: int) -> InputError:
    """The error of a source whose tokens have an id that the tokenizer does not have."""
    return InputError(
        f"a token of source {source} is outside the vocabulary",
        got=f"id {windows.max()}",
        expected=f"0 to {vocab_size - 1}",
        do="find the damaged shard with `corpusforge verify` and remove it; `corpusforge tokenize` "
        "writes it again",
    )


def _key(seed: int, source: str) -> int:
    return int(fingerprint(seed, source)[:16], 16)
