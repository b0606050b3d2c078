"""The interface of sources: a source plans units of work, and workers read the units."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from corpusforge.storage.documents import Reject
from corpusforge.storage.evidence import EvidenceFile


@dataclass(frozen=True)
class Unit:
    """A part of a source that one worker reads. It becomes one or more document files.

    Units depend only on the input (files, then target bytes), never on the number of workers. They
    are numbered in the order of the plan.
    """

    # What `read` needs to find the unit on this machine, as JSON values. Not part of a fingerprint.
    spec: dict[str, Any]
    # Covers everything that determines the rows, except the configuration: the content, its range,
    # and the names in ids and paths. If it changes, the unit is read again.
    checksum: str
    # Bytes of input, for the progress line.
    num_bytes: int


class Source(Protocol):
    """One configured source."""

    def plan(self, part_bytes: int) -> tuple[Sequence[Unit], Sequence[Reject]]:
        """Cut the input into units of about `part_bytes`. Rejects are inputs that cannot be read.

        Raises:
            InputError: the input is missing, or does not match the configuration.
        """

    def read(self, unit: Unit) -> Iterator[pa.RecordBatch | Reject | EvidenceFile]:
        """Yield batches of `documents.SOURCE_COLUMNS`, rejects and evidence, in input order.

        Runs in a worker process. The result must depend only on the unit and the configuration, and
        at most a few batches may be in memory.
        """
