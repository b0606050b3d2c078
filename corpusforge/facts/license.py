"""The license fact: the SPDX expression of a document, and the evidence for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import pyarrow as pa

from corpusforge.config import CorpusExperiment, Frozen
from corpusforge.facts.fact import FactStep
from corpusforge.storage.evidence import NO_EVIDENCE, Evidence

if TYPE_CHECKING:
    from corpusforge.licensing.detect import Detected


@dataclass(frozen=True)
class LicenseFact:
    """The licence of a document by all evidence: the document, its repository, its source."""

    evidence: Evidence = NO_EVIDENCE
    config: ClassVar[Frozen] = Frozen()
    name: ClassVar[str] = "license"
    version: ClassVar[int] = 4
    releases_the_lock: ClassVar[bool] = False
    live_only: ClassVar[bool] = False
    columns: ClassVar[tuple[str, ...]] = ("text", "path", "repository", "license", "language")
    schema: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("expression", pa.string()),  # null: no evidence, or none that can be read
            pa.field("evidence", pa.string()),  # "<rule>: <file>, line <number>"
            pa.field("words", pa.string()),  # the quoted line
            pa.field("confidence", pa.float32(), nullable=False),
            pa.field("conflict", pa.string()),  # what weaker evidence says instead
            pa.field("copyright", pa.string()),  # the document's own lines of copyright
        ]
    )

    @classmethod
    def from_config(cls, config: CorpusExperiment) -> Self:
        return cls()

    def with_evidence(self, evidence: Evidence) -> LicenseFact:
        return LicenseFact(evidence)

    def compute(self, documents: pa.Table) -> pa.Table:
        # Detection takes 0.1 s to import, for its patterns, and every command imports this module.
        from corpusforge.licensing.rows import detect_rows

        if not documents.num_rows:
            return self.schema.empty_table()
        answers, indices = detect_rows(documents, self.evidence)
        return _table(answers, self.schema).take(pa.array(indices))


def _table(answers: Sequence[Detected], schema: pa.Schema) -> pa.Table:
    rows = [
        {
            "expression": answer.finding.expression,
            "evidence": answer.finding.evidence,
            "words": next((words for _, words in answer.finding.words), None),
            "confidence": answer.finding.confidence,
            "conflict": answer.finding.conflict,
            "copyright": "\n".join(answer.copyright) or None,
        }
        for answer in answers
    ]
    return pa.Table.from_pylist(rows, schema=schema)


STEP = FactStep(LicenseFact)
