"""The license fact: which SPDX expression stands for a document, and what says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa

from corpusforge.config import Frozen

if TYPE_CHECKING:
    from corpusforge.licensing.detect import Detected


@dataclass(frozen=True)
class LicenseFact:
    """Evidence in the order of its strength: the document, its repository, its source."""

    evidence: tuple[tuple[Path, str], ...] = ()  # files, and their checksums
    config: ClassVar[Frozen] = Frozen()
    name: ClassVar[str] = "license"
    version: ClassVar[int] = 4
    releases_the_lock: ClassVar[bool] = False
    columns: ClassVar[tuple[str, ...]] = ("text", "path", "repository", "license", "language")
    schema: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("expression", pa.string()),  # null: nothing says, or nobody can read it
            pa.field("evidence", pa.string()),  # "<rule>: <file>, line <number>"
            pa.field("words", pa.string()),  # what is quoted of it: a line
            pa.field("confidence", pa.float32(), nullable=False),
            pa.field("conflict", pa.string()),  # what weaker evidence says otherwise
            pa.field("copyright", pa.string()),  # the document's own lines of copyright
        ]
    )

    def beside(self, evidence: Mapping[Path, str]) -> LicenseFact:
        return LicenseFact(tuple(evidence.items()))

    def compute(self, documents: pa.Table) -> pa.Table:
        # Detection takes 0.1 s to import, for its patterns, and every command knows this fact.
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
