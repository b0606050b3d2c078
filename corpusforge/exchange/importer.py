"""Brings token files of other tools in as shards, each document closed by its end."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from corpusforge.config import SourceConfig, parse
from corpusforge.errors import InputError
from corpusforge.exchange import datatrove, megatron, nanogpt
from corpusforge.exchange.conversion import Origin, check, convert
from corpusforge.exchange.exporter import ExportManifest, read_description
from corpusforge.exchange.token_file import TokenFile
from corpusforge.licensing.expression import read_declaration
from corpusforge.licensing.policy import check_license
from corpusforge.shards.id_index import write_id_indexes
from corpusforge.shards.manifest import (
    ShardManifest,
    describe_tokenizer,
    read_manifest,
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

READERS: Mapping[str, tuple[str, Callable[[Path], TokenFile]]] = {
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
    """Add token files to `output_dir` as shards; gives the new manifest.

    A file whose documents all end as ours do is linked, any other is written anew with the ends
    that are missing. What an export of ours has beside its files is taken back: splits, sources,
    weights, ids, licences. Without that, a document is `<source>:<number>` under `license`.

    Raises:
        InputError: a file is damaged, has a token outside the vocabulary, or the directory is in
            the way.
        ConfigError: `license` names a licence that there is not.
    """
    layout = Layout(output_dir)
    if layout.config.is_file():
        raise InputError(
            "shards cannot be imported into a corpus",
            where=str(output_dir),
            do="name another directory; `trainer train` takes any that has shards",
        )
    if license is not None:
        check_license(license, where="--license")
        license = read_declaration(license)
    described = read_description(inputs[0]) if len(inputs) == 1 else None
    suffix, read = READERS[format]
    plan = {
        origin: [read(path) for path in paths]
        for origin, paths in _plan(inputs, suffix, described, source, split, license).items()
    }
    before = read_manifest(layout.shards) if layout.shard_manifest.is_file() else None
    for origin in plan:
        if before and origin.source in before.splits.get(origin.split, {}):
            raise InputError(
                f"there is a source {origin.source} already",
                where=str(layout.shards / origin.split),
                do="import under another --source, or into another directory",
            )
    place = tokenizer or _beside(inputs)
    loaded = _tokenizer(place, layout, before)
    if described and described.tokenizer.fingerprint != loaded.fingerprint:
        raise _other_tokenizer(str(inputs[0]), described.tokenizer.fingerprint, loaded.fingerprint)
    exported = _exported(inputs[0], described)
    # All is read before anything is written, so that a failed import leaves nothing behind.
    checked = {
        origin: [check(file, origin, loaded, exported) for file in files]
        for origin, files in plan.items()
    }
    if place and not before:
        _adopt(place, layout)
    splits = {name: dict(sources) for name, sources in before.splits.items()} if before else {}
    for origin, files in checked.items():
        firsts = itertools.accumulate((len(file.ends) for file in files), initial=0)
        shards = [
            convert(file, f"{number:05}", first, origin, layout, loaded)
            for number, (file, first) in enumerate(zip(files, firsts, strict=False))
        ]
        weight = 1.0
        if described and origin.source in described.splits.get(origin.split, {}):
            weight = described.splits[origin.split][origin.source].weight
        splits.setdefault(origin.split, {})[origin.source] = source_entry(weight, shards)
    manifest = shard_manifest(describe_tokenizer(loaded), splits)
    write_json(layout.shard_manifest, manifest.model_dump(mode="json"))
    write_id_indexes(ShardSet(layout.shards))
    return manifest


def _exported(directory: Path, described: ExportManifest | None) -> dict[Path, str]:
    """The files that an export wrote, and their checksums."""
    files = described.files if described else {}
    return {directory / name: checksum for name, checksum in files.items()}


def _beside(inputs: Sequence[Path]) -> Path | None:
    beside = inputs[0] if inputs[0].is_dir() else inputs[0].parent
    return beside if Layout(beside).tokenizer.is_file() else None


def _tokenizer(path: Path | None, layout: Layout, before: ShardManifest | None) -> Tokenizer:
    """The tokenizer at a path; without one, that of the shards that are there."""
    if path is None:
        if before is None:
            raise InputError(
                "nothing says which tokenizer made these tokens",
                expected="a directory with tokenizer.json, or a SentencePiece model",
                do="name it with --tokenizer",
            )
        return load_tokenizer(layout.root)
    if not path.exists():
        raise InputError(
            "there is no tokenizer here", where=str(path), do="mend the path after --tokenizer"
        )
    theirs = load_tokenizer(path) if path.is_dir() else SentencePieceTokenizer(path.read_bytes())
    there = before.tokenizer.fingerprint if before else None
    if there is None and layout.tokenizer.is_file():
        there = load_tokenizer(layout.root).fingerprint
    if there is not None and theirs.fingerprint != there:
        raise _other_tokenizer(str(path), theirs.fingerprint, there)
    return theirs


def _adopt(path: Path, layout: Layout) -> None:
    """Make the tokenizer at a path that of a new directory."""
    if not path.is_dir():
        adopt_model(path, layout.root)
        return
    for source in (Layout(path).sentencepiece_model, Layout(path).tokenizer):
        if source.is_file():
            link_or_copy(source, layout.root / source.name)


def _other_tokenizer(where: str, got: str, expected: str) -> InputError:
    return InputError(
        "these are tokens of another tokenizer",
        where=where,
        got=got,
        expected=expected,
        do="import them into a directory of their own, with the tokenizer that made them",
    )


def _plan(
    inputs: Sequence[Path],
    suffix: str,
    described: ExportManifest | None,
    source: str | None,
    split: str | None,
    license: str | None,
) -> dict[Origin, list[Path]]:
    """Files by where their tokens belong, in order of name."""
    plan: dict[Origin, list[Path]] = defaultdict(list)
    for given in inputs:
        for path in _files(given, suffix, _exported(given, described)):
            parts = path.relative_to(given).parts if given.is_dir() else ()
            if described and len(parts) == 3 and parts[1] in described.splits.get(parts[0], {}):
                origin = Origin(parts[0], parts[1], license)
            else:
                name = source or (given.resolve().name if given.is_dir() else given.stem)
                place = split or nanogpt.SPLITS.get(path.stem, "train")
                origin = Origin(_checked(place), _checked(name), license)
            plan[origin].append(path)
    return dict(plan)


def _files(given: Path, suffix: str, exported: Iterable[Path]) -> list[Path]:
    """Token files at a path; those that an export wrote are among them, there or not."""
    # A file may be named without its suffix, or by the index beside it.
    named = (given, Path(f"{given}{suffix}"), given.with_suffix(suffix))
    # What a killed export left is in a hidden directory.
    found = (
        sorted(
            {path for path in given.rglob(f"*{suffix}") if not _is_hidden(path, given)}
            | {path for path in exported if path.name.endswith(suffix)}
        )
        if given.is_dir()
        else [path for path in named if path.suffix == suffix and path.is_file()][:1]
    )
    if not found:
        raise InputError(
            "there are no such token files",
            where=str(given),
            expected=f"a file {suffix}, or a directory with some",
        )
    return found


def _is_hidden(path: Path, directory: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(directory).parts)


def _checked(name: str) -> str:
    """A source or split, which becomes a directory."""
    return parse({"name": name}, SourceConfig, where=f"the source or split {name}").name
