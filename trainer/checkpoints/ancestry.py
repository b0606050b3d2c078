"""The training data behind a checkpoint: of its run, and of the runs that its weights come from."""

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.shards.index import open_index
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.layout import Layout
from trainer.checkpoints.checkpoint import Checkpoint


class Tables(TypedDict):
    """Sources and licences, a row each. A source counts as a whole once a window of it was read."""

    sources: list[dict[str, Any]]  # split, source, documents, tokens, bytes
    licenses: list[dict[str, Any]]  # of the train split: license, documents, tokens


class Reading(TypedDict):
    """What a run had read by a step, in plain values that later checkpoints can hold."""

    step: int
    shards: str  # fingerprint
    tables: Tables | None  # None: the shards were not at hand


def reading_of(checkpoint: Checkpoint, layout: Layout) -> Reading:
    """What the run of a checkpoint had read by then; `layout` is where its shards should be.

    Raises:
        InputError: a document index of the shards is missing or damaged.
    """
    shards = ShardSet(layout.shards)
    is_there = layout.shard_manifest.is_file() and shards.manifest.fingerprint == checkpoint.shards
    return {
        "step": checkpoint.step,
        "shards": checkpoint.shards,
        "tables": _tables(shards, _sources_read(checkpoint)) if is_there else None,
    }


def ancestors_of(checkpoint: Checkpoint) -> Sequence[Reading | None]:
    """What was read before a checkpoint's run began, from the first training on.

    None is a training whose checkpoint did not record it.
    """
    if checkpoint.ancestors is not None:
        return checkpoint.ancestors
    started = checkpoint.started_from or checkpoint.experiment.training.start_from
    return () if started is None else (None,)


def _sources_read(checkpoint: Checkpoint) -> set[str]:
    """Sources of the samples before a checkpoint."""
    position = checkpoint.sampler["position"]
    starts = [stage.from_sample for stage in checkpoint.stages]
    ends = [min(end, position) for end in (*starts[1:], position)]
    return {
        source
        for stage, end in zip(checkpoint.stages, ends, strict=True)
        for source, count in stage.counts(max(0, end - stage.from_sample)).items()
        if count
    }


def _tables(shards: ShardSet, read: set[str]) -> Tables:
    # Validation data of a source that was not read says nothing about the model either.
    unread = shards.sources("train").keys() - read
    rows = [
        {
            "split": split,
            "source": source,
            "documents": entry.num_documents,
            "tokens": entry.num_tokens,
            "bytes": entry.num_bytes,
        }
        for split, sources in shards.manifest.splits.items()
        for source, entry in sources.items()
        if read and source not in unread
    ]
    return {"sources": rows, "licenses": _licenses(shards, read) if read else []}


def _licenses(shards: ShardSet, sources: Iterable[str]) -> list[dict[str, Any]]:
    """Train documents and tokens by licence expression, in order of decreasing tokens."""
    columns = [
        open_index(shards.index_path("train", source, shard.name)).select(["license", "length"])
        for source in sources
        for shard in shards.sources("train")[source].shards
    ]
    grouped = pa.concat_tables(columns).group_by("license")
    counted = grouped.aggregate([("length", "count"), ("length", "sum")])
    counted = counted.rename_columns({"length_count": "documents", "length_sum": "tokens"})
    ordered = pc.sort_indices(counted, [("tokens", "descending"), ("license", "ascending")])
    rows: list[dict[str, Any]] = counted.take(ordered).to_pylist()
    return rows
