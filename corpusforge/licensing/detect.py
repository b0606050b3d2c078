"""The licence of one document, by all evidence in the order of its strength."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, replace

from corpusforge.evidence import EvidenceFile
from corpusforge.licensing.comments import comment_lines, prose_lines
from corpusforge.licensing.expression import read_declaration
from corpusforge.licensing.finding import NOTHING, Finding
from corpusforge.licensing.head import cut_head, read_head
from corpusforge.licensing.repository import Repository, group
from corpusforge.licensing.reuse import Precedence
from corpusforge.licensing.statement import State, read_statement
from corpusforge.licensing.tags import LONGEST_LINE, TAG, find_tag

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
    text = cut_head(document.head or "")
    if not text:
        return None, ()
    prose = document.language in PROSE
    lines = prose_lines(text) if prose else comment_lines(text, document.language)
    if TAG in text:
        # In code, a tag stands where a comment stands, and in a block needs no leader.
        said = zip(text.split("\n"), lines, strict=True)
        own = text if prose else "\n".join(line if words else "" for line, words in said)
        bare = frozenset(number for number, line in enumerate(lines) if line.startswith(TAG))
        if tag := find_tag(own, bare=frozenset() if prose else bare):
            expression, line = tag
            confidence = _CONFIDENCE_TAG if expression else 0.0
            words = (expression, text.split("\n")[line - 1].strip()[:LONGEST_LINE])
            found = Finding(expression, f"SPDX tag: line {line}", confidence, words=(words,))
            return found.over(around), read_head(lines).copyright
        # One that is quoted says nothing of this file.
        lines = ["" if TAG in line else line for line in lines]
    head = read_head(lines)
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
    share = statement.coverage * len(head.statement) / len("\n".join(lines))
    if statement.refers or (prose and share < _WHOLE_TEXT):
        # Prose may quote the licence of something else, and code may borrow from the public
        # domain; what holds is at least as strict as both.
        return around.both(found) if around.expression else None, head.copyright
    return found.over(around), head.copyright


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
