"""The lines fact: spans of lines that too many kept documents repeat."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.arrays import Integers
from corpusforge.config import CorpusExperiment, LinesConfig
from corpusforge.engine.live_rows import LiveRows
from corpusforge.facts.fact import FactStep
from corpusforge.redaction.facts import CUT, LINES
from corpusforge.redaction.spans import LINE_SPAN, spans_schema


@dataclass(frozen=True)
class LinesFact:
    """Counts long lines over all live documents, then marks those above the limit.

    Dialogues have no such lines.
    """

    config: LinesConfig
    name: ClassVar[str] = LINES
    version: ClassVar[int] = 1
    columns: ClassVar[tuple[str, ...]] = ("text", "messages")
    releases_the_lock: ClassVar[bool] = True
    live_only: ClassVar[bool] = True
    schema: ClassVar[pa.Schema] = spans_schema(LINE_SPAN)
    count_names: ClassVar[tuple[str, ...]] = CUT

    @classmethod
    def from_config(cls, config: CorpusExperiment) -> Self | None:
        lines = config.corpus.dedup.lines
        return None if lines is None else cls(lines)

    def survey(self, parts: LiveRows) -> npt.NDArray[np.uint64]:
        """Hashes of the lines that more documents have than the limit, ascending."""
        from corpusforge.redaction.lines.find import LineCounter, find_lines

        sizes = [part.counts["text_bytes"] for part in parts.parts]
        with closing(LineCounter(parts.layout.corpus, sum(sizes))) as counter:

            def count(index: int) -> None:
                for texts in _texts(parts.select(index, self.columns)):
                    counter.add(find_lines(texts, self.config.min_characters).distinct())

            counted = parts.executor.in_threads(count, range(len(parts)))
            parts.progress.collect(self.name, sizes, counted)
            return counter.above(self.config.max_documents)

    def compute(self, documents: pa.Table) -> pa.Table:
        raise NotImplementedError("lines are counted over all documents: see compute_with")

    def compute_with(
        self, documents: pa.Table, survey: npt.NDArray[np.uint64]
    ) -> tuple[pa.Table, Mapping[str, int]]:
        from corpusforge.redaction.lines.find import find_lines, spans_of

        least = self.config.min_characters
        lines = [find_lines(texts, least) for texts in _texts(documents)]
        spans, cut_lines = spans_of(lines, survey)
        return pa.table([spans], schema=self.schema), {"cut_lines": cut_lines}

    def counts(self, columns: pa.Table) -> Mapping[str, int]:
        spans = columns["spans"].combine_chunks()
        lengths: Integers = np.diff(spans.offsets.to_numpy())
        ends, starts = (spans.flatten().field(name).to_numpy() for name in ("end", "start"))
        return {
            "cut_documents": int(np.count_nonzero(lengths)),
            "cut_bytes": int((ends - starts).sum()),
        }

    @staticmethod
    def summary(counts: Mapping[str, int]) -> str:
        return f"{counts['cut_lines']:,} lines cut from {counts['cut_documents']:,} documents"


def _texts(documents: pa.Table) -> list[pa.Array]:
    """Texts of the documents, one array a row group at least; empty for dialogues."""
    texts = pc.if_else(pc.is_null(documents["messages"]), documents["text"], "")
    return texts.chunks or [pa.array([], pa.string())]


STEP = FactStep(LinesFact)
