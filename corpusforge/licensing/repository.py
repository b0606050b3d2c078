"""The evidence of a repository: what its files say of the licence of a folder, or of one file."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from corpusforge.licensing.comments import prose_lines
from corpusforge.licensing.dep5 import Stanza, parse_dep5
from corpusforge.licensing.expression import identifiers, read_declaration
from corpusforge.licensing.finding import Finding
from corpusforge.licensing.header import is_copyright
from corpusforge.licensing.metadata import Declaration, read_metadata
from corpusforge.licensing.names import MAYBE_VENDORED, VENDORED, Kind, scope_of
from corpusforge.licensing.recognize import State, Statement, read_statement
from corpusforge.licensing.reuse import Annotation, MalformedReuse, Precedence, parse_reuse
from corpusforge.licensing.tags import LONGEST_LINE, find_tag
from corpusforge.storage.evidence import EvidenceFile

_CONFIDENCE_TEXT = 0.9
_CONFIDENCE_METADATA = 0.8
_CONFIDENCE_LINE = 0.95  # a line about just these files
_EITHER = re.compile(r"\beither\W+of (?:the |these )?(?:terms|licen[sc]es)\b", re.IGNORECASE)


@dataclass
class Folder:
    """The evidence whose scope is one directory."""

    licenses: list[EvidenceFile] = field(default_factory=list)
    texts: list[EvidenceFile] = field(default_factory=list)
    metadata: list[EvidenceFile] = field(default_factory=list)
    reuse: list[EvidenceFile] = field(default_factory=list)
    dep5: list[EvidenceFile] = field(default_factory=list)

    @cached_property
    def annotations(self) -> list[Annotation]:
        """REUSE.toml's.

        Raises:
            MalformedReuse: the file is there and cannot be read.
        """
        annotations: list[Annotation] = []
        for file in self.reuse:
            if file.text is None:
                raise MalformedReuse(file.problem)
            annotations += parse_reuse(file.text)
        return annotations

    @cached_property
    def stanzas(self) -> list[tuple[Stanza, str]]:
        """DEP-5's, each with the file it stands in."""
        return [
            (stanza, file.path)
            for file in self.dep5
            if file.text
            for stanza in parse_dep5(file.text) or ()
        ]

    @cached_property
    def declarations(self) -> list[tuple[Declaration, str]]:
        """What metadata declare, each with the file it stands in."""
        return [
            (declaration, file.path)
            for file in self.metadata
            if file.text and (declaration := read_metadata(file.path, file.text))
        ]

    @cached_property
    def statements(self) -> list[tuple[EvidenceFile, Statement]]:
        """The licence files, each with what it says."""
        return [(file, _of_license_file(file)) for file in self.licenses or self.texts]

    @cached_property
    def readings(self) -> list[tuple[EvidenceFile, Statement]]:
        """Those that say something by themselves."""
        silent = (State.SILENT, State.REFERENCE)
        return [reading for reading in self.statements if reading[1].state not in silent]


class Repository:
    """Evidence by the directory it speaks of. Directories are those of documents' paths."""

    def __init__(self) -> None:
        self._folders: dict[str, Folder] = defaultdict(Folder)
        self._sidecars: dict[str, EvidenceFile] = {}
        self._licensed: set[str] = set()  # folders of `MAYBE_VENDORED` with a licence file inside
        self._found: dict[tuple[str, Finding], Finding] = {}
        # Whether any evidence is about single files, so that each document must be looked up.
        self.speaks_of_files = False

    def add(self, file: EvidenceFile) -> None:
        kind = Kind(file.kind)
        scope = scope_of(file.path, kind)
        folder = self._folders[scope]
        if kind in (Kind.LICENSE, Kind.TEXT):
            self._licensed.update(_maybe_vendored(scope))
        match kind:
            case Kind.LICENSE:
                folder.licenses.append(file)
            case Kind.TEXT:
                folder.texts.append(file)
            case Kind.METADATA:
                folder.metadata.append(file)
            case Kind.REUSE:
                folder.reuse.append(file)
            case Kind.DEP5:
                folder.dep5.append(file)
            case Kind.SIDECAR:
                self._sidecars[file.path[: -len(".license")]] = file
        self.speaks_of_files |= kind in (Kind.REUSE, Kind.DEP5, Kind.SIDECAR)

    def of_sidecar(self, path: str) -> Finding | None:
        """What `<path>.license` says."""
        if not (file := self._sidecars.get(path)):
            return None
        if file.text is None:
            return Finding(None, f"license file beside: {file.path}: {file.problem}", 0.0)
        where = f"license file beside: {file.path}"
        if tag := find_tag(file.text, prose=True):
            expression, line = tag
            words = (expression, file.text.split("\n")[line - 1].strip()[:LONGEST_LINE])
            return Finding(expression, f"{where}, line {line}", 1.0, words=(words,))
        statement = _of_license_file(file)
        return Finding(statement.expression, where, 1.0, words=statement.words)

    def of_reuse(self, path: str) -> tuple[Precedence, Finding] | None:
        """What REUSE.toml says of a file: the outermost that overrides, else the nearest."""
        nearest: tuple[Precedence, Finding] | None = None
        for scope, folder in self._upward(posixpath.dirname(path)):
            if not folder.reuse:
                continue
            where = folder.reuse[0].path
            try:
                annotations = folder.annotations
            except MalformedReuse as error:
                # It may have overridden anything.
                broken = Finding(None, f"REUSE.toml: {where} cannot be read: {error}", 0.0)
                return Precedence.OVERRIDE, broken
            for annotation in reversed(annotations):
                if annotation.pattern.fullmatch(_inside(path, scope)):
                    words = (annotation.expression, annotation.words)
                    found = Finding(words[0], f"REUSE.toml: {where}", 1.0, words=(words,))
                    if annotation.precedence is Precedence.OVERRIDE or nearest is None:
                        nearest = annotation.precedence, found
                    break
        return nearest

    def of_dep5(self, path: str) -> Finding | None:
        """The last stanza that fits a file."""
        for scope, folder in self._upward(posixpath.dirname(path)):
            for stanza, where in reversed(folder.stanzas):
                if stanza.pattern.fullmatch(_inside(path, scope)):
                    evidence = f"copyright file: {where}, line {stanza.line}"
                    words = (stanza.expression, stanza.words)
                    return Finding(words[0], evidence, _CONFIDENCE_LINE, words=(words,))
        return None

    def of_folder(self, directory: str, said: Finding) -> Finding:
        """What licence files and metadata say of all in a directory, the nearest first.

        What the source itself `said` stands for metadata where there are none.
        """
        key = directory, said
        if key not in self._found:
            self._found[key] = self._search(directory, said)
        return self._found[key]

    def _search(self, directory: str, said: Finding) -> Finding:
        declared: Finding | None = None
        for _, folder in self._upward(directory):
            here = self._declared(folder)
            if folder.readings:
                found = _of_license_files(folder, here or (said if said.expression else None))
                found = found.over(said)
                # A package inside the project may declare a licence and have no text of it.
                return declared.both(found) if declared else found
            declared = declared or here
        return declared.over(said) if declared else said

    def _declared(self, folder: Folder) -> Finding | None:
        """The first metadata file of a folder that declares a licence."""
        found: Finding | None = None
        for declaration, path in folder.declarations:
            one = Finding(
                declaration.expression,
                f"metadata: {path}: {declaration.declared}",
                _CONFIDENCE_METADATA if declaration.expression else 0.0,
                of_all=declaration.of_all,
            )
            if declaration.file is not None:
                one = self._followed(posixpath.dirname(path), declaration.file, one)
            found = found.over(one) if found else one
        return found

    def _followed(self, directory: str, name: str, declared: Finding) -> Finding:
        """The licence in the file that metadata point to."""
        target = posixpath.normpath(posixpath.join(directory, name))
        for folder in self._folders.values():
            for file in (*folder.licenses, *folder.texts):
                if file.path == target:
                    read = _of_license_file(file)
                    evidence = f"{declared.evidence}; license file: {file.path}"
                    confidence = _CONFIDENCE_TEXT if read.expression else 0.0
                    return Finding(read.expression, evidence, confidence, words=read.words)
        return declared

    def _upward(self, directory: str) -> Iterator[tuple[str, Folder]]:
        """Folders with evidence from a directory up to its project's own, the nearest first."""
        while True:
            if folder := self._folders.get(directory):
                yield directory, folder
            parent, _, name = directory.rpartition("/")
            if not directory or name.lower() in VENDORED or directory in self._licensed:
                return
            directory = parent


def _maybe_vendored(directory: str) -> Iterator[str]:
    steps = directory.split("/")
    for depth, step in enumerate(steps, start=1):
        if step.lower() in MAYBE_VENDORED:
            yield "/".join(steps[:depth])


def _inside(path: str, directory: str) -> str:
    return path[len(directory) + 1 :] if directory else path


def group(files: Iterable[EvidenceFile]) -> dict[str | None, Repository]:
    """The evidence of a source by repository."""
    repositories: dict[str | None, Repository] = defaultdict(Repository)
    for file in files:
        repositories[file.repository].add(file)
    return dict(repositories)


def _of_license_files(folder: Folder, declared: Finding | None) -> Finding:
    """One answer for the licence files of one folder; several that differ are none."""
    readings = folder.readings
    distinct = list(dict.fromkeys(statement.expression for _, statement in readings))
    where = ", ".join(file.path for file, _ in readings)
    words = tuple(pair for _, statement in readings for pair in statement.words)
    if len(distinct) == 1:
        if distinct[0] is None:
            problem = readings[0][0].problem or "its text is not known"
            unknown = Finding(None, f"license file: {where}: {problem}", 0.0, words=words)
            return unknown.over(declared) if declared else unknown
        leading = readings[0][1].leading
        found = Finding(
            distinct[0], f"license file: {where}", _CONFIDENCE_TEXT, leading=leading, words=words
        )
        return found.beside(declared) if declared else found
    if None not in distinct:
        # LICENSE-MIT and LICENSE-APACHE, of which Cargo.toml says that they are a choice.
        named = frozenset().union(*(identifiers(one) for one in distinct if one))
        if declared and declared.expression and named <= identifiers(declared.expression):
            evidence = f"license file: {where}; {declared.evidence}"
            return Finding(declared.expression, evidence, _CONFIDENCE_TEXT, words=words)
        if chosen := _choice_between(folder):
            return chosen
        if len(distinct) == 2 and _is_lesser(named):
            lesser = next(one for one in distinct if one and one.startswith("LGPL"))
            return Finding(lesser, f"license file: {where}", _CONFIDENCE_TEXT, words=words)
    quoted = ", ".join(f"{file.path}: {one.expression or 'unknown'}" for file, one in readings)
    return Finding(None, f"license file: several that differ: {quoted}", 0.0, words=words)


def _choice_between(folder: Folder) -> Finding | None:
    """A LICENSE that says "either of the licenses found in LICENSE.APACHE or LICENSE.BSD"."""
    files = {posixpath.basename(file.path): (file, one.expression) for file, one in folder.readings}
    for guide, statement in folder.statements:
        if guide.text is None or statement.state is not State.REFERENCE:
            continue
        said = " ".join(guide.text.split())
        either = _EITHER.search(said)
        if either and all(name in said for name in files):
            alternatives = dict.fromkeys(f"({one})" for _, one in files.values())
            where = ", ".join([guide.path, *(file.path for file, _ in files.values())])
            expression = read_declaration(" OR ".join(alternatives))
            words = ((expression, said[either.start() :][:LONGEST_LINE]),)
            return Finding(expression, f"license file: {where}", _CONFIDENCE_TEXT, words=words)
    return None


def _is_lesser(named: frozenset[str]) -> bool:
    """COPYING and COPYING.LESSER: the LGPL, version 3, is written as an addition to the GPL."""
    return named == {"GPL-3.0", "LGPL-3.0"}


def _of_license_file(file: EvidenceFile) -> Statement:
    """What a licence file says; one that cannot be read says something that nobody knows."""
    if file.text is None:
        return Statement(State.UNREAD)
    if not file.text.strip():
        return Statement(State.SILENT)
    lines = [line for line in prose_lines(file.text) if not is_copyright(line)]
    return read_statement("\n".join(lines), whole=True)
