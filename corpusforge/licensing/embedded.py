"""Licences below the header of a text: of parts copied from elsewhere, or of the text itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpusforge.licensing.comments import CommentLines
from corpusforge.licensing.header import HEADER_BYTES, find_statement, find_words, line_numbers
from corpusforge.licensing.recognize import Outcome, Recognition, recognize

# Every licence text and standard header has one of these, and each has one of
# `header.STATEMENT_WORDS`.
_WORDS = (
    "permission is", "permission to use", "redistribution and use", "redistribute it",
    "licensed under", "public license", "public domain",
)  # fmt: skip
EMBEDDED_WORDS = "|".join(map(re.escape, _WORDS))
# Below the header, comments explain code, and help texts and templates quote licences. A licence
# counts there only if its text or standard header is this share of the statement's words.
_MIN_COVERAGE = 0.5
_MAX_GAP_LINES = 15  # between two key phrases of one statement
_CONTEXT_LINES = 6  # before the first and after the last


@dataclass(frozen=True)
class EmbeddedLicense:
    """A licence below the header of a text."""

    recognition: Recognition
    line: int  # 1-based
    at_end: bool  # only comments follow it


def find_embedded(text: str, language: str | None) -> list[EmbeddedLicense]:
    """Find the licence texts and standard headers in comments below the header of a text."""
    lines = CommentLines(text, language)
    embedded = []
    last_code_line = None
    for first, last in _line_ranges(text, lines):
        candidates = range(
            max(first - _CONTEXT_LINES, 0), min(last + _CONTEXT_LINES + 1, len(lines))
        )
        statement = find_statement(lines, candidates)
        recognition = recognize(statement.text)
        if recognition.outcome is Outcome.READ and recognition.coverage >= _MIN_COVERAGE:
            if last_code_line is None:
                last_code_line = lines.last_code_line()
            at_end = last > last_code_line
            embedded.append(EmbeddedLicense(recognition, statement.line, at_end))
    return embedded


def _line_ranges(text: str, lines: CommentLines) -> Iterator[tuple[int, int]]:
    """Yield the first and last comment line with a key phrase, for each group of such lines."""
    lower = text.lower()
    numbers: list[int] = []
    for number in line_numbers(lower, find_words(lower, _WORDS, HEADER_BYTES)):
        if not lines[number]:
            continue
        if numbers and number - numbers[-1] >= _MAX_GAP_LINES:
            yield numbers[0], numbers[-1]
            numbers.clear()
        numbers.append(number)
    if numbers:
        yield numbers[0], numbers[-1]
