"""The licence of one document, by all evidence in the order of its strength."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, replace

from corpusforge.licensing.comments import CommentLines
from corpusforge.licensing.embedded import read_below
from corpusforge.licensing.expression import read_declaration
from corpusforge.licensing.finding import NOTHING, Finding
from corpusforge.licensing.header import Head, cut_head, read_head
from corpusforge.licensing.recognize import State, Statement, read_statement
from corpusforge.licensing.repository import Repository, group
from corpusforge.licensing.reuse import Precedence
from corpusforge.licensing.tags import LONGEST_LINE, TAG, find_tag
from corpusforge.storage.evidence import EvidenceFile

# Documents whose words are about something, licences included, rather than in comments.
PROSE = frozenset({"markdown", "rst", "asciidoc", "text"})

_CONFIDENCE_TAG = 1.0
_CONFIDENCE_STATEMENT = 0.95
_CONFIDENCE_EXPRESSION = 0.9  # declared beside the document, in a field meant for it
_CONFIDENCE_CLASSIFIER = 0.7  # a coarse name: one classifier covers variants of a text
# A text of prose that is a licence from end to end.
_WHOLE_TEXT = 0.75


@dataclass(frozen=True)
class Document:
    """What detection is told of a document."""

    path: str | None
    repository: str | None
    declared: str | None  # as its source has it
    language: str | None
    head: str | None  # None where no word of it is about rights
    whole: str | None = None  # its text, where words below its head may be a licence


@dataclass(frozen=True)
class Detected:
    """What was found, and whom the document names as holders of rights."""

    finding: Finding
    copyright: tuple[str, ...] = ()


class Detector:
    """Knows the evidence of one source."""

    def __init__(self, files: Iterable[EvidenceFile]) -> None:
        self._repositories = group(files)
        self._empty = Repository()

    def around(
        self, repository: str | None, directory: str | None, declared: str | None
    ) -> Finding:
        """What is said of all documents in a directory: by licence files, metadata, the source."""
        said = _declared(declared)
        if directory is None:
            return said
        return self._of(repository).of_folder(directory, said)

    def looks_at_files(self, repository: str | None) -> bool:
        """Whether a repository has evidence about single files."""
        return self._of(repository).speaks_of_files

    def of(self, document: Document) -> Detected:
        """The licence of one document."""
        path = document.path
        directory = None if path is None else posixpath.dirname(path)
        around = self.around(document.repository, directory, document.declared)
        repository = self._of(document.repository)
        reuse = beside = None
        if path is not None and repository.speaks_of_files:
            reuse, beside = repository.of_reuse(path), repository.of_sidecar(path)
            if stanza := repository.of_dep5(path):
                around = stanza.over(around)
            if reuse and reuse[0] is Precedence.CLOSEST:
                around = reuse[1].over(around)
        own, copyright = _own(document, around)
        if document.whole is not None:
            own = _with_parts(document, own, around)
        found = own or around
        if beside:
            found = beside.over(found)
        if reuse and reuse[0] is Precedence.OVERRIDE:
            found = reuse[1].over(found)
        elif reuse and reuse[0] is Precedence.AGGREGATE:
            found = reuse[1].both(found) if own or beside else reuse[1].over(found)
        return Detected(found, copyright)

    def _of(self, repository: str | None) -> Repository:
        return self._repositories.get(repository, self._empty)


def _own(document: Document, around: Finding) -> tuple[Finding | None, tuple[str, ...]]:
    """What the document says of itself, or None where that is nothing of its own."""
    cut = cut_head(document.head or "")
    if cut is None:
        return None, ()
    text = cut.text
    prose = document.language in PROSE
    lines = CommentLines(text, document.language, prose=prose)
    if TAG in text:
        if tag := _own_tag(lines, prose=prose):
            expression, line = tag
            confidence = _CONFIDENCE_TAG if expression else 0.0
            words = (expression, lines.raw[line - 1].strip()[:LONGEST_LINE])
            found = Finding(expression, f"SPDX tag: line {line}", confidence, words=(words,))
            return found.over(around), read_head(lines, cut.speaking).copyright
        # One that is quoted says nothing of this file.
        lines.pass_over(TAG)
    head = read_head(lines, cut.speaking)
    if not head.statement:
        return None, head.copyright
    statement = read_statement(head.statement)
    found = Finding(
        statement.expression,
        f"statement: line {head.line}",
        _CONFIDENCE_STATEMENT if statement.expression else 0.0,
        words=statement.words,
    )
    match statement.state:
        case State.SILENT | State.REFERENCE:
            return None, head.copyright
        case State.UNREAD:
            if prose:
                return None, head.copyright
            unread = replace(found, evidence=f"statement not known: line {head.line}")
            return unread.over(around), head.copyright
    if statement.refers or (prose and _share(statement, head, lines) < _WHOLE_TEXT):
        # Prose may quote the licence of something else, and code may borrow from the public
        # domain; what holds is at least as strict as both.
        return around.both(found) if around.expression else None, head.copyright
    return found.over(around), head.copyright


def _with_parts(document: Document, own: Finding | None, around: Finding) -> Finding | None:
    """What the document says of itself, and the licences below its head that hold for parts of it.

    One at the very end of a text whose head says nothing is the text's own; any other is no licence
    of the whole, and adds to what the whole is under.
    """
    found = own
    for part in read_below(document.whole or "", document.language):
        statement = part.statement
        below = Finding(
            statement.expression,
            f"statement: line {part.line}",
            _CONFIDENCE_STATEMENT,
            words=statement.words,
        )
        if found is None and part.ends:
            found = below.over(around)
        elif (found or around).expression:
            found = (found or around).with_part(below)
    return found


def _share(statement: Statement, head: Head, lines: CommentLines) -> float:
    """How much of a text is a licence, 0 to 1."""
    return statement.coverage * len(head.statement) / len("\n".join(lines))


def _own_tag(lines: CommentLines, *, prose: bool) -> tuple[str | None, int] | None:
    if prose:
        return find_tag("\n".join(lines.raw), bare=frozenset())
    # In code, a tag stands where a comment stands, and in a block needs no leader.
    tagged = [number for number, line in enumerate(lines.raw) if TAG in line and lines[number]]
    own = {number: lines.raw[number] for number in tagged}
    bare = frozenset(number for number in tagged if lines[number].startswith(TAG))
    return find_tag("\n".join(own.get(number, "") for number in range(len(lines))), bare=bare)


def _declared(declared: str | None) -> Finding:
    if declared is None:
        return NOTHING
    expression = read_declaration(declared)
    if expression is None:
        return NOTHING
    coarse = "License :: " in declared
    return Finding(
        expression,
        f"declared: {declared}",
        _CONFIDENCE_CLASSIFIER if coarse else _CONFIDENCE_EXPRESSION,
    )
