"""Writes one shard: tokens as raw uint16, and an index with a row for each document."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from corpusforge.errors import InputError
from corpusforge.shards.index import open_index, write_index
from corpusforge.shards.manifest import ShardEntry, SourceEntry
from corpusforge.storage.files import UnfinishedFiles, atomic_writer, file_checksum

_FINGERPRINT, _CHECKSUM = b"fingerprint", b"checksum"


@dataclass(frozen=True)
class WrittenShard:
    """A shard's entry, and the text it holds."""

    entry: ShardEntry
    num_bytes: int


def source_entry(weight: float, shards: Sequence[WrittenShard]) -> SourceEntry:
    """The shards of one source in one split, added up."""
    return SourceEntry(
        weight=weight,
        num_documents=sum(shard.entry.num_documents for shard in shards),
        num_tokens=sum(shard.entry.num_tokens for shard in shards),
        num_bytes=sum(shard.num_bytes for shard in shards),
        shards=tuple(shard.entry for shard in shards),
    )


class ShardWriter(UnfinishedFiles):
    """Appends documents to `<directory>/<name>.bin`; both files appear on `close`, index last."""

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
        self._lengths: list[npt.NDArray[np.int64]] = []
        self._digest = xxhash.xxh3_128()
        self._handle = self._files.enter_context(atomic_writer(directory / f"{name}.bin"))

    def append(self, ids: npt.NDArray[np.integer], lengths: npt.NDArray[np.integer]) -> None:
        """Append documents, the end of a document behind each, and its beginning where marked.

        `ids` holds their tokens one document after the other, `lengths` how many each has; both may
        be as many as memory has room for, and no document is an object of its own.

        Raises:
            InputError: an id is outside the vocabulary; nothing is ever cut to 16 bits.
        """
        ends = np.cumsum(lengths, dtype=np.int64)
        assert len(ids) == (ends[-1] if len(ends) else 0), "lengths do not cover the ids"
        if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < self._vocab_size:
            raise self._outside(ids, ends)
        edges = ends[:, None]
        if len(self._marks) == 2:
            edges = np.column_stack([ends - lengths, ends])
        marks = np.tile(self._marks, len(ends))
        data = np.insert(ids.astype("<u2", copy=False), edges.reshape(-1), marks).data
        self._digest.update(data)
        self._handle.write(data)
        self._lengths.append(np.asarray(lengths, np.int64) + len(self._marks))

    def close(self, origin: pa.Table, fingerprint: str) -> WrittenShard:
        """Finish both files. `origin` has the index's other columns, a row an appended document."""
        path = self._directory / f"{self._name}.docs.arrow"
        # An index vouches for the tokens beside it, so an older one goes before they change.
        path.unlink(missing_ok=True)
        self._files.close()
        lengths = np.concatenate(self._lengths)
        write_index(path, lengths, origin, stamp(fingerprint, self._digest.hexdigest()))
        written = finished_shard(self._directory, self._name, fingerprint)
        assert written is not None, f"{path} was written without its stamp"
        return written

    def _outside(self, ids: npt.NDArray[np.integer], ends: npt.NDArray[np.int64]) -> InputError:
        first = int(np.flatnonzero((ids < 0) | (ids >= self._vocab_size))[0])
        document = sum(map(len, self._lengths)) + int(np.searchsorted(ends, first, "right"))
        return InputError(
            "a token is outside the vocabulary",
            where=f"{self._directory / self._name}.bin, document {document}",
            got=f"id {int(ids[first])}",
            expected=f"0 to {self._vocab_size - 1}",
            do="run `corpusforge tokenizer` and `corpusforge tokenize` again",
        )


def stamp(fingerprint: str, checksum: str) -> dict[bytes, str]:
    """What an index says of itself: what it was made from, and the xxh3-128 of its tokens."""
    return {_FINGERPRINT: fingerprint, _CHECKSUM: checksum}


def finished_shard(directory: Path, name: str, fingerprint: str) -> WrittenShard | None:
    """The shard, if both its files are there and were made from the same things."""
    index_path, tokens_path = directory / f"{name}.docs.arrow", directory / f"{name}.bin"
    try:
        index = open_index(index_path)
    except InputError:
        return None
    stamped = index.schema.metadata or {}
    if stamped.get(_FINGERPRINT) != fingerprint.encode() or not tokens_path.is_file():
        return None
    num_tokens = int(np.sum(index["length"].to_numpy()))
    if tokens_path.stat().st_size != 2 * num_tokens:
        return None
    entry = ShardEntry(
        name=name,
        num_tokens=num_tokens,
        num_documents=index.num_rows,
        checksum=stamped[_CHECKSUM].decode(),
        index_checksum=file_checksum(index_path),
    )
    return WrittenShard(entry, int(np.sum(index["num_bytes"].to_numpy())))


def shard_files(directory: Path) -> Iterator[Path]:
    """Every token file, index and order under a shard directory."""
    for pattern in ("*/*/*.bin", "*/*/*.docs.arrow", "*/*/ids.arrow"):
        yield from sorted(directory.glob(pattern))
