"""The signature fact: a sketch of a document's shingles, from which similar ones are found."""

import threading
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa

from corpusforge.config import CorpusExperiment, ShingleConfig
from corpusforge.facts.fact import FactStep
from corpusforge.near import ahead
from corpusforge.near.banding import SIGNATURE_VERSION
from corpusforge.storage.documents import string_buffers


@cache
def _load_search() -> None:
    """Load what dedup needs next, in a thread beside the signatures, which release the interpreter
    lock; where it is not compiled yet, that takes as long as a hundred megabytes."""
    threading.Thread(target=ahead.load_comparison).start()


@dataclass(frozen=True)
class SignatureFact:
    """Slots of a fast similarity sketch: two documents agree in a slot with a probability that is
    the Jaccard similarity of their sets of shingles."""

    config: ShingleConfig
    name: ClassVar[str] = "signatures"
    version: ClassVar[int] = SIGNATURE_VERSION
    releases_the_lock: ClassVar[bool] = True
    live_only: ClassVar[bool] = False
    columns: ClassVar[tuple[str, ...]] = ("text",)

    @classmethod
    def from_config(cls, config: CorpusExperiment) -> Self | None:
        dedup = config.corpus.dedup
        return cls(dedup.shingle) if dedup.near else None

    @property
    def schema(self) -> pa.Schema:
        return pa.schema(
            [
                pa.field("signature", self._signature, nullable=False),  # uint16[slots]
                pa.field("shingles", pa.uint32(), nullable=False),  # repeated ones too; 0: no words
            ]
        )

    @property
    def _signature(self) -> pa.DataType:
        return pa.binary(self.config.slots * np.dtype(np.uint16).itemsize)

    def compute(self, documents: pa.Table) -> pa.Table:
        ahead.load_signing()
        from corpusforge.near.shingles import sign_texts

        _load_search()
        chunks = [sign_texts(*string_buffers(t), self.config) for t in documents["text"].chunks]
        signatures = [pa.py_buffer(signature) for signature, _ in chunks]
        arrays = [
            pa.FixedSizeBinaryArray.from_buffers(self._signature, len(shingles), [None, buffer])
            for buffer, (_, shingles) in zip(signatures, chunks, strict=True)
        ]
        counts = [pa.array(shingles) for _, shingles in chunks]
        columns = [
            pa.chunked_array(arrays, self._signature),
            pa.chunked_array(counts, pa.uint32()),
        ]
        return pa.table(columns, schema=self.schema)


STEP = FactStep(SignatureFact)
