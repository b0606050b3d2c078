"""Brings token files of other tools in as shards, each document closed by its end."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import SourceConfig, parse
from corpusforge.errors import InputError
from corpusforge.exchange import datatrove, megatron, nanogpt
from corpusforge.exchange.exporter import DESCRIPTION
from corpusforge.exchange.token_file import TokenFile
from corpusforge.files import file_checksum, fingerprint, link_or_copy, read_json, write_json
from corpusforge.layout import Layout
from corpusforge.licensing.expression import read_declaration
from corpusforge.shards.index import ORIGIN, open_index, write_index
from corpusforge.shards.manifest import (
    ShardManifest,
    describe_tokenizer,
    read_manifest,
    shard_manifest,
)
from corpusforge.shards.reader import TOKEN
from corpusforge.shards.writer import (
    ShardWriter,
    WrittenShard,
    finished_shard,
    source_entry,
    stamp,
)
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.sentencepiece_model import SentencePieceTokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer
from corpusforge.tokenizer.train import adopt_model

READERS: Mapping[str, tuple[str, Callable[[Path], TokenFile]]] = {
    "nanogpt": (nanogpt.SUFFIX, nanogpt.read),
    "megatron": (megatron.SUFFIX, megatron.read),
    "datatrove": (datatrove.SUFFIX, datatrove.read),
}
_BLOCK = 1 << 22  # tokens

Lengths = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Origin:
    """Where a file's tokens belong, and what is known of them beforehand."""

    split: str
    source: str
    license: str | None


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
    """
    layout = Layout(output_dir)
    if layout.config.is_file():
        raise InputError(
            "shards cannot be imported into a corpus",
            where=str(output_dir),
            do="name another directory; `trainer train` takes any that has shards",
        )
    if license is not None:
        license = _expression(license)
    described = _description(inputs)
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
    loaded = _adopt(tokenizer or _beside(inputs), layout, before)
    if described and described.tokenizer.fingerprint != loaded.fingerprint:
        raise _other_tokenizer(str(inputs[0]), described.tokenizer.fingerprint, loaded.fingerprint)
    splits = {name: dict(sources) for name, sources in before.splits.items()} if before else {}
    for origin, files in plan.items():
        shards = [
            _import_file(file, f"{number:05}", origin, layout, loaded)
            for number, file in enumerate(files)
        ]
        weight = 1.0
        if described and origin.source in described.splits.get(origin.split, {}):
            weight = described.splits[origin.split][origin.source].weight
        splits.setdefault(origin.split, {})[origin.source] = source_entry(weight, shards)
    manifest = shard_manifest(describe_tokenizer(loaded), splits)
    write_json(layout.shard_manifest, manifest.model_dump(mode="json"))
    return manifest


def _description(inputs: Sequence[Path]) -> ShardManifest | None:
    """The manifest of an export of ours, if the input is one."""
    path = inputs[0] / DESCRIPTION
    if len(inputs) != 1 or not path.is_file():
        return None
    return parse(read_json(path), ShardManifest, where=str(path))


def _beside(inputs: Sequence[Path]) -> Path | None:
    beside = inputs[0] if inputs[0].is_dir() else inputs[0].parent
    return beside if Layout(beside).tokenizer.is_file() else None


def _adopt(path: Path | None, layout: Layout, before: ShardManifest | None) -> Tokenizer:
    """Make the tokenizer at a path that of the new directory, which may have one already."""
    if path is None and before is None:
        raise InputError(
            "nothing says which tokenizer made these tokens",
            expected="a directory with tokenizer.json, or a SentencePiece model",
            do="name it with --tokenizer",
        )
    if path is not None:
        if not path.exists():
            raise InputError(
                "there is no tokenizer here", where=str(path), do="mend the path after --tokenizer"
            )
        theirs = (
            load_tokenizer(path) if path.is_dir() else SentencePieceTokenizer(path.read_bytes())
        )
        if before and theirs.fingerprint != before.tokenizer.fingerprint:
            raise _other_tokenizer(str(path), theirs.fingerprint, before.tokenizer.fingerprint)
        if not before and path.is_dir():
            for source in (Layout(path).sentencepiece_model, Layout(path).tokenizer):
                if source.is_file():
                    link_or_copy(source, layout.root / source.name)
        elif not before:
            adopt_model(path, layout.root)
    return load_tokenizer(layout.root)


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
    described: ShardManifest | None,
    source: str | None,
    split: str | None,
    license: str | None,
) -> dict[Origin, list[Path]]:
    """Files by where their tokens belong, in order of name."""
    plan: dict[Origin, list[Path]] = defaultdict(list)
    for given in inputs:
        for path in _files(given, suffix):
            parts = path.relative_to(given).parts if given.is_dir() else ()
            if described and len(parts) == 3 and parts[1] in described.splits.get(parts[0], {}):
                origin = Origin(parts[0], parts[1], license)
            else:
                name = source or (given.resolve().name if given.is_dir() else given.stem)
                place = split or nanogpt.SPLITS.get(path.stem, "train")
                origin = Origin(_checked(place), _checked(name), license)
            plan[origin].append(path)
    return dict(plan)


def _files(given: Path, suffix: str) -> list[Path]:
    # A file may be named without its suffix, or by the index beside it.
    named = (given, Path(f"{given}{suffix}"), given.with_suffix(suffix))
    found = (
        sorted(given.rglob(f"*{suffix}"))
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


def _checked(name: str) -> str:
    """A source or split, which becomes a directory."""
    return parse({"name": name}, SourceConfig, where=f"the source or split {name}").name


def _expression(license: str) -> str:
    expression = read_declaration(license)
    if expression is None:
        raise InputError("this is no licence", got=license, expected="an SPDX expression: MIT")
    return expression


def _import_file(
    file: TokenFile, name: str, origin: Origin, layout: Layout, tokenizer: Tokenizer
) -> WrittenShard:
    directory = layout.shards / origin.split / origin.source
    beside = file.path.with_suffix(".docs.arrow")
    sums = [file_checksum(path) for path in (file.path, beside) if path.is_file()]
    made_from = fingerprint("import", tokenizer.fingerprint, astuple(origin), sums)
    if finished := finished_shard(directory, name, made_from):
        return finished
    end = tokenizer.end_of_document
    marks = [_check(file, start, block, tokenizer) for start, block in _blocks(file)]
    ends = np.unique(np.concatenate([*marks, [len(file.tokens)], *_given_ends(file)]))
    ends = ends[ends > 0]
    starts = np.concatenate([[0], ends[:-1]])
    is_closed = np.asarray(file.tokens[ends - 1] == end)
    rows = _origin_rows(file, starts, ends, origin, tokenizer)
    if file.tokens.dtype == TOKEN and is_closed.all():
        link_or_copy(file.path, directory / f"{name}.bin")
        checksum = file_checksum(directory / f"{name}.bin")
        path = directory / f"{name}.docs.arrow"
        write_index(path, ends - starts, rows, stamp(made_from, checksum))
        written = finished_shard(directory, name, made_from)
        assert written is not None, f"{path} was written without its stamp"
        return written
    with ShardWriter(directory, name, tokenizer.vocab_size, end) as shard:
        for first, last in _runs(ends):
            block = np.asarray(file.tokens[starts[first] : ends[last - 1]])
            lengths = ends[first:last] - starts[first:last] - is_closed[first:last]
            shard.append(block[block != end], lengths)
        return shard.close(rows, made_from)


def _blocks(file: TokenFile) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(file.tokens), _BLOCK):
        yield start, np.asarray(file.tokens[start : start + _BLOCK])


def _check(file: TokenFile, start: int, block: np.ndarray, tokenizer: Tokenizer) -> Lengths:
    """Where documents end in a block, as their ids say."""
    if int(block.min()) < 0 or int(block.max()) >= tokenizer.vocab_size:
        wrong = int(np.flatnonzero((block < 0) | (block >= tokenizer.vocab_size))[0])
        raise InputError(
            "a token is outside the vocabulary",
            where=f"{file.path}, token {start + wrong:,}",
            got=f"id {int(block[wrong])}",
            expected=f"0 to {tokenizer.vocab_size - 1}",
            do="name the tokenizer that made these tokens with --tokenizer",
        )
    return start + 1 + np.flatnonzero(block == tokenizer.end_of_document)


def _given_ends(file: TokenFile) -> list[Lengths]:
    return [] if file.ends is None else [file.ends]


def _runs(ends: Lengths) -> Iterator[tuple[int, int]]:
    """Runs of documents of about `_BLOCK` tokens, and of one document at least."""
    first = 0
    while first < len(ends):
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + _BLOCK, "right")))
        yield first, last
        first = last


def _origin_rows(
    file: TokenFile, starts: Lengths, ends: Lengths, origin: Origin, tokenizer: Tokenizer
) -> pa.Table:
    """What the index says of each document: as our export left it, or as far as can be told."""
    beside = file.path.with_suffix(".docs.arrow")
    if beside.is_file():
        index = open_index(beside)
        if not np.array_equal(index["start"].to_numpy(), starts):
            raise InputError(
                "the document index beside a token file is not its own",
                where=str(beside),
                got=f"{index.num_rows:,} documents",
                expected=f"{len(starts):,}, which begin where the token file says",
                do="remove it to import the tokens alone",
            )
        return index.select(list(ORIGIN)).combine_chunks()
    rows = np.arange(len(starts))
    return pa.table(
        {
            "num_bytes": _text_bytes(file, starts, ends, tokenizer),
            "id": pc.binary_join_element_wise(origin.source, pa.array(rows).cast("string"), ":"),
            "path": pa.nulls(len(rows), pa.string()),
            "repository": pa.nulls(len(rows), pa.string()),
            "license": pa.repeat(pa.scalar(origin.license, pa.string()), len(rows)),
            "file": pa.repeat(pa.scalar(file.path.name), len(rows)),
            "row": rows,
        }
    )


def _text_bytes(file: TokenFile, starts: Lengths, ends: Lengths, tokenizer: Tokenizer) -> Lengths:
    """How many bytes of text each document is: int64[documents]."""
    sizes = tokenizer.token_bytes().astype(np.int64)
    counts = np.empty(len(starts), np.int64)
    for first, last in _runs(ends):
        block = sizes[file.tokens[starts[first] : ends[last - 1]]]
        counts[first:last] = np.add.reduceat(block, starts[first:last] - starts[first])
    return counts
