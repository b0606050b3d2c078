"""Clusters agree with brute force, whatever the order, the parts and the workers."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.brute_force import jaccard, shingles, true_pairs
from corpusforge.config import PUBLISHED

Verdicts = dict[str, dict[str, Any]]
Dedup = Callable[..., Verdicts]

# Texts of a few words in a few orders: many copies, near-duplicates and chains of them.
TEXTS = st.lists(st.lists(st.sampled_from("abcde"), max_size=12).map(" ".join), max_size=24)
SAME_FIXTURE = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _documents(texts: Sequence[str]) -> list[dict[str, str]]:
    return [{"id": f"{number:05}", "text": text} for number, text in enumerate(texts)]


def _clusters(verdicts: Verdicts) -> set[frozenset[str]]:
    members: dict[str, set[str]] = defaultdict(set)
    for id, row in verdicts.items():
        members[row["duplicate_of"] or id].add(id)
    return {frozenset(ids) for ids in members.values()}


def _check(texts: dict[str, str], verdicts: Verdicts, threshold: float) -> None:
    """Check what holds for any verdicts, whatever was found."""
    sets = {id: shingles(text) for id, text in texts.items()}
    for id, row in verdicts.items():
        if row["keep"]:
            assert (row["reason"], row["duplicate_of"], row["similarity"]) == (None, None, None)
            continue
        assert verdicts[row["duplicate_of"]]["keep"], "a cluster lost all its members"
        partner = row["partner"] or row["duplicate_of"]
        assert (verdicts[partner]["duplicate_of"] or partner) == row["duplicate_of"]
        if row["reason"] == "exact duplicate":
            assert row["similarity"] == 1
            assert texts[id] == texts[partner]
        else:
            assert row["reason"] == "near duplicate"
            assert texts[id] != texts[partner]
            true = jaccard(sets[id], sets[partner])
            assert true >= threshold
            assert row["similarity"] == pytest.approx(true, abs=1e-6)


@given(TEXTS, st.sampled_from([0.4, 0.8, 1.0]))
@SAME_FIXTURE
def test_every_dropped_document_has_a_true_partner(
    dedup: Dedup, texts: list[str], threshold: float
) -> None:
    """Precision is 1, similarities are exact, each cluster keeps one document."""
    documents = _documents(texts)
    verdicts = dedup({"s": documents}, threshold=threshold)
    _check({f"s:{d['id']}": d["text"] for d in documents}, verdicts, threshold)


@given(TEXTS, st.randoms(use_true_random=False))
@SAME_FIXTURE
def test_order_parts_and_workers_change_nothing(
    dedup: Dedup, texts: list[str], draw: random.Random
) -> None:
    """The same verdict for every id."""
    documents = _documents(texts)
    expected = dedup({"s": documents}, threshold=0.5)
    draw.shuffle(documents)
    assert dedup({"s": documents}, part_rows=3, workers=3, threshold=0.5) == expected


@given(TEXTS)
@SAME_FIXTURE
def test_dropping_again_drops_nothing(dedup: Dedup, texts: list[str]) -> None:
    """No two survivors are near-duplicates, as far as bands can tell."""
    documents = _documents(texts)
    verdicts = dedup({"s": documents}, threshold=0.8)
    left = [document for document in documents if verdicts[f"s:{document['id']}"]["keep"]]
    assert all(row["keep"] for row in dedup({"s": left}, threshold=0.8).values())


def _edited(words: list[str], edits: int, draw: random.Random) -> str:
    words = list(words)
    for _ in range(edits):
        words[draw.randrange(len(words))] = f"edit{draw.randrange(10**9)}"
    return " ".join(words)


@pytest.mark.parametrize("threshold", [0.6, 0.8])
def test_true_pairs_meet_in_one_cluster(dedup: Dedup, threshold: float) -> None:
    """At least 99 % of thousands of true pairs are in one cluster."""
    draw = random.Random(8)
    texts = []
    for _ in range(150):
        words = [f"w{draw.randrange(5000)}" for _ in range(draw.choice([12, 40, 120, 400]))]
        texts += [_edited(words, draw.randrange(max(len(words) // 25, 2)), draw) for _ in range(8)]
    verdicts = dedup({"s": _documents(texts)}, threshold=threshold, part_rows=200)
    sets = [shingles(text) for text in texts]
    pairs = list(true_pairs(sets, threshold))
    cluster = {id: row["duplicate_of"] or id for id, row in verdicts.items()}
    together = [cluster[f"s:{one:05}"] == cluster[f"s:{other:05}"] for one, other, _ in pairs]
    assert len(pairs) > 1300
    assert sum(together) >= 0.99 * len(pairs)
    _check({f"s:{n:05}": text for n, text in enumerate(texts)}, verdicts, threshold)


@pytest.mark.parametrize("like", sorted(PUBLISHED))
def test_published_settings_find_pairs_by_their_own_shingles(dedup: Dedup, like: str) -> None:
    """Pairs are similar by the shingles of that corpus, at its threshold."""
    draw = random.Random(9)
    published = PUBLISHED[like]
    texts = []
    for _ in range(40):
        words = [f"w{draw.randrange(5000)}" for _ in range(300)]
        texts += [_edited(words, draw.randrange(3), draw) for _ in range(5)]
    verdicts = dedup({"s": _documents(texts)}, **published)
    size, unit = published["shingle_size"], published["shingle_unit"]
    sets = [shingles(text, size, unit) for text in texts]
    threshold = published["threshold"]
    certain = list(true_pairs(sets, threshold + 0.1))
    cluster = [verdicts[f"s:{n:05}"]["duplicate_of"] or f"s:{n:05}" for n in range(len(texts))]
    found = sum(cluster[one] == cluster[other] for one, other, _ in certain)
    assert len(certain) > 50
    # The curve of SlimPajama's bands is the lowest: 0.95 at 0.9.
    assert found >= 0.95 * len(certain)
    dropped = [row for row in verdicts.values() if not row["keep"]]
    assert min(row["similarity"] for row in dropped) >= threshold


def test_the_judge_finds_all_pairs() -> None:
    """Joining by the rarest elements finds the same pairs as comparing all with all."""
    draw = random.Random(3)
    sets: list[frozenset[object]] = [
        frozenset(draw.choices(range(30), k=draw.randrange(20))) for _ in range(120)
    ]
    for threshold in (0.3, 0.5, 0.8):
        every = {
            (i, j, jaccard(sets[i], sets[j]))
            for j in range(len(sets))
            for i in range(j)
            if jaccard(sets[i], sets[j]) >= threshold
        }
        assert set(true_pairs(sets, threshold)) == every


def test_two_pairs_that_share_a_bucket_stay_two(dedup: Dedup) -> None:
    """Only (0, 1) and (2, 3) are true pairs: one of each is kept, not one of four."""
    header = " ".join(f"h{n}" for n in range(60))
    one, other = (" ".join(f"{name}{n}" for n in range(40)) for name in "ab")
    texts = [f"{header} {one}", f"{header} {one} x", f"{header} {other}", f"{header} {other} x"]
    verdicts = dedup({"s": _documents(texts)})
    assert _clusters(verdicts) == {
        frozenset({"s:00000", "s:00001"}),
        frozenset({"s:00002", "s:00003"}),
    }


def test_a_chain_of_near_duplicates_is_one_cluster(dedup: Dedup) -> None:
    """Each names the previous one as its partner, and the first as the survivor."""
    words = [f"w{n}" for n in range(400)]
    texts = [" ".join(words[start : start + 200]) for start in range(0, 120, 15)]
    similar = [jaccard(shingles(a), shingles(b)) for a, b in pairwise(texts)]
    assert min(similar) > 0.8 > jaccard(shingles(texts[0]), shingles(texts[2]))
    verdicts = dedup({"s": _documents(texts)})
    assert [row["duplicate_of"] for row in verdicts.values()] == [None] + ["s:00000"] * 7
    assert [row["partner"] for row in verdicts.values()] == [
        None,
        None,
        *(f"s:{n:05}" for n in range(1, 7)),
    ]


def test_true_pairs_in_a_crowd_under_one_header_are_found(dedup: Dedup) -> None:
    """Hundreds of texts share three quarters of their words; pairs among them share more."""
    draw = random.Random(11)
    header = [f"h{n}" for n in range(300)]
    texts = []
    for _ in range(300):
        body = [f"b{draw.randrange(10**9)}" for _ in range(100)]
        texts += [" ".join(header + body), " ".join(header + body[:60] + ["x"] + body[60:])]
    verdicts = dedup({"s": _documents(texts)}, threshold=0.9)
    expected = {frozenset({f"s:{n:05}", f"s:{n + 1:05}"}) for n in range(0, 600, 2)}
    assert len(_clusters(verdicts) & expected) >= 297
    _check({f"s:{n:05}": text for n, text in enumerate(texts)}, verdicts, 0.9)


@pytest.mark.parametrize(
    ("texts", "clusters"),
    [
        (["", "", "🙂", "🙂🙂", "..."], [["", ""], ["🙂"], ["🙂🙂"], ["..."]]),
        (["Word", "word!", "other"], [["Word", "word!"], ["other"]]),
        (["one two", "One, two.", "two one"], [["one two", "One, two."], ["two one"]]),
        (
            ["النصوص العربية", "النصوص، العربية", "نص آخر تماما"],
            [["النصوص العربية", "النصوص، العربية"], ["نص آخر تماما"]],
        ),
        (
            ["空白のない文章も", "空白のない、文章も。", "別の文章"],
            [["空白のない文章も", "空白のない、文章も。"], ["別の文章"]],
        ),
    ],
)
def test_short_and_foreign_texts(dedup: Dedup, texts: list[str], clusters: list[list[str]]) -> None:
    """Texts without words are duplicates only if equal; others are compared by their words."""
    verdicts = dedup({"s": _documents(texts)})
    found = sorted(sorted(texts[int(id[2:])] for id in ids) for ids in _clusters(verdicts))
    assert found == sorted(sorted(cluster) for cluster in clusters)


def test_a_huge_line_is_compared_like_any_other(dedup: Dedup) -> None:
    """Fifty megabytes without a line break, of distinct words and of one word."""
    many = " ".join(f"w{n}" for n in range(6_500_000))
    texts = [many, many + " more", "word " * 10_000_000, "word " * 8_000_000]
    verdicts = dedup({"s": _documents(texts)})
    assert [row["duplicate_of"] for row in verdicts.values()] == [None, "s:00000", None, "s:00002"]
