"""A source tree: its files that may be text, and the repositories they belong to."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from corpusforge.errors import InputError
from corpusforge.licensing.evidence_names import evidence_kind
from corpusforge.sources.filelist import ListedEvidence, ListedFile
from corpusforge.sources.ignore import IgnoreRules, read_rules
from corpusforge.sources.inputs import Input, public_name
from corpusforge.sources.languages import may_be_text
from corpusforge.sources.refusal import Refused
from corpusforge.storage.documents import Reject

# Directories that hold no source of the tree's own; never entered.
PASSED_OVER = {
    ".git": "version-control",
    ".hg": "version-control",
    ".svn": "version-control",
    ".bzr": "version-control",
    "CVS": "version-control",
    "__pycache__": "cache",
    ".cache": "cache",
    ".eggs": "cache",
    ".hypothesis": "cache",
    ".ipynb_checkpoints": "cache",
    ".mypy_cache": "cache",
    ".nox": "cache",
    ".pytest_cache": "cache",
    ".ruff_cache": "cache",
    ".tox": "cache",
    "node_modules": "installed-packages",
}
# A directory with one of these is a project, if no directory above it is one.
_PROJECT_FILES = frozenset(
    {
        "build.gradle", "build.gradle.kts", "Cargo.toml", "CMakeLists.txt", "composer.json",
        "configure.ac", "COPYING", "dub.json", "Gemfile", "go.mod", "LICENSE", "LICENSE.md",
        "LICENSE.txt", "meson.build", "mix.exs", "package.json", "Package.swift", "pom.xml",
        "pyproject.toml", "setup.cfg", "setup.py", "stack.yaml",
    }
)  # fmt: skip


@dataclass(frozen=True)
class _Folder:
    location: str
    prefix: str  # of the paths of what is in it: "" or "a/b/"
    # Paths for .gitignore start at the root of the tree, in the bytes of the file system.
    rules: IgnoreRules
    repository: str | None


def list_tree(
    root: Input, exclude: IgnoreRules, max_file_bytes: int
) -> Iterator[ListedFile | ListedEvidence | Reject]:
    """The regular files of a tree that may be text, and a reject for all that is passed over.

    Files about licences come besides, even those that `exclude` names: documents they need not be.
    The files of a directory come before those of its subdirectories, each sorted byte by byte.
    Links are not followed and special files not opened. What a .gitignore that cannot be read would
    leave out is taken, and the .gitignore is a reject. A file's repository is the nearest directory
    with a `.git`, else the outermost with a project file, else none.

    Raises:
        InputError: the root cannot be listed.
    """
    prefix = "" if root.name == "." else f"{root.name}/"
    folders = [_Folder(str(root.path), "", IgnoreRules(), None)]
    while folders:
        folder = folders.pop()
        try:
            entries = sorted(os.scandir(folder.location), key=lambda e: os.fsencode(e.name))
        except OSError as error:
            if not folder.prefix:
                raise InputError(
                    f"a directory cannot be read: {error.strerror}", where=folder.location
                ) from error
            path = prefix + public_name(folder.prefix)
            yield Reject(path, "unreadable", detail=error.strerror or "")
            continue
        here = (prefix + public_name(folder.prefix)).rstrip("/") or root.path.name
        names = {entry.name for entry in entries}
        folder = _entered(folder, names, here)
        if ".gitignore" in names:
            try:
                folder = _with_rules(folder)
            except Refused as refused:
                yield refused.at(f"{prefix}{public_name(folder.prefix)}.gitignore")
        subfolders = []
        for entry in entries:
            name = folder.prefix + entry.name
            path = prefix + public_name(name)
            if entry.is_dir(follow_symlinks=False):
                if reason := _left_out(f"{name}/", entry, folder, exclude):
                    yield Reject(f"{path}/", reason)
                else:
                    subfolders.append(
                        _Folder(entry.path, f"{name}/", folder.rules, folder.repository)
                    )
                continue
            if (kind := evidence_kind(path)) and not folder.rules.ignore(name):
                location, problem = _followed(entry, root)
                yield ListedEvidence(location, path, folder.repository, kind, problem)
            if reason := _not_read(name, entry, folder, exclude, max_file_bytes):
                yield Reject(path, reason)
            else:
                yield ListedFile(entry.path, path, path, folder.repository, None)
        folders += reversed(subfolders)


def _entered(folder: _Folder, names: set[str], here: str) -> _Folder:
    """The folder with what its own project files say; `here` is its path."""
    rules, repository = folder.rules, folder.repository
    if ".git" in names:
        # Rules from outside a repository do not hold inside it.
        rules, repository = IgnoreRules(), here
    elif repository is None and not _PROJECT_FILES.isdisjoint(names):
        repository = here
    return replace(folder, rules=rules, repository=repository)


def _with_rules(folder: _Folder) -> _Folder:
    """The folder with what its own .gitignore adds; refused where that cannot be read."""
    own = read_rules(os.path.join(folder.location, ".gitignore"))
    return replace(folder, rules=folder.rules.within(folder.prefix, own))


def _followed(entry: os.DirEntry[str], root: Input) -> tuple[str | None, str | None]:
    """Where evidence can be read, or why it cannot: links are followed inside the tree only."""
    if not entry.is_symlink():
        regular = entry.is_file(follow_symlinks=False)
        return (entry.path, None) if regular else (None, "no regular file")
    target = os.path.realpath(entry.path)
    if os.path.commonpath([target, os.path.realpath(root.path)]) != os.path.realpath(root.path):
        return None, "a link out of the tree"
    return (target, None) if os.path.isfile(target) else (None, "a link to no file")


def _left_out(
    name: str, entry: os.DirEntry[str], folder: _Folder, exclude: IgnoreRules
) -> str | None:
    """Why a directory is not entered."""
    if reason := PASSED_OVER.get(entry.name):
        return reason
    if os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
        return "installed-packages"
    return _ignored(name, folder, exclude)


def _not_read(
    name: str, entry: os.DirEntry[str], folder: _Folder, exclude: IgnoreRules, max_bytes: int
) -> str | None:
    """Why a file is not opened."""
    if entry.is_symlink():
        return "link"
    if not entry.is_file(follow_symlinks=False):
        return "special-file"
    if reason := _ignored(name, folder, exclude):
        return reason
    if not may_be_text(entry.name):
        return "unknown-type"
    try:
        return "oversized" if entry.stat(follow_symlinks=False).st_size > max_bytes else None
    except OSError:
        return "unreadable"


def _ignored(name: str, folder: _Folder, exclude: IgnoreRules) -> str | None:
    if exclude.ignore(name):
        return "excluded"
    return "gitignored" if folder.rules.ignore(name) else None
