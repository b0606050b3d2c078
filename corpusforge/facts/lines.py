"""The lines fact: which spans of each kept document are lines that too many documents have."""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import LinesConfig
from corpusforge.engine.run import Run
from corpusforge.redaction.apply import LINES as FACT
from corpusforge.storage.files import fingerprint
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest, is_current, save_manifest
from corpusforge.storage.parts import (
    PartEntry,
    finished_part,
    part_entry,
    read_batches,
    read_rows,
    remove_stale,
    write_part,
)

CUT = ("cut_documents", "cut_lines", "cut_bytes")  # what its manifest counts
_VERSION = 1
_BEFORE = "dedup"


@dataclass(frozen=True)
class LinesStep:
    """Counts long lines over the documents that dedup keeps, then notes those above the limit.

    Not a fact like others: what a line's fate is, all documents say together. Dialogues have none.
    """

    config: LinesConfig
    name: ClassVar[str] = "lines fact"
    reads_outside: ClassVar[bool] = False

    def current(self, run: Run) -> Manifest | None:
        layout = run.layout
        key = self._fingerprint(self._inputs(run))
        return is_current(layout.fact_manifest(FACT), key, layout.fact(FACT))

    def summary(self, manifest: Manifest) -> str:
        counts = manifest.counts
        return f"{counts['cut_lines']:,} lines cut from {counts['cut_documents']:,} documents"

    def make(self, run: Run) -> Manifest:
        from corpusforge.redaction.lines.find import SPAN, LineCounter, find_lines, spans_of

        layout, parts = run.layout, run.parts()
        layout.fact_manifest(FACT).unlink(missing_ok=True)
        inputs = self._inputs(run)
        key = self._fingerprint(inputs)
        schema = pa.schema([pa.field("spans", pa.list_(SPAN), nullable=False)])
        sizes = [part.counts["text_bytes"] for part in parts]
        least = self.config.min_characters

        with run.progress.work(self.name, 2 * sum(sizes)) as meter:
            with closing(LineCounter(layout.corpus, sum(sizes))) as counter:

                def count(index: int) -> None:
                    for texts in _kept_texts(layout, parts[index]):
                        counter.add(find_lines(texts, least).distinct())

                for index, _ in run.executor.in_threads(count, range(len(parts))):
                    meter.advance(sizes[index])
                repeated = counter.above(self.config.max_documents)

            def write(index: int) -> PartEntry:
                part = parts[index]
                path = layout.fact(FACT) / f"{part.name}.parquet"
                if finished := finished_part(path, part.source, key):
                    return finished
                lines = [find_lines(texts, least) for texts in _kept_texts(layout, part)]
                with write_part(path, schema, key) as output:
                    if lines:
                        spans, cut_lines = spans_of(lines, repeated)
                        output.write(pa.table([spans], schema=schema))
                        output.counts.update(_counted(spans, cut_lines))
                return part_entry(path, part.source, key)

            outputs: dict[int, PartEntry] = {}
            for index, output in run.executor.in_threads(write, range(len(parts))):
                outputs[index] = output
                meter.advance(sizes[index])
        remove_stale(layout.fact(FACT), {part.name for part in parts})
        totals: Counter[str] = Counter(dict.fromkeys(("documents", *CUT), 0))
        for output in outputs.values():
            totals.update({**output.counts, "documents": output.rows})
        manifest = Manifest(
            stage=self.name,
            version=_VERSION,
            fingerprint=key,
            config=self.config.model_dump(),
            inputs=inputs,
            outputs=tuple(outputs[index] for index in range(len(parts))),
            counts=dict(totals),
        )
        save_manifest(layout.fact_manifest(FACT), manifest)
        return manifest

    def _inputs(self, run: Run) -> dict[str, str]:
        layout = run.layout
        verdict = run.require(_BEFORE, layout.manifest(_BEFORE))
        inputs = {f"corpus/documents/{part.name}.parquet": part.checksum for part in run.parts()}
        directory = layout.relative(layout.verdict(_BEFORE))
        return inputs | {
            f"{directory}/{part.name}.parquet": part.checksum for part in verdict.outputs
        }

    def _fingerprint(self, inputs: dict[str, str]) -> str:
        return fingerprint("fact", FACT, _VERSION, self.config.model_dump(), inputs)


def _kept_texts(layout: Layout, part: PartEntry) -> list[pa.Array]:
    """Texts of a document file, a column a row group; empty where they are not trained on, or are
    of dialogues."""
    name = f"{part.name}.parquet"
    keep = pc.fill_null(read_rows(layout.verdict(_BEFORE) / name, ["keep"])["keep"], False)
    first = 0
    columns = []
    for rows in read_batches(layout.documents / name, ["text", "messages"]):
        wanted = pc.and_(keep.slice(first, len(rows)), pc.is_null(rows["messages"]))
        first += len(rows)
        columns.append(pc.if_else(wanted, rows["text"], "").combine_chunks())
    return columns


def _counted(spans: pa.Array, cut_lines: int) -> dict[str, int]:
    lengths: npt.NDArray[np.int64] = np.diff(spans.offsets.to_numpy())
    ends, starts = (spans.values.field(name).to_numpy() for name in ("end", "start"))
    counted = (int(np.count_nonzero(lengths)), cut_lines, int((ends - starts).sum()))
    return dict(zip(CUT, counted, strict=True))
