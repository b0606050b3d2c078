"""Runs deduplication on texts in memory, without the files of a run."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from corpusforge.config import DedupConfig
from corpusforge.engine.local_executor import LocalExecutor
from corpusforge.engine.progress import Progress
from corpusforge.facts.signatures import SignatureFact
from corpusforge.stages.dedup import DedupStage
from corpusforge.storage.documents import complete

Document = dict[str, Any]
Verdicts = dict[str, dict[str, Any]]


class Parts:
    """The rows that a stage reads, from tables in memory."""

    def __init__(self, tables: Sequence[pa.Table], directory: Path, workers: int) -> None:
        self.tables = tables
        self.sources = [table["source"][0].as_py() for table in tables]
        self.live_counts = [table.num_rows for table in tables]
        self.executor = LocalExecutor(workers)
        self.layout = SimpleNamespace(corpus=directory)
        self.progress = Progress()

    def __len__(self) -> int:
        return len(self.tables)

    def select(self, index: int, columns: Sequence[str]) -> pa.Table:
        return self.tables[index].select(columns)

    def take(
        self, index: int, columns: Sequence[str], places: npt.NDArray[np.int64]
    ) -> Iterator[pa.Table]:
        yield self.select(index, columns).take(pa.array(places))


def _table(documents: Sequence[Document], source: str, config: DedupConfig) -> pa.Table:
    strings = ("id", "text", "messages", "path", "repository", "license", "language", "meta")
    columns = {name: pa.array([d.get(name) for d in documents], pa.string()) for name in strings}
    table = pa.Table.from_batches([complete(pa.RecordBatch.from_pydict(columns), source)])
    facts = SignatureFact(config.shingle).compute(table)
    table = table.append_column("expression", table["license"])
    for name in facts.schema.names:
        table = table.append_column(name, facts[name])
    return table


@pytest.fixture
def dedup(tmp_path: Path) -> Callable[..., Verdicts]:
    """Return verdicts by id for documents ({id, text, meta, license}) in sources and parts."""

    def run(
        sources: dict[str, Sequence[Document]],
        part_rows: int = 1000,
        workers: int = 1,
        **config: Any,
    ) -> Verdicts:
        configured = DedupConfig(**config)
        tables = [
            _table(documents[begin : begin + part_rows], source, configured)
            for source, documents in sources.items()
            for begin in range(0, len(documents), part_rows)
        ]
        stage = DedupStage(configured)
        parts: Any = Parts(tables, tmp_path, workers)
        survey = stage.survey(parts)
        verdicts: Verdicts = {}
        first = 0
        for table in tables:
            decided = pa.table({"id": table["id"], **stage.decide_with(table, first, survey)})
            verdicts |= {row.pop("id"): row for row in decided.to_pylist()}
            first += table.num_rows
        return verdicts

    return run
