"""Lists of text files, which are cut into units and read as documents."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import xxhash

from corpusforge.sources.evidencefile import MAX_EVIDENCE_BYTES, UNREAD_EVIDENCE, evidence_file
from corpusforge.sources.refusal import Refused, refusing_unreadable
from corpusforge.sources.source import Document, Unit, in_batches
from corpusforge.sources.textfile import read_text
from corpusforge.storage.documents import Reject
from corpusforge.storage.evidence import EvidenceFile


class ListedFile(NamedTuple):
    """A regular file that may be text. A tuple, so that a unit's JSON specification can hold it."""

    location: str  # on this machine
    id: str
    path: str  # in the document
    repository: str | None
    license: str | None


class ListedEvidence(NamedTuple):
    """A file with evidence for the licence of other files. It may also be a document."""

    location: str | None  # on this machine; None if it cannot be read
    path: str
    repository: str | None
    kind: str
    problem: str | None = None


Listed = ListedFile | ListedEvidence | Reject


def cut_files(
    files: Iterable[Listed], part_bytes: int, max_file_bytes: int
) -> tuple[list[Unit], list[Reject]]:
    """Return units of about `part_bytes` in the order of the files, and rejects.

    Read every file completely, because only the content shows whether a file has changed.
    """
    units: list[Unit] = []
    rejects: list[Reject] = []
    listed: list[ListedFile] = []
    evidence: list[ListedEvidence] = []
    num_bytes = 0
    digest = xxhash.xxh3_128()

    def end_unit() -> None:
        nonlocal listed, evidence, num_bytes
        spec = {"files": listed, "evidence": evidence}
        units.append(Unit(spec, digest.hexdigest(), num_bytes))
        listed, evidence, num_bytes = [], [], 0
        digest.reset()

    for file in files:
        if isinstance(file, Reject):
            rejects.append(file)
            continue
        if isinstance(file, ListedEvidence):
            found = _read_evidence(file)
            digest.update(repr(found).encode("utf-8", "surrogatepass"))
            evidence.append(file)
            num_bytes += len(found.text or "")
            if found.problem:
                rejects.append(Reject(file.path, UNREAD_EVIDENCE, detail=found.problem))
            continue
        try:
            data = read_bytes(file.location, max_file_bytes)
        except Refused as refused:
            rejects.append(refused.at(file.path))
            continue
        digest.update(repr((*file[1:], len(data))).encode())
        digest.update(data)
        listed.append(file)
        num_bytes += len(data)
        if num_bytes >= part_bytes:
            end_unit()
    if listed or evidence:
        end_unit()
    return units, rejects


@in_batches
def read_files(
    unit: Unit, max_file_bytes: int, read: Callable[[str, bytes], tuple[str, str]] = read_text
) -> Iterator[Document | Reject | EvidenceFile]:
    """Yield the documents, rejects and evidence of a unit from `cut_files`.

    `read` returns the text and the language of a file, by its name and its bytes.
    """
    for fields in unit.spec["evidence"]:
        yield _read_evidence(ListedEvidence(*fields))
    for fields in unit.spec["files"]:
        file = ListedFile(*fields)
        try:
            text, language = read(file.path, read_bytes(file.location, max_file_bytes))
        except Refused as refused:
            yield refused.at(file.path)
            continue
        yield Document(
            file.id,
            text,
            path=file.path,
            repository=file.repository,
            license=file.license,
            language=language,
        )


def _read_evidence(file: ListedEvidence) -> EvidenceFile:
    data: bytes | str
    if file.location is None:
        data = file.problem or ""
    else:
        try:
            data = read_bytes(file.location, MAX_EVIDENCE_BYTES)
        except Refused as refused:
            data = f"{refused.reason}: {refused.detail}"
    return evidence_file(file.path, file.repository, file.kind, data)


def read_bytes(location: str, max_bytes: int) -> bytes:
    """Return the bytes of a file.

    Raises:
        Refused: "oversized" or "unreadable".
    """
    with refusing_unreadable(), open(location, "rb", buffering=0) as handle:
        data = handle.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise Refused("oversized", f"more than {max_bytes:,} bytes")
    return data
