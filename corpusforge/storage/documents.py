"""The documents of a corpus: one row each, written once; their schema and how rows are made."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),  # <source>:<path or row>, stable
        pa.field("text", pa.string(), nullable=False),
        pa.field("messages", pa.string()),  # JSON list of {role, content}, for dialogues
        pa.field("source", pa.string(), nullable=False),
        pa.field("path", pa.string()),  # where the source found it
        pa.field("repository", pa.string()),  # what is split, and licensed, as one
        pa.field("license", pa.string()),  # as the source declares it
        pa.field("language", pa.string()),
        pa.field("num_bytes", pa.int64(), nullable=False),  # of the text, in UTF-8
        pa.field("content_hash", pa.binary(16), nullable=False),  # xxh3-128 of the text
        pa.field("meta", pa.string()),  # other fields of the source, as JSON
    ]
)
# Columns of a source; the others follow from the text and the name of the source.
SOURCE_COLUMNS = ("id", "text", "messages", "path", "repository", "license", "language", "meta")


_BATCH_BYTES = 4 << 20


@dataclass(frozen=True)
class Reject:
    """Something a source met and could not, or should not, make a document of."""

    path: str
    reason: str  # a short code, counted: invalid-json, not-text, oversized, …
    line: int | None = None  # 1-based
    detail: str = ""


class DocumentBuilder:
    """Collects documents one by one into record batches of a few megabytes of text.

    For sources whose input is not columnar. `add` returns None, or a batch when one is full.
    `flush` returns the rest. Columns are `SOURCE_COLUMNS`; `id` is still without the source's name.
    """

    def __init__(self) -> None:
        self._columns: dict[str, list[str | None]] = {name: [] for name in SOURCE_COLUMNS}
        self._bytes = 0

    def add(
        self,
        id: str,
        text: str,
        *,
        messages: str | None = None,
        path: str | None = None,
        repository: str | None = None,
        license: str | None = None,
        language: str | None = None,
        meta: str | None = None,
    ) -> pa.RecordBatch | None:
        columns = self._columns
        columns["id"].append(id)
        columns["text"].append(text)
        columns["messages"].append(messages)
        columns["path"].append(path)
        columns["repository"].append(repository)
        columns["license"].append(license)
        columns["language"].append(language)
        columns["meta"].append(meta)
        # Characters, not bytes: near enough to bound the memory of a batch.
        self._bytes += len(text)
        return self._take() if self._bytes >= _BATCH_BYTES else None

    def flush(self) -> pa.RecordBatch | None:
        return self._take() if self._columns["id"] else None

    def _take(self) -> pa.RecordBatch:
        batch = pa.RecordBatch.from_arrays(
            [pa.array(values, pa.string()) for values in self._columns.values()],
            names=list(SOURCE_COLUMNS),
        )
        self._columns = {name: [] for name in SOURCE_COLUMNS}
        self._bytes = 0
        return batch


def complete(
    batch: pa.RecordBatch, source: str, license: str | None = None, language: str | None = None
) -> pa.RecordBatch:
    """A batch of `SOURCE_COLUMNS` as rows of `SCHEMA`: defaults fill nulls, ids get the source."""
    text = batch.column("text")
    offsets, data = string_buffers(text)
    view = memoryview(data)
    bounds = offsets.tolist()
    hashes = b"".join(
        xxhash.xxh3_128_digest(view[start:end]) for start, end in itertools.pairwise(bounds)
    )
    columns = {
        **{name: batch.column(name) for name in SOURCE_COLUMNS},
        "id": pc.binary_join_element_wise(source, batch.column("id"), ":"),
        "source": pa.repeat(pa.scalar(source), len(batch)),
        "license": pc.fill_null(batch.column("license"), license),
        "language": pc.fill_null(batch.column("language"), language),
        "num_bytes": pa.array(np.diff(offsets).astype(np.int64)),
        "content_hash": pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(16), len(batch), [None, pa.py_buffer(hashes)]
        ),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def string_buffers(column: pa.Array) -> tuple[npt.NDArray[np.int32], pa.Buffer]:
    """Byte offsets, int32[rows + 1], and the UTF-8 bytes of a string column without nulls."""
    _, offsets, data = column.buffers()
    bounds = np.frombuffer(offsets, np.int32, len(column) + 1, column.offset * 4)
    return bounds, data if data is not None else pa.py_buffer(b"")


def draws(content_hash: pa.Array, purpose: str, seed: int) -> npt.NDArray[np.float64]:
    """Numbers in [0, 1) that documents' texts decide, float64[rows], independent by purpose.

    The same text draws the same number in every corpus, so that copies stay on one side.
    """
    _, data = content_hash.buffers()
    words = np.frombuffer(data, np.uint64, 2 * len(content_hash), 16 * content_hash.offset)
    salt = np.uint64(xxhash.xxh3_64_intdigest(purpose.encode(), seed))
    # xxh3's bits are uniform; the product carries the salt into the high ones.
    mixed = (words[::2] ^ salt) * np.uint64(0x9E3779B97F4A7C15)
    return mixed.astype(np.float64) / 2.0**64
