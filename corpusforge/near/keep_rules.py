"""Chooses the document of a cluster to keep: by criteria in order, then by id."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.arrays import Integers, group_starts
from corpusforge.config import LicenseConfig
from corpusforge.license_families import POLICIES
from corpusforge.licensing.policy import Answer, decide
from corpusforge.near.exact import ContentNumbers, DistinctContents
from corpusforge.near.rows import JoinedRows

_PENDING_ROWS = 1 << 18
NEWEST = "newest:"


@dataclass(frozen=True)
class BestRows:
    """The best row of each content that has copies or near-duplicates, in order of contents."""

    contents: ContentNumbers
    rows: Integers
    ids: pa.Array
    rank: Integers  # 0 for the best of all rows
    undated: tuple[str, ...] = ()  # criteria `newest:KEY` whose key no row has

    def places(self, contents: ContentNumbers) -> Integers:
        """Find the places of some contents in these arrays."""
        return np.searchsorted(self.contents, contents)


def find_best_rows(
    rows: JoinedRows,
    contents: DistinctContents,
    wanted: npt.NDArray[np.bool_],
    keep: Sequence[str],
) -> BestRows:
    """Find the best row of each wanted content by the criteria `keep`.

    Rows of other corpora are better than any row of the first one, which is deduplicated.
    """
    names = ["own", *(f"criterion-{number}" for number in range(len(keep))), "id"]
    order = [("content", "ascending"), *((name, "ascending") for name in names)]
    kept: list[pa.Table] = []
    pending = 0
    undated = {name for name in keep if name.startswith(NEWEST)}
    for index in range(len(rows)):
        numbers = contents.of_row[rows.row_slice(index)]
        places = np.flatnonzero(wanted[numbers])
        if not len(places):
            continue
        part = rows.select(index, ["id", *criteria_columns(keep)]).take(pa.array(places))
        values = [_scores(name, part, rows.source_numbers[index]) for name in keep]
        undated -= {
            name for name, value in zip(keep, values, strict=True) if (value < np.inf).any()
        }
        kept.append(
            pa.table(
                {
                    "content": numbers[places],
                    "row": places + rows.first_rows[index],
                    "own": np.full(len(places), rows.parts[index][0] is rows.corpora[0]),
                    **{f"criterion-{number}": value for number, value in enumerate(values)},
                    "id": part["id"],
                }
            )
        )
        pending += len(places)
        if pending > max(_PENDING_ROWS, 2 * len(kept[0])):
            kept, pending = [_first_rows(pa.concat_tables(kept), order)], 0
    if not kept:
        none = np.empty(0, np.int64)
        return BestRows(none.astype(np.int32), none, pa.array([], pa.string()), none)
    best = _first_rows(pa.concat_tables(kept), order)
    preferred = pc.sort_indices(best, [(name, "ascending") for name in names]).to_numpy()
    rank = np.empty(len(preferred), np.int64)
    rank[preferred] = np.arange(len(preferred))
    return BestRows(
        best["content"].to_numpy(),
        best["row"].to_numpy(),
        best["id"].combine_chunks(),
        rank,
        tuple(name for name in keep if name in undated),
    )


def criteria_columns(keep: Sequence[str]) -> list[str]:
    """List the columns of documents and facts that the criteria read."""
    needed = {"license": "expression", "longest": "num_bytes"}
    columns = [needed[name] for name in keep if name in needed]
    return columns + ["meta"] * any(name.startswith(NEWEST) for name in keep)


def _first_rows(table: pa.Table, order: list[tuple[str, str]]) -> pa.Table:
    """Sort a table, by the content first, and keep the first row of each content."""
    table = table.sort_by(order)
    starts = group_starts(table["content"].to_numpy())
    return table.filter(pa.array(starts)).combine_chunks()


def _scores(name: str, part: pa.Table, source: int) -> Any:
    """Score the rows of a part by a criterion: float64[rows], the least is the best."""
    if name == "first":
        return np.full(len(part), float(source))
    if name == "longest":
        return -part["num_bytes"].to_numpy().astype(np.float64)
    if name == "license":
        return _score_values(part["expression"], _restrictiveness)
    key = name.removeprefix(NEWEST)
    return _score_values(part["meta"], lambda meta: -_number_or_date(meta, key))


def _score_values(column: pa.ChunkedArray, score: Callable[[Any], float]) -> Any:
    """Score each distinct value of a column once."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    scores = np.array([score(value) for value in encoded.dictionary.to_pylist()], np.float64)
    return scores[encoded.indices.to_numpy()]


def _restrictiveness(expression: str | None) -> float:
    """Score a licence by the first policy that allows it; the freest scores 0."""
    for index, policy in enumerate(POLICIES):
        if decide(expression, LicenseConfig(policy=policy)).answer is Answer.ALLOW:
            return index
    return len(POLICIES)


def _number_or_date(meta: str | None, key: str) -> float:
    """Read a number or an ISO 8601 date in a document's `meta` as a number; -inf without one."""
    value = json.loads(meta).get(key) if meta else None
    if isinstance(value, int | float) and not math.isnan(value):
        return float(value)
    try:
        date = datetime.fromisoformat(str(value))
    except ValueError:
        return -math.inf
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
