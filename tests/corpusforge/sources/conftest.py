"""How a test of a source reads all of it, here or in a process whose memory is measured."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest
from pydantic import TypeAdapter

from corpusforge.config import AnySource
from corpusforge.sources.open import open_source
from corpusforge.sources.source import Unit
from corpusforge.storage.documents import Reject
from corpusforge.storage.evidence import EvidenceFile

_CONFIG: TypeAdapter[AnySource] = TypeAdapter(AnySource)

_MEASURED = """
import json, sys
import pyarrow as pa
from collections import Counter
from pathlib import Path
from pydantic import TypeAdapter
from corpusforge.config import AnySource
from corpusforge.storage.documents import Reject
from corpusforge.sources.open import open_source

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024

source = open_source(TypeAdapter(AnySource).validate_python(json.loads(sys.argv[1])))
before = peak()
units, rejects = source.plan(32 << 20)
reasons = Counter(reject.reason for reject in rejects)
for unit in units:
    for item in source.read(unit):
        if isinstance(item, pa.RecordBatch):
            reasons["kept"] += len(item)
        elif isinstance(item, Reject):
            reasons[item.reason] += 1
print(json.dumps({"reasons": reasons, "grown_bytes": peak() - before}))
"""


@dataclass(frozen=True)
class Reading:
    """All that a source gave."""

    units: list[Unit]
    documents: list[dict[str, Any]]
    rejects: list[Reject]
    evidence: list[EvidenceFile]

    @property
    def ids(self) -> list[str]:
        return [document["id"] for document in self.documents]

    @property
    def texts(self) -> list[str]:
        return [document["text"] for document in self.documents]

    @property
    def reasons(self) -> Counter[str]:
        return Counter(reject.reason for reject in self.rejects)


@pytest.fixture
def read_source() -> Callable[..., Reading]:
    """Plan and read a source; its configuration is given by keyword."""

    def read(*, part_bytes: int = 32 << 20, **config: Any) -> Reading:
        source = open_source(_CONFIG.validate_python({"name": "source", **config}))
        units, planned = source.plan(part_bytes)
        documents: list[dict[str, Any]] = []
        rejects = list(planned)
        evidence: list[EvidenceFile] = []
        for unit in units:
            for item in source.read(unit):
                if isinstance(item, pa.RecordBatch):
                    item.validate(full=True)
                    documents += item.to_pylist()
                elif isinstance(item, EvidenceFile):
                    evidence.append(item)
                else:
                    rejects.append(item)
        return Reading(list(units), documents, rejects, evidence)

    return read


@pytest.fixture
def measure_source() -> Callable[..., tuple[dict[str, int], int]]:
    """Read a source in a process of its own: counts by reason, and bytes its memory grew by."""

    def measure(**config: Any) -> tuple[dict[str, int], int]:
        given = json.dumps({"name": "source", **config})
        answer = subprocess.run(
            [sys.executable, "-c", _MEASURED, given], capture_output=True, check=True
        )
        measured = json.loads(answer.stdout)
        return measured["reasons"], measured["grown_bytes"]

    return measure
