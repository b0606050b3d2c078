"""The signatures fact: signatures of documents, by which similar documents are found."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa

from corpusforge.config import CorpusExperiment, ShingleConfig
from corpusforge.facts.fact import FactStep
from corpusforge.near.banding import SIGNATURE_VERSION
from corpusforge.storage.documents import string_buffers


@dataclass(frozen=True)
class SignatureFact:
    """The slots of a fast similarity sketch (arXiv 1704.04370).

    Two documents agree in a slot with a probability equal to the Jaccard similarity of their sets
    of shingles.
    """

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
        from corpusforge.near.shingles import sign_texts

        batches = []
        for texts in documents["text"].chunks:
            signatures, shingles = sign_texts(*string_buffers(texts), self.config)
            buffers = [None, pa.py_buffer(signatures)]
            array = pa.FixedSizeBinaryArray.from_buffers(self._signature, len(texts), buffers)
            batches.append(pa.record_batch([array, pa.array(shingles)], schema=self.schema))
        return pa.Table.from_batches(batches, schema=self.schema)


STEP = FactStep(SignatureFact)
