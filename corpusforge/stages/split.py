"""The split stage: which documents are trained on, and which are held out for validation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from corpusforge.config import CorpusExperiment, Frozen, SplitConfig
from corpusforge.stages.stage import StageStep
from corpusforge.storage.documents import draws
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import read_rows

TRAIN, VALIDATION = "train", "validation"


class SplitRule(Frozen):
    """The configured share, and the sources that are held out as a whole."""

    split: SplitConfig
    held_out: tuple[str, ...]


@dataclass(frozen=True)
class SplitStage:
    """Splits by a hash of the repository, or of the document if it has none: no repository is in
    both splits, and no document changes its split when others are added or removed."""

    config: SplitRule
    name: ClassVar[str] = "split"
    version: ClassVar[int] = 1
    columns: ClassVar[tuple[str, ...]] = ("source", "repository", "content_hash")
    facts: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    extra: ClassVar[tuple[pa.Field, ...]] = (pa.field("split", pa.string()),)

    @classmethod
    def from_config(cls, config: CorpusExperiment) -> Self:
        corpus = config.corpus
        return cls(SplitRule(split=corpus.split, held_out=tuple(sorted(corpus.held_out_names()))))

    def decide(self, rows: pa.Table) -> dict[str, pa.Array]:
        share, seed = self.config.split.validation, self.config.split.seed
        repositories = rows["repository"].combine_chunks().dictionary_encode()
        drawn = [repository_draw(name, seed) for name in repositories.dictionary.to_pylist()]
        of_repository = pa.array(drawn, pa.float64()).take(repositories.indices)
        of_document = pa.array(draws(rows["content_hash"].combine_chunks(), "split", seed))
        by_hash = pc.less(pc.coalesce(of_repository, of_document), share)
        by_source = pc.is_in(rows["source"], pa.array(self.config.held_out, pa.string()))
        split = pc.if_else(pc.or_(by_hash, by_source), VALIDATION, TRAIN)
        return {
            "keep": pa.array([True] * rows.num_rows, pa.bool_()),
            "reason": pa.nulls(rows.num_rows, pa.string()),
            "split": split,
        }


def rows_in_split(layout: Layout, part: str, split: str) -> pa.ChunkedArray:
    """Mark the rows of a document file that every stage keeps and that are in a split."""
    verdict = read_rows(layout.verdict_file("split", part), ["keep", "split"])
    return pc.fill_null(pc.and_(verdict["keep"], pc.equal(verdict["split"], split)), False)


def repository_draw(name: str, seed: int) -> float:
    """Return a number in [0, 1) that depends on the name of the repository and the seed."""
    return float(xxhash.xxh3_64_intdigest(name.encode(), seed)) / 2.0**64


STEP = StageStep(SplitStage)
