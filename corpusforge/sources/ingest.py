"""The ingest step: raw data becomes document files, evidence files and rejects."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import AnySource
from corpusforge.engine.run import Run
from corpusforge.engine.step import Made, Step
from corpusforge.errors import ConfigError, InputError
from corpusforge.licensing.policy import check_license
from corpusforge.sources.open import open_source
from corpusforge.sources.rejects import RejectWriter, num_rejects
from corpusforge.sources.source import Unit
from corpusforge.storage.documents import SCHEMA, Reject, complete
from corpusforge.storage.evidence import EvidenceWriter
from corpusforge.storage.files import file_checksum, fingerprint
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest
from corpusforge.storage.parts import (
    PartEntry,
    finished_part,
    part_entry,
    read_rows,
    remove_stale,
    write_part,
)

_LAST = "last_of_unit"
_REJECTED = "rejected:"
_EVIDENCE = "evidence"


@dataclass(frozen=True)
class UnitTask:
    """One unit, for one worker. It becomes `<source>-<number>.parquet`, or more files if long."""

    source: AnySource
    unit: Unit
    number: int
    root: Path
    part_bytes: int
    fingerprint: str


@dataclass(frozen=True)
class Plan:
    """All units of all sources."""

    tasks: tuple[UnitTask, ...]
    inputs: dict[str, str]  # checksum of everything a source reads, by name
    rejects: tuple[tuple[str, Reject], ...]  # of planning, by source


@dataclass(frozen=True)
class Ingest(Step):
    """The first step: every configured source becomes document files.

    Whether the inputs have changed is known only after planning, which reads their contents.
    """

    name: ClassVar[str] = "ingest"
    version: ClassVar[int] = 2
    reads_outside: ClassVar[bool] = True

    def config(self, run: Run) -> Any:
        corpus = run.config.corpus
        return {
            "part_bytes": corpus.part_bytes,
            "sources": [_source_config(source) for source in corpus.sources()],
        }

    def prepare(self, run: Run) -> Plan:
        """Plan all sources.

        Raises:
            ConfigError: there are no sources, or the licence of one is not known.
        """
        sources = run.config.corpus.sources()
        if not sources:
            raise ConfigError(
                "there is nothing to ingest",
                where=str(run.layout.config),
                expected="corpus.train_sources, or corpus.train_synthetic_examples",
            )
        for source in sources:
            if source.license is not None:
                check_license(source.license, where=f"the license of source {source.name}")
        return self._plan(run, sources)

    def inputs(self, run: Run, prepared: Any = None) -> dict[str, str]:
        return dict(prepared.inputs)

    def make(self, run: Run, key: str, prepared: Plan) -> Made:
        """Read the units whose contents are new."""
        layout, tasks = run.layout, prepared.tasks
        sizes = [task.unit.num_bytes for task in tasks]
        ended = run.executor.map_tasks(ingest_unit, tasks)
        written = run.progress.collect(self.name, sizes, ended)
        outputs = tuple(itertools.chain.from_iterable(files.documents for files in written))
        _check_ids(layout, outputs)
        evidence = [files.evidence for files in written if files.evidence]
        reasons = _write_plan_rejects(layout, prepared.rejects)
        for part in outputs:
            for name, count in part.counts.items():
                if name.startswith(_REJECTED):
                    reasons[name.removeprefix(_REJECTED)] += count
        names = {part.name for part in outputs}
        remove_stale(layout.documents, names)
        remove_stale(layout.evidence, {part.name for part in evidence})
        remove_stale(layout.rejects, names | {source for source, _ in prepared.rejects})
        counts = {
            "documents": sum(part.rows for part in outputs),
            "bytes": sum(part.counts["text_bytes"] for part in outputs),
            "rejects": sum(reasons.values()),
            "evidence": sum(part.rows for part in evidence),
        }
        files = {
            layout.relative(layout.evidence_file(part.name)): part.checksum for part in evidence
        } | {layout.relative(path): file_checksum(path) for path in layout.rejects.glob("[!.]*")}
        return Made(outputs, counts, files, reasons)

    def summary(self, manifest: Manifest) -> str:
        counts = manifest.counts
        return (
            f"{counts['documents']:,} documents, {counts['bytes'] / 1e6:,.1f} MB, "
            f"{counts['rejects']:,} rejects"
        )

    def places(self, layout: Layout) -> tuple[Path, ...]:
        return (layout.documents, layout.evidence)

    def part_file(self, layout: Layout, part: str) -> Path:
        return layout.document_file(part)

    def _plan(self, run: Run, sources: Sequence[AnySource]) -> Plan:
        part_bytes = run.config.corpus.part_bytes
        tasks: list[UnitTask] = []
        inputs: dict[str, str] = {}
        rejects: list[tuple[str, Reject]] = []
        for source in sources:
            units, of_source = open_source(source).plan(part_bytes)
            rejects += [(source.name, reject) for reject in of_source]
            inputs[source.name] = fingerprint(
                [unit.checksum for unit in units], [asdict(reject) for reject in of_source]
            )
            config = _source_config(source)
            tasks += [
                UnitTask(
                    source,
                    unit,
                    number,
                    run.layout.root,
                    part_bytes,
                    fingerprint(self.name, self.version, config, unit.checksum, part_bytes),
                )
                for number, unit in enumerate(units)
            ]
        return Plan(tuple(tasks), inputs, tuple(rejects))


@dataclass(frozen=True)
class UnitFiles:
    """The files of one unit."""

    documents: tuple[PartEntry, ...]
    evidence: PartEntry | None


def _check_ids(layout: Layout, parts: Sequence[PartEntry]) -> None:
    """Check that an id names one document: verdicts, duplicates and steps are found by it.

    Raises:
        InputError: documents of a source share ids.
    """
    for source, of_source in itertools.groupby(parts, key=lambda part: part.source):
        paths = [layout.document_file(part.name) for part in of_source]
        columns = [read_rows(path, ["id"])["id"] for path in paths]
        ids = pa.chunked_array([chunk for column in columns for chunk in column.chunks])
        distinct = pc.count_distinct(ids).as_py()
        if distinct < len(ids):
            counts = pc.value_counts(ids)
            most = counts[pc.index(counts.field("counts"), pc.max(counts.field("counts"))).as_py()]
            raise InputError(
                "documents share an id, by which they could not be told apart",
                where=f"source {source}",
                got=f"{distinct:,} ids of {len(ids):,} documents; "
                f"{most['counts'].as_py():,} of them are {most['values'].as_py()}",
                expected="an id for each",
                do="name another key or column for the id, or none: documents are then called "
                "by their file and row",
            )


def ingest_unit(task: UnitTask) -> UnitFiles:
    """Read one unit into its files, or find them finished. The whole task of a worker."""
    layout = Layout(task.root)
    if finished := _finished(layout, task):
        return finished
    source = task.source
    entries: list[PartEntry] = []
    with (
        RejectWriter(_reject_path(layout, task), source.name) as rejects,
        EvidenceWriter(_evidence_path(layout, task), task.fingerprint) as evidence,
    ):
        batches = evidence.set_aside(rejects.set_aside(open_source(source).read(task.unit)))
        batch = next(batches, None)
        ended = False
        while not ended:
            path = _document_path(layout, task, len(entries))
            with write_part(path, SCHEMA, task.fingerprint) as part:
                text_bytes = 0
                while batch is not None and text_bytes < task.part_bytes:
                    rows = complete(batch, source.name, source.license, source.language)
                    part.write(rows)
                    text_bytes += pc.sum(rows.column("num_bytes")).as_py() or 0
                    batch = next(batches, None)
                ended = batch is None
                part.counts["text_bytes"] = text_bytes
                if ended:
                    # The part that says that the unit has ended is written last.
                    rejects.close()
                    evidence.close()
                    part.counts[_EVIDENCE] = evidence.rows
                    part.counts[_LAST] = 1
                    part.counts.update({_REJECTED + k: n for k, n in rejects.counts.items()})
            entries.append(part_entry(path, source.name, task.fingerprint))
    evidence_entry = (
        part_entry(_evidence_path(layout, task), source.name, task.fingerprint)
        if evidence.rows
        else None
    )
    return UnitFiles(tuple(entries), evidence_entry)


def _source_config(source: AnySource) -> dict[str, Any]:
    # The weight decides what is sampled later, not what is read.
    # Aliases keep the fingerprint of keys that were renamed.
    return source.model_dump(mode="json", exclude={"weight"}, by_alias=True)


def _document_path(layout: Layout, task: UnitTask, part: int) -> Path:
    continuation = f"-{part:05d}" if part else ""
    return layout.document_file(f"{task.source.name}-{task.number:05d}{continuation}")


def _reject_path(layout: Layout, task: UnitTask) -> Path:
    return layout.rejects_file(f"{task.source.name}-{task.number:05d}")


def _evidence_path(layout: Layout, task: UnitTask) -> Path:
    return layout.evidence_file(f"{task.source.name}-{task.number:05d}")


def _finished(layout: Layout, task: UnitTask) -> UnitFiles | None:
    entries: list[PartEntry] = []
    while True:
        path = _document_path(layout, task, len(entries))
        entry = finished_part(path, task.source.name, task.fingerprint)
        if entry is None:
            return None
        entries.append(entry)
        if _LAST in entry.counts:
            rejected = sum(n for name, n in entry.counts.items() if name.startswith(_REJECTED))
            if num_rejects(_reject_path(layout, task)) != rejected:
                return None
            if not entry.counts[_EVIDENCE]:
                return UnitFiles(tuple(entries), None)
            evidence = finished_part(
                _evidence_path(layout, task), task.source.name, task.fingerprint
            )
            return UnitFiles(tuple(entries), evidence) if evidence else None


def _write_plan_rejects(layout: Layout, set_aside: Sequence[tuple[str, Reject]]) -> Counter[str]:
    for source, group in itertools.groupby(set_aside, key=lambda pair: pair[0]):
        with RejectWriter(layout.rejects_file(source), source) as rejects:
            for _, reject in group:
                rejects.add(reject)
            rejects.close()
    return Counter(reject.reason for _, reject in set_aside)


STEP = Ingest()
