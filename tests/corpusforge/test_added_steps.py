"""A stage and a fact that only this test knows take their place in everything a pipeline does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from corpusforge import pipeline
from corpusforge.cli import cli
from corpusforge.config import CorpusExperiment, Frozen
from corpusforge.errors import InputError
from corpusforge.facts.fact import FactStep
from corpusforge.inspection.funnel import read_funnel
from corpusforge.inspection.history import read_history
from corpusforge.inspection.verify import verify_run
from corpusforge.pipeline import Command
from corpusforge.stages.stage import StageStep
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import load_manifest

Tree = dict[str, Any]


@dataclass(frozen=True)
class VowelFact:
    """The number of vowels in a document, and the words of a file that it has."""

    files: Mapping[str, Path]
    config: ClassVar[Frozen] = Frozen()
    name: ClassVar[str] = "vowels"
    version: ClassVar[int] = 1
    columns: ClassVar[tuple[str, ...]] = ("id", "text")
    releases_the_lock: ClassVar[bool] = True
    live_only: ClassVar[bool] = True
    schema: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("vowels", pa.int64()),
            pa.field("words", pa.list_(pa.string()), nullable=False),
        ]
    )
    words: ClassVar[Path]
    computed: ClassVar[list[str]] = []  # ids, in the order of computation

    @classmethod
    def from_config(cls, config: CorpusExperiment) -> Self:
        return cls({"words": cls.words})

    def compute(self, documents: pa.Table) -> pa.Table:
        self.computed.extend(documents["id"].to_pylist())
        words = self.files["words"].read_text().split()
        texts = documents["text"].to_pylist()
        vowels = [sum(text.count(vowel) for vowel in "aeiou") for text in texts]
        found = [[word for word in words if word in text] for text in texts]
        return pa.table([vowels, found], schema=self.schema)


class VowelRule(Frozen):
    least: int


@dataclass(frozen=True)
class VowelStage:
    """Drops documents with few vowels."""

    config: VowelRule
    name: ClassVar[str] = "vowels"
    version: ClassVar[int] = 1
    columns: ClassVar[tuple[str, ...]] = ("num_bytes",)
    facts: ClassVar[Mapping[str, tuple[str, ...]]] = {"vowels": ("vowels",)}
    extra: ClassVar[tuple[pa.Field, ...]] = (pa.field("counted", pa.int64()),)
    least: ClassVar[int]

    @classmethod
    def from_config(cls, config: CorpusExperiment) -> Self:
        return cls(VowelRule(least=cls.least))

    def decide(self, rows: pa.Table) -> dict[str, pa.Array]:
        keep = pc.greater_equal(rows["vowels"], self.config.least)
        reason = pc.if_else(keep, pa.scalar(None, pa.string()), "too few vowels")
        return {"keep": keep, "reason": reason, "counted": rows["vowels"]}


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The pipeline with a command between dedup and split."""
    words = tmp_path / "words.txt"
    words.write_text("return yield")
    monkeypatch.setattr(VowelFact, "words", words, raising=False)
    monkeypatch.setattr(VowelFact, "computed", [])
    monkeypatch.setattr(VowelStage, "least", 10, raising=False)
    place = pipeline.command_names().index("split")
    command = Command("vowels", (FactStep(VowelFact), StageStep(VowelStage)))
    commands = (*pipeline.COMMANDS[:place], command, *pipeline.COMMANDS[place:])
    monkeypatch.setattr(pipeline, "COMMANDS", commands)


@pytest.mark.usefixtures("added")
def test_a_stage_takes_its_place_in_the_order(
    tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path]
) -> None:
    """The next stage decides about what it keeps, and so do the funnel, verify and explain."""
    root = build_tree(experiment(tmp_path / "run"))
    layout = Layout(root)
    assert [stage.name for stage in pipeline.stages()] == ["license", "dedup", "vowels", "split"]
    funnel = read_funnel(layout)
    losses = {loss.stage: loss for loss in funnel.losses}
    assert losses["vowels"].reasons == {"too few vowels": losses["vowels"].dropped}
    assert losses["vowels"].dropped > 0
    dropped = sum(loss.dropped for loss in funnel.losses)
    assert funnel.ingested == funnel.kept + dropped
    assert sum(entry.documents for entry in funnel.tokens) == funnel.kept

    files = sorted(layout.verdict("vowels").glob("*.parquet"))
    rows = [
        (path, n, row) for path in files for n, row in enumerate(pq.read_table(path).to_pylist())
    ]
    path, number, row = next(item for item in rows if item[2]["keep"] is False)
    after = pq.read_table(layout.verdict_file("split", path.stem))["keep"].to_pylist()[number]
    assert after is None
    assert read_history(layout, path.name, number)["vowels"]["reason"] == "too few vowels"
    explained = CliRunner().invoke(cli, ["explain", str(root), row["id"]])
    assert explained.exit_code == 0, explained.output
    assert "too few vowels" in explained.output
    reported = CliRunner().invoke(cli, ["report", str(root)])
    assert f"{losses['vowels'].dropped}   too few vowels" in reported.output

    assert list(verify_run(layout)) == []
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    assert [str(path) in str(problem) for problem in verify_run(layout)] == [True]


@pytest.mark.usefixtures("added")
def test_the_command_line_has_the_command_of_a_new_stage(
    tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path]
) -> None:
    """It runs its steps, says what is missing before them, and is where `--until` can stop."""
    root = build_tree(experiment(tmp_path / "run"), until="dedup")
    early = CliRunner().invoke(cli, ["split", str(root)])
    assert early.exit_code == 1
    assert "run `corpusforge vowels` first" in early.output
    done = CliRunner().invoke(cli, ["vowels", str(root)])
    assert done.exit_code == 0, done.output
    assert "too few vowels" in done.output
    assert CliRunner().invoke(cli, ["split", str(root)]).exit_code == 0
    assert "vowels" in CliRunner().invoke(cli, ["--help"]).output


@pytest.mark.usefixtures("added")
def test_a_live_fact_computes_only_rows_that_come_alive(
    tmp_path: Path,
    experiment: Callable[[Path], Tree],
    build_tree: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Dead rows are null or empty, and the bytes do not depend on what was alive before."""
    tree = experiment(tmp_path / "run")
    layout = Layout(build_tree(tree, until="vowels"))
    strict = {path.name: path.read_bytes() for path in layout.fact("vowels").glob("*.parquet")}

    def ids(of: Callable[[dict[str, Any]], bool]) -> set[str]:
        found = set()
        for name in strict:
            verdicts = pq.read_table(layout.verdict("dedup") / name)["id"].to_pylist()
            facts = pq.read_table(layout.fact("vowels") / name).to_pylist()
            found |= {id for id, fact in zip(verdicts, facts, strict=True) if of(fact)}
        return found

    alive = ids(lambda fact: fact["vowels"] is not None)
    assert alive == set(VowelFact.computed)
    assert ids(lambda fact: fact["words"] == ["return"])
    assert ids(lambda fact: fact["vowels"] is None) <= ids(lambda fact: fact["words"] == [])

    VowelFact.computed.clear()
    tree["corpus"]["license"] = {"policy": "any", "unknown": "keep"}
    build_tree(tree, until="vowels")
    now_alive = ids(lambda fact: fact["vowels"] is not None)
    assert now_alive > alive
    assert sorted(VowelFact.computed) == sorted(now_alive - alive)

    VowelFact.computed.clear()
    del tree["corpus"]["license"]
    build_tree(tree, until="vowels")
    assert VowelFact.computed == []
    assert strict == {p.name: p.read_bytes() for p in layout.fact("vowels").glob("*.parquet")}

    VowelFact.words.write_text("return")
    build_tree(tree, until="vowels")
    assert set(VowelFact.computed) == alive


@pytest.mark.usefixtures("added")
def test_a_file_outside_the_run_is_known_by_its_contents(
    tmp_path: Path,
    experiment: Callable[[Path], Tree],
    build_tree: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another path with the same contents computes nothing again."""
    tree = experiment(tmp_path / "run")
    layout = Layout(build_tree(tree, until="vowels"))
    manifest = load_manifest(layout.fact_manifest("vowels"))
    assert manifest is not None
    assert "words" in manifest.inputs
    VowelFact.computed.clear()
    moved = tmp_path / "moved.txt"
    VowelFact.words.rename(moved)
    monkeypatch.setattr(VowelFact, "words", moved)
    build_tree(tree, until="vowels")
    assert VowelFact.computed == []
    assert load_manifest(layout.fact_manifest("vowels")) == manifest


@pytest.mark.usefixtures("added")
def test_a_file_that_is_missing_is_one_message(
    tmp_path: Path, experiment: Callable[[Path], Tree], build_tree: Callable[..., Path]
) -> None:
    """Also after the fact has been computed with it."""
    tree = experiment(tmp_path / "run")
    build_tree(tree, until="vowels")
    VowelFact.words.unlink()
    with pytest.raises(InputError, match="a file that the vowels fact reads cannot be read"):
        build_tree(tree, until="vowels")


@pytest.mark.usefixtures("added")
def test_a_live_fact_needs_a_column_that_tells_what_is_computed(
    tmp_path: Path,
    experiment: Callable[[Path], Tree],
    build_tree: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An empty list in the first column could be either."""
    monkeypatch.setattr(VowelFact, "schema", pa.schema(list(VowelFact.schema)[::-1]))
    with pytest.raises(AssertionError, match="its first column tells which rows are computed"):
        build_tree(experiment(tmp_path / "run"), until="vowels")
