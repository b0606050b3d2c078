"""The license fact: which SPDX expression stands for a document, and what says so."""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import Frozen
from corpusforge.licensing.expression import read_declaration

_TAG = "SPDX-License-Identifier:"
# The file's own tag stands in a comment near the top, alone on its line; one that is quoted in a
# string, an example or a document about licences does not (spdx.dev/learn/handling-license-info).
_HEAD_CHARACTERS = 4096
_HEAD_LINES = 40
_TAG_LINE = re.compile(
    r"[ \t]*(?:\#+|//+|/\*+|\*+|--+|;+|%+|<!--|\.\.|!|'|REM|dnl|@c|\(\*|\{\#)[ \t]*"
    + re.escape(_TAG)
    + r"[ \t]*(?P<expression>[^\r\n]*?)[ \t]*(?:\*+/|-->|\*\)|\#\})?[ \t]*"
)

_CONFIDENCE_TAG = 1.0
_CONFIDENCE_EXPRESSION = 0.9  # declared beside the document, in a field meant for it
_CONFIDENCE_CLASSIFIER = 0.7  # a coarse name: one classifier covers variants of a text


@dataclass(frozen=True)
class LicenseFact:
    """A tag in the document itself is stronger than what its source declares."""

    config: ClassVar[Frozen] = Frozen()
    name: ClassVar[str] = "license"
    version: ClassVar[int] = 1
    releases_the_lock: ClassVar[bool] = False
    columns: ClassVar[tuple[str, ...]] = ("text", "license")
    schema: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("expression", pa.string()),  # null: nothing says, or nobody can read it
            pa.field("evidence", pa.string()),  # what decided, and where it stands
            pa.field("confidence", pa.float32(), nullable=False),
            pa.field("conflict", pa.string()),  # what another source of evidence says
        ]
    )

    def compute(self, documents: pa.Table) -> pa.Table:
        # Read once for each distinct declaration, and spread over the rows.
        declared = documents["license"].combine_chunks().dictionary_encode()
        read = [_declared(name) for name in declared.dictionary.to_pylist()]
        distinct = pa.Table.from_pylist(read, schema=self.schema)
        spread = distinct.take(declared.indices)
        columns = [spread[name].combine_chunks() for name in self.schema.names]
        columns[2] = pc.fill_null(columns[2], 0.0)
        table = pa.table(columns, schema=self.schema)
        return _with_tags(table, documents["text"])


def _declared(declared: str) -> dict[str, object]:
    expression = read_declaration(declared)
    if expression is None:
        return {"expression": None, "evidence": None, "confidence": 0.0, "conflict": None}
    coarse = "License :: " in declared
    return {
        "expression": expression,
        "evidence": f"declared: {declared}",
        "confidence": _CONFIDENCE_CLASSIFIER if coarse else _CONFIDENCE_EXPRESSION,
        "conflict": None,
    }


def _with_tags(table: pa.Table, text: pa.ChunkedArray) -> pa.Table:
    """Put the tags of the few documents that have one over what is declared."""
    hits = np.flatnonzero(pc.match_substring(text, _TAG).to_numpy())
    if not len(hits):
        return table
    rows = table.take(pa.array(hits)).to_pylist()
    heads = pc.utf8_slice_codeunits(text.take(pa.array(hits)), 0, _HEAD_CHARACTERS).to_pylist()
    changed: list[int] = []
    tagged: list[dict[str, object]] = []
    for hit, row, head in zip(hits.tolist(), rows, heads, strict=True):
        if tag := find_tag(head):
            expression, line = tag
            differs = row["expression"] is not None and row["expression"] != expression
            changed.append(hit)
            tagged.append(
                {
                    "expression": expression,
                    "evidence": f"SPDX tag: line {line}",
                    "confidence": _CONFIDENCE_TAG,
                    "conflict": row["evidence"] if differs else None,
                }
            )
    if not changed:
        return table
    places = np.arange(table.num_rows)
    places[changed] = table.num_rows + np.arange(len(changed))
    both = pa.concat_tables([table, pa.Table.from_pylist(tagged, schema=table.schema)])
    return both.take(pa.array(places))


def find_tag(head: str) -> tuple[str, int] | None:
    """The SPDX expression of a document's own tags, and the first one's line (1-based).

    Several tags all hold (AND), as REUSE reads them (reuse.software/spec).
    """
    expressions: list[str] = []
    first = 0
    for number, line in enumerate(head.splitlines()[:_HEAD_LINES], start=1):
        if _TAG in line and (match := _TAG_LINE.fullmatch(line)):
            expression = read_declaration(match["expression"])
            if expression is None:
                return None
            expressions.append(expression)
            first = first or number
    if not expressions:
        return None
    distinct = list(dict.fromkeys(expressions))
    if len(distinct) == 1:
        return distinct[0], first
    whole = read_declaration(" AND ".join(f"({expression})" for expression in distinct))
    return None if whole is None else (whole, first)
