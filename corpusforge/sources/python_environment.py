"""A Python environment: its standard library, its installed distributions, and their descriptions.

The files of a distribution are those that its installer wrote into site-packages, without compiled
modules and the distribution's metadata. Distributions in editable mode, and this project, are
working copies and are left out.
"""

import email
import itertools
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

import pyarrow as pa

from corpusforge.config import PythonEnvironmentSource
from corpusforge.errors import InputError
from corpusforge.licensing.evidence_names import Kind, evidence_kind
from corpusforge.licensing.metadata import declared_by_core_metadata
from corpusforge.sources import interpreter
from corpusforge.sources.decoding import decode
from corpusforge.sources.filelist import (
    Listed,
    ListedEvidence,
    ListedFile,
    cut_files,
    read_files,
)
from corpusforge.sources.ignore import IgnoreRules, parse_rules
from corpusforge.sources.inputs import Input, public_name
from corpusforge.sources.languages import may_be_text
from corpusforge.sources.refusal import Refused
from corpusforge.sources.source import Unit
from corpusforge.sources.textfile import read_text
from corpusforge.sources.tree import list_tree
from corpusforge.storage.documents import Reject
from corpusforge.storage.evidence import EvidenceFile

_STANDARD_LIBRARY = "cpython"
_STANDARD_LIBRARY_LICENSE = "PSF-2.0"
# Installed packages, and files that were generated for this machine when Python was built.
_NOT_STANDARD_LIBRARY = (
    "/site-packages/", "/dist-packages/", "/lib-dynload/", "/config-*/", "/_sysconfigdata_*",
)  # fmt: skip
_THIS_PROJECT = "corpusforge"
_METADATA_FILES = ("METADATA", "PKG-INFO")
_PROSE = {"text/markdown": "markdown", "text/plain": "text", "text/x-rst": "rst"}
_WAIT_SECONDS = 60


class Distribution(TypedDict):
    """One distribution in the result of `interpreter.survey`."""

    name: str
    root: str
    files: list[str] | None
    editable: bool
    license_expression: str | None
    license: str | None
    classifiers: list[str]


class PythonEnvironmentDocuments:
    """The documents of a Python environment."""

    def __init__(self, config: PythonEnvironmentSource) -> None:
        self._config = config

    def plan(self, part_bytes: int) -> tuple[list[Unit], list[Reject]]:
        survey = _ask(self._config.python or sys.executable)
        chosen = self._chosen(survey["distributions"])
        max_bytes = self._config.max_document_bytes
        files: list[Listed] = []
        descriptions: list[ListedFile] = []
        if "standard-library" in self._config.include:
            files += _standard_library(survey["standard_library"], max_bytes)
        if "distributions" in self._config.include:
            files += itertools.chain.from_iterable(map(_files, chosen))
        if "descriptions" in self._config.include:
            descriptions += itertools.chain.from_iterable(map(_description, chosen))
        distinct: dict[object, Listed] = {}
        for file in files:
            # Two distributions may record the same file.
            distinct.setdefault(file.location if isinstance(file, ListedFile) else object(), file)
        units, rejects = cut_files(distinct.values(), part_bytes, max_bytes)
        prose, unreadable = cut_files(descriptions, part_bytes, max_bytes)
        units += [replace(unit, spec={**unit.spec, "reader": "description"}) for unit in prose]
        return units, rejects + unreadable

    def read(self, unit: Unit) -> Iterator[pa.RecordBatch | Reject | EvidenceFile]:
        read = _read_description if "reader" in unit.spec else read_text
        return read_files(unit, self._config.max_document_bytes, read)

    def _chosen(self, distributions: Sequence[Distribution]) -> list[Distribution]:
        """Return the configured distributions, sorted by name."""
        # Of two distributions with the same name, Python uses the first.
        installed: dict[str, Distribution] = {}
        for distribution in distributions:
            installed.setdefault(normalized(distribution["name"]), distribution)
        excluded = {normalized(name) for name in self._config.exclude} | {_THIS_PROJECT}
        wanted = set(installed)
        if self._config.distributions is not None:
            wanted = {normalized(name) for name in self._config.distributions}
            if missing := sorted(wanted - installed.keys()):
                raise InputError(
                    f"not installed: {', '.join(missing)}",
                    where=self._config.python or sys.executable,
                    expected="names of installed distributions, as in `pip list`",
                )
        return [
            installed[name] for name in sorted(wanted - excluded) if not installed[name]["editable"]
        ]


def normalized(name: str) -> str:
    """Return the normalized name of a distribution (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared_license(distribution: Distribution) -> str | None:
    """Return the licence that a distribution declares, as written in its metadata."""
    return declared_by_core_metadata(
        distribution["license_expression"], distribution["license"], distribution["classifiers"]
    )


def _ask(python: str) -> Any:
    command = shutil.which(os.path.expanduser(python))
    if command is None:
        raise InputError(
            "no such Python interpreter",
            where=python,
            expected="a program, such as .venv/bin/python",
        )
    try:
        # -I: ignore the current directory and PYTHONPATH.
        answer = subprocess.run(
            [command, "-I", interpreter.__file__],
            capture_output=True,
            check=True,
            timeout=_WAIT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        return json.loads(answer.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        said = getattr(error, "stderr", None) or str(error).encode()
        raise InputError(
            "a program does not behave like a Python interpreter",
            where=command,
            got=said.decode(errors="replace").strip().splitlines()[-1],
            expected="Python 3.8 or later",
        ) from error


def _standard_library(root: str, max_bytes: int) -> Iterator[Listed]:
    exclude = IgnoreRules().within("", parse_rules(_NOT_STANDARD_LIBRARY))
    for file in list_tree(Input(Path(root), "."), exclude, max_bytes):
        if isinstance(file, Reject):
            yield file
        elif isinstance(file, ListedEvidence):
            yield file._replace(repository=_STANDARD_LIBRARY)
        else:
            yield file._replace(
                id=f"{_STANDARD_LIBRARY}/{file.path}",
                repository=_STANDARD_LIBRARY,
                license=_STANDARD_LIBRARY_LICENSE,
            )


def _files(distribution: Distribution) -> Iterator[Listed]:
    repository = normalized(distribution["name"])
    if distribution["files"] is None:
        yield Reject(repository, "no-file-list", detail="installed without a RECORD")
        return
    license = declared_license(distribution)
    for name in distribution["files"]:
        steps = name.split("/")
        # Scripts in ../../bin and compiled modules are generated.
        if ".." in steps or os.path.isabs(name) or name.endswith(".pyc"):
            continue
        path = public_name(name)
        location = os.path.join(distribution["root"], name)
        kind = evidence_kind(path)
        # Without a licence expression, each document declares the licence in the metadata already.
        declares = distribution["license_expression"] or not _is_metadata(steps[0])
        if kind and (declares or kind is not Kind.METADATA):
            regular = os.path.isfile(location) and not os.path.islink(location)
            problem = None if regular else "no regular file"
            yield ListedEvidence(location if regular else None, path, repository, kind, problem)
        if _is_metadata(steps[0]):
            continue
        if reason := _not_read(location):
            yield Reject(path, reason)
        else:
            yield ListedFile(location, f"{repository}/{path}", path, repository, license)


def _not_read(location: str) -> str | None:
    if not may_be_text(location):
        return "unknown-type"
    try:
        mode = os.lstat(location).st_mode
    except OSError:
        return "unreadable"
    if stat.S_ISLNK(mode):
        return "link"
    return None if stat.S_ISREG(mode) else "special-file"


def _is_metadata(directory: str) -> bool:
    return directory.endswith((".dist-info", ".egg-info"))


def _description(distribution: Distribution) -> Iterator[ListedFile]:
    repository = normalized(distribution["name"])
    for name in distribution["files"] or ():
        directory, _, base = name.partition("/")
        if _is_metadata(directory) and base in _METADATA_FILES:
            yield ListedFile(
                os.path.join(distribution["root"], name),
                f"{repository}/{name}",
                name,
                repository,
                declared_license(distribution),
            )


def _read_description(_: str, data: bytes) -> tuple[str, str]:
    """Return the long description in core metadata, and its language."""
    message = email.message_from_string(decode(data))
    text = str(message.get_payload())
    if not text.strip():
        # Older versions of the format have it in an indented header.
        text = textwrap.dedent(" " * 8 + message.get("Description", ""))
    if text.strip() in ("", "UNKNOWN"):
        raise Refused("empty", "no long description")
    kind = message.get("Description-Content-Type", "text/x-rst").partition(";")[0].strip()
    return text, _PROSE.get(kind.lower(), "text")
