"""Verification of a run: read every file again and compare it with the manifests."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow.parquet as pq

from corpusforge.engine.run import load_config
from corpusforge.engine.step import Step
from corpusforge.errors import InputError, UserError
from corpusforge.inspection.funnel import read_funnel
from corpusforge.inspection.verify_shards import verify_shards
from corpusforge.pipeline import enabled_steps
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import checksum_problem
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest, load_manifest
from corpusforge.storage.parts import PartEntry

_SHARD_FILES = (".bin", ".docs.arrow")  # verify_shards checks these


def verify_run(layout: Layout) -> Iterator[UserError]:
    """Yield every problem of a run: manifests, checksums, alignment of rows, funnel, shards.

    Imported shards have no corpus next to them; only the shards are verified then.

    Raises:
        RunError: there is neither a corpus nor shards.
    """
    if layout.corpus.is_dir() or not layout.shard_manifest.is_file():
        yield from _verify_corpus(layout)
    if layout.shard_manifest.is_file():
        yield from verify_shards(ShardSet(layout.shards))


def _verify_corpus(layout: Layout) -> Iterator[UserError]:
    steps = {step.manifest_file(layout): step for _, step in enabled_steps(load_config(layout))}
    loaded = {path: load_manifest(path) for path in steps}
    manifests = {path: manifest for path, manifest in loaded.items() if manifest}
    written = {path: steps[path].written(layout, manifests[path]) for path in manifests}
    missing = list(_missing_manifests(layout, steps, manifests))
    yield from missing
    ingest = manifests.get(layout.manifest("ingest"))
    if not missing:
        yield from _verify_chain(steps, manifests, written)
        try:
            read_funnel(layout)
        except UserError as error:
            if ingest is None:
                raise
            yield error
    yield from _unknown_files(layout, steps, written)
    rows = {part.name: part.rows for part in ingest.outputs} if ingest else {}
    for path, manifest in manifests.items():
        for part in manifest.outputs:
            file = steps[path].part_file(layout, part.name)
            yield from _verify_part(file, part, rows.get(part.name, part.rows))
        for name, checksum in manifest.files.items():
            if not name.endswith(_SHARD_FILES):
                yield from _verify_checksum(layout.root / name, checksum)


def _missing_manifests(
    layout: Layout, steps: Mapping[Path, Step], manifests: Mapping[Path, Manifest]
) -> Iterator[InputError]:
    """Manifests that are missing although their files exist or a later step has read these."""
    read = {_directory(name) for manifest in manifests.values() for name in manifest.inputs}
    for path, step in steps.items():
        left = (layout.relative(place) in read or _files_at(place) for place in step.places(layout))
        if path not in manifests and any(left):
            yield InputError(
                "a manifest is missing, so nothing says what its files must be",
                where=str(path),
                do="run `corpusforge build` again; it writes what is missing",
            )


def _verify_chain(
    steps: Mapping[Path, Step],
    manifests: Mapping[Path, Manifest],
    written: Mapping[Path, Mapping[str, str]],
) -> Iterator[InputError]:
    """The first step that has read other files than those on disk; later ones follow from it."""
    on_disk: dict[str, str] = {}
    for path, manifest in manifests.items():
        on_disk |= {**written[path], manifest.stage: manifest.fingerprint}
    for path, manifest in manifests.items():
        if steps[path].reads_outside:
            continue
        directories = {_directory(name) for name in manifest.inputs} - {""}
        expected = {
            name: checksum
            for name, checksum in on_disk.items()
            if name in manifest.inputs or _directory(name) in directories
        }
        # A file outside the run, such as a ready tokenizer, has a name without a directory.
        read = {n: c for n, c in manifest.inputs.items() if n in expected or _directory(n)}
        if differing := sorted({name for name, _ in read.items() ^ expected.items()}):
            yield InputError(
                f"the {manifest.stage} step has read other files than those on disk",
                where=str(path),
                got=f"{len(differing):,} that differ, the first is {differing[0]}",
                do="run `corpusforge build` again; it updates what is out of date",
            )
            return


def _unknown_files(
    layout: Layout, steps: Mapping[Path, Step], written: Mapping[Path, Mapping[str, str]]
) -> Iterator[InputError]:
    for path, names in written.items():
        for file in itertools.chain.from_iterable(map(_files_at, steps[path].places(layout))):
            if layout.relative(file) not in names:
                yield InputError(
                    "this file was not written by its step",
                    where=str(file),
                    expected=f"a file that {path.name} names",
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
