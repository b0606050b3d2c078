"""Detects the licence of a document by all evidence, the strongest first."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from corpusforge.licensing.comments import CommentLines
from corpusforge.licensing.embedded import find_embedded
from corpusforge.licensing.expression import read_declaration
from corpusforge.licensing.finding import NO_FINDING, Finding
from corpusforge.licensing.header import Statement, cut_header, find_statement
from corpusforge.licensing.recognize import Outcome, Recognition, recognize
from corpusforge.licensing.repository import Repository
from corpusforge.licensing.reuse import Precedence
from corpusforge.licensing.tags import MAX_QUOTED_CHARACTERS, TAG, find_tag
from corpusforge.storage.evidence import EvidenceFile

# Languages whose documents are prose; their words may be about the licence of something else.
PROSE = frozenset({"markdown", "rst", "asciidoc", "text"})

_CONFIDENCE_TAG = 1.0
_CONFIDENCE_STATEMENT = 0.95
_CONFIDENCE_EXPRESSION = 0.9  # declared by the source, in a field meant for it
_CONFIDENCE_CLASSIFIER = 0.7  # a coarse name: one classifier covers variants of a text
# Share of prose that must be a licence for the prose to be that licence.
_MIN_PROSE_SHARE = 0.75


@dataclass(frozen=True)
class Detected:
    """The licence of a document, and its own copyright lines."""

    finding: Finding
    copyright: tuple[str, ...] = ()


class Detector:
    """Detects licences of documents of one source, with the source's evidence files."""

    def __init__(self, files: Iterable[EvidenceFile]) -> None:
        self._repositories: dict[str | None, Repository] = defaultdict(Repository)
        for file in files:
            self._repositories[file.repository].add(file)
        self._empty = Repository()

    def detect_for_directory(
        self, repository: str | None, directory: str | None, declared: str | None
    ) -> Finding:
        """Find what holds for all documents of a directory: licence files, metadata, the source."""
        by_source = _read_declared(declared)
        if directory is None:
            return by_source
        return self._repository(repository).find_for_directory(directory, by_source)

    def has_file_evidence(self, repository: str | None) -> bool:
        """Whether a repository has evidence about single files."""
        return self._repository(repository).has_file_evidence

    def detect(
        self,
        header: str,
        text: str | None,
        path: str | None,
        repository_name: str | None,
        declared: str | None,
        language: str | None,
    ) -> Detected:
        """Detect the licence of one document.

        `text` is None if it has no words of an embedded licence. `declared` is the licence that the
        source declares.
        """
        directory = None if path is None else posixpath.dirname(path)
        around = self.detect_for_directory(repository_name, directory, declared)
        repository = self._repository(repository_name)
        reuse = sidecar = None
        if path is not None and repository.has_file_evidence:
            reuse, sidecar = repository.find_reuse(path), repository.find_sidecar(path)
            if stanza := repository.find_dep5(path):
                around = stanza.overriding(around)
            if reuse and reuse[0] is Precedence.CLOSEST:
                around = reuse[1].overriding(around)
        own, copyright = _detect_own(header, language, around)
        if text is not None:
            own = _add_embedded(text, language, own, around)
        found = own or around
        if sidecar:
            found = sidecar.overriding(found)
        if reuse and reuse[0] is Precedence.OVERRIDE:
            found = reuse[1].overriding(found)
        elif reuse and reuse[0] is Precedence.AGGREGATE:
            join = own or sidecar
            found = reuse[1].joined_with(found) if join else reuse[1].overriding(found)
        return Detected(found, copyright)

    def _repository(self, name: str | None) -> Repository:
        return self._repositories.get(name, self._empty)


def _detect_own(
    text: str, language: str | None, around: Finding
) -> tuple[Finding | None, tuple[str, ...]]:
    """Read a document's header: its own licence, None if it has none, and its copyright lines."""
    header = cut_header(text)
    if header is None:
        return None, ()
    prose = language in PROSE
    lines = CommentLines(header.text, language, prose=prose)
    if TAG in header.text:
        if tag := _find_own_tag(lines, prose=prose):
            expression, line = tag
            confidence = _CONFIDENCE_TAG if expression else 0.0
            words = (expression, lines.raw[line - 1].strip()[:MAX_QUOTED_CHARACTERS])
            found = Finding(expression, f"SPDX tag: line {line}", confidence, words=(words,))
            return found.overriding(around), find_statement(lines, header.candidates).copyright
        # A tag that is quoted is not about this file.
        lines.ignore_lines_with(TAG)
    statement = find_statement(lines, header.candidates)
    copyright = statement.copyright
    if not statement.text:
        return None, copyright
    recognition = recognize(statement.text)
    found = _find_by_statement(recognition, statement.line)
    match recognition.outcome:
        case Outcome.SILENT | Outcome.REFERENCE:
            return None, copyright
        case Outcome.UNREAD:
            if prose:
                return None, copyright
            unread = replace(found, evidence=f"statement not known: line {statement.line}")
            return unread.overriding(around), copyright
    quotes = prose and _licensed_share(recognition, statement, lines) < _MIN_PROSE_SHARE
    if recognition.is_partial or quotes:
        # Prose may quote the licence of something else, and code may borrow from the public
        # domain; the result is at least as strict as both.
        return around.joined_with(found) if around.expression else None, copyright
    return found.overriding(around), copyright


def _add_embedded(
    text: str, language: str | None, own: Finding | None, around: Finding
) -> Finding | None:
    """Add the embedded licences of a document to its own licence.

    One at the very end of a document whose header names none is the document's own. Any other
    holds for a part, and is joined to the licence of the whole.
    """
    found = own
    for embedded in find_embedded(text, language):
        part = _find_by_statement(embedded.recognition, embedded.line)
        if found is None and embedded.at_end:
            found = part.overriding(around)
        elif (found or around).expression:
            found = (found or around).with_part(part)
    return found


def _find_by_statement(recognition: Recognition, line: int) -> Finding:
    confidence = _CONFIDENCE_STATEMENT if recognition.expression else 0.0
    evidence = f"statement: line {line}"
    return Finding(recognition.expression, evidence, confidence, words=recognition.words)


def _licensed_share(recognition: Recognition, statement: Statement, lines: CommentLines) -> float:
    """Estimate how much of a text is a known licence, 0 to 1."""
    return recognition.coverage * len(statement.text) / len("\n".join(lines))


def _find_own_tag(lines: CommentLines, *, prose: bool) -> tuple[str | None, int] | None:
    if prose:
        return find_tag("\n".join(lines.raw))
    # In code a tag must be in a comment; inside a block comment it needs no leader.
    tagged = [number for number, line in enumerate(lines.raw) if TAG in line and lines[number]]
    own = {number: lines.raw[number] for number in tagged}
    bare = frozenset(number for number in tagged if lines[number].startswith(TAG))
    return find_tag("\n".join(own.get(number, "") for number in range(len(lines))), bare=bare)


def _read_declared(declared: str | None) -> Finding:
    """Read the licence that a source declares."""
    if declared is None or (expression := read_declaration(declared)) is None:
        return NO_FINDING
    confidence = _CONFIDENCE_CLASSIFIER if "License :: " in declared else _CONFIDENCE_EXPRESSION
    return Finding(expression, f"declared: {declared}", confidence)
