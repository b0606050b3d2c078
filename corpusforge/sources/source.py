"""The seam between raw data and the corpus: a source plans units of work and reads each of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from corpusforge.storage.documents import Reject
from corpusforge.storage.evidence import EvidenceFile


@dataclass(frozen=True)
class Unit:
    """A piece of a source that one worker reads; it becomes one document file, or a run of them.

    Units are cut by the input alone (files, then target bytes), never by the number of workers,
    and are numbered in the order of the plan.
    """

    # What `read` needs to find the piece on this machine: JSON-able, and no part of a fingerprint.
    spec: dict[str, Any]
    # Covers all that decides the rows beside the configuration: the content that is read, its
    # range, and the names that enter ids and paths. Decides whether to read again.
    checksum: str
    # Bytes of input, for the progress line.
    num_bytes: int


class Source(Protocol):
    """One configured source."""

    def plan(self, part_bytes: int) -> tuple[Sequence[Unit], Sequence[Reject]]:
        """Cut the input into units of about `part_bytes`; rejects are what planning set aside.

        Raises:
            InputError: the input is missing, or is not what the configuration says.
        """

    def read(self, unit: Unit) -> Iterator[pa.RecordBatch | Reject | EvidenceFile]:
        """Yield batches of `documents.SOURCE_COLUMNS`, rejects, and files about licences.

        All in the order of the input.

        Runs in a worker process; must depend on the unit and the configuration alone, and hold a
        few batches in memory at most.
        """
