"""The license fact: which SPDX expression stands for a document, and what says so.

Detection is imported where it is at work: its patterns take 0.1 s to compile, and every command
knows this fact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import Frozen
from corpusforge.evidence import read_evidence
from corpusforge.licensing.head import HEAD_BYTES, STATEMENT_WORDS

if TYPE_CHECKING:
    from corpusforge.licensing.detect import Detected, Detector

# Formats without comments; their words about licences are data.
_DATA = ("json",)
_NULL = "\x01"


@dataclass(frozen=True)
class LicenseFact:
    """Evidence in the order of its strength: the document, its repository, its source."""

    evidence: tuple[tuple[Path, str], ...] = ()  # files, and their checksums
    config: ClassVar[Frozen] = Frozen()
    name: ClassVar[str] = "license"
    version: ClassVar[int] = 3
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
        detector = _detector(self.evidence)
        answers, indices = _around(detector, documents)
        rows = np.flatnonzero(_must_be_read(detector, documents))
        read = _read(detector, documents, rows)
        places = indices.astype(np.int64)
        places[rows] = len(answers) + np.arange(len(rows))
        return _table([*answers, *read], self.schema).take(pa.array(places))


@lru_cache(maxsize=1)
def _detector(evidence: tuple[tuple[Path, str], ...]) -> Detector:
    """Kept for all files of a source that one worker reads."""
    from corpusforge.licensing.detect import Detector

    return Detector(file for path, _ in evidence for file in read_evidence(path))


def _around(detector: Detector, documents: pa.Table) -> tuple[list[Detected], np.ndarray]:
    """What is said of whole directories, once for each: answers, and each row's index to them."""
    from corpusforge.licensing.detect import Detected

    directory = pc.replace_substring_regex(documents["path"], r"/?[^/]*$", "")
    columns = [documents["repository"], directory, documents["license"]]
    keys = pc.binary_join_element_wise(
        *(pc.fill_null(column.cast(pa.string()), _NULL) for column in columns), "\0"
    )
    encoded = keys.combine_chunks().dictionary_encode()
    answers = []
    for key in encoded.dictionary.to_pylist():
        repository, folder, declared = (None if f == _NULL else f for f in key.split("\0"))
        answers.append(Detected(detector.around(repository, folder, declared)))
    return answers, encoded.indices.to_numpy()


def _must_be_read(detector: Detector, documents: pa.Table) -> np.ndarray:
    """Rows with a word about rights in their head, or with evidence about single files."""
    heads = pc.binary_slice(documents["text"].cast(pa.binary()), 0, HEAD_BYTES)
    speaks = pc.match_substring_regex(heads, STATEMENT_WORDS, ignore_case=True)
    data = pc.is_in(documents["language"], pa.array(_DATA))
    repositories = documents["repository"].unique().to_pylist()
    by_file = [name for name in repositories if detector.looks_at_files(name)]
    looked_up = pc.is_in(documents["repository"], pa.array(by_file, pa.string()))
    wanted = pc.or_(pc.and_not(speaks, data), looked_up)
    return np.asarray(wanted)


def _read(detector: Detector, documents: pa.Table, rows: np.ndarray) -> list[Detected]:
    from corpusforge.licensing.detect import Document

    some = documents.take(pa.array(rows))
    heads = pc.binary_slice(some["text"].cast(pa.binary()), 0, HEAD_BYTES).to_pylist()
    columns = [some[name].to_pylist() for name in ("path", "repository", "license", "language")]
    return [
        detector.of(Document(path, repository, declared, language, head.decode("utf-8", "ignore")))
        for path, repository, declared, language, head in zip(*columns, heads, strict=True)
    ]


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
