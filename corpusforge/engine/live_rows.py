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
        """Read some columns of the live rows of a part."""
        return self.all_rows(index, columns).filter(self.live(index))

    def take(self, index: int, columns: Sequence[str], places: Integers) -> Iterator[pa.Table]:
        """Read columns of the documents for some live rows of a part, in ascending places."""
        rows = np.flatnonzero(self.live(index))[places]
        return read_some(self.layout.document_file(self.parts[index].name), columns, rows)

    def all_rows(self, index: int, columns: Sequence[str]) -> pa.Table:
        """Read some columns of all rows of a part.

        Raises:
            RunError: a fact is not aligned with its document file.
        """
        part = self.parts[index]
        of_facts = {column for has in self.facts.values() for column in has}
        files = {self.layout.document_file(part.name): [c for c in columns if c not in of_facts]}
        for fact, has in self.facts.items():
            files[self.layout.fact_file(fact, part.name)] = [c for c in has if c in columns]
        tables = [_aligned(path, named, part.rows) for path, named in files.items() if named]
        return pa.table({name: table[name] for table in tables for name in table.column_names})

    def live(self, index: int) -> pa.BooleanArray:
        """Mark the live rows of a part.

        Raises:
            RunError: the verdict is not aligned with its document file.
        """
        part = self.parts[index]
        if self.stage is None:
            return pa.repeat(True, part.rows)
        verdict = _aligned(self.layout.verdict_file(self.stage, part.name), ["keep"], part.rows)
        return pc.fill_null(verdict["keep"], False).combine_chunks()

    @property
    def sources(self) -> list[str]:
        """The source of each part."""
        return [part.source for part in self.parts]

    @cached_property
    def live_counts(self) -> list[int]:
        """Number of live rows of each part."""
        return [self.live(index).true_count for index in range(len(self))]


def _aligned(path: Path, columns: Sequence[str], num_rows: int) -> pa.Table:
    rows = read_rows(path, columns)
    if rows.num_rows != num_rows:
        raise RunError(
            "a file is not aligned with its document file",
            where=str(path),
            got=f"{rows.num_rows:,} rows",
            expected=f"{num_rows:,} rows",
            do="run `corpusforge build` again; it writes what is out of date",
        )
    return rows
