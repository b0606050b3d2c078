"""Takes shards to another trainer: its layout, hard links where the bytes are the same."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from corpusforge.config import parse
from corpusforge.errors import InputError, UserError
from corpusforge.exchange import datatrove, llmc, megatron, nanogpt, olmo
from corpusforge.inspection.verify_shards import checksum_errors
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.manifest import ShardManifest
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import file_checksum, link_or_copy, read_json, write_json
from corpusforge.storage.layout import Layout

DESCRIPTION = "shards.json"
# An export is made in here, and its files move out when all are written.
_UNFINISHED = ".export.tmp"
FORMATS: Mapping[str, Callable[[ShardSet, Path], None]] = {
    "nanogpt": nanogpt.export,
    "llmc": llmc.export,
    "megatron": megatron.export,
    "datatrove": datatrove.export,
    "olmo": olmo.export,
}

# A file as the system knows it, and the checksum of its bytes; a hard link is the same file.
_Checksums = dict[tuple[int, int], str]


class ExportManifest(ShardManifest):
    """`shards.json`: the manifest of the shards that were exported, and which files they became."""

    files: Mapping[str, str] = {}  # path in the export → xxh3-128; this file is not among them


def export_shards(shards: ShardSet, format: str, output: Path) -> list[Path]:
    """Write shards in another tool's layout; gives the files in `output`.

    The tokenizer, the manifest and every document index go with them, so that licences and origins
    are not lost, and `import_files` brings back what was taken away. An earlier export in `output`
    is replaced once this one is whole; what a killed one left there goes.

    Raises:
        InputError: a shard is damaged, or `output` has files that are not an export's.
    """
    directory = shards.directory.resolve()
    if directory in (output.resolve(), *output.resolve().parents):
        raise _no_place(output, "a place among the shards")
    earlier = _earlier_export(output)
    checksums = _checked(shards)
    unfinished = output / _UNFINISHED
    is_new = not output.exists()
    if DESCRIPTION not in earlier:
        # Some files of a killed export, which are known by the description that has not moved yet.
        _remove(output, earlier)
        earlier = []
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        FORMATS[format](shards, unfinished)
        run = Layout(directory.parent)
        for path in (run.tokenizer, run.sentencepiece_model):
            if path.is_file():
                link_or_copy(path, unfinished / path.name)
        files = {name: _checksum(unfinished / name, checksums) for name in _files(unfinished)}
        manifest = ExportManifest(**dict(shards.manifest), files=files)
        write_json(unfinished / DESCRIPTION, manifest.model_dump(mode="json"))
    except BaseException:
        shutil.rmtree(output if is_new else unfinished, ignore_errors=True)
        raise
    _remove(output, earlier)
    # The last file to move says that all others are there.
    names = [*files, DESCRIPTION]
    for name in names:
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (unfinished / name).replace(output / name)
    shutil.rmtree(unfinished)
    return sorted(output / name for name in names)


def read_description(directory: Path) -> ExportManifest | None:
    """What `shards.json` says of the export in a directory; None where there is none.

    Raises:
        UserError: the file is another tool's, or damaged.
    """
    path = directory / DESCRIPTION
    return parse(read_json(path), ExportManifest, where=str(path)) if path.is_file() else None


def _earlier_export(output: Path) -> list[str]:
    """The files of an earlier export that stand in `output`, its description last.

    A killed export may have left its own, all in `_UNFINISHED` or some of them moved already.

    Raises:
        InputError: there are other files.
    """
    if not output.is_dir():
        if output.exists() or output.is_symlink():
            raise _no_place(output, "a file")
        return []
    exported = _exported(output) | _exported(output / _UNFINISHED)
    found = [name for name in _files(output) if not name.startswith(f"{_UNFINISHED}/")]
    if others := [name for name in found if name not in exported]:
        more = f" and {len(others) - 1:,} more files" if len(others) > 1 else ""
        raise _no_place(output, f"{others[0]}{more}, which no export has written here")
    return sorted(found, key=lambda name: name == DESCRIPTION)


def _exported(directory: Path) -> set[str]:
    """Files that the export in a directory consists of; none where there is none of ours."""
    try:
        manifest = read_description(directory)
    except UserError:
        return set()
    return {*manifest.files, DESCRIPTION} if manifest else set()


def _checked(shards: ShardSet) -> _Checksums:
    """Compare every shard with what the manifest says of it; gives the checksums of the files.

    Raises:
        InputError: a shard is missing or damaged.
    """
    checksums: _Checksums = {}
    for split in shards.manifest.splits:
        lookup = Lookup(shards, split)
        for shard in lookup.shards:
            lookup.ends(shard)
            for error in checksum_errors(lookup, shard):
                raise error
            checksums[_identity(lookup.path(shard))] = shard.entry.checksum
            checksums[_identity(lookup.index_path(shard))] = shard.entry.index_checksum
    return checksums


def _checksum(path: Path, known: _Checksums) -> str:
    return known.get(_identity(path)) or file_checksum(path)


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _files(directory: Path) -> list[str]:
    """Paths of all that is no directory, links to one included."""
    return sorted(
        path.relative_to(directory).as_posix()
        for path in directory.rglob("*")
        if path.is_symlink() or not path.is_dir()
    )


def _remove(output: Path, names: list[str]) -> None:
    """Remove files, and every directory that is empty without them."""
    for name in names:
        (output / name).unlink()
    directories = [path for path in output.rglob("*") if path.is_dir()]
    for directory in sorted(directories, reverse=True):  # the inner ones first
        if not any(directory.iterdir()):
            directory.rmdir()


def _no_place(output: Path, got: str) -> InputError:
    return InputError(
        "an export needs a directory of its own",
        where=str(output),
        got=got,
        expected="a new or empty directory, or an earlier export and nothing else",
        do="name a new one",
    )
