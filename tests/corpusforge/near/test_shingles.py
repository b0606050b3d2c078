"""The kernels agree with sets of Python objects."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.brute_force import shingles
from corpusforge.config import ShingleConfig, ShingleUnit
from corpusforge.near import shingle_kernels
from corpusforge.near.banding import SLOTS
from corpusforge.near.scratch import LoadedSets
from corpusforge.near.shingle_kernels import Hashes
from corpusforge.near.shingles import hash_table, shingle_sets, sign_texts
from corpusforge.near.verifier import similarities
from corpusforge.storage.documents import string_buffers

# Few letters, so that shingles repeat; every length of UTF-8; scripts without spaces.
TEXTS = st.text(st.sampled_from("aAbB_1 \n-éßİμ漢字かなกข한글عرب🙂\x00\U00020000"), max_size=60)


# Long enough to enter, leave and enter again the blocks of 64 bytes in which ASCII is read.
LONG = st.lists(
    st.sampled_from(
        [
            "word",
            "Az",
            "_9",
            "x" * 7,
            "Y" * 8,
            "z" * 17,
            "q" * 70,
            "é",
            "漢",
            " ",
            "\n",
            "@[`{/:",
            "🙂",
        ]
    ),
    max_size=80,
).map("".join)


def _sets(texts: list[str], size: int = 5, unit: ShingleUnit = "word") -> list[Hashes]:
    config = ShingleConfig(size=size, unit=unit)
    hashes, lengths = shingle_sets(*string_buffers(pa.array(texts, pa.string())), config)
    return np.split(hashes, np.cumsum(lengths)[:-1]) if texts else []


@pytest.mark.parametrize("unit", ["word", "character"])
@given(texts=st.lists(TEXTS | LONG, max_size=8), size=st.integers(1, 6))
@settings(deadline=None, max_examples=200)
def test_equal_shingles_have_equal_hashes_and_no_others(
    unit: ShingleUnit, texts: list[str], size: int
) -> None:
    """Each set has the right size, and any two share as much as the sets of tuples."""
    expected = [shingles(text, size, unit) for text in texts]
    found = [frozenset(of_text.tolist()) for of_text in _sets(texts, size, unit)]
    assert [len(one) for one in found] == [len(one) for one in expected]
    for i in range(len(texts)):
        for j in range(i):
            assert len(found[i] & found[j]) == len(expected[i] & expected[j])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("🙂 ... 🙂", 0),
        ("word", 1),
        ("one two three four", 1),
        ("one two three four five", 1),
        ("one two three four five six", 2),
        ("空白のない文章", 3),
        ("same " * 1000, 1),
    ],
)
def test_a_short_text_is_one_shingle_and_a_text_without_words_is_none(
    text: str, count: int
) -> None:
    """Edges of the definition, one by one."""
    assert len(_sets([text])[0]) == count


@given(st.lists(st.integers(0, 5000), max_size=4000))
@settings(deadline=None, max_examples=50)
def test_distinct_values_are_moved_to_the_front(values: list[int]) -> None:
    """In the order of their first places, however often the table grows."""
    hashes = np.array(values, np.uint64)
    count = shingle_kernels.keep_distinct(hashes, len(hashes), hash_table(len(hashes)))
    assert hashes[:count].tolist() == list(dict.fromkeys(values))


@pytest.mark.parametrize("size", [1, 3, 10, 60, 400, 20_000])
def test_slots_agree_as_often_as_the_sets_are_similar(size: int) -> None:
    """At three similarities, sets from smaller than a signature to much larger."""
    draw = np.random.default_rng(size)
    for shared in (0.0, 0.5, 0.9):
        agreeing = []
        repeats = 200 if size < 1000 else 20
        expected = 0.0
        for _ in range(repeats):
            hashes = draw.integers(0, 2**63, 2 * size, np.uint64)
            common = round(shared * size)
            one, other = hashes[:size], hashes[size - common : 2 * size - common]
            expected = common / (2 * size - common)
            agreeing.append(np.mean(_sketch(one) == _sketch(other)))
        deviation = np.sqrt(max(expected * (1 - expected), 1e-4) / SLOTS / repeats)
        # Shingles of one set are in one place or another together, so small sets vary more.
        spread = np.std(agreeing) / np.sqrt(repeats)
        assert abs(np.mean(agreeing) - expected) < 4 * max(deviation, spread)


def test_a_signature_depends_on_the_set_alone() -> None:
    """Order, repetition and the texts before it in the column do not change it."""
    words = [f"w{number}" for number in range(200)]
    text = " ".join(words)
    repeated = " ".join(words + words[-5:] + words)
    column = pa.array(["something else", text, text.upper().replace(" ", "\n-- "), text])
    signatures, counts = sign_texts(*string_buffers(column), ShingleConfig())
    assert np.array_equal(signatures[1], signatures[2])
    assert np.array_equal(signatures[1], signatures[3])
    assert counts.tolist() == [1, 196, 196, 196]
    one, other = _sets([repeated]), _sets([text])
    assert set(other[0].tolist()) < set(one[0].tolist())
    both = np.concatenate([one[0], one[0][::-1]])
    assert np.array_equal(_sketch(both), _sketch(one[0]))


@given(st.lists(st.frozensets(st.integers(1, 60), max_size=40), min_size=2, max_size=8))
@settings(deadline=None)
def test_similarities_are_exact_above_the_threshold_and_zero_below(
    sets: list[frozenset[int]],
) -> None:
    """All pairs of some sets, at thresholds that many of them are exactly at."""
    lengths = np.array([len(one) for one in sets])
    hashes = np.array([element for one in sets for element in one], np.uint64)
    left, right = np.divmod(np.arange(len(sets) ** 2), len(sets))
    for threshold in (0.25, 0.5, 0.8, 1.0):
        contents = np.arange(len(sets), dtype=np.int32)
        loaded = LoadedSets(contents, hashes, np.cumsum(lengths) - lengths, lengths)
        found = similarities(loaded, left, right, threshold)
        for one, other, similarity in zip(left.tolist(), right.tolist(), found, strict=True):
            union = len(sets[one] | sets[other])
            true = len(sets[one] & sets[other]) / union if union else 0.0
            assert similarity == (np.float32(true) if true >= threshold else 0)


def _sketch(hashes: Hashes) -> np.ndarray:
    out = np.empty(SLOTS, np.uint16)
    scratch = hashes.copy()
    number = np.array([len(scratch)])
    slots = np.empty(SLOTS, np.uint64)
    shingle_kernels.sign_sets(scratch, number, number, hash_table(len(scratch)), slots, out)
    return out
