"""The sampler: windows in a keyed order, as a function of one integer."""

import tempfile
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.arrays import Integers
from corpusforge.errors import InputError
from corpusforge.shards.reader import TokenFile, TokenStream
from trainer.data.mixture import WeightedStage
from trainer.data.sampler import Sampler
from trainer.data.windows import ContiguousWindows, WholeDocuments

weights = st.lists(st.integers(1, 1000), min_size=1, max_size=9).map(
    lambda values: {f"source{number}": value for number, value in enumerate(values)}
)


def _stream(num_tokens: int, first: int = 0) -> TokenStream:
    with tempfile.NamedTemporaryFile() as file:
        file.write(np.arange(first, first + num_tokens, dtype="<u2").tobytes())
        file.flush()
        token_file = TokenFile(file.name, num_tokens)
        token_file.read(0, np.empty(1, np.uint16))  # which opens it
    return TokenStream([token_file])


def _sampler(stages: list[WeightedStage], sizes: Mapping[str, int], *, window: int = 8) -> Sampler:
    windows = {source: ContiguousWindows(_stream(size), window) for source, size in sizes.items()}
    return Sampler(windows, stages, window=window, padding=0, seed=7)


def _locate(sampler: Sampler, samples: Integers) -> tuple[Integers, Integers]:
    """The source of each sample, as its position among all, and the first token."""
    found = list(sampler.runs_of(samples)) if len(samples) else []
    sources = np.array([sampler.sources.index(source) for source, _ in found], np.int64)
    return sources, np.array([runs[0].first for _, runs in found], np.int64)


@given(
    sizes=st.lists(st.integers(9, 60), min_size=3, max_size=3),
    change=st.integers(1, 60),
    position=st.integers(0, 120),
    places=st.tuples(st.integers(0, 59), st.integers(0, 59)),
)
@settings(deadline=None, max_examples=100)
def test_tokens_lead_back_to_the_samples_that_hold_them(
    sizes: list[int], change: int, position: int, places: tuple[int, int]
) -> None:
    """Exactly the windows before the position that have one of the tokens, over all epochs."""
    stages = [
        WeightedStage(0, {"b": 2, "c": 3}),
        WeightedStage(change, {"a": 1, "b": 2}),
        WeightedStage(90, {"c": 1}),
    ]
    sampler = _sampler(stages, dict(zip("abc", sizes, strict=True)))
    sampler.position = position
    samples = np.arange(position)
    source, start = _locate(sampler, samples) if position else (samples, samples)
    for number, (name, size) in enumerate(zip("abc", sizes, strict=True)):
        first = min(places) % size
        end = min(max(places) + 1, size)
        end = max(end, first + 1)
        wanted = set(range(first, end))
        expected = [
            sample
            for sample in samples[source == number].tolist()
            if wanted & {(int(start[sample]) + offset) % size for offset in range(9)}
        ]
        assert sampler.samples_of(name, first, end).tolist() == expected


def test_a_source_that_is_not_trained_on_is_in_no_sample() -> None:
    """So its documents have no steps."""
    sampler = _sampler([WeightedStage(0, {"a": 1})], {"a": 50, "b": 50})
    sampler.position = 100
    assert sampler.samples_of("b", 0, 50).tolist() == []


@given(
    weights=weights,
    sizes=st.lists(st.integers(9, 400), min_size=9, max_size=9),
    change=st.integers(1, 200),
)
@settings(deadline=None, max_examples=50)
def test_nothing_repeats_before_its_epoch_ends(
    weights: dict[str, int], sizes: list[int], change: int
) -> None:
    """Each epoch of a source shows every window once, across a change of weights in mid-epoch."""
    stages = [WeightedStage(0, weights), WeightedStage(change, dict.fromkeys(weights, 1))]
    sampler = _sampler(stages, {f"source{n}": size for n, size in enumerate(sizes)})
    source, start = _locate(sampler, np.arange(600))
    for number, name in enumerate(sorted(weights)):
        size = sizes[int(name.removeprefix("source"))]
        num_windows = size // 8
        starts = start[source == number]
        for first in range(0, len(starts), num_windows):
            epoch = starts[first : first + num_windows]
            covered = (epoch[:, None] + np.arange(8)) % size
            assert len(np.unique(covered)) == covered.size


def test_epochs_differ_in_order_and_in_where_windows_start() -> None:
    """A second epoch is not the first one again."""
    sampler = _sampler([WeightedStage(0, {"a": 1})], {"a": 8 * 100})
    _, start = _locate(sampler, np.arange(200))
    first, second = start[:100], start[100:]
    assert first[0] % 8 != second[0] % 8
    assert Counter(first.tolist()) != Counter(second.tolist())


def test_a_window_is_its_tokens_and_the_next_one() -> None:
    """Windows wrap around the end of the tokens, and overlap by the last target."""
    sampler = _sampler([WeightedStage(0, {"a": 1})], {"a": 50})
    rows = sampler.batch(6).astype(int)
    assert rows.shape == (6, 9)
    assert ((rows[:, 1:] - rows[:, :-1]) % 50 == 1).all()


@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_the_stream_does_not_depend_on_the_world_size(world_size: int) -> None:
    """The ranks' slots together are the batch of a single process."""
    stages, sizes = [WeightedStage(0, {"a": 3, "b": 1})], {"a": 4000, "b": 999}
    alone = _sampler(stages, sizes)
    ranks = [_sampler(stages, sizes) for _ in range(world_size)]
    for _ in range(5):
        expected = alone.batch(8)
        together = np.empty_like(expected)
        for rank, sampler in enumerate(ranks):
            together[rank::world_size] = sampler.batch(8, rank=rank, world_size=world_size)
        assert np.array_equal(together, expected)


@given(pieces=st.lists(st.integers(1, 20), min_size=1, max_size=10))
@settings(deadline=None)
def test_the_stream_does_not_depend_on_how_it_is_cut(pieces: list[int]) -> None:
    """Batches of any sizes, each from a new sampler, give the same samples."""
    stages, sizes = (
        [WeightedStage(0, {"a": 3, "b": 2}), WeightedStage(17, {"b": 1})],
        {"a": 4000, "b": 999},
    )
    expected = _sampler(stages, sizes).batch(sum(pieces))
    position, rows = 0, []
    for piece in pieces:
        sampler = _sampler(stages, sizes)
        sampler.position = position
        rows.append(sampler.batch(piece))
        position = sampler.position
    assert np.array_equal(np.concatenate(rows), expected)


def test_another_source_does_not_change_the_order_of_a_source() -> None:
    """A source gives its windows in the same order, alone or with others."""
    _, alone = _locate(_sampler([WeightedStage(0, {"b": 1})], {"b": 999}), np.arange(50))
    source, both = _locate(
        _sampler([WeightedStage(0, {"a": 1, "b": 1})], {"a": 500, "b": 999}), np.arange(100)
    )
    assert np.array_equal(both[source == 1], alone)


def test_a_stage_appended_later_leaves_the_past_alone() -> None:
    """Samples before a new stage are what they were without it."""
    sizes = {"a": 4000, "b": 999}
    _, without = _locate(_sampler([WeightedStage(0, {"a": 1, "b": 1})], sizes), np.arange(100))
    stages = [WeightedStage(0, {"a": 1, "b": 1}), WeightedStage(100, {"b": 1})]
    _, appended = _locate(_sampler(stages, sizes), np.arange(200))
    assert np.array_equal(appended[:100], without)


def test_a_source_smaller_than_a_window_is_an_error() -> None:
    """The message names the source and what to do."""
    with pytest.raises(InputError, match="source a has too few tokens") as caught:
        _sampler([WeightedStage(0, {"a": 1})], {"a": 8})
    assert caught.value.got == "8 tokens"
    assert "at least 9" in caught.value.expected


def test_epochs_count_what_all_stages_show() -> None:
    """Half of 20 samples from ten windows, then all of 15 more."""
    stages = [WeightedStage(0, {"a": 1, "b": 1}), WeightedStage(20, {"a": 1})]
    sampler = _sampler(stages, {"a": 87, "b": 160})
    assert sampler.epochs(20) == {"a": 1.0, "b": 0.5}
    assert sampler.epochs(35) == {"a": 2.5, "b": 0.5}


def test_looking_ahead_does_not_change_a_window() -> None:
    """Places computed ahead equal those of `locate`, over shards, seams and the look-ahead."""
    parts = [_stream(size, first) for size, first in ((9, 0), (4, 9), (40, 13))]
    whole = TokenStream([shard for part in parts for shard in part.shards])
    windows = {"a": ContiguousWindows(whole, 8), "b": ContiguousWindows(_stream(30), 8)}
    sampler = Sampler(windows, [WeightedStage(0, {"a": 2, "b": 1})], window=8, padding=0, seed=1)
    # Within what the first batch looks ahead, over its end, and more than it ever does.
    for size in (4, 3000, 3000, 5000):
        source, start = _locate(sampler, np.arange(sampler.position, sampler.position + size))
        length = np.where(source == 0, 53, 30)
        expected = (start[:, None] + np.arange(9)) % length[:, None]
        assert sampler.batch(size).tolist() == expected.tolist()


def _whole(lengths: list[int], window: int) -> Sampler:
    """One source of documents, whose last tokens are 1."""
    tokens = np.arange(100, 100 + sum(lengths), dtype="<u2")
    tokens[np.cumsum(lengths) - 1] = 1
    with tempfile.NamedTemporaryFile() as file:
        file.write(tokens.tobytes())
        file.flush()
        token_file = TokenFile(file.name, len(tokens))
        token_file.read(0, np.empty(1, np.uint16))
    windows = WholeDocuments(TokenStream([token_file]), np.array(lengths), window)
    return Sampler({"a": windows}, [WeightedStage(0, {"a": 1})], window=window, padding=1, seed=7)


def test_whole_documents_stand_behind_an_end_and_before_padding() -> None:
    """No document is cut, and each appears once per epoch."""
    rows = _whole([3, 2, 4], 6).batch(2).tolist()
    assert sorted(rows) == [[1, 100, 101, 1, 1, 1, 1], [1, 105, 106, 107, 1, 103, 1]]


def test_a_document_that_is_cut_goes_on_behind_its_own_token() -> None:
    """As with contiguous windows, so that the first token of the piece is predicted from it."""
    rows = _whole([2, 9, 2], 4).batch(4).tolist()
    assert sorted(rows) == [
        [1, 102, 103, 104, 105],
        [1, 111, 1, 1, 1],
        [105, 106, 107, 108, 109],
        [109, 1, 100, 1, 1],
    ]


def test_epochs_of_whole_documents_differ_in_their_order() -> None:
    """But they have the same windows."""
    sampler = _whole([5] * 40, 6)
    first, second = (sampler.batch(40).tolist() for _ in range(2))
    assert first != second
    assert sorted(first) == sorted(second)


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=30),
    position=st.integers(0, 60),
    place=st.tuples(st.integers(0, 899), st.integers(1, 20)),
)
@settings(deadline=None, max_examples=100)
def test_whole_documents_lead_back_to_the_samples_that_hold_them(
    lengths: list[int], position: int, place: tuple[int, int]
) -> None:
    """Runs of samples match the windows, and samples of tokens are those whose runs have the
    tokens."""
    sampler = _whole(lengths, 8)
    windows = sampler.batch(position)
    first = place[0] % sum(lengths)
    end = min(first + place[1], sum(lengths))
    expected = []
    stream = sampler.windows["a"].stream
    for sample, (_, runs) in enumerate(sampler.runs_of(np.arange(position)) if position else ()):
        row = np.ones(9, np.uint16)
        for column, start, stop in runs:
            stream.read(start, row[column : column + stop - start])
        assert row.tolist() == windows[sample].tolist() == sampler.read(sample).tolist()
        if any(start < end and first < stop for _, start, stop in runs):
            expected.append(sample)
    assert sampler.samples_of("a", first, end).tolist() == expected


def test_ranks_share_the_batches_of_whole_documents() -> None:
    """The ranks' slots together are the batch of a single process."""
    lengths = [3, 2, 4, 11, 1, 5, 6, 2] * 4
    expected = _whole(lengths, 6).batch(8)
    for rank in range(4):
        mine = _whole(lengths, 6).batch(8, rank=rank, world_size=4)
        assert mine.tolist() == expected[rank::4].tolist()


def test_what_packing_does_is_said() -> None:
    """The number of documents, windows and cut documents, and the share of padding."""
    assert str(_whole([3, 2, 4], 6).windows["a"]) == "3 documents in 2 windows, 25.0% padding"
    assert str(_whole([2, 9, 2], 4).windows["a"]) == (
        "3 documents in 4 windows, 18.8% padding; 1 are longer than a window and cut"
    )
