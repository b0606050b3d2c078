"""The rows that a stage or a fact works on: those that every earlier stage keeps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.arrays import Integers
from corpusforge.engine.executor import Executor
from corpusforge.engine.progress import Progress
from corpusforge.errors import RunError
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import PartEntry, read_rows, read_some


@dataclass(frozen=True)
class LiveRows:
    """The live rows of a corpus, part by part, read when asked for."""

    layout: Layout
    parts: tuple[PartEntry, ...]
    facts: Mapping[str, tuple[str, ...]]  # columns by fact
    stage: str | None  # stage whose verdicts say which rows are live; None if all rows are
    executor: Executor  # for surveys that take long
    progress: Progress  # for messages of a survey

    def __len__(self) -> int:
        return len(self.parts)

    def select(self, index: int, columns: Sequence[str]) -> pa.Table:
        """Some columns of the live rows of a part."""
        rows, live = self.all_rows(index, columns)
        return rows if live is None else rows.filter(live)

    def take(self, index: int, columns: Sequence[str], places: Integers) -> Iterator[pa.Table]:
        """Some live rows of a part, in ascending places, with columns of the documents."""
        live = self.live(index)
        if live is not None:
            places = np.flatnonzero(live.to_numpy())[places]
        return read_some(self.layout.document_file(self.parts[index].name), columns, places)

    def all_rows(
        self, index: int, columns: Sequence[str]
    ) -> tuple[pa.Table, pa.ChunkedArray | None]:
        """All rows of a part, and a mask of the live ones; None if all are live.

        Raises:
            RunError: a fact or verdict is not aligned with its document file.
        """
        part = self.parts[index]
        facts = {f: [c for c in has if c in columns] for f, has in self.facts.items()}
        of_facts = {column for has in facts.values() for column in has}
        of_documents = [c for c in columns if c not in of_facts]
        rows = _aligned(self.layout.document_file(part.name), of_documents, part.rows)
        for fact, has in facts.items():
            columns_of_fact = _aligned(self.layout.fact_file(fact, part.name), has, part.rows)
            for column in has:
                rows = rows.append_column(column, columns_of_fact[column])
        return rows, self.live(index)

    def live(self, index: int) -> pa.ChunkedArray | None:
        """A mask of the live rows of a part; None if all are live."""
        if self.stage is None:
            return None
        part = self.parts[index]
        verdict = _aligned(self.layout.verdict_file(self.stage, part.name), ["keep"], part.rows)
        return pc.fill_null(verdict["keep"], False)

    @property
    def sources(self) -> list[str]:
        """The source of each part."""
        return [part.source for part in self.parts]

    @cached_property
    def live_counts(self) -> list[int]:
        """Number of live rows of each part."""
        masks = (self.live(index) for index in range(len(self)))
        return [
            part.rows if mask is None else pc.sum(mask).as_py() or 0
            for part, mask in zip(self.parts, masks, strict=True)
        ]


def _aligned(path: Path, columns: Sequence[str], num_rows: int) -> pa.Table:
    rows = read_rows(path, columns)
    if columns and rows.num_rows != num_rows:
        raise RunError(
            "a file is not aligned with its document file",
            where=str(path),
            got=f"{rows.num_rows:,} rows",
            expected=f"{num_rows:,} rows",
            do="run `corpusforge build` again; it writes what is out of date",
        )
    return rows
