"""Reads every file of a run again and compares it with what the manifests say."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from corpusforge.errors import InputError, UserError
from corpusforge.files import file_checksum
from corpusforge.layout import Layout
from corpusforge.manifest import Manifest, load_manifest
from corpusforge.parts import PartEntry
from corpusforge.pipeline import VERDICTS, fact_names
from corpusforge.report import read_funnel
from corpusforge.run import load_config
from corpusforge.shards.reader import ShardSet
from corpusforge.shards.verify import verify_shards


def verify_run(layout: Layout) -> Iterator[UserError]:
    """Every problem of a run: checksums, alignment of rows, the funnel, the shards.

    Shards that were imported have no corpus beside them, and are verified alone.

    Raises:
        RunError: there is neither a corpus nor shards.
    """
    has_corpus = load_manifest(layout.manifest("ingest")) is not None
    if has_corpus or not layout.shard_manifest.is_file():
        yield from _verify_corpus(layout)
    if layout.shard_manifest.is_file():
        yield from verify_shards(ShardSet(layout.shards))


def _verify_corpus(layout: Layout) -> Iterator[UserError]:
    try:
        read_funnel(layout)
    except UserError as error:
        if load_manifest(layout.manifest("ingest")) is None:
            raise
        yield error
    rows: dict[str, int] = {}
    for manifest, directory in _part_manifests(layout):
        if not rows:
            rows = {part.name: part.rows for part in manifest.outputs}
        for part in manifest.outputs:
            yield from _verify_part(directory / f"{part.name}.parquet", part, rows[part.name])
    for path, checksum in _other_files(layout):
        yield from _verify_checksum(path, checksum)


def _part_manifests(layout: Layout) -> Iterator[tuple[Manifest, Path]]:
    """Manifests of row-aligned files, the documents' first."""
    facts = fact_names(load_config(layout))
    places = [(layout.manifest("ingest"), layout.documents)]
    places += [(layout.fact_manifest(fact), layout.fact(fact)) for fact in facts]
    places += [(layout.manifest(stage), layout.verdict(stage)) for stage in VERDICTS]
    for path, directory in places:
        if manifest := load_manifest(path):
            yield manifest, directory


def _other_files(layout: Layout) -> Iterator[tuple[Path, str]]:
    """Files that are no rows; shards are verified with more than their checksums."""
    for stage in ("ingest", "audit", "tokenizer"):
        if manifest := load_manifest(layout.manifest(stage)):
            yield from ((layout.root / path, checksum) for path, checksum in manifest.files.items())


def _verify_part(path: Path, part: PartEntry, rows: int) -> Iterator[UserError]:
    problems = list(_verify_checksum(path, part.checksum))
    yield from problems
    if not problems and pq.read_metadata(path).num_rows != rows:
        yield InputError(
            "a file is not aligned with its document file",
            where=str(path),
            got=f"{part.rows:,} rows",
            expected=f"{rows:,}",
        )


def _verify_checksum(path: Path, expected: str) -> Iterator[UserError]:
    if not path.is_file():
        yield InputError("a file is missing", where=str(path), do="run `corpusforge build` again")
    elif (checksum := file_checksum(path)) != expected:
        yield InputError(
            "a file has changed since it was written",
            where=str(path),
            got=f"checksum {checksum}",
            expected=expected,
            do="remove it and run `corpusforge build` again; it writes what is missing",
        )
