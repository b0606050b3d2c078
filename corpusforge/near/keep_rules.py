"""Which document of a cluster stays: criteria in order, ties broken by id."""

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

from corpusforge.config import LicenseConfig
from corpusforge.licensing.families import POLICIES
from corpusforge.licensing.policy import Answer, decide
from corpusforge.near.exact import Contents
from corpusforge.near.rows import JoinedRows

_PENDING_ROWS = 1 << 18
NEWEST = "newest:"


@dataclass(frozen=True)
class Best:
    """The best row of each content that has copies or near-duplicates, in order of contents."""

    contents: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int64]
    ids: pa.Array
    rank: npt.NDArray[np.int64]  # place in the order of preference, among all of them
    undated: tuple[str, ...] = ()  # criteria `newest:KEY` whose key no row has

    def place(self, contents: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Where some contents stand in these arrays."""
        return np.searchsorted(self.contents, contents)


def best_rows(
    rows: JoinedRows,
    contents: Contents,
    wanted: npt.NDArray[np.bool_],
    keep: Sequence[str],
    sources: Sequence[int],
    own_parts: int,
) -> Best:
    """The best row of each wanted content.

    `sources` is what `first` compares: a number for each part, the least is the best. Rows of
    other corpora, which come after `own_parts` parts, are better than any of this one.
    """
    names = ["own", *(f"criterion-{number}" for number in range(len(keep))), "id"]
    order = [("content", "ascending"), *((name, "ascending") for name in names)]
    kept: list[pa.Table] = []
    pending = 0
    undated = {name for name in keep if name.startswith(NEWEST)}
    for index in range(len(rows.live_counts)):
        numbers = contents.of_row[rows.rows_of(index)]
        places = np.flatnonzero(wanted[numbers])
        if not len(places):
            continue
        part = rows.select(index, ["id", *columns_of(keep)]).take(pa.array(places))
        values = [_criterion(name, part, sources[index]) for name in keep]
        undated -= {
            name for name, value in zip(keep, values, strict=True) if (value < np.inf).any()
        }
        kept.append(
            pa.table(
                {
                    "content": numbers[places],
                    "row": places + rows.firsts[index],
                    "own": np.full(len(places), index < own_parts),
                    **{f"criterion-{number}": value for number, value in enumerate(values)},
                    "id": part["id"],
                }
            )
        )
        pending += len(places)
        if pending > max(_PENDING_ROWS, 2 * len(kept[0])):
            kept, pending = [_firsts(pa.concat_tables(kept), order)], 0
    if not kept:
        none = np.empty(0, np.int64)
        return Best(none.astype(np.int32), none, pa.array([], pa.string()), none)
    best = _firsts(pa.concat_tables(kept), order)
    preferred = pc.sort_indices(best, [(name, "ascending") for name in names]).to_numpy()
    rank = np.empty(len(preferred), np.int64)
    rank[preferred] = np.arange(len(preferred))
    return Best(
        best["content"].to_numpy(),
        best["row"].to_numpy(),
        best["id"].combine_chunks(),
        rank,
        tuple(name for name in keep if name in undated),
    )


def columns_of(keep: Sequence[str]) -> list[str]:
    """Columns of documents and facts that the criteria read."""
    needed = {"license": "expression", "longest": "num_bytes"}
    columns = [needed[name] for name in keep if name in needed]
    return columns + ["meta"] * any(name.startswith(NEWEST) for name in keep)


def _firsts(table: pa.Table, order: list[tuple[str, str]]) -> pa.Table:
    """The first row of each content, in an order that begins with the content."""
    table = table.sort_by(order)
    contents = table["content"].to_numpy()
    begins = np.ones(len(contents), bool)
    begins[1:] = contents[1:] != contents[:-1]
    return table.filter(pa.array(begins)).combine_chunks()


def _criterion(name: str, part: pa.Table, source: int) -> Any:
    """float64[rows]; the least is the best."""
    if name == "first":
        return np.full(len(part), float(source))
    if name == "longest":
        return -part["num_bytes"].to_numpy().astype(np.float64)
    if name == "license":
        return _by_value(part["expression"], _freedom)
    key = name.removeprefix(NEWEST)
    return _by_value(part["meta"], lambda meta: -_age(meta, key))


def _by_value(column: pa.ChunkedArray, score: Callable[[Any], float]) -> Any:
    """A score for each distinct value, spread over the rows."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    scores = np.array([score(value) for value in encoded.dictionary.to_pylist()], np.float64)
    return scores[encoded.indices.to_numpy()]


def _freedom(expression: str | None) -> float:
    """How strict a policy must be to refuse the expression; the freest is 0."""
    for strictness, policy in enumerate(POLICIES):
        if decide(expression, LicenseConfig(policy=policy)).answer is Answer.ALLOW:
            return strictness
    return len(POLICIES)


def _age(meta: str | None, key: str) -> float:
    """A number or an ISO 8601 date in a document's `meta`, as a number; -inf without."""
    value = json.loads(meta).get(key) if meta else None
    if isinstance(value, int | float) and not math.isnan(value):
        return float(value)
    try:
        date = datetime.fromisoformat(str(value))
    except ValueError:
        return -math.inf
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
