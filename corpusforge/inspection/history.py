"""The history of a document: its licence evidence and the verdict of each stage."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpusforge.pipeline import stages
from corpusforge.redaction.facts import SECRETS, applied_facts
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import read_records

Row = dict[str, Any]


def read_histories(layout: Layout, file: str, rows: Sequence[int]) -> list[dict[str, Row]]:
    """Read the histories of some rows of one document file.

    A history has `license_evidence`, then the verdicts by stage, without null values, and last the
    number of secrets that were replaced in it, by kind. It is empty if there is no corpus next to
    the shards.

    Raises:
        RunError: a file that should be there is missing or damaged.
    """
    part = Path(file).stem
    places = {
        "license_evidence": (
            layout.fact_manifest("license"),
            layout.fact_file("license", part),
        )
    }
    for step in stages():
        places[step.name] = (step.manifest_file(layout), step.part_file(layout, part))
    histories: list[dict[str, Row]] = [{} for _ in rows]
    for name, (manifest, path) in places.items():
        if manifest.is_file():
            records = read_records(path, rows, without=("id",))
            for history, record in zip(histories, records, strict=True):
                history[name] = {key: value for key, value in record.items() if value is not None}
    if SECRETS in applied_facts(layout, part):
        for history, record in zip(
            histories, read_records(layout.fact_file(SECRETS, part), rows), strict=True
        ):
            if record["spans"]:
                history[SECRETS] = dict(Counter(span["kind"] for span in record["spans"]))
    return histories


def read_history(layout: Layout, file: str, row: int) -> dict[str, Row]:
    """Read the history of one row; see `read_histories`."""
    return read_histories(layout, file, [row])[0]
