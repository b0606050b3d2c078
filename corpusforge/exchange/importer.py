"""Import token files of other tools as shards."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from corpusforge.config import SourceConfig, parse
from corpusforge.errors import InputError
from corpusforge.exchange import datatrove, megatron, nanogpt
from corpusforge.exchange.conversion import Origin, check, convert
from corpusforge.exchange.exporter import read_description
from corpusforge.exchange.token_file import ForeignTokenFile
from corpusforge.licensing.expression import read_declaration
from corpusforge.licensing.policy import check_license
from corpusforge.shards.id_index import write_id_indexes
from corpusforge.shards.manifest import (
    ShardManifest,
    SourceEntry,
    describe_tokenizer,
    load_shard_manifest,
    shard_manifest,
)
from corpusforge.shards.reader import ShardSet
from corpusforge.shards.writer import source_entry
from corpusforge.storage.files import link_or_copy, write_json
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.sentencepiece_model import SentencePieceTokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer
from corpusforge.tokenizer.train import adopt_model

READERS: Mapping[str, tuple[str, Callable[[Path], ForeignTokenFile]]] = {
    "nanogpt": (nanogpt.SUFFIX, nanogpt.read),
    "megatron": (megatron.SUFFIX, megatron.read),
    "datatrove": (datatrove.SUFFIX, datatrove.read),
}


def import_files(
    inputs: Sequence[Path],
    format: str,
    output_dir: Path,
    *,
    tokenizer: Path | None = None,
    source: str | None = None,
    split: str | None = None,
    license: str | None = None,
) -> ShardManifest:
    """Add token files to `output_dir` as shards and return the new manifest.

    A file is linked if all of its documents end with end-of-document, else it is written with the
    missing tokens added. Splits, sources, weights, ids and licences are restored if `export_shards`
    wrote the files. For other files, an id is `<source>:<number>` and the licence is `license`.

    Raises:
        InputError: a file is damaged or has a token outside the vocabulary, or `output_dir` has a
            corpus or a source of the same name.
        ConfigError: `license` is not a known licence.
    """
    layout = Layout(output_dir)
    if layout.config.is_file():
        raise InputError(
            "shards cannot be imported into a corpus",
            where=str(output_dir),
            do="choose another directory; `python -m trainer train` accepts any with shards",
        )
    if license is not None:
        check_license(license, where="--license")
        license = read_declaration(license)
    described = read_description(inputs[0]) if len(inputs) == 1 else None
    exported = described.splits if described else {}
    written = described.files if described else {}
    checksums = {inputs[0] / name: checksum for name, checksum in written.items()}
    suffix, read = READERS[format]
    found = [(given, path) for given in inputs for path in _files(given, suffix, checksums)]
    plan = {
        origin: [read(path) for path in paths]
        for origin, paths in _plan(found, exported, source, split, license).items()
    }
    before = load_shard_manifest(layout.shards) if layout.shard_manifest.is_file() else None
    splits = {name: dict(sources) for name, sources in before.splits.items()} if before else {}
    for origin in plan:
        if origin.source in splits.get(origin.split, {}):
            raise InputError(
                f"the source {origin.source} already exists",
                where=str(layout.shards / origin.split),
                do="choose another --source, or another directory",
            )
    place = tokenizer or _tokenizer_near(inputs)
    loaded = _tokenizer(place, layout, before)
    if described and described.tokenizer.fingerprint != loaded.fingerprint:
        raise _other_tokenizer(str(inputs[0]), described.tokenizer.fingerprint, loaded.fingerprint)
    # Read everything before writing anything, so that a failed import leaves no files.
    checked = {
        origin: [check(file, origin, loaded, checksums) for file in files]
        for origin, files in plan.items()
    }
    if place and not before:
        _adopt(place, layout)
    for origin, files in checked.items():
        firsts = itertools.accumulate((len(file.ends) for file in files), initial=0)
        shards = [
            convert(file, f"{number:05}", first, origin, layout, loaded)
            for number, (file, first) in enumerate(zip(files, firsts, strict=False))
        ]
        known = exported.get(origin.split, {}).get(origin.source)
        entry = source_entry(known.weight if known else 1.0, shards)
        splits.setdefault(origin.split, {})[origin.source] = entry
    manifest = shard_manifest(describe_tokenizer(loaded), splits)
    write_json(layout.shard_manifest, manifest.model_dump(mode="json"))
    write_id_indexes(ShardSet(layout.shards))
    return manifest


def _tokenizer_near(inputs: Sequence[Path]) -> Path | None:
    directory = inputs[0] if inputs[0].is_dir() else inputs[0].parent
    return directory if Layout(directory).tokenizer.is_file() else None


def _tokenizer(path: Path | None, layout: Layout, before: ShardManifest | None) -> Tokenizer:
    """Load the tokenizer at a path or, without a path, that of the existing shards.

    Raises:
        InputError: there is no tokenizer, or the existing shards have another one.
    """
    if path is None:
        if before is None:
            raise InputError(
                "the tokenizer of these tokens is unknown",
                expected="a directory with tokenizer.json, or a SentencePiece model",
                do="give it with --tokenizer",
            )
        return load_tokenizer(layout.root)
    if not path.exists():
        raise InputError(
            "there is no tokenizer here", where=str(path), do="fix the path after --tokenizer"
        )
    theirs = load_tokenizer(path) if path.is_dir() else SentencePieceTokenizer(path.read_bytes())
    there = before.tokenizer.fingerprint if before else None
    if there is None and layout.tokenizer.is_file():
        there = load_tokenizer(layout.root).fingerprint
    if there is not None and theirs.fingerprint != there:
        raise _other_tokenizer(str(path), theirs.fingerprint, there)
    return theirs


def _adopt(path: Path, layout: Layout) -> None:
    """Copy the tokenizer at a path into a new directory."""
    if not path.is_dir():
        adopt_model(path, layout.root)
        return
    for source in (Layout(path).sentencepiece_model, Layout(path).tokenizer):
        if source.is_file():
            link_or_copy(source, layout.root / source.name)


def _other_tokenizer(where: str, got: str, expected: str) -> InputError:
    return InputError(
        "these tokens were made by another tokenizer",
        where=where,
        got=got,
        expected=expected,
        do="import them into a separate directory, with their own tokenizer",
    )


def _plan(
    files: Iterable[tuple[Path, Path]],
    exported: Mapping[str, Mapping[str, SourceEntry]],
    source: str | None,
    split: str | None,
    license: str | None,
) -> dict[Origin, list[Path]]:
    """Return the files of each split and source. `files` are pairs of an input and its file."""
    plan: dict[Origin, list[Path]] = defaultdict(list)
    for given, path in files:
        parts = path.relative_to(given).parts if given.is_dir() else ()
        if len(parts) == 3 and parts[1] in exported.get(parts[0], {}):
            origin = Origin(parts[0], parts[1], license)
        else:
            name = source or (given.resolve().name if given.is_dir() else given.stem)
            place = split or nanogpt.SPLITS.get(path.stem, "train")
            origin = Origin(_checked(place), _checked(name), license)
        plan[origin].append(path)
    return dict(plan)


def _files(given: Path, suffix: str, exported: Iterable[Path]) -> list[Path]:
    """Return the token files at a path, including exported files that are missing."""
    # A file may be given without its suffix, or by its index.
    named = (given, Path(f"{given}{suffix}"), given.with_suffix(suffix))
    if given.is_dir():
        visible = {path for path in given.rglob(f"*{suffix}") if not _is_hidden(path, given)}
        found = sorted(visible | {path for path in exported if path.name.endswith(suffix)})
    else:
        found = [path for path in named if path.suffix == suffix and path.is_file()][:1]
    if not found:
        raise InputError(
            "there are no token files here",
            where=str(given),
            expected=f"a {suffix} file, or a directory with {suffix} files",
        )
    return found


def _is_hidden(path: Path, directory: Path) -> bool:
    # A killed export leaves a hidden directory.
    return any(part.startswith(".") for part in path.relative_to(directory).parts)


def _checked(name: str) -> str:
    """Return the name of a source or split, if it is valid as the name of a directory."""
    return parse({"name": name}, SourceConfig, where=f"the source or split {name}").name
