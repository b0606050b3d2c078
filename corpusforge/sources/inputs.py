"""Find the inputs in a source's `path`, and name them independently of the machine."""

import glob
import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpusforge.errors import InputError

_WILDCARDS = frozenset("*?[")


@dataclass(frozen=True)
class Input:
    """A file or directory to read."""

    path: Path  # absolute
    # Relative to the common parent of the source's inputs, with forward slashes. "." for the only
    # directory of a source. Part of ids, so that equal data has equal ids in any place.
    name: str


def find_inputs(paths: Sequence[str]) -> list[Input]:
    """Return the inputs that paths and patterns name, in order, with matches of a pattern sorted.

    `~` is expanded. An input that is named twice is returned once, at its first place.

    Raises:
        InputError: a path is missing, or a pattern matches nothing.
    """
    found: dict[str, None] = {}
    anchors: list[str] = []
    for given in paths:
        path = os.path.abspath(os.path.expanduser(given))
        if os.path.lexists(path):
            matches = [path]
            anchors.append(path if os.path.isdir(path) else os.path.dirname(path))
        else:
            matches = sorted(glob.glob(path, recursive=True), key=os.fsencode)
            anchors.append(_fixed_part(path))
        if not matches:
            pattern = not _WILDCARDS.isdisjoint(given)
            raise InputError(
                "a pattern matches nothing" if pattern else "an input is missing",
                where=given,
                expected="a file or a directory, or a pattern such as data/*.jsonl",
                do=f"relative paths start at {os.getcwd()}" if not os.path.isabs(given) else "",
            )
        found.update(dict.fromkeys(matches))
    base = os.path.commonpath(anchors)
    return [Input(Path(path), public_name(os.path.relpath(path, base))) for path in found]


def find_files(paths: Sequence[str], suffixes: tuple[str, ...]) -> list[Input]:
    """Like `find_inputs`, but replace directories by the files below them that end in `suffixes`.

    Files of a directory are sorted by the bytes of their names. Hidden files are skipped. Links to
    files are followed, links to directories are not. A file that is named directly may have any
    suffix.

    Raises:
        InputError: as `find_inputs`; or a directory has no such file, or an input is not a regular
            file.
    """
    files: dict[Path, Input] = {}
    for given in find_inputs(paths):
        if given.path.is_dir():
            inside = list(_files_under(given, suffixes))
            if not inside:
                raise InputError(
                    "a directory has no file of this kind",
                    where=str(given.path),
                    expected=f"files that end in {', '.join(suffixes)}",
                )
        elif given.path.is_file():
            inside = [given]
        else:
            raise InputError(
                "an input is not a regular file", where=str(given.path), expected="a file"
            )
        for file in inside:
            files.setdefault(file.path, file)
    return list(files.values())


def public_name(path: str) -> str:
    """Return a path as valid Unicode with forward slashes. Invalid UTF-8 becomes `\\xff`."""
    name = path.replace(os.sep, "/")
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _files_under(directory: Input, suffixes: tuple[str, ...]) -> Iterator[Input]:
    for folder, subfolders, names in os.walk(directory.path):
        subfolders[:] = sorted((n for n in subfolders if n[0] != "."), key=os.fsencode)
        for name in sorted(names, key=os.fsencode):
            path = Path(folder, name)
            if name[0] != "." and name.lower().endswith(suffixes) and path.is_file():
                relative = os.path.normpath(
                    os.path.join(directory.name, os.path.relpath(path, directory.path))
                )
                yield Input(path, public_name(relative))


def _fixed_part(pattern: str) -> str:
    """Return the directory that a pattern starts from: the steps before its first wildcard."""
    return str(Path(*itertools.takewhile(_WILDCARDS.isdisjoint, Path(pattern).parts[:-1])))
