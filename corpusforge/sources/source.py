"""The interface of sources: a source plans units of work, and workers read the units."""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, ParamSpec, Protocol

import pyarrow as pa

from corpusforge.storage.documents import DocumentBuilder, Reject
from corpusforge.storage.evidence import EvidenceFile

P = ParamSpec("P")


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


class Document(NamedTuple):
    """A document of a source that is not columnar: the arguments of `DocumentBuilder.add`."""

    id: str  # without the source's name
    text: str
    messages: str | None = None
    path: str | None = None
    repository: str | None = None
    license: str | None = None
    language: str | None = None
    meta: str | None = None


def in_batches(
    read: Callable[P, Iterator[Document | Reject | EvidenceFile]],
) -> Callable[P, Iterator[pa.RecordBatch | Reject | EvidenceFile]]:
    """Decorate a generator of documents: it yields them as record batches."""

    @functools.wraps(read)
    def batches(
        *args: P.args, **kwargs: P.kwargs
    ) -> Iterator[pa.RecordBatch | Reject | EvidenceFile]:
        builder = DocumentBuilder()
        for item in read(*args, **kwargs):
            if not isinstance(item, Document):
                yield item
            elif batch := builder.add(**item._asdict()):
                yield batch
        if last := builder.flush():
            yield last

    return batches


def cut(sizes: Sequence[int], part_bytes: int) -> Iterator[slice]:
    """Cut inputs of some sizes into consecutive runs of about `part_bytes`."""
    start = num_bytes = 0
    for index, size in enumerate(sizes, 1):
        num_bytes += size
        if num_bytes >= part_bytes or index == len(sizes):
            yield slice(start, index)
            start, num_bytes = index, 0
