"""A build is skipped where nothing changed, goes on where it stopped, and always adds up."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from corpusforge.errors import ConfigError, InputError, RunError
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import load_manifest

Tree = dict[str, Any]
# Differ between equal runs: what ran when, and the lock.
UNSTABLE = {"corpus/log.jsonl", "corpus/.lock"}


def _files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).as_posix() not in UNSTABLE
    }


def _verdicts(root: Path, stage: str) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for path in sorted(Layout(root).verdict(stage).glob("*.parquet")):
        rows |= {row["id"]: row for row in pq.read_table(path).to_pylist()}
    return rows


def test_every_document_has_the_verdict_its_licence_asks_for(small_corpus: Path) -> None:
    """Each reason to drop a document has its own document."""
    rows = _verdicts(small_corpus, "license")
    dropped = {
        id.removeprefix("documents:"): row["reason"] for id, row in rows.items() if not row["keep"]
    }
    assert dropped == {
        "tag-gpl": "license denied: GPL-3.0-or-later is strong-copyleft",
        "both": "license denied: GPL-2.0-only is strong-copyleft",
        "bsd-bare": "license unknown: LicenseRef-unspecified-BSD is not known",
        "classifiers": "license unknown: no licence",
        "nobody": "license unknown: no licence",
        "noassertion": "license unknown: no licence",
        "proprietary": "license denied: LicenseRef-proprietary is proprietary",
        "noncommercial": "license denied: CC-BY-NC-4.0 is non-commercial",
    }
    assert rows["documents:dual"]["taken"] == "MIT"


def test_the_first_copy_stays_and_the_others_name_it(small_corpus: Path) -> None:
    """Rows that an earlier stage dropped are not judged."""
    rows = _verdicts(small_corpus, "dedup")
    assert rows["documents:add-copy"] == {
        "id": "documents:add-copy",
        "keep": False,
        "reason": "exact duplicate",
        "duplicate_of": "documents:add",
        "similarity": 1.0,
        "partner": None,
    }
    assert rows["documents:gcd-copy"]["duplicate_of"] == "documents:gcd"
    assert rows["documents:add"]["keep"] is True
    assert rows["documents:nobody"]["keep"] is None


def test_splits_are_disjoint_and_cover_what_is_kept(small_corpus: Path) -> None:
    """A held-out source is held out whole, and copies of a text never stand on both sides."""
    rows = _verdicts(small_corpus, "split")
    assert {row["split"] for row in rows.values()} == {"train", "validation", None}
    for id, row in rows.items():
        assert (row["split"] is None) == (row["keep"] is None)
        if id.startswith("synthetic-validation:"):
            assert row["split"] == "validation"


def test_facts_and_verdicts_are_aligned_with_their_document_file(small_corpus: Path) -> None:
    """Same name, same rows, same order."""
    layout = Layout(small_corpus)
    names = sorted(path.name for path in layout.documents.glob("*.parquet"))
    assert len(names) > 5
    for name in names:
        ids = pq.read_table(layout.documents / name)["id"].to_pylist()
        assert pq.read_metadata(layout.fact("license") / name).num_rows == len(ids)
        for stage in ("license", "dedup", "split"):
            assert pq.read_table(layout.verdict(stage) / name)["id"].to_pylist() == ids


def test_a_second_build_changes_and_reads_nothing(
    tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path]
) -> None:
    """Every stage says that it is up to date; no file is written again."""
    root = build_tree(experiment(tmp_path / "run"))
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    build_tree(experiment(tmp_path / "run"))
    log = [json.loads(line) for line in Layout(root).log.read_text().splitlines()]
    assert {entry["summary"] for entry in log[len(log) // 2 :]} == {"up to date"}
    changed = {path for path, time_ns in before.items() if path.stat().st_mtime_ns != time_ns}
    assert {path.name for path in changed} <= {"log.jsonl", ".lock"}


def test_a_changed_policy_reads_no_text_again(
    tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path]
) -> None:
    """Documents and facts stay as they are; only verdicts and what follows are made anew."""
    tree = experiment(tmp_path / "run")
    root = build_tree(tree, until="split")
    kept = load_manifest(Layout(root).manifest("license"))
    times = {
        path: path.stat().st_mtime_ns
        for folder in (Layout(root).documents, Layout(root).fact("license"))
        for path in folder.glob("*")
    }
    tree["corpus"]["license"] = {"policy": "any", "unknown": "keep"}
    build_tree(tree, until="split")
    after = load_manifest(Layout(root).manifest("license"))
    assert kept is not None
    assert after is not None
    assert after.counts["kept"] == kept.counts["kept"] + 8
    assert all(path.stat().st_mtime_ns == time_ns for path, time_ns in times.items())


def test_a_source_that_is_gone_leaves_no_files(
    tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path]
) -> None:
    """What an earlier configuration wrote is removed everywhere, shards included."""
    tree = experiment(tmp_path / "run")
    root = build_tree(tree)
    tree["corpus"]["train_sources"] = []
    build_tree(tree)
    assert not [path for path in root.rglob("*documents*") if path.is_file()]
    assert not list((root / "shards").rglob("documents/*"))


@pytest.mark.parametrize("damage", ["removed", "cut"])
def test_rejects_that_are_gone_are_written_again(
    damage: str, tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path]
) -> None:
    """Those of planning and those of a unit, whether a file is missing or lost its last line."""
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "broken.jsonl").write_text('{"text": "a"}\n{\n[]\n')
    tree = experiment(tmp_path / "run")
    tree["corpus"]["train_sources"] += [
        {"type": "jsonl", "name": name, "path": str(tmp_path / f"{name}.jsonl")}
        for name in ("empty", "broken")
    ]
    root = build_tree(tree, until="ingest")
    before = _files(root)
    paths = [Layout(root).rejects / name for name in ("broken-00000.jsonl", "empty.jsonl")]
    for path in paths:
        if damage == "removed":
            path.unlink()
        else:
            path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
            # Only ingest that is done again looks inside; before that, `verify` does.
            Layout(root).manifest("ingest").unlink(missing_ok=True)
    untouched = Layout(root).documents / "documents-00000.parquet"
    time_ns = untouched.stat().st_mtime_ns
    build_tree(tree, until="ingest")
    assert _files(root) == before
    assert untouched.stat().st_mtime_ns == time_ns


@pytest.mark.parametrize("workers", [2, 4])
def test_the_bytes_do_not_depend_on_the_number_of_workers(
    workers: int,
    tmp_path: Path,
    experiment: Callable[[Path], Tree],
    build_tree: Callable[..., Path],
) -> None:
    """One worker or several, all files are the same."""
    alone = build_tree(experiment(tmp_path / "alone"))
    together = build_tree(experiment(tmp_path / "together"), workers=workers)
    assert _files(alone) == _files(together)


def test_killed_at_any_instant_a_build_ends_with_the_same_bytes(
    tmp_path: Path,
    experiment: Callable[[Path], Tree],
    write_config: Callable[[Tree], Path],
    build_tree: Callable[..., Path],
) -> None:
    """SIGKILL at 20 random instants, started again each time, then left to end."""
    tree = experiment(tmp_path / "killed")
    config = write_config(tree)
    command = [sys.executable, "-m", "corpusforge", "build", str(config), "--workers", "2"]
    started = time.monotonic()
    whole = build_tree(experiment(tmp_path / "whole"), workers=2)
    seconds = time.monotonic() - started
    draw = random.Random(20)
    for _ in range(20):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            process.wait(draw.uniform(0.2, 1.0 + seconds))
            shutil.rmtree(tmp_path / "killed")  # it came to the end: begin anew
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    subprocess.run(command, check=True, capture_output=True)
    assert _files(tmp_path / "killed") == _files(whole)


def test_two_builds_do_not_work_in_one_directory(
    tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path]
) -> None:
    """The second one says who is in its way."""
    from filelock import FileLock

    root = tmp_path / "run"
    Layout(root).corpus.mkdir(parents=True)
    with (
        FileLock(Layout(root).lock),
        pytest.raises(RunError, match="another corpusforge is at work"),
    ):
        build_tree(experiment(root))


def test_an_id_names_one_document(tmp_path: Path, build_tree: Callable[..., Path]) -> None:
    """Of one source, whatever file it stands in; another source may use it again."""
    for name, id in (("one", "x"), ("two", "x"), ("three", "y")):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"text": name, "id": id}) + "\n")

    def source(name: str, *files: str) -> Tree:
        paths = [str(tmp_path / f"{file}.jsonl") for file in files]
        return {"type": "jsonl", "name": name, "path": paths, "id_key": "id", "license": "MIT"}

    tree: Tree = {"output_dir": str(tmp_path / "run")}
    tree["corpus"] = {"train_sources": [source("a", "one", "three"), source("b", "two")]}
    assert set(_verdicts(build_tree(tree, until="license"), "license")) == {"a:x", "a:y", "b:x"}
    tree["corpus"] = {"train_sources": [source("a", "one", "two", "three")]}
    with pytest.raises(InputError, match="documents share an id") as caught:
        build_tree(tree, until="ingest")
    assert caught.value.where == "source a"
    assert caught.value.got == "2 ids of 3 documents; 2 of them are a:x"


def test_a_sources_licence_is_one_that_there_is(
    tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path]
) -> None:
    """Where a person typed it; what the data itself says is evidence, whatever it is."""
    tree = experiment(tmp_path / "run")
    tree["corpus"]["train_sources"][0]["license"] = "Apach-2.0"
    with pytest.raises(ConfigError, match="no such licence") as error:
        build_tree(tree)
    assert error.value.where == "the license of source documents"
    assert error.value.do == 'did you mean "Apache-2.0"?'
    assert not (tmp_path / "run").exists()
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "a", "text": "x = 1", "license": "openrail"}\n')
    tree["corpus"]["train_sources"][0] |= {"license": "LicenseRef-acme", "path": str(rows)}
    root = build_tree(tree, until="license")
    reason = _verdicts(root, "license")["documents:a"]["reason"]
    assert reason == "license unknown: openrail is not known"


def test_nothing_to_ingest_and_nothing_left_are_clear(
    tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path]
) -> None:
    """An empty configuration, and a policy that leaves no document."""
    with pytest.raises(ConfigError, match="nothing to ingest"):
        build_tree({"output_dir": str(tmp_path / "empty")})
    tree = experiment(tmp_path / "run")
    tree["corpus"]["train_synthetic_examples"] = 0
    tree["corpus"]["train_sources"][0].pop("license_key")
    tree["corpus"]["license"] = {"deny": ["MIT", "BSD-2-Clause"]}
    with pytest.raises(RunError, match="no train document is left") as caught:
        build_tree(tree)
    assert "no licence" in caught.value.got


def test_a_split_that_holds_all_out_is_named(
    tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path]
) -> None:
    """What was held out is counted, of the sources that are to be trained on."""
    tree = experiment(tmp_path / "run")
    tree["corpus"] |= {
        "train_sources": [],
        "train_synthetic_examples": 2,
        "dedup": {"enabled": False},
        "split": {"validation": 0.999999},
    }
    with pytest.raises(RunError, match="no train document is left") as caught:
        build_tree(tree)
    assert caught.value.got == "2 of 2 documents are held out"
    assert caught.value.do.startswith("lower split.validation")


@pytest.mark.parametrize("content", [None, b"no model"])
def test_a_ready_model_is_looked_at_before_any_work(
    content: bytes | None,
    tmp_path: Path,
    experiment: Callable[[Path], Tree],
    build_tree: Callable[..., Path],
) -> None:
    """One that is missing, or none, costs nothing; and a build that ends earlier needs none."""
    model = tmp_path / "their.model"
    if content is not None:
        model.write_bytes(content)
    tree = experiment(tmp_path / "run")
    tree["tokenizer"] = {"model": str(model)}
    with pytest.raises(InputError, match="SentencePiece model") as caught:
        build_tree(tree)
    assert caught.value.where == str(model)
    assert not (tmp_path / "run").exists()
    build_tree(tree, until="split")


@pytest.mark.parametrize("kind", ["sentencepiece", "whitespace"])
def test_a_vocabulary_smaller_than_asked_for_says_so(
    tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path], kind: str
) -> None:
    """The summary names both sizes where the text has fewer pieces, and one where it does not."""
    tree = experiment(tmp_path / "run")
    summaries = []
    for vocab_size in (65_536, 600):
        tree["tokenizer"] = {"type": kind, "vocab_size": vocab_size}
        layout = Layout(build_tree(tree, until="tokenizer"))
        log = [json.loads(line) for line in layout.log.read_text().splitlines()]
        (*_, summary) = (line["summary"] for line in log if line["stage"] == "tokenizer")
        summaries.append(summary)
    fewer, whole = summaries
    assert " pieces (65,536 asked for; the text has no more) from " in fewer
    assert whole.startswith("600 pieces from ")


def test_a_damaged_file_is_named(
    tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path]
) -> None:
    """A fact that is not aligned with its documents is found before it misleads a stage."""
    tree = experiment(tmp_path / "run")
    root = build_tree(tree, until="license")
    path = Layout(root).fact("license") / "documents-00000.parquet"
    size = path.stat().st_size
    path.write_bytes(b"x" * size)
    tree["corpus"]["license"] = {"policy": "any"}
    with pytest.raises(RunError, match="missing or damaged") as caught:
        build_tree(tree)
    assert caught.value.where == str(path)
