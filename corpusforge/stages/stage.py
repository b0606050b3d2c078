"""Stages: decisions over documents and facts. The protocol, and the step that runs any stage."""

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import CorpusExperiment, Frozen
from corpusforge.engine.live_rows import LiveRows
from corpusforge.engine.run import Run
from corpusforge.engine.step import Made, Step
from corpusforge.errors import RunError
from corpusforge.storage.files import fingerprint
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest
from corpusforge.storage.parts import (
    PartEntry,
    finished_part,
    part_entry,
    remove_stale,
    write_part,
)

# Columns of every verdict; a stage may add its own.
VERDICT = [
    pa.field("id", pa.string(), nullable=False),
    pa.field("keep", pa.bool_()),  # null: an earlier stage dropped the document
    pa.field("reason", pa.string()),  # null if it is kept
]
DROPPED = "dropped:"


class Stage(Protocol):
    """A decision over documents and facts. It sees only rows that every earlier stage keeps."""

    name: ClassVar[str]
    version: ClassVar[int]
    extra: ClassVar[tuple[pa.Field, ...]]  # columns of the verdict after `VERDICT`

    @classmethod
    def from_config(cls, config: CorpusExperiment) -> Self:
        """The stage as configured.

        Raises:
            ConfigError: the stage cannot work with this configuration.
        """

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the documents."""

    @property
    def facts(self) -> Mapping[str, tuple[str, ...]]:
        """Columns of facts, by fact. Names must not clash."""

    @property
    def config(self) -> Frozen:
        """The options that the decision depends on."""


class RowStage(Stage, Protocol):
    """A stage that decides about every row by itself."""

    def decide(self, rows: pa.Table) -> Mapping[str, pa.Array]:
        """Decide about the rows of one part: `keep`, `reason` and the extra columns, in order.

        Called from several threads.
        """


@runtime_checkable
class SurveyedStage(Stage, Protocol):
    """A stage whose decision about one row depends on all live rows."""

    def survey(self, parts: LiveRows) -> Any:
        """Collect what `decide_with` needs to know about all rows, in at most 24 bytes per row."""

    def decide_with(self, rows: pa.Table, first: int, survey: Any) -> Mapping[str, pa.Array]:
        """Like `RowStage.decide`; `first` is the part's first row among all live rows."""


AnyStage = RowStage | SurveyedStage


@dataclass(frozen=True)
class StageStep(Step):
    """Runs one stage over all document files. Verdicts are cheap, so they are all made together."""

    stage: type[AnyStage]

    @property
    def name(self) -> str:
        return self.stage.name

    @property
    def version(self) -> int:
        return self.stage.version

    def check(self, config: CorpusExperiment) -> None:
        self.stage.from_config(config)

    def config(self, run: Run) -> Any:
        return self._configured(run).config.model_dump(mode="json")

    def inputs(self, run: Run, prepared: Any = None) -> dict[str, str]:
        inputs = run.document_files()
        for fact in self._configured(run).facts:
            inputs |= run.fact_files(fact)
        for stage in self.stages_before[-1:]:
            inputs |= run.verdict_files(stage)
        return inputs

    def fingerprint(self, run: Run, inputs: Mapping[str, str]) -> str:
        return fingerprint("stage", self.name, self.version, self.config(run), inputs)

    def prepare(self, run: Run) -> tuple[AnyStage, LiveRows, Any]:
        stage = self._configured(run)
        earlier = self.stages_before[-1] if self.stages_before else None
        rows = run.live_rows(earlier, stage.facts)
        return stage, rows, stage.survey(rows) if isinstance(stage, SurveyedStage) else None

    def make(self, run: Run, key: str, prepared: tuple[AnyStage, LiveRows, Any]) -> Made:
        stage, rows, survey = prepared
        firsts = np.concatenate([[0], np.cumsum(rows.live_counts)]).tolist()

        def decide_part(index: int) -> PartEntry:
            return _decide_part(stage, rows, index, firsts[index], survey, key)

        ended = run.executor.in_threads(decide_part, range(len(rows)))
        outputs = run.progress.collect(self.name, [1] * len(rows), ended)
        remove_stale(run.layout.verdict(self.name), {part.name for part in rows.parts})
        made = _made(outputs)
        _check_conservation(self.name, made, sum(rows.live_counts))
        return made

    def summary(self, manifest: Manifest) -> str:
        kept, dropped = manifest.counts["kept"], manifest.counts["dropped"]
        return f"{kept:,} documents kept, {dropped:,} dropped"

    def places(self, layout: Layout) -> tuple[Path, ...]:
        return (layout.verdict(self.name),)

    def part_file(self, layout: Layout, part: str) -> Path:
        return layout.verdict_file(self.name, part)

    def _configured(self, run: Run) -> AnyStage:
        return self.stage.from_config(run.config)


def _decide_part(
    stage: AnyStage, parts: LiveRows, index: int, first: int, survey: Any, key: str
) -> PartEntry:
    part = parts.parts[index]
    path = parts.layout.verdict_file(stage.name, part.name)
    if finished := finished_part(path, part.source, key):
        return finished
    of_facts = itertools.chain.from_iterable(stage.facts.values())
    wanted = dict.fromkeys(["id", "num_bytes", *stage.columns, *of_facts])
    rows, live = parts.all_rows(index, list(wanted)), parts.live(index)
    seen = rows.filter(live)
    schema = pa.schema([*VERDICT[1:], *stage.extra])
    if isinstance(stage, SurveyedStage):
        columns = stage.decide_with(seen, first, survey)
    else:
        columns = stage.decide(seen)
    decided = pa.table(dict(columns), schema=schema)
    # Every row gets the verdict of its place among the live ones, or nulls.
    places = pa.array(np.cumsum(live) - 1, mask=~np.asarray(live))
    verdict = decided.take(places).add_column(0, VERDICT[0], rows["id"])
    with write_part(path, verdict.schema, key) as output:
        output.counts.update(_counts(decided, seen["num_bytes"]))
        output.write(verdict)
    return part_entry(path, part.source, key)


def _counts(decided: pa.Table, num_bytes: pa.ChunkedArray) -> Counter[str]:
    keep = decided["keep"]
    counts: Counter[str] = Counter()
    counts["kept"] = pc.sum(keep).as_py() or 0
    counts["kept_bytes"] = pc.sum(num_bytes.filter(keep)).as_py() or 0
    for row in pc.value_counts(decided["reason"].filter(pc.invert(keep))).to_pylist():
        counts[DROPPED + row["values"]] = row["counts"]
    return counts


def _made(outputs: list[PartEntry]) -> Made:
    totals: Counter[str] = Counter()
    for output in outputs:
        totals.update(output.counts)
    reasons = {
        name.removeprefix(DROPPED): count
        for name, count in sorted(totals.items())
        if name.startswith(DROPPED)
    }
    counts = {
        "documents": sum(output.rows for output in outputs),
        "kept": totals["kept"],
        "kept_bytes": totals["kept_bytes"],
        "dropped": sum(reasons.values()),
    }
    return Made(tuple(outputs), counts, reasons=reasons)


def _check_conservation(name: str, made: Made, seen: int) -> None:
    kept, dropped = made.counts["kept"], made.counts["dropped"]
    if kept + dropped != seen:
        raise RunError(
            f"the {name} stage lost or made documents",
            got=f"{kept:,} kept + {dropped:,} dropped",
            expected=f"{seen:,}, which the earlier stages keep",
            do="this is a bug in corpusforge; please report it",
        )
