"""The history of a document: its licence evidence and the verdict of each stage."""

from collections import Counter
from collections.abc import Mapping, Sequence
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
    evidence = {
        "license_evidence": (layout.fact_manifest("license"), layout.fact_file("license", part))
    }
    histories = _read(evidence, rows)
    for history, verdicts in zip(histories, read_verdicts(layout, part, rows), strict=True):
        history |= verdicts
    if SECRETS in applied_facts(layout, part):
        for history, record in zip(
            histories, read_records(layout.fact_file(SECRETS, part), rows), strict=True
        ):
            if record["spans"]:
                history[SECRETS] = dict(Counter(span["kind"] for span in record["spans"]))
    return histories


def read_verdicts(layout: Layout, part: str, rows: Sequence[int]) -> list[dict[str, Row]]:
    """Read the verdicts of some rows of a part, by stage and without null values.

    Raises:
        RunError: a file is missing or damaged.
    """
    files = {
        step.name: (step.manifest_file(layout), step.part_file(layout, part)) for step in stages()
    }
    return _read(files, rows)


def _read(files: Mapping[str, tuple[Path, Path]], rows: Sequence[int]) -> list[dict[str, Row]]:
    """Read rows of part files by name; a file without its manifest is left out."""
    found: list[dict[str, Row]] = [{} for _ in rows]
    for name, (manifest, path) in files.items():
        if manifest.is_file():
            records = read_records(path, rows, without=("id",))
            for row, record in zip(found, records, strict=True):
                row[name] = {key: value for key, value in record.items() if value is not None}
    return found


def read_history(layout: Layout, file: str, row: int) -> dict[str, Row]:
    """Read the history of one row; see `read_histories`."""
    return read_histories(layout, file, [row])[0]
