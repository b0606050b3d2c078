"""The dedup stage: of equal texts and of near-duplicates one document stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.arrays import distinct
from corpusforge.config import DedupConfig, Frozen
from corpusforge.errors import ConfigError
from corpusforge.near.banding import choose_bands
from corpusforge.near.clusters import Edges, Forest, best_tree, concatenated, walk_trees
from corpusforge.near.exact import Contents, distinct_contents
from corpusforge.near.keep_rules import Best, best_rows, columns_of
from corpusforge.near.rows import JoinedRows
from corpusforge.stages.known_corpora import Index
from corpusforge.stages.stage import LiveRows
from corpusforge.storage.layout import Layout

REASONS = (
    "exact duplicate",
    "near duplicate",
    "exact duplicate in another corpus",
    "near duplicate in another corpus",
)


class DedupRule(Frozen):
    """The configuration, and the state of the other corpora that it names."""

    dedup: DedupConfig
    indexes: tuple[str, ...]


@dataclass(frozen=True)
class Clusters:
    """Who stays, for all rows; a row's content leads to the rest."""

    of_row: npt.NDArray[np.int32]  # [rows]: number of the content
    clustered: npt.NDArray[np.bool_]  # [contents]: whether there is more than one row
    best: Best  # of the clustered contents; the arrays below are beside it
    survivor: npt.NDArray[np.int64]  # place of the survivor's content
    via: npt.NDArray[np.int64]  # place of the content that brought it in, nearer to the survivor
    similarity: npt.NDArray[np.float32]  # with that content
    own_rows: int  # rows after these are other corpora's


@dataclass(frozen=True)
class DedupStage:
    """Clusters of documents joined by a verified similarity at the threshold or above.

    Equal texts are one document to the search. `duplicate_of` is the survivor, `similarity` the
    Jaccard similarity with the document that brought this one into the cluster: `partner`, where
    that is not the survivor itself. So the dropped rows are the edges of a tree, and a higher
    threshold drops those whose similarity reaches it.
    """

    dedup: DedupConfig
    name: ClassVar[str] = "dedup"
    version: ClassVar[int] = 2
    extra: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("duplicate_of", pa.string()),
        pa.field("similarity", pa.float32()),
        pa.field("partner", pa.string()),
    )

    @property
    def config(self) -> DedupRule:
        verdicts = [index.fingerprint() for index in self._indexes()]
        return DedupRule(dedup=self.dedup, indexes=tuple(verdicts))

    @property
    def columns(self) -> tuple[str, ...]:
        of_documents = [c for c in columns_of(self.dedup.keep) if c != "expression"]
        return tuple(dict.fromkeys(["content_hash", *of_documents]))

    @property
    def facts(self) -> Mapping[str, tuple[str, ...]]:
        facts: dict[str, tuple[str, ...]] = {}
        if self.dedup.near:
            facts["signatures"] = ("signature", "shingles")
        if "license" in self.dedup.keep:
            facts["license"] = ("expression",)
        return facts

    def survey(self, parts: LiveRows) -> Clusters | None:
        """Number the contents, search among them, choose who stays."""
        if not self.dedup.enabled:
            return None
        indexes = self._indexes()
        if any(index.layout.root.resolve() == parts.layout.root.resolve() for index in indexes):
            raise ConfigError(
                "a corpus cannot be its own index",
                where="dedup.against",
                got=str(parts.layout.root),
                expected="other corpora",
                do="leave it out: documents of one corpus are compared in any case",
            )
        others = [index.rows(parts, self.columns, self.facts) for index in indexes]
        rows = JoinedRows((parts, *others))
        contents = distinct_contents(rows)
        forest = Forest(len(contents))
        tree = best_tree(self._edges(parts, rows, contents), forest)
        clustered = np.bincount(contents.of_row, minlength=len(contents)) > 1
        clustered[tree.left] = True
        clustered[tree.right] = True
        best = best_rows(rows, contents, clustered, self.dedup.keep, _sources(rows), len(parts))
        for name in best.undated:
            parts.progress.say(
                f"{name} tells no copies apart: none has a number or a date under that key"
            )
        survivor = _first_of_each(forest.roots(best.contents), best.rank)
        arrivals = walk_trees(tree, best.contents[distinct(survivor)])
        via = np.arange(len(survivor))
        similarity = np.ones(len(survivor), np.float32)
        arrived = best.place(arrivals.contents)
        via[arrived] = best.place(arrivals.via)
        similarity[arrived] = arrivals.similarity
        return Clusters(
            contents.of_row, clustered, best, survivor, via, similarity, rows.firsts[len(parts)]
        )

    def decide(self, rows: pa.Table, first: int, survey: Clusters | None) -> dict[str, pa.Array]:
        keep = np.ones(rows.num_rows, bool)
        if survey is None:
            names = ("reason", "duplicate_of", "similarity", "partner")
            return {"keep": pa.array(keep)} | {name: pa.nulls(len(keep)) for name in names}
        contents = survey.of_row[first : first + len(keep)]
        clustered = np.flatnonzero(survey.clustered[contents])
        place = survey.best.place(contents[clustered])
        survivor = survey.survivor[place]
        is_best = survey.best.rows[place] == clustered + first
        goes = survey.best.rows[survivor] != clustered + first
        place, survivor, is_best = place[goes], survivor[goes], is_best[goes]
        keep[clustered[goes]] = False
        # Of equal texts the best one stands for all: the others came in by their equality with it.
        partner = np.where(is_best, survey.via[place], place)
        similarity = np.where(is_best, survey.similarity[place], np.float32(1))
        ids = survey.best.ids
        reasons = (partner != place) + 2 * (survey.best.rows[partner] >= survey.own_rows)
        of_dropped = {
            "reason": pa.array(REASONS).take(pa.array(reasons)),
            "duplicate_of": ids.take(pa.array(survivor)),
            "similarity": pa.array(similarity),
            "partner": ids.take(pa.array(partner, mask=partner == survivor)),
        }
        spread = pa.array(np.cumsum(~keep) - 1, mask=keep)
        return {"keep": pa.array(keep)} | {
            name: values.take(spread) for name, values in of_dropped.items()
        }

    def _indexes(self) -> list[Index]:
        shingle = self.dedup.shingle if self.dedup.near else None
        return [Index(Layout(Path(directory)), shingle) for directory in self.dedup.against]

    def _edges(self, parts: LiveRows, rows: JoinedRows, contents: Contents) -> Edges:
        if not self.dedup.near:
            return concatenated([])
        from corpusforge.near.search import Search

        bands, rows_a_band = self.dedup.bands, self.dedup.rows
        if bands is None or rows_a_band is None:
            bands, rows_a_band = choose_bands(self.dedup.threshold)
        search = Search(
            rows=rows,
            contents=contents,
            threshold=self.dedup.threshold,
            shingle=self.dedup.shingle,
            bands=bands,
            rows_a_band=rows_a_band,
            executor=parts.executor,
            directory=parts.layout.corpus,
        )
        return search.edges()


def _sources(rows: JoinedRows) -> list[int]:
    """The place of each part's source in the order of sources."""
    names = list(dict.fromkeys(rows.sources))
    return [names.index(source) for source in rows.sources]


def _first_of_each(
    clusters: npt.NDArray[np.int32], rank: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """For each place the place of least rank in its cluster."""
    order = np.lexsort((rank, clusters))
    arranged = clusters[order]
    begins = np.ones(len(order), bool)
    begins[1:] = arranged[1:] != arranged[:-1]
    firsts = np.empty(len(order), np.int64)
    firsts[order] = order[begins][np.cumsum(begins) - 1]
    return firsts
