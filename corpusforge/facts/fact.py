"""The seam of a fact, and the one piece of code that runs any of them over the document files."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import pyarrow as pa

from corpusforge.config import Frozen
from corpusforge.engine.run import Run
from corpusforge.storage.files import fingerprint
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest, is_current, save_manifest
from corpusforge.storage.parts import (
    PartEntry,
    finished_part,
    part_entry,
    read_batches,
    remove_stale,
    write_part,
)


class Fact(Protocol):
    """A pure function of documents; picklable.

    Raise `version` when the answer changes: that, another `config` or a new document file is all
    that makes a fact be computed again.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    columns: ClassVar[tuple[str, ...]]  # of the documents
    releases_the_lock: ClassVar[bool]  # then threads compute it, else processes

    @property
    def config(self) -> Frozen:
        """What the answer depends on besides the document; empty for most."""

    @property
    def schema(self) -> pa.Schema:
        """Of the fact's own columns."""

    def compute(self, documents: pa.Table) -> pa.Table:
        """Rows of `schema`, one for each row of `documents`, in the same order."""


@runtime_checkable
class FactOfEvidence(Protocol):
    """A fact that depends on the files beside the documents of its source, too."""

    def beside(self, evidence: Mapping[Path, str]) -> Fact:
        """The fact for documents beside these evidence files, path → checksum, of their source."""


@runtime_checkable
class FactThatCounts(Protocol):
    """A fact whose answers are worth a number in its manifest."""

    def counts(self, columns: pa.Table) -> Mapping[str, int]:
        """What some rows of it come to; added up over all of them."""

    def summary(self, counts: Mapping[str, int]) -> str:
        """What was found, in a few words."""


@dataclass(frozen=True)
class FactTask:
    """One document file for one worker."""

    fact: Fact
    part: PartEntry
    layout: Layout
    evidence: dict[str, str]  # files of the source, by path → checksum

    @property
    def fingerprint(self) -> str:
        fact = self.fact
        return fingerprint(
            "fact", fact.name, fact.version, _config(fact), self.part.checksum, self.evidence
        )


@dataclass(frozen=True)
class FactStep:
    """Computes one fact for every document file that lacks it."""

    fact: Fact
    reads_outside: ClassVar[bool] = False

    @property
    def name(self) -> str:
        return f"{self.fact.name} fact"

    def current(self, run: Run) -> Manifest | None:
        layout = run.layout
        return is_current(
            layout.fact_manifest(self.fact.name),
            self._fingerprint(self._inputs(run)),
            layout.fact(self.fact.name),
        )

    def summary(self, manifest: Manifest) -> str:
        if isinstance(self.fact, FactThatCounts):
            return self.fact.summary(manifest.counts)
        return f"{manifest.rows:,} documents"

    def make(self, run: Run) -> Manifest:
        fact, layout = self.fact, run.layout
        path = layout.fact_manifest(fact.name)
        path.unlink(missing_ok=True)
        tasks = [
            FactTask(fact, part, layout, self._evidence(run, part.source)) for part in run.parts()
        ]
        outputs: dict[int, PartEntry] = {}
        with run.progress.work(self.name, sum(t.part.counts["text_bytes"] for t in tasks)) as meter:
            executor = run.executor
            compute = executor.in_threads if fact.releases_the_lock else executor.in_processes
            # The longest first, so that no worker is left alone with one at the end.
            order = sorted(range(len(tasks)), key=lambda i: -tasks[i].part.counts["text_bytes"])
            for place, output in compute(compute_part, [tasks[index] for index in order]):
                outputs[order[place]] = output
                meter.advance(tasks[order[place]].part.counts["text_bytes"])
        remove_stale(layout.fact(fact.name), {part.name for part in run.parts()})
        inputs = self._inputs(run)
        totals: Counter[str] = Counter({"documents": 0})
        if isinstance(fact, FactThatCounts):
            # So that every count is there where no part has a row.
            totals.update(fact.counts(fact.schema.empty_table()))
        for output in outputs.values():
            totals.update({**output.counts, "documents": output.rows})
        manifest = Manifest(
            stage=self.name,
            version=fact.version,
            fingerprint=self._fingerprint(inputs),
            config=_config(fact),
            inputs=inputs,
            outputs=tuple(outputs[index] for index in range(len(tasks))),
            counts=dict(sorted(totals.items())),
        )
        save_manifest(path, manifest)
        return manifest

    def _inputs(self, run: Run) -> dict[str, str]:
        inputs = {f"corpus/documents/{part.name}.parquet": part.checksum for part in run.parts()}
        for source in dict.fromkeys(part.source for part in run.parts()):
            inputs |= self._evidence(run, source)
        return inputs

    def _evidence(self, run: Run, source: str) -> dict[str, str]:
        return run.evidence(source) if isinstance(self.fact, FactOfEvidence) else {}

    def _fingerprint(self, inputs: dict[str, str]) -> str:
        fact = self.fact
        return fingerprint("fact", fact.name, fact.version, _config(fact), inputs)


def _config(fact: Fact) -> dict[str, Any]:
    return fact.config.model_dump(mode="json")


def compute_part(task: FactTask) -> PartEntry:
    """Compute a fact for one document file, or find it finished; a worker's whole task."""
    fact, part = task.fact, task.part
    path = task.layout.fact(fact.name) / f"{part.name}.parquet"
    if finished := finished_part(path, part.source, task.fingerprint):
        return finished
    documents = task.layout.documents / f"{part.name}.parquet"
    if isinstance(fact, FactOfEvidence):
        files = task.evidence.items()
        fact = fact.beside({task.layout.root / file: checksum for file, checksum in files})
    with write_part(path, fact.schema, task.fingerprint) as output:
        for rows in read_batches(documents, fact.columns):
            columns = fact.compute(rows)
            assert columns.num_rows == rows.num_rows, f"{fact.name} lost or made rows"
            output.write(columns)
            if isinstance(fact, FactThatCounts):
                output.counts.update(fact.counts(columns))
    return part_entry(path, part.source, task.fingerprint)
