"""Every copy of a document that another corpus keeps is dropped."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from corpusforge.errors import ConfigError, RunError
from corpusforge.storage.layout import Layout

Tree = dict[str, Any]
Build = Callable[..., Path]

KNOWN = " ".join(f"w{n}" for n in range(50))


def _tree(root: Path, name: str, texts: list[str], **dedup: Any) -> Tree:
    path = root / f"{name}.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return {
        "output_dir": str(root / name),
        "corpus": {
            "train_sources": [{"type": "jsonl", "name": name, "path": str(path)}],
            "license": {"unknown": "keep"},
            "dedup": dedup,
            "part_bytes": 500,
        },
    }


def _verdicts(root: Path) -> dict[str, dict[str, Any]]:
    tables = [pq.read_table(p) for p in sorted(Layout(root).verdict("dedup").glob("*.parquet"))]
    return {row.pop("id"): row for table in tables for row in table.to_pylist()}


def test_every_copy_of_an_indexed_document_goes(tmp_path: Path, build_tree: Build) -> None:
    """Three copies of a text, a near-duplicate of it, and a text that only the index has."""
    others = ["nothing like it at all is here", "short"]
    build_tree(_tree(tmp_path, "old", [KNOWN, KNOWN, *others]), until="dedup")
    texts = [KNOWN, KNOWN, "Short!", f"{KNOWN} more", "something new", KNOWN]
    new = build_tree(
        _tree(tmp_path, "new", texts, against=[str(tmp_path / "old")], keep="longest"),
        until="dedup",
    )
    rows = list(_verdicts(new).values())
    indexed = [id for id, row in _verdicts(tmp_path / "old").items() if row["keep"]]
    assert len(indexed) == 3
    assert [row["keep"] for row in rows] == [False, False, False, False, True, False]
    exact, near = "exact duplicate in another corpus", "near duplicate in another corpus"
    assert [row["reason"] for row in rows] == [exact, exact, near, near, None, exact]
    assert [row["duplicate_of"] for row in rows] == [
        indexed[0], indexed[0], indexed[2], indexed[0], None, indexed[0]
    ]  # fmt: skip
    assert rows[3]["similarity"] == pytest.approx(46 / 47)


def test_what_the_index_is_decides_whether_verdicts_are_current(
    tmp_path: Path, build_tree: Build
) -> None:
    """A changed index changes the verdicts; an unchanged index leaves nothing to do."""
    build_tree(_tree(tmp_path, "old", ["one text"]), until="dedup")
    tree = _tree(tmp_path, "new", ["one text", "another text"], against=[str(tmp_path / "old")])
    new = build_tree(tree, until="dedup")
    assert [row["keep"] for row in _verdicts(new).values()] == [False, True]
    build_tree(tree, until="dedup")
    log = [json.loads(line) for line in Layout(new).log.read_text().splitlines()]
    assert log[-1]["summary"] == "up to date"
    build_tree(_tree(tmp_path, "old", ["another text"]), until="dedup")
    build_tree(tree, until="dedup")
    assert [row["keep"] for row in _verdicts(new).values()] == [True, False]


def test_an_index_without_verdicts_or_of_other_shingles_is_refused(
    tmp_path: Path, build_tree: Build
) -> None:
    """The message names the directory and the command that fixes it."""
    old = _tree(tmp_path, "old", ["one text"])
    new = _tree(tmp_path, "new", ["one text"], against=[str(tmp_path / "old")])
    with pytest.raises(RunError, match="there is no corpus here"):
        build_tree(new, until="dedup")
    build_tree(old, until="license")
    with pytest.raises(RunError, match="has not been deduplicated") as caught:
        build_tree(new, until="dedup")
    assert (
        caught.value.do
        == f"run `corpusforge dedup {tmp_path / 'old'} --shingle-size 5 --shingle-unit word` first"
    )
    old["corpus"]["dedup"] = {"shingle_size": 3}
    build_tree(old, until="dedup")
    with pytest.raises(RunError, match="no signatures of this kind"):
        build_tree(new, until="dedup")
    new["corpus"]["dedup"]["exact_only"] = True
    assert not any(row["keep"] for row in _verdicts(build_tree(new, until="dedup")).values())


def test_a_corpus_is_not_its_own_index(tmp_path: Path, build_tree: Build) -> None:
    """Every document would be a duplicate; the earlier verdicts stay."""
    tree = _tree(tmp_path, "new", ["one text"])
    verdicts = Layout(build_tree(tree, until="dedup")).manifest("dedup")
    before = verdicts.read_bytes()
    tree["corpus"]["dedup"] = {"against": [str(tmp_path / "new")]}
    with pytest.raises(ConfigError, match="cannot be its own index"):
        build_tree(tree, until="dedup")
    assert verdicts.read_bytes() == before
