"""The licence audit: what was decided about documents, and by which evidence."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import Frozen, LicenseConfig, parse
from corpusforge.licensing.finding import describe_evidence
from corpusforge.licensing.optout import parse_opt_out
from corpusforge.storage.files import fingerprint, read_json
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import load_manifest

KEPT = "kept"
_MAX_CONFLICTS = 1000  # that are listed, those of most documents first; all are counted
_KEYS = ("expression", "decision", "rule", "taken")


class AuditRow(Frozen):
    """A group of documents with the same decision for the same reason."""

    expression: str | None
    decision: str  # kept, or the reason
    rule: str | None  # kind of evidence: license file, statement, SPDX tag, metadata, …
    taken: str | None  # the alternative, where the expression left a choice
    documents: int
    bytes: int


class Conflict(Frozen):
    """Evidence that was believed, and evidence that contradicts it, both quoted."""

    believed: str
    against: str
    documents: int
    example: str  # a document's id


class Audit(Frozen):
    """corpus/licenses.json."""

    policy: Mapping[str, Any]
    policy_hash: str
    documents: int
    rows: tuple[AuditRow, ...]
    choices: Mapping[str, int]  # "MIT of MIT OR GPL-2.0-only" → kept documents
    overrides: Mapping[str, int]  # reason → documents; every override of the policy
    # Reason → documents; every entry of the list. A document counts for its first entry.
    opt_outs: Mapping[str, int] = {}
    conflicts: tuple[Conflict, ...]
    conflicting_documents: int

    @property
    def without_effect(self) -> list[str]:
        """Overrides and opt-outs that decide about no document."""
        overrides = [f"override: {name}" for name, count in self.overrides.items() if not count]
        return overrides + [reason for reason, count in self.opt_outs.items() if not count]


def read_audit(layout: Layout) -> Audit | None:
    """Read the audit of a corpus; None if there is none, or if it is older than the verdicts."""
    manifest = load_manifest(layout.manifest("audit"))
    verdict = load_manifest(layout.manifest("license"))
    if manifest is None or verdict is None or not layout.licenses.is_file():
        return None
    if manifest.inputs["license"] != verdict.fingerprint:
        return None
    return parse(read_json(layout.licenses), Audit, where=str(layout.licenses))


class Auditor:
    """Builds the audit of a corpus part by part."""

    def __init__(self) -> None:
        self._groups: list[pa.Table] = []
        self._conflicts: dict[tuple[str, str], tuple[int, str]] = {}
        self._overrides: Counter[str] = Counter()

    def add(self, rows: pa.Table) -> None:
        """Add one part: columns of its documents, its license fact and its license verdict."""
        overridden = pc.is_valid(rows["override"])
        rule = pc.replace_substring_regex(rows["evidence"], r"(?s):.*", "")
        table = pa.table(
            {
                "expression": rows["expression"],
                "decision": pc.fill_null(rows["reason"], KEPT),
                "rule": pc.if_else(overridden, pa.scalar("override"), rule),
                "taken": rows["taken"],
                "num_bytes": rows["num_bytes"],
            }
        )
        sums = [("num_bytes", "sum"), ("num_bytes", "count")]
        self._groups.append(table.group_by(_KEYS, use_threads=False).aggregate(sums))
        for entry in pc.value_counts(rows["override"].filter(overridden)).to_pylist():
            self._overrides[entry["values"]] += entry["counts"]
        for row in rows.filter(pc.is_valid(rows["conflict"])).to_pylist():
            believed = describe_evidence(row["expression"], row["evidence"], row["words"])
            key = believed, row["conflict"]
            documents, example = self._conflicts.get(key, (0, row["id"]))
            self._conflicts[key] = documents + 1, example

    def audit(self, config: LicenseConfig) -> Audit:
        """Return the audit of all parts that were added."""
        rows = self._rows()
        choices: Counter[str] = Counter()
        decisions: Counter[str] = Counter()
        for row in rows:
            decisions[row.decision] += row.documents
            if row.decision == KEPT and row.taken and " OR " in (row.expression or ""):
                choices[f"{row.taken} of {row.expression}"] += row.documents
        conflicts = [
            Conflict(believed=believed, against=against, documents=documents, example=example)
            for (believed, against), (documents, example) in self._conflicts.items()
        ]
        conflicts.sort(key=lambda one: (-one.documents, one.believed, one.against))
        named = config.full_policy.overrides
        opt_outs = parse_opt_out(config.opt_out).all_reasons
        policy = config.model_dump(mode="json")
        return Audit(
            policy=policy,
            policy_hash=fingerprint(policy),
            documents=sum(row.documents for row in rows),
            rows=tuple(rows),
            choices=dict(sorted(choices.items())),
            overrides={one.reason: self._overrides[one.reason] for one in named},
            opt_outs={reason: decisions[reason] for reason in opt_outs},
            conflicts=tuple(conflicts[:_MAX_CONFLICTS]),
            conflicting_documents=sum(one.documents for one in conflicts),
        )

    def _rows(self) -> list[AuditRow]:
        if not self._groups:
            return []
        sums = [("num_bytes_sum", "sum"), ("num_bytes_count", "sum")]
        groups = pa.concat_tables(self._groups).group_by(_KEYS, use_threads=False).aggregate(sums)
        named = {"num_bytes_sum_sum": "bytes", "num_bytes_count_sum": "documents"}
        rows = [AuditRow(**group) for group in groups.rename_columns(named).to_pylist()]
        return sorted(
            rows, key=lambda row: (-row.documents, *(str(getattr(row, k)) for k in _KEYS))
        )
