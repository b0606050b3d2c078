"""Stages: decisions over documents and facts. The protocol, and the step that runs any stage."""

from collections import Counter
from collections.abc import Iterator, Mapping
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
    wanted = ["id", "num_bytes", *stage.columns, *_flat(stage.facts)]
    rows, live = parts.all_rows(index, list(dict.fromkeys(wanted)))
    seen = rows if live is None else rows.filter(live)
    if isinstance(stage, SurveyedStage):
        decided = stage.decide_with(seen, first, survey)
    else:
        decided = stage.decide(seen)
    schema = pa.schema([*VERDICT, *stage.extra])
    columns = {"id": rows["id"]}
    for field in [*VERDICT[1:], *stage.extra]:
        columns[field.name] = _scattered(decided[field.name], live, field.type)
    with write_part(path, schema, key) as output:
        output.counts.update(_counts(decided, seen["num_bytes"]))
        output.write(pa.table([columns[name] for name in schema.names], schema=schema))
    return part_entry(path, part.source, key)


def _flat(facts: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for columns in facts.values():
        yield from columns


def _scattered(values: pa.Array, live: pa.Array | None, kind: pa.DataType) -> pa.Array:
    """Put the values of live rows in their places among all rows; null elsewhere."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if live is None:
        return values.cast(kind)
    mask = live.to_numpy(zero_copy_only=False)
    places = np.cumsum(mask) - 1
    return values.cast(kind).take(pa.array(places, pa.int64(), mask=~mask))


def _counts(decided: Mapping[str, pa.Array], num_bytes: pa.Array) -> Counter[str]:
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
