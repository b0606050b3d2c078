"""Export shards for another trainer, with hard links if the bytes are the same."""

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
# An export is written here. When it is complete, its files move to the output directory.
_UNFINISHED = ".export.tmp"
FORMATS: Mapping[str, Callable[[ShardSet, Path], None]] = {
    "nanogpt": nanogpt.export,
    "llmc": llmc.export,
    "megatron": megatron.export,
    "datatrove": datatrove.export,
    "olmo": olmo.export,
}

# File identity → checksum. Hard links have the same identity.
_Checksums = dict[tuple[int, int], str]


class ExportManifest(ShardManifest):
    """`shards.json`: the manifest of the exported shards, and the files of the export."""

    files: Mapping[str, str] = {}  # path in the export → xxh3-128, without `shards.json`


def export_shards(shards: ShardSet, format: str, output: Path) -> list[Path]:
    """Write shards in another tool's layout and return the files in `output`.

    The export includes the tokenizer, the manifest and all document indexes, so that licences and
    origins are not lost and `import_files` can restore the shards. An earlier export in `output` is
    replaced when this one is complete. The files of a killed export are deleted.

    Raises:
        InputError: a shard is damaged, or `output` has files that no export wrote.
    """
    directory = shards.directory.resolve()
    if directory in (output.resolve(), *output.resolve().parents):
        raise _unusable(output, "a directory inside the shards")
    earlier = _earlier_export(output)
    checksums = _checked(shards)
    unfinished = output / _UNFINISHED
    is_new = not output.exists()
    if DESCRIPTION not in earlier:
        # Only a killed export leaves files without a description.
        _remove(output, earlier)
        earlier = []
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        FORMATS[format](shards, unfinished)
        run = Layout(directory.parent)
        for path in (run.tokenizer, run.sentencepiece_model):
            if path.is_file():
                link_or_copy(path, unfinished / path.name)
        written = {name: unfinished / name for name in _files(unfinished)}
        files = {
            name: checksums.get(_identity(path)) or file_checksum(path)
            for name, path in written.items()
        }
        manifest = ExportManifest(**dict(shards.manifest), files=files)
        write_json(unfinished / DESCRIPTION, manifest.model_dump(mode="json"))
    except BaseException:
        shutil.rmtree(output if is_new else unfinished, ignore_errors=True)
        raise
    _remove(output, earlier)
    # Move the description last: it means that the export is complete.
    names = [*files, DESCRIPTION]
    for name in names:
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (unfinished / name).replace(output / name)
    shutil.rmtree(unfinished)
    return sorted(output / name for name in names)


def read_description(directory: Path) -> ExportManifest | None:
    """Read the `shards.json` of a directory, or return None if there is none.

    Raises:
        UserError: the file belongs to another tool, or is damaged.
    """
    path = directory / DESCRIPTION
    return parse(read_json(path), ExportManifest, where=str(path)) if path.is_file() else None


def _earlier_export(output: Path) -> list[str]:
    """Return the files of an earlier export in `output`, with its description last.

    They include files that a killed export has already moved out of `_UNFINISHED`.

    Raises:
        InputError: there are other files.
    """
    if not output.is_dir():
        if output.exists() or output.is_symlink():
            raise _unusable(output, "a file")
        return []
    exported = _exported(output) | _exported(output / _UNFINISHED)
    found = [name for name in _files(output) if not name.startswith(f"{_UNFINISHED}/")]
    if others := [name for name in found if name not in exported]:
        more = f" and {len(others) - 1:,} more files" if len(others) > 1 else ""
        raise _unusable(output, f"{others[0]}{more}, not written by an export")
    return sorted(found, key=lambda name: name == DESCRIPTION)


def _exported(directory: Path) -> set[str]:
    """Return the files of the export in a directory. Empty if it has no valid description."""
    try:
        manifest = read_description(directory)
    except UserError:
        return set()
    return {*manifest.files, DESCRIPTION} if manifest else set()


def _checked(shards: ShardSet) -> _Checksums:
    """Compare every shard with the manifest and return the checksums of their files.

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


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _files(directory: Path) -> list[str]:
    """Return the relative paths of files and links, including links to directories."""
    return sorted(
        path.relative_to(directory).as_posix()
        for path in directory.rglob("*")
        if path.is_symlink() or not path.is_dir()
    )


def _remove(output: Path, names: list[str]) -> None:
    """Remove files, then every empty directory."""
    for name in names:
        (output / name).unlink()
    directories = [path for path in output.rglob("*") if path.is_dir()]
    for directory in sorted(directories, reverse=True):  # inner directories first
        if not any(directory.iterdir()):
            directory.rmdir()


def _unusable(output: Path, got: str) -> InputError:
    return InputError(
        "cannot export into this directory",
        where=str(output),
        got=got,
        expected="a new or empty directory, or one with an earlier export and nothing else",
        do="choose a new directory",
    )
