"""Why a document is in the shards: what its facts say of it, and each stage's verdict."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpusforge.redaction.apply import SECRETS, applied_facts
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import read_records

# In the order in which they decide; a corpus may lack some.
STAGES = ("license", "filter", "dedup", "decontaminate", "split")

Row = dict[str, Any]


def read_histories(layout: Layout, file: str, rows: Sequence[int]) -> list[dict[str, Row]]:
    """What the corpus says of the documents in some rows of one document file.

    Each has `license_evidence`, then the verdicts by stage; what is null is left out. At last, if
    secrets in it were replaced, how many of each kind. Empty where there is no corpus beside the
    shards.

    Raises:
        RunError: a file that should be there is missing or damaged.
    """
    places = {"license_evidence": (layout.fact_manifest("license"), layout.fact("license"))}
    places |= {stage: (layout.manifest(stage), layout.verdict(stage)) for stage in STAGES}
    histories: list[dict[str, Row]] = [{} for _ in rows]
    for name, (manifest, directory) in places.items():
        if manifest.is_file():
            records = read_records(directory / Path(file).name, rows, without=("id",))
            for history, record in zip(histories, records, strict=True):
                history[name] = {key: value for key, value in record.items() if value is not None}
    if SECRETS in applied_facts(layout, Path(file).stem):
        for history, record in zip(
            histories, read_records(layout.fact(SECRETS) / Path(file).name, rows), strict=True
        ):
            if record["spans"]:
                history[SECRETS] = dict(Counter(span["kind"] for span in record["spans"]))
    return histories


def read_history(layout: Layout, file: str, row: int) -> dict[str, Row]:
    """`read_histories` of one row."""
    return read_histories(layout, file, [row])[0]
