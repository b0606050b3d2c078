"""The licence, notice and metadata files found next to documents: one row per file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from corpusforge.storage.files import UnfinishedFiles
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import PartWriter, read_batches, write_part

SCHEMA = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),  # as paths of documents are
        pa.field("repository", pa.string()),
        pa.field("kind", pa.string(), nullable=False),  # licensing.evidence_names.Kind
        pa.field("text", pa.string()),  # null where it could not be read
        pa.field("problem", pa.string()),  # and why not
    ]
)
_BATCH_CHARACTERS = 4 << 20


@dataclass(frozen=True)
class EvidenceFile:
    """A file that says something of the licence of other files; the columns of `SCHEMA`."""

    path: str
    repository: str | None
    kind: str
    text: str | None
    problem: str | None = None


@dataclass(frozen=True)
class Evidence:
    """The evidence files of one source. Equal digests are equal files."""

    digest: str
    files: tuple[Path, ...] = field(default=(), compare=False)


NO_EVIDENCE = Evidence("")


@lru_cache(maxsize=1)
def evidence_of(layout: Layout, source: str, digest: str) -> Evidence:
    """The evidence of a source; `digest` is that of the files as they are now."""
    return Evidence(digest, tuple(layout.evidence_files(source)))


def read_evidence(path: Path) -> Iterator[EvidenceFile]:
    """The files of one evidence part.

    Raises:
        RunError: the part is missing or damaged.
    """
    for rows in read_batches(path, SCHEMA.names):
        yield from (EvidenceFile(**row) for row in rows.to_pylist())


class EvidenceWriter(UnfinishedFiles):
    """Streams evidence into a part file, which appears on `close`; none, no file."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        super().__init__()
        self.rows = 0
        self._path = path
        self._fingerprint = fingerprint
        self._part: PartWriter | None = None
        self._waiting: list[EvidenceFile] = []
        self._characters = 0

    def set_aside(self, items: Iterable[pa.RecordBatch | EvidenceFile]) -> Iterator[pa.RecordBatch]:
        """Pass the batches on and write the evidence down."""
        for item in items:
            if isinstance(item, EvidenceFile):
                self._add(item)
            else:
                yield item

    def close(self) -> None:
        """Let the file appear; where there was nothing to write, remove an older one."""
        self._flush()
        self._files.close()
        if not self.rows:
            self._path.unlink(missing_ok=True)

    def _add(self, file: EvidenceFile) -> None:
        self.rows += 1
        self._waiting.append(file)
        self._characters += len(file.text or "")
        if self._characters >= _BATCH_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        if self._part is None:
            self._part = self._files.enter_context(
                write_part(self._path, SCHEMA, self._fingerprint)
            )
        self._part.write(pa.Table.from_pylist([vars(file) for file in self._waiting], SCHEMA))
        self._waiting, self._characters = [], 0
