"""Facts: columns computed from documents. The protocols, and the step that computes any fact."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.config import CorpusExperiment, Frozen
from corpusforge.engine.live_rows import LiveRows
from corpusforge.engine.run import Run
from corpusforge.engine.step import Made, Step
from corpusforge.errors import InputError
from corpusforge.storage.evidence import Evidence, evidence_of
from corpusforge.storage.files import Serialized, file_checksum, fingerprint, serialized
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest
from corpusforge.storage.parts import (
    PartEntry,
    finished_part,
    part_base,
    part_entry,
    read_batches,
    read_rows,
    remove_stale,
    write_part,
)


class Fact(Protocol):
    """A pure function of documents; picklable.

    It is computed again only if its `version`, its `config` or the document file changes.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    columns: ClassVar[tuple[str, ...]]  # of the documents
    releases_the_lock: ClassVar[bool]  # if so it is computed in threads, else in processes
    # Compute only rows that every stage before the fact keeps. The other rows are null; in a column
    # that is not nullable, an empty list. A row that comes alive is computed then. The first column
    # is nullable, and is null only in rows that have not been computed (not if there is a survey).
    live_only: ClassVar[bool]

    @classmethod
    def from_config(cls, config: CorpusExperiment) -> Self | None:
        """The fact as configured; None if nothing needs it."""

    @property
    def config(self) -> Frozen:
        """The options that the answer depends on."""

    @property
    def schema(self) -> pa.Schema:
        """Columns of the fact."""

    def compute(self, documents: pa.Table) -> pa.Table:
        """Compute the rows of `schema` for the rows of `documents`, in the same order."""


@runtime_checkable
class SurveyedFact(Protocol):
    """A live-only fact whose answer about one document depends on all live documents."""

    def survey(self, parts: LiveRows) -> Any:
        """Read all live rows, and return what `compute_with` needs to know about them."""

    def compute_with(self, documents: pa.Table, survey: Any) -> tuple[pa.Table, Mapping[str, int]]:
        """Like `compute`, for all live rows of a document file; runs in threads.

        Also returns the counts that the columns do not tell.
        """


@runtime_checkable
class FactOfEvidence(Protocol):
    """A fact that also depends on the licence and metadata files of its source."""

    def with_evidence(self, evidence: Evidence) -> Fact:
        """The fact for documents of one source."""


@runtime_checkable
class FactOfFiles(Protocol):
    """A fact that also depends on files outside the run, such as benchmarks or a model."""

    @property
    def files(self) -> Mapping[str, Path]:
        """The files by name. Names and contents enter the fingerprint, paths do not."""


@runtime_checkable
class CountedFact(Protocol):
    """A fact with counts in its manifest."""

    count_names: ClassVar[tuple[str, ...]]  # present even if zero

    def counts(self, columns: pa.Table) -> Mapping[str, int]:
        """Counts over some rows of the fact; they are added up."""

    def summary(self, counts: Mapping[str, int]) -> str:
        """The result in a few words."""


@dataclass(frozen=True)
class FactTask:
    """One document file, for one worker."""

    fact: Fact
    part: PartEntry
    layout: Layout
    key: str  # fingerprint of all that decides the file
    base: str | None  # the same without the verdicts that say which rows are live
    stage: str | None  # whose verdicts these are; None: all rows are computed
    evidence: str | None  # digest of the source's evidence files
    survey: Any = None  # of a `SurveyedFact`


@dataclass(frozen=True)
class FactStep(Step):
    """Computes one fact for every document file that lacks it."""

    fact: type[Fact]

    @property
    def name(self) -> str:
        return f"{self.fact.name} fact"

    @property
    def version(self) -> int:
        return self.fact.version

    def is_enabled(self, config: CorpusExperiment) -> bool:
        return self.fact.from_config(config) is not None

    def check(self, config: CorpusExperiment) -> None:
        fact = self.fact.from_config(config)
        if fact is not None and fact.live_only and not isinstance(fact, SurveyedFact):
            first, *others = fact.schema
            assert first.nullable, f"{self.name}: its first column tells which rows are computed"
            assert all(field.nullable or pa.types.is_list(field.type) for field in others)

    def config(self, run: Run) -> Any:
        return self._configured(run).config.model_dump(mode="json")

    def inputs(self, run: Run, prepared: Any = None) -> dict[str, str]:
        fact = self._configured(run)
        inputs = run.document_files()
        if self.stage is not None:
            inputs |= run.verdict_files(self.stage)
        if isinstance(fact, FactOfEvidence):
            for files in run.evidence_files().values():
                inputs |= files
        return inputs | _outside(fact)

    def fingerprint(self, run: Run, inputs: Mapping[str, str]) -> str:
        return fingerprint("fact", self.fact.name, self.version, self.config(run), inputs)

    @property
    def stage(self) -> str | None:
        """The stage whose verdicts say which rows are live; None: the fact is of all rows."""
        return self.stages_before[-1] if self.fact.live_only and self.stages_before else None

    def prepare(self, run: Run) -> Any:
        fact = self._configured(run)
        if isinstance(fact, SurveyedFact):
            return fact.survey(run.live_rows(self.stage, {}))
        return None

    def make(self, run: Run, key: str, prepared: Any) -> Made:
        fact, parts = self._configured(run), run.parts()
        tasks = self._tasks(run, fact)
        if isinstance(fact, SurveyedFact):
            tasks = [replace(task, key=key, base=None, survey=prepared) for task in tasks]
        # By source, whose evidence a worker loads once; the largest file of it first, so that no
        # worker is left with one at the end.
        sources = {part.source: number for number, part in enumerate(parts)}
        tasks.sort(key=lambda task: (sources[task.part.source], -task.part.counts["text_bytes"]))
        execute = run.executor.in_threads if fact.releases_the_lock else run.executor.map_tasks
        sizes = [task.part.counts["text_bytes"] for task in tasks]
        made = run.progress.collect(self.name, sizes, execute(compute_part, tasks))
        outputs = {output.name: output for output in made}
        remove_stale(run.layout.fact(fact.name), set(outputs))
        names = fact.count_names if isinstance(fact, CountedFact) else ()
        totals = Counter(dict.fromkeys(("documents", *names), 0))
        for output in made:
            totals.update({**output.counts, "documents": output.rows})
        return Made(tuple(outputs[part.name] for part in parts), totals)

    def summary(self, manifest: Manifest) -> str:
        if isinstance(self.fact, CountedFact):
            return self.fact.summary(manifest.counts)
        return f"{manifest.rows:,} documents"

    def places(self, layout: Layout) -> tuple[Path, ...]:
        return (layout.fact(self.fact.name),)

    def part_file(self, layout: Layout, part: str) -> Path:
        return layout.fact_file(self.fact.name, part)

    def manifest_file(self, layout: Layout) -> Path:
        return layout.fact_manifest(self.fact.name)

    def _configured(self, run: Run) -> Fact:
        fact = self.fact.from_config(run.config)
        assert fact is not None, f"{self.name} is not enabled"
        return fact

    def _tasks(self, run: Run, fact: Fact) -> list[FactTask]:
        layout = run.layout
        evidence = run.evidence_files() if isinstance(fact, FactOfEvidence) else {}
        # Serialised once per source, because every part of the source depends on all of it.
        source_inputs: dict[str, Serialized] = {}
        verdicts = {} if self.stage is None else run.verdict_files(self.stage)
        about = ("fact", fact.name, fact.version, self.config(run))
        tasks = []
        for part in run.parts():
            if part.source not in source_inputs:
                source_inputs[part.source] = serialized(
                    evidence.get(part.source, {}) | _outside(fact)
                )
            key, base = fingerprint(*about, part.checksum, source_inputs[part.source]), None
            if self.stage is not None:
                verdict = layout.relative(layout.verdict_file(self.stage, part.name))
                key, base = fingerprint(key, verdicts[verdict]), key
            digest = fingerprint(source_inputs[part.source]) if evidence else None
            tasks.append(FactTask(fact, part, layout, key, base, self.stage, digest))
        return tasks


def compute_part(task: FactTask) -> PartEntry:
    """Compute a fact for one document file, or find it finished. The whole task of a worker."""
    fact, part, layout = task.fact, task.part, task.layout
    path = layout.fact_file(fact.name, part.name)
    if finished := finished_part(path, part.source, task.key):
        return finished
    if isinstance(fact, FactOfEvidence):
        fact = fact.with_evidence(evidence_of(layout, part.source, task.evidence or ""))
    with write_part(path, fact.schema, task.key, task.base) as output:
        batches = read_batches(layout.document_file(part.name), fact.columns)
        if isinstance(fact, SurveyedFact):
            computed = _compute_surveyed(fact, task, batches, output.counts)
        elif task.stage:
            computed = _compute_live(fact, task, batches)
        else:
            computed = map(fact.compute, batches)
        for columns in computed:
            output.write(columns)
            if isinstance(fact, CountedFact):
                output.counts.update(fact.counts(columns))
    entry = part_entry(path, part.source, task.key)
    assert entry.rows == part.rows, f"{fact.name} lost or made rows"
    return entry


def _compute_live(fact: Fact, task: FactTask, batches: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Compute the live rows that the present file lacks, and take the others from it."""
    path = task.layout.fact_file(fact.name, task.part.name)
    known = read_rows(path, fact.schema.names) if part_base(path) == task.base else None
    live_rows = _live_mask(task)
    nothing = fact.schema.empty_table()
    first = 0
    for rows in batches:
        live = live_rows[first : first + len(rows)]
        if known is None:
            before, missing = nothing, live
        else:
            before = known.slice(first, len(rows))
            missing = live & before[0].is_null().to_numpy()
        first += len(rows)
        new = fact.compute(rows.filter(missing)) if missing.any() else nothing
        yield _merged(fact.schema, live, missing, before, new)


def _compute_surveyed(
    fact: Any, task: FactTask, batches: Iterator[pa.Table], counts: Counter[str]
) -> Iterator[pa.Table]:
    """Compute all live rows of a file as one table, and count."""
    if task.part.rows:
        rows, live = pa.concat_tables(batches), _live_mask(task)
        columns, found = fact.compute_with(rows.filter(live), task.survey)
        counts.update(found)
        yield _merged(fact.schema, live, live, fact.schema.empty_table(), columns)


def _live_mask(task: FactTask) -> npt.NDArray[np.bool_]:
    """Mark the rows of a document file that every stage before the fact keeps."""
    if task.stage is None:
        return np.ones(task.part.rows, bool)
    verdict = read_rows(task.layout.verdict_file(task.stage, task.part.name), ["keep"])
    live: npt.NDArray[np.bool_] = verdict["keep"].fill_null(False).to_numpy()
    return live


def _merged(
    schema: pa.Schema,
    live: npt.NDArray[np.bool_],
    missing: npt.NDArray[np.bool_],
    before: pa.Table,
    new: pa.Table,
) -> pa.Table:
    """Return one row per row of `live`: new where `missing`, the earlier one if it is live, else
    null.

    `before` has a row for each, or none at all.
    """
    none = [pa.nulls(1, f.type) if f.nullable else pa.array([[]], f.type) for f in schema]
    rows = pa.concat_tables([before, new, pa.table(none, schema=schema)]).combine_chunks()
    places = np.where(live, np.arange(len(live)), len(before) + len(new))
    places[missing] = len(before) + np.arange(len(new))
    return rows.take(pa.array(places))


def _outside(fact: Fact) -> dict[str, str]:
    """Checksums of the files outside the run that a fact reads, by name."""
    if not isinstance(fact, FactOfFiles):
        return {}
    try:
        return {name: file_checksum(path) for name, path in fact.files.items()}
    except OSError as error:
        raise InputError(
            f"a file that the {fact.name} fact reads cannot be read: {error.strerror}",
            where=str(error.filename),
            do="check the path in the configuration",
        ) from error
