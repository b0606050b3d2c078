"""The evidence files of a repository, and what they say about a directory or a file."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

from corpusforge.licensing.comments import prose_lines
from corpusforge.licensing.dep5 import Stanza, parse_dep5
from corpusforge.licensing.evidence_names import MAYBE_VENDORED, VENDORED, Kind, evidence_scope
from corpusforge.licensing.expression import identifiers, read_declaration
from corpusforge.licensing.finding import Finding
from corpusforge.licensing.header import is_copyright_line
from corpusforge.licensing.metadata import Declaration, read_metadata
from corpusforge.licensing.recognize import Outcome, Recognition, recognize
from corpusforge.licensing.reuse import Annotation, MalformedReuseError, Precedence, parse_reuse
from corpusforge.licensing.tags import MAX_QUOTED_CHARACTERS, find_tag
from corpusforge.storage.evidence import EvidenceFile

# Kinds of evidence about single files.
_ABOUT_FILES = (Kind.REUSE, Kind.DEP5, Kind.SIDECAR)
_CONFIDENCE_TEXT = 0.9
_CONFIDENCE_METADATA = 0.8
_CONFIDENCE_STANZA = 0.95  # the evidence itself names the files that it applies to
_EITHER = re.compile(r"\beither\W+of (?:the |these )?(?:terms|licen[sc]es)\b", re.IGNORECASE)


@dataclass
class DirectoryEvidence:
    """The evidence files about one directory, and what they say."""

    files: dict[Kind, list[EvidenceFile]] = field(default_factory=lambda: defaultdict(list))

    @cached_property
    def annotations(self) -> list[Annotation]:
        """The annotations of REUSE.toml.

        Raises:
            MalformedReuseError: the file cannot be read.
        """
        annotations: list[Annotation] = []
        for file in self.files[Kind.REUSE]:
            if file.text is None:
                raise MalformedReuseError(file.problem)
            annotations += parse_reuse(file.text)
        return annotations

    @cached_property
    def stanzas(self) -> list[tuple[Stanza, str]]:
        """The stanzas of copyright files, each with its file."""
        return [
            (stanza, file.path)
            for file in self.files[Kind.DEP5]
            if file.text
            for stanza in parse_dep5(file.text) or ()
        ]

    @cached_property
    def declarations(self) -> list[tuple[Declaration, str]]:
        """The declarations of metadata files, each with its file."""
        return [
            (declaration, file.path)
            for file in self.files[Kind.METADATA]
            if file.text and (declaration := read_metadata(file.path, file.text))
        ]

    @cached_property
    def recognitions(self) -> list[tuple[EvidenceFile, Recognition]]:
        """The licence files, each with the licence in it."""
        files = self.files[Kind.LICENSE] or self.files[Kind.TEXT]
        return [(file, _recognize_file(file)) for file in files]

    @cached_property
    def with_terms(self) -> list[tuple[EvidenceFile, Recognition]]:
        """The licence files that have terms, instead of referring to another file."""
        others = (Outcome.SILENT, Outcome.REFERENCE)
        return [(file, found) for file, found in self.recognitions if found.outcome not in others]


class Repository:
    """The evidence of a repository, by the directory or the file that it is about."""

    def __init__(self) -> None:
        self._directories: dict[str, DirectoryEvidence] = defaultdict(DirectoryEvidence)
        self._licenses: dict[str, EvidenceFile] = {}  # licence files by path
        self._sidecars: dict[str, EvidenceFile] = {}
        self._vendored: set[str] = set()  # `MAYBE_VENDORED` directories with a licence file inside
        self.find_for_directory = cache(self._find_for_directory)
        # Whether any evidence is about single files, so that each document must be looked up.
        self.has_file_evidence = False

    def add(self, file: EvidenceFile) -> None:
        kind = Kind(file.kind)
        scope = evidence_scope(file.path, kind)
        self._directories[scope].files[kind].append(file)
        if kind in (Kind.LICENSE, Kind.TEXT):
            self._vendored.update(_maybe_vendored(scope))
            self._licenses.setdefault(file.path, file)
        if kind is Kind.SIDECAR:
            self._sidecars[file.path[: -len(".license")]] = file
        self.has_file_evidence |= kind in _ABOUT_FILES

    def find_sidecar(self, path: str) -> Finding | None:
        """Read `<path>.license`."""
        if not (file := self._sidecars.get(path)):
            return None
        where = f"license file beside: {file.path}"
        if file.text is None:
            return Finding(None, f"{where}: {file.problem}", 0.0)
        if tag := find_tag(file.text, prose=True):
            expression, line = tag
            words = (expression, file.text.split("\n")[line - 1].strip()[:MAX_QUOTED_CHARACTERS])
            return Finding(expression, f"{where}, line {line}", 1.0, words=(words,))
        found = _recognize_file(file)
        return Finding(found.expression, where, 1.0, words=found.words)

    def find_reuse(self, path: str) -> tuple[Precedence, Finding] | None:
        """Find a file's REUSE.toml annotation: the outermost that overrides, else the nearest."""
        nearest: tuple[Precedence, Finding] | None = None
        for scope, directory in self._upward(posixpath.dirname(path)):
            if not (files := directory.files[Kind.REUSE]):
                continue
            where = files[0].path
            try:
                annotations = directory.annotations
            except MalformedReuseError as error:
                # It may override anything.
                broken = Finding(None, f"REUSE.toml: {where} cannot be read: {error}", 0.0)
                return Precedence.OVERRIDE, broken
            for annotation in reversed(annotations):
                if annotation.pattern.fullmatch(_relative(path, scope)):
                    words = ((annotation.expression, annotation.words),)
                    found = Finding(annotation.expression, f"REUSE.toml: {where}", 1.0, words=words)
                    if annotation.precedence is Precedence.OVERRIDE or nearest is None:
                        nearest = annotation.precedence, found
                    break
        return nearest

    def find_dep5(self, path: str) -> Finding | None:
        """Find the last stanza of a copyright file that matches a path."""
        for scope, directory in self._upward(posixpath.dirname(path)):
            for stanza, where in reversed(directory.stanzas):
                if stanza.pattern.fullmatch(_relative(path, scope)):
                    evidence = f"copyright file: {where}, line {stanza.line}"
                    words = ((stanza.expression, stanza.words),)
                    return Finding(stanza.expression, evidence, _CONFIDENCE_STANZA, words=words)
        return None

    def _find_for_directory(self, path: str, by_source: Finding) -> Finding:
        """Find what the nearest licence files and metadata say about a directory.

        The declaration of the source counts where there are no metadata.
        """
        declared: Finding | None = None
        for _, directory in self._upward(path):
            here = self._read_metadata(directory)
            if directory.with_terms:
                metadata = here or (by_source if by_source.expression else None)
                found = _combine_license_files(directory, metadata).overriding(by_source)
                # A package inside the project may declare a licence without having its text.
                return declared.joined_with(found) if declared else found
            declared = declared or here
        return declared.overriding(by_source) if declared else by_source

    def _read_metadata(self, directory: DirectoryEvidence) -> Finding | None:
        """Read the metadata of a directory; the first file that declares a licence decides."""
        found: Finding | None = None
        for declaration, path in directory.declarations:
            one = Finding(
                declaration.expression,
                f"metadata: {path}: {declaration.declared}",
                _CONFIDENCE_METADATA if declaration.expression else 0.0,
                covers_bundled=declaration.covers_bundled,
            )
            if declaration.file is not None:
                one = self._follow(posixpath.dirname(path), declaration.file, one)
            found = found.overriding(one) if found else one
        return found

    def _follow(self, directory: str, name: str, declared: Finding) -> Finding:
        """Read the licence file that metadata point to; return `declared` if there is none."""
        file = self._licenses.get(posixpath.normpath(posixpath.join(directory, name)))
        if file is None:
            return declared
        found = _recognize_file(file)
        rule = f"{declared.evidence}; license file: {file.path}"
        confidence = _CONFIDENCE_TEXT if found.expression else 0.0
        return Finding(found.expression, rule, confidence, words=found.words)

    def _upward(self, path: str) -> Iterator[tuple[str, DirectoryEvidence]]:
        """Yield directories with evidence from a path up to the top of its project."""
        while True:
            if directory := self._directories.get(path):
                yield path, directory
            parent, _, name = path.rpartition("/")
            if not path or name.lower() in VENDORED or path in self._vendored:
                return
            path = parent


def _maybe_vendored(directory: str) -> Iterator[str]:
    steps = directory.split("/")
    for depth, step in enumerate(steps, start=1):
        if step.lower() in MAYBE_VENDORED:
            yield "/".join(steps[:depth])


def _relative(path: str, directory: str) -> str:
    return path[len(directory) + 1 :] if directory else path


def _combine_license_files(directory: DirectoryEvidence, declared: Finding | None) -> Finding:
    """Combine the licence files of a directory with its metadata; files that differ are unknown."""
    files = directory.with_terms
    distinct = list(dict.fromkeys(recognition.expression for _, recognition in files))
    where = f"license file: {', '.join(file.path for file, _ in files)}"
    words = tuple(pair for _, recognition in files for pair in recognition.words)
    if len(distinct) == 1:
        file, one = files[0]
        if one.expression is None:
            problem = file.problem or "its text is not known"
            unknown = Finding(None, f"{where}: {problem}", 0.0, words=words)
            return unknown.overriding(declared) if declared else unknown
        found = Finding(one.expression, where, _CONFIDENCE_TEXT, leading=one.leading, words=words)
        return found.with_metadata(declared) if declared else found
    if None not in distinct:
        # LICENSE-MIT and LICENSE-APACHE, which are a choice according to Cargo.toml.
        named = frozenset().union(*(identifiers(one) for one in distinct if one))
        if declared and declared.expression and named <= identifiers(declared.expression):
            evidence = f"{where}; {declared.evidence}"
            return Finding(declared.expression, evidence, _CONFIDENCE_TEXT, words=words)
        if chosen := _find_choice(directory):
            return chosen
        # COPYING and COPYING.LESSER: the LGPL, version 3, adds to the GPL.
        if len(distinct) == 2 and named == {"GPL-3.0", "LGPL-3.0"}:
            lesser = next(one for one in distinct if one and one.startswith("LGPL"))
            return Finding(lesser, where, _CONFIDENCE_TEXT, words=words)
    quoted = ", ".join(f"{file.path}: {one.expression or 'unknown'}" for file, one in files)
    return Finding(None, f"license file: several that differ: {quoted}", 0.0, words=words)


def _find_choice(directory: DirectoryEvidence) -> Finding | None:
    """Find a LICENSE with "either of the licenses found in LICENSE.APACHE or LICENSE.BSD"."""
    files = {posixpath.basename(file.path): (file.path, one) for file, one in directory.with_terms}
    for file, recognition in directory.recognitions:
        if file.text is None or recognition.outcome is not Outcome.REFERENCE:
            continue
        text = " ".join(file.text.split())
        either = _EITHER.search(text)
        if either and all(name in text for name in files):
            alternatives = dict.fromkeys(f"({one.expression})" for _, one in files.values())
            where = ", ".join([file.path, *(path for path, _ in files.values())])
            expression = read_declaration(" OR ".join(alternatives))
            words = ((expression, text[either.start() :][:MAX_QUOTED_CHARACTERS]),)
            return Finding(expression, f"license file: {where}", _CONFIDENCE_TEXT, words=words)
    return None


def _recognize_file(file: EvidenceFile) -> Recognition:
    """Recognize the licence in a licence file; a file that cannot be read has unread terms."""
    if file.text is None:
        return Recognition(Outcome.UNREAD)
    if not file.text.strip():
        return Recognition(Outcome.SILENT)
    lines = [line for line in prose_lines(file.text) if not is_copyright_line(line)]
    return recognize("\n".join(lines), whole=True)
