"""A run is as it was written, down to the manifests that say so; else the file is named."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from corpusforge.config import CorpusExperiment, parse
from corpusforge.engine.progress import Progress
from corpusforge.engine.run import open_run
from corpusforge.inspection.verify import verify_run
from corpusforge.pipeline import build
from corpusforge.storage.layout import Layout

MANIFEST_MISSING = "a manifest is missing, so nothing says what its files must be"
MISSING, CHANGED = "a file is missing", "a file has changed since it was written"
MANIFESTS = (
    "ingest",
    "facts/license",
    "license",
    "audit",
    "facts/signatures",
    "dedup",
    "facts/lines",
    "split",
    "facts/secrets",
    "tokenizer",
    "tokenize",
)


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A run of every step, with evidence and both kinds of rejects; and its configuration."""
    directory = tmp_path_factory.mktemp("verify")
    rows = [{"text": f"def function_{n}(value):\n    return value + {n}\n"} for n in range(40)]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (directory / "rows.jsonl").write_text("{\n" + lines)
    (directory / "empty.jsonl").touch()
    (directory / "tree").mkdir()
    (directory / "tree" / "LICENSE").write_text("SPDX-License-Identifier: MIT\n")
    (directory / "tree" / "a.py").write_text("print('a text of its own')\n")
    sources = [
        {"type": "jsonl", "name": name, "path": str(directory / f"{name}.jsonl"), "license": "MIT"}
        for name in ("rows", "empty")
    ]
    sources.append({"type": "code", "name": "tree", "path": str(directory / "tree")})
    tree = {
        "output_dir": str(directory / "run"),
        "corpus": {
            "train_sources": sources,
            "dedup": {"lines": {}},
            "part_bytes": 1000,
        },
        "tokenizer": {"vocab_size": 400},
    }
    build_until(tree)
    return directory / "run", tree


@pytest.fixture
def run(whole_run: tuple[Path, dict[str, Any]], tmp_path: Path) -> Layout:
    """A copy of the run, to be damaged."""
    shutil.copytree(whole_run[0], tmp_path / "run")
    return Layout(tmp_path / "run")


@pytest.fixture
def tree(whole_run: tuple[Path, dict[str, Any]], run: Layout) -> dict[str, Any]:
    """Its configuration, to be changed."""
    return {**json.loads(json.dumps(whole_run[1])), "output_dir": str(run.root)}


def build_until(tree: dict[str, Any], command: str | None = None) -> None:
    config = parse(tree, CorpusExperiment, where="test")
    with open_run(Path(config.output_dir), config, 1, Progress(quiet=True)) as run:
        build(run, command)


def problems(layout: Layout) -> list[tuple[str, str]]:
    return [
        (error.what, layout.relative(Path(error.where)).removeprefix("corpus/"))
        for error in verify_run(layout)
    ]


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_is_missing_is_the_one_problem(
    run: Layout, tree: dict[str, Any], name: str
) -> None:
    """Whichever it is; a build writes it again, and nothing else differs then."""
    assert problems(run) == []
    path = run.corpus / f"{name}.json"
    content = path.read_bytes()
    path.unlink()
    assert problems(run) == [(MANIFEST_MISSING, f"{name}.json")]
    build_until(tree)
    assert path.read_bytes() == content
    assert problems(run) == []


def test_what_follows_a_missing_manifest_is_verified(run: Layout) -> None:
    """A run is not imported shards because it lost what says that it is a run."""
    run.manifest("ingest").unlink()
    shutil.rmtree(run.documents)
    path = run.verdict("license") / "rows-00000.parquet"
    path.write_bytes(b"junk")
    assert problems(run) == [
        (MANIFEST_MISSING, "ingest.json"),
        (CHANGED, "verdicts/license/rows-00000.parquet"),
    ]


def test_a_damaged_fact_is_one_problem(run: Layout) -> None:
    """Documents that it says the spans of are not encoded again, and all else is."""
    path = run.fact("secrets") / "rows-00000.parquet"
    path.write_bytes(b"junk")
    (run.shards / "train" / "rows" / "ids.arrow").unlink()
    assert problems(run) == [
        (CHANGED, "facts/secrets/rows-00000.parquet"),
        (MISSING, "shards/train/rows/ids.arrow"),
    ]


def test_a_step_that_was_not_run_again_is_named(run: Layout, tree: dict[str, Any]) -> None:
    """The first one that is older than what it reads, until a build brings it up to date."""
    tree["corpus"]["license"] = {"policy": "any"}
    build_until(tree, "license")
    assert problems(run) == [
        ("the dedup step has read other files than those on disk", "dedup.json")
    ]
    build_until(tree)
    assert problems(run) == []


@pytest.mark.parametrize("more", [True, False])
def test_facts_of_other_documents_are_named(run: Layout, tree: dict[str, Any], more: bool) -> None:
    """Where a source was added, and where one is gone."""
    if more:
        source = tree["corpus"]["train_sources"][0]
        tree["corpus"]["train_sources"].append({**source, "name": "more"})
    else:
        del tree["corpus"]["train_sources"][2]
    build_until(tree, "ingest")
    first = problems(run)[0]
    expected = "the license fact step has read other files than those on disk"
    assert first == (expected, "facts/license.json")


def test_shards_of_more_documents_than_there_are_now(
    run: Layout, tree: dict[str, Any], tmp_path: Path
) -> None:
    """A file that is left without a row is a problem of the shard that points to it."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text("{\n")
    tree["corpus"]["train_sources"][0]["path"] = str(rows)
    build_until(tree, "ingest")
    found = {what for what, _ in problems(run)}
    assert "the index names other documents than the file that it points to" in found


@pytest.mark.parametrize(
    "name",
    [
        "corpus/rejects/rows-00000.jsonl",
        "corpus/rejects/empty.jsonl",
        "corpus/evidence/tree-00000.parquet",
        "corpus/NOTICE",
        "tokenizer.model",
    ],
)
def test_a_file_beside_the_rows_is_compared(run: Layout, name: str) -> None:
    """One that was cut, and one that is gone."""
    path = run.root / name
    path.write_bytes(path.read_bytes()[:-1])
    assert problems(run)[0] == (CHANGED, name.removeprefix("corpus/"))
    path.unlink()
    assert problems(run)[0] == (MISSING, name.removeprefix("corpus/"))


def test_a_changed_weight_is_found(run: Layout) -> None:
    """Nothing else in the shards says what it was."""
    text = run.shard_manifest.read_text()
    run.shard_manifest.write_text(text.replace('"weight": 1.0', '"weight": 7.0', 1))
    assert problems(run) == [(CHANGED, "shards/manifest.json")]


def test_a_missing_order_of_ids_is_found(run: Layout) -> None:
    """Look-ups do without it, but a build has written it."""
    (run.shards / "train" / "rows" / "ids.arrow").unlink()
    assert problems(run) == [(MISSING, "shards/train/rows/ids.arrow")]


@pytest.mark.parametrize("directory", ["documents", "evidence", "facts/license", "verdicts/dedup"])
def test_a_file_that_no_manifest_names_is_found(run: Layout, directory: str) -> None:
    """In every directory of part files."""
    path = run.corpus / directory / "tree-00000.parquet"
    shutil.copyfile(path, path.with_name("other-00000.parquet"))
    expected = "this file was not written by its step"
    assert problems(run) == [(expected, f"{directory}/other-00000.parquet")]


def test_a_given_tokenizer_is_no_file_of_the_run(
    run: Layout, tree: dict[str, Any], tmp_path: Path
) -> None:
    """What it was copied from may be gone or different, whatever its name."""
    model = tmp_path / "tokenizer.model"
    shutil.copyfile(run.sentencepiece_model, model)
    tree["tokenizer"] = {"model": str(model)}
    build_until(tree)
    model.unlink()
    assert problems(run) == []
