"""The seam of a stage, and the one piece of code that runs any of them over the document files."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import Frozen
from corpusforge.engine.executor import LocalExecutor
from corpusforge.engine.progress import Progress
from corpusforge.engine.run import Run
from corpusforge.errors import RunError
from corpusforge.storage.files import fingerprint
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest, is_current, save_manifest
from corpusforge.storage.parts import (
    PartEntry,
    finished_part,
    part_entry,
    read_rows,
    read_some,
    remove_stale,
    write_part,
)

# Columns of every verdict; a stage may add its own.
VERDICT = [
    pa.field("id", pa.string(), nullable=False),
    pa.field("keep", pa.bool_()),  # null: an earlier stage had dropped it
    pa.field("reason", pa.string()),  # null where it is kept
]
DROPPED = "dropped:"


class Stage(Protocol):
    """A decision over documents and facts. It sees only rows that every earlier stage keeps."""

    name: ClassVar[str]
    version: ClassVar[int]
    extra: ClassVar[tuple[pa.Field, ...]]  # columns of the verdict beside `VERDICT`

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the documents."""

    @property
    def facts(self) -> Mapping[str, tuple[str, ...]]:
        """Columns of facts, by fact; a clash of names is not allowed."""

    @property
    def config(self) -> Frozen:
        """What the decision depends on besides the rows."""

    def survey(self, parts: "LiveRows") -> Any:
        """What must be known of all rows at once: at most 24 bytes a row, or None."""

    def decide(self, rows: pa.Table, first: int, survey: Any) -> Mapping[str, pa.Array]:
        """`keep`, `reason` and the extra columns for the rows of one part, in their order.

        `first` is the number of the part's first row among all rows of the survey. Called from
        several threads.
        """


@dataclass(frozen=True)
class LiveRows(Sequence[pa.Table]):
    """The rows a stage decides about, part by part, read when asked for."""

    layout: Layout
    parts: tuple[PartEntry, ...]
    columns: tuple[str, ...]
    facts: Mapping[str, tuple[str, ...]]
    earlier: str | None  # the stage before this one
    executor: LocalExecutor  # for surveys that are work
    progress: Progress  # for what a survey has to say

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, index: Any) -> pa.Table:
        return self.select(index, self.columns)

    def select(self, index: int, columns: Sequence[str]) -> pa.Table:
        """The live rows of a part with some of the columns only."""
        rows, live = self.all_rows(index, columns)
        return rows if live is None else rows.filter(live)

    def take(
        self, index: int, columns: Sequence[str], places: npt.NDArray[np.int64]
    ) -> Iterator[pa.Table]:
        """Some live rows of a part, in ascending places, with columns of the documents."""
        name = f"{self.parts[index].name}.parquet"
        if self.earlier is not None:
            verdict = self._read(self.layout.verdict(self.earlier), index, ["keep"])
            places = np.flatnonzero(pc.fill_null(verdict["keep"], False).to_numpy())[places]
        return read_some(self.layout.documents / name, columns, places)

    def all_rows(self, index: int, columns: Sequence[str]) -> tuple[pa.Table, pa.Array | None]:
        """All rows of a part, and a mask of the live ones; None where all are.

        Raises:
            RunError: a fact or verdict is not aligned with its document file.
        """
        facts = {f: [c for c in has if c in columns] for f, has in self.facts.items()}
        of_facts = {column for has in facts.values() for column in has}
        rows = self._read(self.layout.documents, index, [c for c in columns if c not in of_facts])
        for fact, has in facts.items():
            beside = self._read(self.layout.fact(fact), index, has)
            for column in has:
                rows = rows.append_column(column, beside[column])
        if self.earlier is None:
            return rows, None
        verdict = self._read(self.layout.verdict(self.earlier), index, ["keep"])
        return rows, pc.fill_null(verdict["keep"], False)

    def _read(self, directory: Path, index: int, columns: Sequence[str]) -> pa.Table:
        part = self.parts[index]
        path = directory / f"{part.name}.parquet"
        rows = read_rows(path, columns)
        if columns and rows.num_rows != part.rows:
            raise RunError(
                "a file is not aligned with its document file",
                where=str(path),
                got=f"{rows.num_rows:,} rows",
                expected=f"{part.rows:,} rows",
                do="run `corpusforge build` again; it writes what is out of date",
            )
        return rows

    @property
    def sources(self) -> list[str]:
        """The source of each part."""
        return [part.source for part in self.parts]

    @cached_property
    def live_counts(self) -> list[int]:
        """Live rows of each part."""
        if self.earlier is None:
            return [part.rows for part in self.parts]
        return [
            pc.sum(self._read(self.layout.verdict(self.earlier), index, ["keep"])["keep"]).as_py()
            or 0
            for index in range(len(self.parts))
        ]


@dataclass(frozen=True)
class StageStep:
    """Runs one stage over all document files; it is cheap, so it is decided as a whole."""

    stage: Stage
    earlier: str | None
    reads_outside: ClassVar[bool] = False

    @property
    def name(self) -> str:
        return self.stage.name

    def current(self, run: Run) -> Manifest | None:
        path = run.layout.manifest(self.name)
        return is_current(path, self._fingerprint(self._inputs(run)), run.layout.verdict(self.name))

    def summary(self, manifest: Manifest) -> str:
        kept, dropped = manifest.counts["kept"], manifest.counts["dropped"]
        return f"{kept:,} documents kept, {dropped:,} dropped"

    def make(self, run: Run) -> Manifest:
        stage, layout = self.stage, run.layout
        inputs = self._inputs(run)
        key = self._fingerprint(inputs)
        rows = LiveRows(
            layout,
            run.parts(),
            stage.columns,
            stage.facts,
            self.earlier,
            run.executor,
            run.progress,
        )
        survey = stage.survey(rows)
        # Not before: what cannot be decided leaves the verdicts of before.
        layout.manifest(self.name).unlink(missing_ok=True)
        firsts = np.concatenate([[0], np.cumsum(rows.live_counts)]).tolist()
        outputs: dict[int, PartEntry] = {}
        with run.progress.work(self.name, len(rows)) as meter:

            def decide_part(index: int) -> PartEntry:
                return _decide_part(stage, rows, index, firsts[index], survey, key)

            for index, output in run.executor.in_threads(decide_part, range(len(rows))):
                outputs[index] = output
                meter.advance(1)
        remove_stale(layout.verdict(self.name), {part.name for part in rows.parts})
        manifest = _manifest(stage, key, inputs, [outputs[index] for index in range(len(rows))])
        _check_conservation(manifest, sum(rows.live_counts))
        save_manifest(layout.manifest(self.name), manifest)
        return manifest

    def _inputs(self, run: Run) -> dict[str, str]:
        layout, parts = run.layout, run.parts()
        inputs = {f"corpus/documents/{part.name}.parquet": part.checksum for part in parts}
        before = [(layout.fact_manifest(f), layout.fact(f), f"{f} fact") for f in self.stage.facts]
        if self.earlier:
            before.append(
                (layout.manifest(self.earlier), layout.verdict(self.earlier), self.earlier)
            )
        for path, directory, name in before:
            for part in run.require(name, path).outputs:
                inputs[f"{layout.relative(directory)}/{part.name}.parquet"] = part.checksum
        return inputs

    def _fingerprint(self, inputs: dict[str, str]) -> str:
        config = self.stage.config.model_dump(mode="json")
        return fingerprint("stage", self.name, self.stage.version, config, inputs)


def _decide_part(
    stage: Stage, parts: LiveRows, index: int, first: int, survey: Any, key: str
) -> PartEntry:
    part = parts.parts[index]
    path = parts.layout.verdict(stage.name) / f"{part.name}.parquet"
    if finished := finished_part(path, part.source, key):
        return finished
    wanted = ["id", "num_bytes", *stage.columns, *_flat(stage.facts)]
    rows, live = parts.all_rows(index, list(dict.fromkeys(wanted)))
    seen = rows if live is None else rows.filter(live)
    decided = stage.decide(seen, first, survey)
    schema = pa.schema([*VERDICT, *stage.extra])
    columns = {"id": rows["id"]}
    for field in [*VERDICT[1:], *stage.extra]:
        columns[field.name] = _scattered(decided[field.name], live, field.type)
    with write_part(path, schema, key) as output:
        output.counts.update(_counts(decided, seen["num_bytes"]))
        output.write(pa.table([columns[name] for name in schema.names], schema=schema))
    return part_entry(path, part.source, key)


def _flat(facts: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for columns in facts.values():
        yield from columns


def _scattered(values: pa.Array, live: pa.Array | None, kind: pa.DataType) -> pa.Array:
    """Values of the live rows in their places among all rows; null elsewhere."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if live is None:
        return values.cast(kind)
    mask = live.to_numpy(zero_copy_only=False)
    places = np.cumsum(mask) - 1
    return values.cast(kind).take(pa.array(places, pa.int64(), mask=~mask))


def _counts(decided: Mapping[str, pa.Array], num_bytes: pa.Array) -> Counter[str]:
    keep = decided["keep"]
    counts: Counter[str] = Counter()
    counts["kept"] = pc.sum(keep).as_py() or 0
    counts["kept_bytes"] = pc.sum(num_bytes.filter(keep)).as_py() or 0
    for row in pc.value_counts(decided["reason"].filter(pc.invert(keep))).to_pylist():
        counts[DROPPED + row["values"]] = row["counts"]
    return counts


def _manifest(
    stage: Stage, key: str, inputs: dict[str, str], outputs: Sequence[PartEntry]
) -> Manifest:
    totals: Counter[str] = Counter()
    for output in outputs:
        totals.update(output.counts)
    reasons = {
        name.removeprefix(DROPPED): count
        for name, count in sorted(totals.items())
        if name.startswith(DROPPED)
    }
    return Manifest(
        stage=stage.name,
        version=stage.version,
        fingerprint=key,
        config=stage.config.model_dump(mode="json"),
        inputs=inputs,
        outputs=tuple(outputs),
        counts={
            "documents": sum(output.rows for output in outputs),
            "kept": totals["kept"],
            "kept_bytes": totals["kept_bytes"],
            "dropped": sum(reasons.values()),
        },
        reasons=reasons,
    )


def _check_conservation(manifest: Manifest, seen: int) -> None:
    kept, dropped = manifest.counts["kept"], manifest.counts["dropped"]
    if kept + dropped != seen:
        raise RunError(
            f"the {manifest.stage} stage lost or made documents",
            got=f"{kept:,} kept + {dropped:,} dropped",
            expected=f"{seen:,}, which the stages before it keep",
            do="this is a defect of corpusforge; please report it",
        )
