"""`corpus/rejects/`: inputs that could not, or should not, become documents, one per line."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from corpusforge.storage.documents import Reject
from corpusforge.storage.evidence import EvidenceFile
from corpusforge.storage.files import UnfinishedFiles, atomic_writer

_DETAIL_CHARACTERS = 300


class RejectWriter(UnfinishedFiles):
    """Writes rejects to a JSON Lines file. Without rejects, there is no file."""

    def __init__(self, path: Path, source: str) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self._path = path
        self._source = source
        self._handle: BinaryIO | None = None

    def add(self, reject: Reject) -> None:
        if self._handle is None:
            self._handle = self._files.enter_context(atomic_writer(self._path))
        row = {"source": self._source, **asdict(reject)}
        row["detail"] = reject.detail[:_DETAIL_CHARACTERS]
        self._handle.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        self.counts[reject.reason] += 1

    def set_aside(
        self, items: Iterable[pa.RecordBatch | EvidenceFile | Reject]
    ) -> Iterator[pa.RecordBatch | EvidenceFile]:
        """Write the rejects, and pass the other items on."""
        for item in items:
            if isinstance(item, Reject):
                self.add(item)
            else:
                yield item

    def close(self) -> None:
        """Complete the file. Without rejects, remove an older file."""
        if self._handle is None:
            self._path.unlink(missing_ok=True)
        self._files.close()


def num_rejects(path: Path) -> int:
    """Return the number of rejects in a file, or 0 if there is no file."""
    if not path.is_file():
        return 0
    with path.open("rb") as lines:
        return sum(1 for _ in lines)
