"""The audit step: corpus/licenses.json, NOTICE and the quarantine, from facts and verdicts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.engine.run import Run
from corpusforge.engine.step import Made, Step
from corpusforge.licensing.attribution import Attribution
from corpusforge.licensing.audit import Auditor
from corpusforge.storage.evidence import read_evidence
from corpusforge.storage.files import atomic_writer, file_checksum, write_json
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest, require_manifest
from corpusforge.storage.parts import PartEntry, read_rows

_DOCUMENT = ("id", "path", "repository", "num_bytes")
_FACT = ("expression", "evidence", "words", "conflict", "copyright")
_VERDICT = ("reason", "taken", "override")
_QUARANTINED = "license quarantined:"


@dataclass(frozen=True)
class LicenseAudit(Step):
    """Writes the reports. Reads no text: facts and verdicts are enough."""

    name: ClassVar[str] = "audit"
    version: ClassVar[int] = 2

    def config(self, run: Run) -> Any:
        return run.config.corpus.license.model_dump(mode="json")

    def inputs(self, run: Run, prepared: Any = None) -> dict[str, str]:
        layout = run.layout
        fact = require_manifest(layout.fact_manifest("license"))
        verdict = require_manifest(layout.manifest("license"))
        return {"license fact": fact.fingerprint, "license": verdict.fingerprint}

    def make(self, run: Run, key: str, prepared: Any) -> Made:
        layout, parts = run.layout, run.parts()
        auditor, attribution = Auditor(), Attribution()
        works: set[str] = set()
        quarantined = 0
        with (
            run.progress.work(self.name, len(parts)) as meter,
            atomic_writer(layout.quarantine) as quarantine,
        ):
            for part in parts:
                rows = _rows(layout, part)
                auditor.add(rows)
                works |= _attribute(attribution, part.source, rows)
                held = rows.filter(pc.starts_with(rows["reason"], _QUARANTINED))
                quarantined += held.num_rows
                for row in held.select([*_DOCUMENT, *_FACT, "reason"]).to_pylist():
                    quarantine.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
                meter.advance(1)
        _attribute_evidence(run, attribution, works)
        audit = auditor.audit(run.config.corpus.license)
        write_json(layout.licenses, audit.model_dump(mode="json"))
        with atomic_writer(layout.notice) as notice:
            for piece in attribution.notice():
                notice.write(piece.encode("utf-8", "replace"))
        counts = {
            "works": len(works),
            "conflicts": audit.conflicting_documents,
            "quarantined": quarantined,
            "without_effect": len(audit.without_effect),
        }
        files = {layout.relative(path): file_checksum(path) for path in self.places(layout)}
        return Made(counts=counts, files=files)

    def summary(self, manifest: Manifest) -> str:
        counts = manifest.counts
        text = f"{counts['works']:,} works named, {counts['conflicts']:,} documents in conflict"
        if counts["without_effect"]:
            text += f", {counts['without_effect']:,} opt-outs or overrides without effect"
        return text

    def places(self, layout: Layout) -> tuple[Path, ...]:
        return (layout.licenses, layout.notice, layout.quarantine)


def _rows(layout: Layout, part: PartEntry) -> pa.Table:
    tables = (
        read_rows(layout.document_file(part.name), _DOCUMENT),
        read_rows(layout.fact_file("license", part.name), _FACT),
        read_rows(layout.verdict_file("license", part.name), _VERDICT),
    )
    return pa.table({name: table[name] for table in tables for name in table.column_names})


def _attribute(attribution: Attribution, source: str, rows: pa.Table) -> set[str]:
    """Name the works of kept documents: the repository, or the source if there is none."""
    kept = rows.filter(pc.is_null(rows["reason"]))
    work = pc.fill_null(kept["repository"], f"source {source}")
    license = pc.fill_null(kept["taken"], "unknown")
    table = pa.table({"work": work, "license": license, "copyright": kept["copyright"]})
    groups = table.group_by(["work", "license"], use_threads=False)
    for group in groups.aggregate([([], "count_all")]).to_pylist():
        attribution.add_documents(group["work"], group["license"], group["count_all"])
    named = table.filter(pc.is_valid(table["copyright"]))
    distinct = named.group_by(["work", "copyright"], use_threads=False).aggregate([])
    for row in distinct.to_pylist():
        attribution.add_copyright(row["work"], row["copyright"].split("\n"))
    return set(pc.unique(work).to_pylist())


def _attribute_evidence(run: Run, attribution: Attribution, works: set[str]) -> None:
    for source, files in run.evidence_files().items():
        for path in files:
            for file in read_evidence(run.layout.root / path):
                work = file.repository or f"source {source}"
                if work in works:
                    attribution.add_evidence(work, file)


STEP = LicenseAudit()
