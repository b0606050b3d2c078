"""The ingest step: raw data becomes document files, evidence files and rejects."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
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
from corpusforge.storage.manifest import Manifest, part_files
from corpusforge.storage.parts import (
    PartEntry,
    finished_part,
    read_rows,
    remove_stale,
    write_part,
)

_LAST = "last_of_unit"
_REJECTED = "rejected:"
_EVIDENCE = "evidence"


@dataclass(frozen=True)
class UnitTask:
    """One unit, for one worker. It becomes `<name>.parquet`, or more files if it is long."""

    source: AnySource
    unit: Unit
    name: str  # <source>-00000
    layout: Layout
    part_bytes: int
    fingerprint: str

    def document_file(self, index: int) -> Path:
        return self.layout.document_file(f"{self.name}-{index:05d}" if index else self.name)

    def finished(self, path: Path) -> PartEntry | None:
        """Return the entry of a file of this unit, if it is complete and up to date."""
        return finished_part(path, self.source.name, self.fingerprint)


@dataclass(frozen=True)
class Plan:
    """All units of all sources."""

    tasks: tuple[UnitTask, ...]
    inputs: dict[str, str]  # checksum of everything a source reads, by name
    rejects: dict[str, Sequence[Reject]]  # of planning, by source


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
            reasons.update(_rejected(part))
        names = {part.name for part in outputs}
        remove_stale(layout.documents, names)
        remove_stale(layout.evidence, {part.name for part in evidence})
        remove_stale(layout.rejects, names | prepared.rejects.keys())
        counts = {
            "documents": sum(part.rows for part in outputs),
            "bytes": sum(part.counts["text_bytes"] for part in outputs),
            "rejects": sum(reasons.values()),
            "evidence": sum(part.rows for part in evidence),
        }
        files = part_files(layout, layout.evidence_file, evidence)
        for path in layout.rejects.glob("[!.]*"):
            files[layout.relative(path)] = file_checksum(path)
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
        rejects: dict[str, Sequence[Reject]] = {}
        for source in sources:
            units, rejects[source.name] = open_source(source).plan(part_bytes)
            inputs[source.name] = fingerprint(
                [unit.checksum for unit in units],
                [asdict(reject) for reject in rejects[source.name]],
            )
            config = _source_config(source)
            tasks += [
                UnitTask(
                    source,
                    unit,
                    f"{source.name}-{number:05d}",
                    run.layout,
                    part_bytes,
                    fingerprint(self.name, self.version, config, unit.checksum, part_bytes),
                )
                for number, unit in enumerate(units)
            ]
        return Plan(tuple(tasks), inputs, rejects)


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
        rows = [read_rows(layout.document_file(part.name), ["id"]) for part in of_source]
        ids = pa.concat_tables(rows)["id"]
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
    """Read one unit into its files, unless they are finished. The whole task of a worker."""
    files = _finished(task)
    if files is None:
        _read(task)
        files = _finished(task)
    assert files is not None, f"a file of {task.name} was written without its stamp"
    return files


def _read(task: UnitTask) -> None:
    layout, source = task.layout, task.source
    with (
        RejectWriter(layout.rejects_file(task.name), source.name) as rejects,
        EvidenceWriter(layout.evidence_file(task.name), task.fingerprint) as evidence,
    ):
        batches = evidence.set_aside(rejects.set_aside(open_source(source).read(task.unit)))
        batch = next(batches, None)
        for index in itertools.count():
            with write_part(task.document_file(index), SCHEMA, task.fingerprint) as part:
                text_bytes = 0
                while batch is not None and text_bytes < task.part_bytes:
                    rows = complete(batch, source.name, source.license, source.language)
                    part.write(rows)
                    text_bytes += pc.sum(rows.column("num_bytes")).as_py() or 0
                    batch = next(batches, None)
                part.counts["text_bytes"] = text_bytes
                if batch is None:
                    # The part that says that the unit has ended is written last.
                    rejects.close()
                    evidence.close()
                    part.counts[_EVIDENCE] = evidence.rows
                    part.counts[_LAST] = 1
                    part.counts.update({_REJECTED + k: n for k, n in rejects.counts.items()})
            if batch is None:
                return


def _source_config(source: AnySource) -> dict[str, Any]:
    # The weight decides what is sampled later, not what is read.
    # Aliases keep the fingerprint of keys that were renamed.
    return source.model_dump(mode="json", exclude={"weight"}, by_alias=True)


def _rejected(part: PartEntry) -> dict[str, int]:
    """Return the rejects of a unit by reason, which its last document file counts."""
    counts = part.counts.items()
    return {key.removeprefix(_REJECTED): n for key, n in counts if key.startswith(_REJECTED)}


def _finished(task: UnitTask) -> UnitFiles | None:
    entries: list[PartEntry] = []
    while not entries or _LAST not in entries[-1].counts:
        entry = task.finished(task.document_file(len(entries)))
        if entry is None:
            return None
        entries.append(entry)
    last = entries[-1]
    if num_rejects(task.layout.rejects_file(task.name)) != sum(_rejected(last).values()):
        return None
    if not last.counts[_EVIDENCE]:
        return UnitFiles(tuple(entries), None)
    evidence = task.finished(task.layout.evidence_file(task.name))
    return UnitFiles(tuple(entries), evidence) if evidence else None


def _write_plan_rejects(layout: Layout, rejects: Mapping[str, Sequence[Reject]]) -> Counter[str]:
    reasons: Counter[str] = Counter()
    for source, of_source in rejects.items():
        with RejectWriter(layout.rejects_file(source), source) as writer:
            for reject in of_source:
                writer.add(reject)
            writer.close()
        reasons += writer.counts
    return reasons


STEP = Ingest()
