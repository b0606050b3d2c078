"""Writes a shard: a token file of raw uint16, and a document index."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from corpusforge.arrays import Integers
from corpusforge.errors import InputError
from corpusforge.shards.index import open_index, write_index
from corpusforge.shards.manifest import ShardEntry, SourceEntry
from corpusforge.storage.files import UnfinishedFiles, atomic_writer, file_checksum

_FINGERPRINT, _CHECKSUM = b"fingerprint", b"checksum"


@dataclass(frozen=True)
class WrittenShard:
    """The manifest entry of a shard, and the size of its text."""

    entry: ShardEntry
    num_bytes: int


def source_entry(weight: float, shards: Sequence[WrittenShard]) -> SourceEntry:
    """Build the manifest entry of a source in a split from its shards."""
    return SourceEntry(
        weight=weight,
        num_documents=sum(shard.entry.num_documents for shard in shards),
        num_tokens=sum(shard.entry.num_tokens for shard in shards),
        num_bytes=sum(shard.num_bytes for shard in shards),
        shards=tuple(shard.entry for shard in shards),
    )


class ShardWriter(UnfinishedFiles):
    """Appends documents to `<directory>/<name>.bin`; `close` makes it and its index appear."""

    def __init__(
        self,
        directory: Path,
        name: str,
        vocab_size: int,
        end_of_document: int,
        beginning_of_document: int | None = None,
    ) -> None:
        super().__init__()
        self._directory = directory
        self._name = name
        self._vocab_size = vocab_size
        marks = [end_of_document]
        if beginning_of_document is not None:
            marks.insert(0, beginning_of_document)
        self._marks = np.array(marks, "<u2")
        self._lengths: list[Integers] = []
        self._digest = xxhash.xxh3_128()
        self._handle = self._files.enter_context(atomic_writer(directory / f"{name}.bin"))

    def append(self, ids: npt.NDArray[np.integer], lengths: npt.NDArray[np.integer]) -> None:
        """Append documents, each with its end, and with its beginning if it is marked.

        `ids` holds the concatenated ids of the documents, `lengths` the number of ids of each.

        Raises:
            InputError: an id is outside the vocabulary; ids are never truncated to 16 bits.
        """
        ends = np.cumsum(lengths, dtype=np.int64)
        assert len(ids) == (ends[-1] if len(ends) else 0), "lengths do not cover the ids"
        if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < self._vocab_size:
            raise self._vocabulary_error(ids, ends)
        edges = ends[:, None]
        if len(self._marks) == 2:
            edges = np.column_stack([ends - lengths, ends])
        marks = np.tile(self._marks, len(ends))
        data = np.insert(ids.astype("<u2", copy=False), edges.reshape(-1), marks).data
        self._digest.update(data)
        self._handle.write(data)
        self._lengths.append(np.asarray(lengths, np.int64) + len(self._marks))

    def close(self, origin: pa.Table, fingerprint: str) -> WrittenShard:
        """Finish both files. `origin` has a row of `ORIGIN_COLUMNS` for each document."""
        # An index vouches for the token file, so an older index is removed before that changes.
        (self._directory / f"{self._name}.docs.arrow").unlink(missing_ok=True)
        self._files.close()
        lengths, checksum = np.concatenate(self._lengths), self._digest.hexdigest()
        return write_shard_index(
            self._directory, self._name, lengths, origin, fingerprint, checksum
        )

    def _vocabulary_error(self, ids: npt.NDArray[np.integer], ends: Integers) -> InputError:
        first = int(np.flatnonzero((ids < 0) | (ids >= self._vocab_size))[0])
        document = sum(map(len, self._lengths)) + int(np.searchsorted(ends, first, "right"))
        return InputError(
            "a token is outside the vocabulary",
            where=f"{self._directory / self._name}.bin, document {document}",
            got=f"id {int(ids[first])}",
            expected=f"0 to {self._vocab_size - 1}",
            do="run `corpusforge tokenizer` and `corpusforge tokenize` again",
        )


def write_shard_index(
    directory: Path,
    name: str,
    lengths: Integers,
    origin: pa.Table,
    fingerprint: str,
    checksum: str,
) -> WrittenShard:
    """Write the document index of a token file whose xxh3-128 is `checksum`."""
    path = directory / f"{name}.docs.arrow"
    write_index(path, lengths, origin, {_FINGERPRINT: fingerprint, _CHECKSUM: checksum})
    written = finished_shard(directory, name, fingerprint)
    assert written is not None, f"{path} was written without its fingerprint"
    return written


def finished_shard(directory: Path, name: str, fingerprint: str) -> WrittenShard | None:
    """The shard, if both its files exist and were made with this fingerprint."""
    index_path, tokens_path = directory / f"{name}.docs.arrow", directory / f"{name}.bin"
    try:
        index = open_index(index_path)
    except InputError:
        return None
    metadata = index.schema.metadata or {}
    if metadata.get(_FINGERPRINT) != fingerprint.encode() or not tokens_path.is_file():
        return None
    num_tokens = int(np.sum(index["length"].to_numpy()))
    if tokens_path.stat().st_size != 2 * num_tokens:
        return None
    entry = ShardEntry(
        name=name,
        num_tokens=num_tokens,
        num_documents=index.num_rows,
        checksum=metadata[_CHECKSUM].decode(),
        index_checksum=file_checksum(index_path),
    )
    return WrittenShard(entry, int(np.sum(index["num_bytes"].to_numpy())))


def shard_files(directory: Path) -> Iterator[Path]:
    """All token files, document indexes and id indexes in a shard directory."""
    for pattern in ("*/*/*.bin", "*/*/*.docs.arrow", "*/*/ids.arrow"):
        yield from sorted(directory.glob(pattern))
