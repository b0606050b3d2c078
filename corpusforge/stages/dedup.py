"""The dedup stage: of equal texts the first in corpus order stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.config import DedupConfig
from corpusforge.stages.stage import LiveRows

# A hash as two words, so that NumPy sorts it.
_HASH = np.dtype([("high", ">u8"), ("low", ">u8")])


@dataclass(frozen=True)
class Survivors:
    """Which row each row is a copy of, and the ids of the rows that have copies."""

    survivor: npt.NDArray[np.int64]  # [rows]; a row that stays is its own
    rows: npt.NDArray[np.int64]  # rows that have copies, ascending
    ids: pa.Array  # of `rows`


@dataclass(frozen=True)
class DedupStage:
    """Exact copies across all sources, by the xxh3-128 of their text."""

    config: DedupConfig
    name: ClassVar[str] = "dedup"
    version: ClassVar[int] = 1
    columns: ClassVar[tuple[str, ...]] = ("content_hash",)
    facts: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    extra: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("duplicate_of", pa.string()),
        pa.field("similarity", pa.float32()),
    )

    def survey(self, parts: LiveRows) -> Survivors:
        """Sort all hashes: 24 bytes a row, and the ids of rows that have copies."""
        survivor = np.arange(sum(parts.live_counts))
        if self.config.enabled:
            survivor = first_of_equal(_all_hashes(parts))
        copied = np.unique(survivor[survivor != np.arange(len(survivor))])
        return Survivors(survivor, copied, _ids_of(parts, copied))

    def decide(self, rows: pa.Table, first: int, survey: Survivors) -> dict[str, pa.Array]:
        own = np.arange(first, first + rows.num_rows)
        survivor = survey.survivor[first : first + rows.num_rows]
        keep = survivor == own
        places = pa.array(np.searchsorted(survey.rows, survivor), mask=keep)
        reasons = pa.array(["exact duplicate"], pa.string())
        return {
            "keep": pa.array(keep),
            "reason": reasons.take(pa.array(np.zeros(len(keep), np.int64), mask=keep)),
            "duplicate_of": survey.ids.take(places),
            "similarity": pa.array(np.ones(len(keep), np.float32), mask=keep),
        }


def first_of_equal(hashes: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
    """For each of `_HASH`[rows], the lowest row with the same hash; int64[rows]."""
    order = np.lexsort((hashes["low"], hashes["high"]))
    arranged = hashes[order]
    begins = np.ones(len(order), bool)
    begins[1:] = arranged[1:] != arranged[:-1]
    # The sort is stable, so the first row of a run of equal hashes is the lowest.
    firsts = order[begins][np.cumsum(begins) - 1]
    survivor = np.empty(len(order), np.int64)
    survivor[order] = firsts
    return survivor


def _all_hashes(parts: LiveRows) -> npt.NDArray[np.void]:
    hashes = np.empty(sum(parts.live_counts), _HASH)
    filled = 0
    for index in range(len(parts)):
        column = parts.select(index, ["content_hash"])["content_hash"].combine_chunks()
        _, data = column.buffers()
        part = np.frombuffer(data, _HASH, len(column), column.offset * _HASH.itemsize)
        hashes[filled : filled + len(part)] = part
        filled += len(part)
    return hashes


def _ids_of(parts: LiveRows, rows: npt.NDArray[np.int64]) -> pa.Array:
    """Ids of some rows, given in ascending order; only parts that hold one are read."""
    pieces: list[pa.Array] = []
    first = 0
    for index, count in enumerate(parts.live_counts):
        begin, end = np.searchsorted(rows, [first, first + count])
        if begin < end:
            ids = parts.select(index, ["id"])["id"].combine_chunks()
            pieces.append(ids.take(pa.array(rows[begin:end] - first)))
        first += count
    return pa.concat_arrays(pieces) if pieces else pa.array([], pa.string())
