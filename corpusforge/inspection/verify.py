"""Reads every file of a run again and compares it with what the manifests say."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from corpusforge.engine.run import load_config
from corpusforge.errors import InputError, UserError
from corpusforge.inspection.funnel import read_funnel
from corpusforge.inspection.verify_shards import verify_shards
from corpusforge.pipeline import VERDICTS, fact_names
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import checksum_problem
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest, load_manifest
from corpusforge.storage.parts import PartEntry

_SHARD_FILES = (".bin", ".docs.arrow")  # verify_shards reads these, for more than their checksums


def verify_run(layout: Layout) -> Iterator[UserError]:
    """Every problem of a run: manifests, checksums, alignment of rows, the funnel, the shards.

    Shards that were imported have no corpus beside them, and are verified alone.

    Raises:
        RunError: there is neither a corpus nor shards.
    """
    if layout.corpus.is_dir() or not layout.shard_manifest.is_file():
        yield from _verify_corpus(layout)
    if layout.shard_manifest.is_file():
        yield from verify_shards(ShardSet(layout.shards))


def _verify_corpus(layout: Layout) -> Iterator[UserError]:
    places = _places(layout)
    loaded = {path: load_manifest(path) for path in places}
    manifests = {path: manifest for path, manifest in loaded.items() if manifest}
    named = {path: _named(layout, manifests[path], places[path][0]) for path in manifests}
    missing = list(_missing_manifests(layout, places, manifests))
    yield from missing
    ingest = manifests.get(layout.manifest("ingest"))
    if not missing:
        yield from _verify_chain(manifests, named)
        try:
            read_funnel(layout)
        except UserError as error:
            if ingest is None:
                raise
            yield error
    yield from _strangers(layout, places, named)
    rows = {part.name: part.rows for part in ingest.outputs} if ingest else {}
    for path, manifest in manifests.items():
        for part in manifest.outputs:
            file = places[path][0] / f"{part.name}.parquet"
            yield from _verify_part(file, part, rows.get(part.name, part.rows))
        for name, checksum in manifest.files.items():
            if not name.endswith(_SHARD_FILES):
                yield from _verify_checksum(layout.root / name, checksum)


def _places(layout: Layout) -> dict[Path, tuple[Path, ...]]:
    """Where each step's manifest stands, and the files that it names, or directories of them; that
    of its part files first."""
    facts = fact_names(load_config(layout))
    return {
        layout.manifest("ingest"): (layout.documents, layout.evidence),
        **{layout.fact_manifest(fact): (layout.fact(fact),) for fact in facts},
        **{layout.manifest(stage): (layout.verdict(stage),) for stage in VERDICTS},
        layout.manifest("audit"): (layout.licenses, layout.notice, layout.quarantine),
        layout.manifest("tokenizer"): (layout.tokenizer, layout.sentencepiece_model),
        layout.manifest("tokenize"): (layout.shard_manifest,),
    }


def _named(layout: Layout, manifest: Manifest, directory: Path) -> dict[str, str]:
    """The files that a manifest names, by path under output_dir → checksum."""
    within = layout.relative(directory)
    parts = {f"{within}/{part.name}.parquet": part.checksum for part in manifest.outputs}
    return parts | manifest.files


def _missing_manifests(
    layout: Layout, places: Mapping[Path, Sequence[Path]], manifests: Mapping[Path, Manifest]
) -> Iterator[InputError]:
    """Manifests that are not there, though their files are or a later step has read those."""
    read = {_directory(name) for manifest in manifests.values() for name in manifest.inputs}
    for path, of_step in places.items():
        left = (layout.relative(place) in read or _files_at(place) for place in of_step)
        if path not in manifests and any(left):
            yield InputError(
                "a manifest is missing: nothing says what its files must be",
                where=str(path),
                do="run `corpusforge build` again; it writes what is missing",
            )


def _verify_chain(
    manifests: Mapping[Path, Manifest], named: Mapping[Path, Mapping[str, str]]
) -> Iterator[InputError]:
    """The first step that has read other files than those that stand; what follows it is out of
    date with it."""
    stands: dict[str, str] = {}
    for path, manifest in manifests.items():
        stands |= {**named[path], manifest.stage: manifest.fingerprint}
    for path, manifest in manifests.items():
        if manifest.stage == "ingest":
            continue  # it reads sources
        directories = {_directory(name) for name in manifest.inputs} - {""}
        expected = {
            name: checksum
            for name, checksum in stands.items()
            if name in manifest.inputs or _directory(name) in directories
        }
        # A tokenizer that was given stands outside.
        read = {n: c for n, c in manifest.inputs.items() if n in expected or _directory(n)}
        if differing := sorted({name for name, _ in read.items() ^ expected.items()}):
            yield InputError(
                f"the {manifest.stage} step has read other files than stand here",
                where=str(path),
                got=f"{len(differing):,} that differ, {differing[0]} first",
                do="run `corpusforge build` again; it does what is out of date",
            )
            return


def _strangers(
    layout: Layout,
    places: Mapping[Path, Sequence[Path]],
    named: Mapping[Path, Mapping[str, str]],
) -> Iterator[InputError]:
    for path, names in named.items():
        for file in itertools.chain.from_iterable(map(_files_at, places[path])):
            if layout.relative(file) not in names:
                yield InputError(
                    "a file stands here that its step has not written",
                    where=str(file),
                    expected=f"what {path.name} names",
                    do="remove it",
                )


def _files_at(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(place.glob("[!.]*"))


def _directory(name: str) -> str:
    return name.rpartition("/")[0]


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
    elif problem := checksum_problem(
        path, expected, do="remove it and run `corpusforge build` again; it writes what is missing"
    ):
        yield problem
