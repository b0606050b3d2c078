"""The document to keep is chosen by the criteria in order, then by id."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Dedup = Callable[..., dict[str, dict[str, Any]]]

WORDS = " ".join(f"w{n}" for n in range(100))
SOURCES = {
    "one": [
        {"id": "c", "text": WORDS, "license": "MPL-2.0", "meta": json.dumps({"stars": 3})},
        {"id": "b", "text": WORDS, "license": "GPL-3.0-only", "meta": '{"day": "2024-05-01"}'},
    ],
    "another": [
        {"id": "a", "text": WORDS, "license": "MIT", "meta": json.dumps({"stars": 9})},
        {"id": "d", "text": f"{WORDS} and more", "meta": '{"day": "2024-05-01T12:00:00+00:00"}'},
    ],
}


@pytest.mark.parametrize(
    ("keep", "survivor"),
    [
        ([], "another:a"),
        (["first"], "one:b"),
        (["license"], "another:a"),
        (["longest"], "another:d"),
        (["newest:stars"], "another:a"),
        (["newest:day"], "another:d"),
        (["newest:nothing", "first"], "one:b"),
        (["first", "license"], "one:c"),
        (["first", "newest:stars"], "one:c"),
    ],
)
def test_the_criteria_choose(dedup: Dedup, keep: list[str], survivor: str) -> None:
    """One document is kept: the best by the first criterion that distinguishes documents."""
    verdicts = dedup(SOURCES, keep=keep)
    assert [id for id, row in verdicts.items() if row["keep"]] == [survivor]
    assert {row["duplicate_of"] for row in verdicts.values()} == {None, survivor}
    reasons = sorted(str(row["reason"]) for row in verdicts.values())
    assert reasons == ["None", "exact duplicate", "exact duplicate", "near duplicate"]


@pytest.mark.parametrize(
    ("keep", "lines"),
    [
        (
            ["newest:nokey", "newest:stars"],
            "newest:nokey tells no copies apart: none has a number or a date under that key\n",
        ),
        (["first", "newest:day"], ""),
    ],
)
def test_a_key_that_no_copy_has_is_said(
    dedup: Dedup, capsys: pytest.CaptureFixture[str], keep: list[str], lines: str
) -> None:
    """A criterion that decides nothing prints one line; a key that one copy has prints none."""
    dedup(SOURCES, part_rows=1, keep=keep)
    assert capsys.readouterr().err == lines


def test_without_near_duplicates_equal_texts_go(dedup: Dedup) -> None:
    """`exact_only` reads no signature; `enabled: false` keeps all."""
    exact = dedup(SOURCES, exact_only=True)
    assert [id for id, row in exact.items() if row["keep"]] == ["one:b", "another:d"]
    assert all(row["keep"] for row in dedup(SOURCES, enabled=False).values())
