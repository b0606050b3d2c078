"""The audit step: corpus/licenses.json, NOTICE and the quarantine, from facts and verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import LicenseConfig
from corpusforge.engine.run import Run
from corpusforge.licensing.attribution import Attribution
from corpusforge.licensing.audit import Auditor
from corpusforge.storage.evidence import read_evidence
from corpusforge.storage.files import atomic_writer, file_checksum, fingerprint, write_json
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest, load_manifest, save_manifest
from corpusforge.storage.parts import PartEntry, read_rows

_DOCUMENT = ("id", "path", "repository", "num_bytes")
_FACT = ("expression", "evidence", "words", "conflict", "copyright")
_VERDICT = ("reason", "taken", "override")
_QUARANTINED = "license quarantined:"


@dataclass(frozen=True)
class LicenseAudit:
    """Reads no text: facts and verdicts are enough."""

    config: LicenseConfig
    name: ClassVar[str] = "audit"
    version: ClassVar[int] = 2
    reads_outside: ClassVar[bool] = False

    def current(self, run: Run) -> Manifest | None:
        manifest = load_manifest(run.layout.manifest(self.name))
        if manifest is None or manifest.fingerprint != self._fingerprint(self._inputs(run)):
            return None
        files = (run.layout.root / path for path in manifest.files)
        return manifest if all(file.is_file() for file in files) else None

    def summary(self, manifest: Manifest) -> str:
        counts = manifest.counts
        text = f"{counts['works']:,} works named, {counts['conflicts']:,} documents in conflict"
        if counts["without_effect"]:
            text += f", {counts['without_effect']:,} opt-outs or overrides without effect"
        return text

    def make(self, run: Run) -> Manifest:
        layout, parts = run.layout, run.parts()
        layout.manifest(self.name).unlink(missing_ok=True)
        inputs = self._inputs(run)
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
                held = rows.filter(_begins(rows["reason"], _QUARANTINED))
                quarantined += held.num_rows
                for row in held.select([*_DOCUMENT, *_FACT, "reason"]).to_pylist():
                    quarantine.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
                meter.advance(1)
        _attribute_evidence(run, parts, attribution, works)
        audit = auditor.audit(self.config)
        write_json(layout.licenses, audit.model_dump(mode="json"))
        with atomic_writer(layout.notice) as notice:
            for piece in attribution.notice():
                notice.write(piece.encode("utf-8", "replace"))
        written = (layout.licenses, layout.notice, layout.quarantine)
        manifest = Manifest(
            stage=self.name,
            version=self.version,
            fingerprint=self._fingerprint(inputs),
            config=self.config.model_dump(mode="json"),
            inputs=inputs,
            outputs=(),
            counts={
                "works": len(works),
                "conflicts": audit.conflicting_documents,
                "quarantined": quarantined,
                "without_effect": len(audit.without_effect),
            },
            files={layout.relative(path): file_checksum(path) for path in written},
        )
        save_manifest(layout.manifest(self.name), manifest)
        return manifest

    def _inputs(self, run: Run) -> dict[str, str]:
        layout = run.layout
        fact = run.require("license fact", layout.fact_manifest("license"))
        verdict = run.require("license", layout.manifest("license"))
        return {"license fact": fact.fingerprint, "license": verdict.fingerprint}

    def _fingerprint(self, inputs: dict[str, str]) -> str:
        return fingerprint(self.name, self.version, self.config.model_dump(mode="json"), inputs)


def _rows(layout: Layout, part: PartEntry) -> pa.Table:
    name = f"{part.name}.parquet"
    rows = read_rows(layout.documents / name, _DOCUMENT)
    for directory, columns in (
        (layout.fact("license"), _FACT),
        (layout.verdict("license"), _VERDICT),
    ):
        beside = read_rows(directory / name, columns)
        for column in columns:
            rows = rows.append_column(column, beside[column])
    return rows


def _attribute(attribution: Attribution, source: str, rows: pa.Table) -> set[str]:
    """Name the works that documents are kept of; a work is a repository, or a source without."""
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


def _attribute_evidence(
    run: Run, parts: Sequence[PartEntry], attribution: Attribution, works: set[str]
) -> None:
    for source in dict.fromkeys(part.source for part in parts):
        for path in run.evidence(source):
            for file in read_evidence(run.layout.root / path):
                work = file.repository or f"source {source}"
                if work in works:
                    attribution.add_evidence(work, file)


def _begins(column: pa.ChunkedArray, prefix: str) -> Any:
    return pc.fill_null(pc.starts_with(column, prefix), False)
