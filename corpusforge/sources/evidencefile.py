"""Turn a licence, notice or metadata file into evidence."""

from corpusforge.sources.decoding import decode
from corpusforge.sources.refusal import Refused
from corpusforge.storage.evidence import EvidenceFile

# The longest licence of the SPDX list has 60 kB. Files of third-party notices have up to a few
# hundred kB.
MAX_EVIDENCE_BYTES = 1 << 20
UNREAD_EVIDENCE = "unread-evidence"


def evidence_file(path: str, repository: str | None, kind: str, data: bytes | str) -> EvidenceFile:
    """Return the evidence in a file's bytes. If it cannot be read, `data` is the reason.

    An unreadable licence file is evidence too: files below it do not inherit a licence from above.
    """
    if isinstance(data, str):
        return EvidenceFile(path, repository, kind, None, data)
    if len(data) > MAX_EVIDENCE_BYTES:
        return EvidenceFile(path, repository, kind, None, f"oversized: {len(data):,} bytes")
    try:
        return EvidenceFile(path, repository, kind, decode(data))
    except Refused as refused:
        return EvidenceFile(path, repository, kind, None, f"{refused.reason}: {refused.detail}")
