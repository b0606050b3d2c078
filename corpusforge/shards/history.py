"""Why a document is in the shards: what its facts say of it, and each stage's verdict."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from corpusforge.layout import Layout
from corpusforge.parts import damaged, read_some

# In the order in which they decide; a corpus may lack some.
STAGES = ("license", "filter", "dedup", "decontaminate", "split")
_LICENSE_COLUMNS = ("expression", "evidence", "confidence", "conflict")

Row = dict[str, Any]


def read_history(layout: Layout, file: str, row: int) -> dict[str, Row]:
    """What the corpus says of the document in a row of a document file.

    `license_evidence`, then the verdicts by stage; columns that are null are left out. Empty where
    there is no corpus beside the shards.

    Raises:
        RunError: a file that should be there is missing or damaged.
    """
    name = Path(file).name
    history: dict[str, Row] = {}
    if layout.fact_manifest("license").is_file():
        path = layout.fact("license") / name
        history["license_evidence"] = _read_row(path, row, _LICENSE_COLUMNS)
    for stage in STAGES:
        if layout.manifest(stage).is_file():
            history[stage] = _read_row(layout.verdict(stage) / name, row)
    return history


def _read_row(path: Path, row: int, columns: tuple[str, ...] | None = None) -> Row:
    if columns is None:
        try:
            columns = tuple(name for name in pq.read_schema(path).names if name != "id")
        except (OSError, ValueError) as error:
            raise damaged(path, error) from error
    for rows in read_some(path, columns, np.array([row])):
        values: Row = rows.to_pylist()[0]
        return {name: value for name, value in values.items() if value is not None}
    raise damaged(path, IndexError(f"no row {row}"))
