"""The signature fact: a sketch of a document's shingles, from which similar ones are found."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from corpusforge.config import ShingleConfig
from corpusforge.near.banding import SIGNATURE_VERSION
from corpusforge.storage.documents import string_buffers


@dataclass(frozen=True)
class SignatureFact:
    """Slots of a fast similarity sketch: two documents agree in a slot with a probability that is
    the Jaccard similarity of their sets of shingles."""

    config: ShingleConfig
    name: ClassVar[str] = "signatures"
    version: ClassVar[int] = SIGNATURE_VERSION
    releases_the_lock: ClassVar[bool] = True
    columns: ClassVar[tuple[str, ...]] = ("text",)

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
