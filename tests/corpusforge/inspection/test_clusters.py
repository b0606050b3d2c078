"""Inspecting duplicates: the summary, one cluster, the difference of two documents."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from corpusforge.cli import cli

WORDS = [f"w{n}" for n in range(100)]
TEXTS = {
    "a": "\n".join(WORDS),
    "b": "\n".join([*WORDS, "more"]),
    "c": "\n".join([*WORDS, "more"]),
    "d": "\n".join([*WORDS[:50], "other", *WORDS[50:]]),
    "e": "nothing like it",
    "f": "Nothing like it!",
    "g": "alone",
}


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def root(tmp_path: Path, build_tree: Callable[..., Path]) -> Path:
    """A corpus with a cluster of four, one of two and a document without duplicates."""
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in TEXTS.items()))
    source = {"type": "jsonl", "name": "s", "path": str(path), "id_key": "id", "license": "MIT"}
    tree: dict[str, Any] = {
        "output_dir": str(tmp_path / "run"),
        "corpus": {"train_sources": [source]},
    }
    return build_tree(tree, until="dedup")


def test_the_report_counts_clusters_by_size_and_documents_by_similarity(root: Path) -> None:
    """A threshold drops the documents that are at least as similar."""
    duplicates = json.loads(_run("report", root, "--json").stdout)["duplicates"]
    assert duplicates == {
        "threshold": 0.8,
        "clusters": 2,
        "dropped": 4,
        "sizes": {"2": 1, "3-4": 1},
        "similarities": {"0.80": 0, "0.85": 0, "0.90": 1, "0.95": 1, "1.00": 2},
        "dropped_at": {"0.80": 4, "0.85": 4, "0.90": 4, "0.95": 3, "1.00": 2},
        "largest": {"s:a": 4, "s:e": 2},
        "cut": None,
    }
    shown = _run("report", root).stdout
    assert "2 clusters, 4 documents dropped from them" in shown
    assert "             4   s:a" in shown


@pytest.mark.parametrize("threshold", ["0.9", "0.95", "1.0"])
def test_a_dry_run_says_what_a_run_would_do(root: Path, threshold: str) -> None:
    """At every threshold above that of the last run, without changing anything."""
    predicted = json.loads(_run("dedup", root, "--dry-run", "--json").stdout)
    assert _run("dedup", root, "--threshold", threshold).exit_code == 0
    done = json.loads(_run("report", root, "--json").stdout)["duplicates"]
    assert done["dropped"] == predicted[f"{float(threshold):.2f}"]


def test_explain_shows_what_was_kept_and_dropped_and_why(root: Path) -> None:
    """Any member leads to the whole cluster, and each member names its partner."""
    expected = {
        "survivor": "s:a",
        "members": [
            {"id": "s:c", "reason": "exact duplicate", "similarity": 1.0, "partner": "s:b"},
            {
                "id": "s:b",
                "reason": "near duplicate",
                "similarity": pytest.approx(96 / 97),
                "partner": "s:a",
            },
            {
                "id": "s:d",
                "reason": "near duplicate",
                "similarity": pytest.approx(92 / 101),
                "partner": "s:a",
            },
        ],
    }
    for id in ("s:a", "s:c"):
        shown = json.loads(_run("explain", root, id, "--json").stdout)
        assert {key: shown[key] for key in expected} == expected
    text = _run("explain", root, "s:d").stdout
    assert "kept: s:a" in text
    assert "  1.000  exact duplicate: s:c   (like s:b)" in text
    assert "no other document is like it" in _run("explain", root, "s:g").stdout


def test_explain_shows_a_diff_of_any_pair(root: Path) -> None:
    """Unified, with the ids as names."""
    shown = _run("explain", root, "s:a", "--diff", "s:d").stdout.splitlines()
    assert shown[:2] == ["--- s:a", "+++ s:d"]
    assert [line for line in shown[2:] if line[0] in "+-"] == ["+other"]


def test_unknown_ids_and_missing_stages_are_errors(root: Path, tmp_path: Path) -> None:
    """A wrong id, and a corpus that has not been deduplicated."""
    assert "there is no such document" in _run("explain", root, "s:none").stderr
    assert "there is no such document" in _run("explain", root, "s:a", "--diff", "x").stderr
    assert "the dedup step has not been run" in _run("dedup", tmp_path, "--dry-run").stderr
