"""The dedup stage: keeps one document of each cluster of equal or similar texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.arrays import Integers, group_starts, sorted_unique
from corpusforge.config import CorpusExperiment, DedupConfig, Frozen
from corpusforge.engine.live_rows import LiveRows
from corpusforge.errors import ConfigError
from corpusforge.near.banding import choose_bands
from corpusforge.near.clusters import (
    Edges,
    UnionFind,
    concatenate_edges,
    find_partners,
    spanning_trees,
)
from corpusforge.near.exact import ContentNumbers, DistinctContents, number_contents
from corpusforge.near.keep_rules import BestRows, criteria_columns, find_best_rows
from corpusforge.near.rows import JoinedRows
from corpusforge.stages.known_corpora import KnownCorpus
from corpusforge.stages.stage import StageStep
from corpusforge.storage.layout import Layout

REASONS = (
    "exact duplicate",
    "near duplicate",
    "exact duplicate in another corpus",
    "near duplicate in another corpus",
)


class DedupRule(Frozen):
    """The configuration of dedup, and the fingerprints of the other corpora that it names."""

    dedup: DedupConfig
    indexes: tuple[str, ...]


@dataclass(frozen=True)
class DedupSurvey:
    """The survivors of all clusters.

    `survivor`, `partner` and `similarity` have a value for each of `best.contents`.
    """

    content_of_row: ContentNumbers  # [rows]
    clustered: npt.NDArray[np.bool_]  # [contents]: whether its cluster has more than one row
    best: BestRows  # of the clustered contents
    survivor: Integers  # place of the survivor's content
    partner: Integers  # place of the content that brought this one into the cluster
    similarity: npt.NDArray[np.float32]  # with the partner
    own_rows: int  # the rows after these are in other corpora


@dataclass(frozen=True)
class DedupStage:
    """Drops duplicates: documents joined by verified similarities at the threshold or above.

    `duplicate_of` is the survivor. `similarity` is the Jaccard similarity with the partner, the
    document that brought this one into the cluster; `partner` is null if that is the survivor. So
    the dropped rows of a cluster are the edges of a tree, and a higher threshold drops those whose
    similarity reaches it.
    """

    dedup: DedupConfig
    name: ClassVar[str] = "dedup"
    version: ClassVar[int] = 2
    extra: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("duplicate_of", pa.string()),
        pa.field("similarity", pa.float32()),
        pa.field("partner", pa.string()),
    )

    @classmethod
    def from_config(cls, config: CorpusExperiment) -> Self:
        return cls(config.corpus.dedup)

    @property
    def config(self) -> DedupRule:
        fingerprints = [corpus.fingerprint() for corpus in self._known_corpora()]
        return DedupRule(dedup=self.dedup, indexes=tuple(fingerprints))

    @property
    def columns(self) -> tuple[str, ...]:
        of_documents = [c for c in criteria_columns(self.dedup.keep) if c != "expression"]
        return tuple(dict.fromkeys(["content_hash", *of_documents]))

    @property
    def facts(self) -> Mapping[str, tuple[str, ...]]:
        facts: dict[str, tuple[str, ...]] = {}
        if self.dedup.near:
            facts["signatures"] = ("signature", "shingles")
        if "license" in self.dedup.keep:
            facts["license"] = ("expression",)
        return facts

    def survey(self, parts: LiveRows) -> DedupSurvey | None:
        """Number the contents, search among them and choose the survivors."""
        if not self.dedup.enabled:
            return None
        known = self._known_corpora()
        if any(corpus.layout.root.resolve() == parts.layout.root.resolve() for corpus in known):
            raise ConfigError(
                "a corpus cannot be its own index",
                where="dedup.against",
                got=str(parts.layout.root),
                expected="other corpora",
                do="leave it out: documents of one corpus are compared in any case",
            )
        others = [corpus.rows(parts, self.facts) for corpus in known]
        rows = JoinedRows((parts, *others))
        contents = number_contents(rows)
        clusters = UnionFind(len(contents))
        trees = spanning_trees(self._find_edges(parts, rows, contents), clusters)
        clustered = np.bincount(contents.of_row, minlength=len(contents)) > 1
        clustered[trees.left] = True
        clustered[trees.right] = True
        best = find_best_rows(rows, contents, clustered, self.dedup.keep)
        for name in best.undated:
            parts.progress.say(
                f"{name} tells no copies apart: none has a number or a date under that key"
            )
        survivor = _find_survivors(clusters.roots(best.contents), best.rank)
        partners = find_partners(trees, best.contents[sorted_unique(survivor)])
        partner = np.arange(len(survivor))
        similarity = np.ones(len(survivor), np.float32)
        places = best.places(partners.left)
        partner[places] = best.places(partners.right)
        similarity[places] = partners.similarity
        own_rows = rows.first_rows[len(parts)]
        return DedupSurvey(
            contents.of_row, clustered, best, survivor, partner, similarity, own_rows
        )

    def decide_with(
        self, rows: pa.Table, first: int, survey: DedupSurvey | None
    ) -> dict[str, pa.Array]:
        keep = np.ones(rows.num_rows, bool)
        if survey is None:
            names = ("reason", "duplicate_of", "similarity", "partner")
            return {"keep": pa.array(keep)} | {name: pa.nulls(len(keep)) for name in names}
        contents = survey.content_of_row[first : first + len(keep)]
        clustered = np.flatnonzero(survey.clustered[contents])
        place = survey.best.places(contents[clustered])
        survivor = survey.survivor[place]
        is_best = survey.best.rows[place] == clustered + first
        drop = survey.best.rows[survivor] != clustered + first
        place, survivor, is_best = place[drop], survivor[drop], is_best[drop]
        keep[clustered[drop]] = False
        # The best of equal texts represents the others: it is their partner.
        partner = np.where(is_best, survey.partner[place], place)
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

    def _known_corpora(self) -> list[KnownCorpus]:
        shingle = self.dedup.shingle if self.dedup.near else None
        return [KnownCorpus(Layout(Path(directory)), shingle) for directory in self.dedup.against]

    def _find_edges(self, parts: LiveRows, rows: JoinedRows, contents: DistinctContents) -> Edges:
        if not self.dedup.near:
            return concatenate_edges([])
        from corpusforge.near.search import Search

        bands, rows_per_band = self.dedup.bands, self.dedup.rows
        if bands is None or rows_per_band is None:
            bands, rows_per_band = choose_bands(self.dedup.threshold)
        search = Search(
            rows=rows,
            contents=contents,
            threshold=self.dedup.threshold,
            shingle=self.dedup.shingle,
            bands=bands,
            rows_per_band=rows_per_band,
            executor=parts.executor,
            directory=parts.layout.corpus,
        )
        return search.find_edges()


def _find_survivors(clusters: ContentNumbers, rank: Integers) -> Integers:
    """Find the survivor of each place: the place of least rank in its cluster."""
    order = np.lexsort((rank, clusters))
    starts = group_starts(clusters[order])
    survivors = np.empty(len(order), np.int64)
    survivors[order] = order[starts][np.cumsum(starts) - 1]
    return survivors


STEP = StageStep(DedupStage)
