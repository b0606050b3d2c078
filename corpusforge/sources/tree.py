"""List the files of a source tree that may be text, with their repositories."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from corpusforge.errors import InputError
from corpusforge.licensing.evidence_names import evidence_kind
from corpusforge.sources.filelist import Listed, ListedEvidence, ListedFile
from corpusforge.sources.ignore import IgnoreRules, read_rules
from corpusforge.sources.inputs import Input, public_name
from corpusforge.sources.languages import may_be_text
from corpusforge.sources.refusal import Refused
from corpusforge.storage.documents import Reject

# Directories that have no sources of the tree itself, by reject reason.
SKIPPED_DIRECTORIES = {
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
# A directory with one of these files is a project, unless a directory above it is a project.
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
    prefix: str  # of the paths in it: "" or "a/b/"
    # For paths that start at the root of the tree, in the bytes of the file system.
    rules: IgnoreRules
    repository: str | None


def list_tree(root: Input, exclude: IgnoreRules, max_file_bytes: int) -> Iterator[Listed]:
    """Yield the regular files of a tree that may be text, and a reject for everything skipped.

    Evidence files are yielded too, even if `exclude` matches them, since they need not be
    documents. The files of a directory come before its subdirectories. Both are sorted by the bytes
    of their names. Links are not followed, and special files are not opened. A .gitignore that
    cannot be read is a reject and ignores nothing. A file's repository is the nearest directory
    with a `.git`, else the outermost directory with a project file, else None.

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
                    f"cannot read a directory: {error.strerror}", where=folder.location
                ) from error
            path = prefix + public_name(folder.prefix)
            yield Reject(path, "unreadable", detail=error.strerror or "")
            continue
        here = (prefix + public_name(folder.prefix)).rstrip("/") or root.path.name
        names = {entry.name for entry in entries}
        folder = _entered(folder, names, here)
        if ".gitignore" in names:
            try:
                own = read_rules(os.path.join(folder.location, ".gitignore"))
                folder = replace(folder, rules=folder.rules.within(folder.prefix, own))
            except Refused as refused:
                yield refused.at(f"{prefix}{public_name(folder.prefix)}.gitignore")
        subfolders = []
        for entry in entries:
            name = folder.prefix + entry.name
            path = prefix + public_name(name)
            if entry.is_dir(follow_symlinks=False):
                if reason := _skip_directory(f"{name}/", entry, folder, exclude):
                    yield Reject(f"{path}/", reason)
                else:
                    subfolders.append(
                        _Folder(entry.path, f"{name}/", folder.rules, folder.repository)
                    )
                continue
            if (kind := evidence_kind(path)) and not folder.rules.ignore(name):
                location, problem = _evidence_location(entry, root)
                yield ListedEvidence(location, path, folder.repository, kind, problem)
            if reason := _skip_file(name, entry, folder, exclude, max_file_bytes):
                yield Reject(path, reason)
            else:
                yield ListedFile(entry.path, path, path, folder.repository, None)
        folders += reversed(subfolders)


def _entered(folder: _Folder, names: set[str], here: str) -> _Folder:
    """Return the folder with the repository that its files indicate. `here` is its path."""
    rules, repository = folder.rules, folder.repository
    if ".git" in names:
        # Rules from outside a repository do not apply inside it.
        rules, repository = IgnoreRules(), here
    elif repository is None and not _PROJECT_FILES.isdisjoint(names):
        repository = here
    return replace(folder, rules=rules, repository=repository)


def _evidence_location(entry: os.DirEntry[str], root: Input) -> tuple[str | None, str | None]:
    """Return where to read evidence, or why it cannot be read. Links must stay in the tree."""
    if not entry.is_symlink():
        regular = entry.is_file(follow_symlinks=False)
        return (entry.path, None) if regular else (None, "no regular file")
    target = os.path.realpath(entry.path)
    if os.path.commonpath([target, os.path.realpath(root.path)]) != os.path.realpath(root.path):
        return None, "a link out of the tree"
    return (target, None) if os.path.isfile(target) else (None, "a link to no file")


def _skip_directory(
    name: str, entry: os.DirEntry[str], folder: _Folder, exclude: IgnoreRules
) -> str | None:
    """Return why a directory is skipped, or None."""
    if reason := SKIPPED_DIRECTORIES.get(entry.name):
        return reason
    if os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
        return "installed-packages"
    return _ignored(name, folder, exclude)


def _skip_file(
    name: str, entry: os.DirEntry[str], folder: _Folder, exclude: IgnoreRules, max_bytes: int
) -> str | None:
    """Return why a file is skipped, or None."""
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
