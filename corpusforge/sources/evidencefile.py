"""One licence, notice or metadata file becomes evidence; one that cannot be read says so."""

from corpusforge.sources.decoding import decode
from corpusforge.sources.refusal import Refused
from corpusforge.storage.evidence import EvidenceFile

# The longest licence of the SPDX list has 60 kB; files of third parties' notices reach some
# hundreds.
MAX_EVIDENCE_BYTES = 1 << 20
UNREAD_EVIDENCE = "unread-evidence"


def evidence_file(path: str, repository: str | None, kind: str, data: bytes | str) -> EvidenceFile:
    """Evidence by the bytes of its file, or by the reason why there are none.

    A licence file that nobody can read still stands there: what is below it has no licence from
    above it.
    """
    if isinstance(data, str):
        return EvidenceFile(path, repository, kind, None, data)
    if len(data) > MAX_EVIDENCE_BYTES:
        return EvidenceFile(path, repository, kind, None, f"oversized: {len(data):,} bytes")
    try:
        return EvidenceFile(path, repository, kind, decode(data))
    except Refused as refused:
        return EvidenceFile(path, repository, kind, None, f"{refused.reason}: {refused.detail}")
