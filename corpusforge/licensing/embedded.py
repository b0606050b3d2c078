"""Licences in the middle and at the end of a text: of parts that were taken from elsewhere, or of
a file that opens with its code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpusforge.licensing.comments import CommentLines
from corpusforge.licensing.header import HEAD_BYTES, read_head
from corpusforge.licensing.recognize import State, Statement, read_statement

# Each text and standard header of a licence has one of these, and each of these has one of
# `head.STATEMENT_WORDS`.
_WORDS = (
    "permission is", "permission to use", "redistribution and use", "redistribute it",
    "licensed under", "public license", "public domain",
)  # fmt: skip
BELOW_WORDS = "|".join(map(re.escape, _WORDS))
# Below the head, comments explain code, and help texts and templates quote licences: a name alone
# says nothing there. A text or header that is known word by word does.
_KNOWN = 0.5
# Lines that may lie between two words of one statement, and that are looked at around them.
_APART = 15
_AROUND = 6


@dataclass(frozen=True)
class Part:
    """A licence below the head of a text."""

    statement: Statement
    line: int  # 1-based
    ends: bool  # the text has nothing but comments behind it


def read_below(text: str, language: str | None) -> list[Part]:
    """The known texts and headers of licences in comments below the head of a text."""
    lines = CommentLines(text, language)
    parts = []
    last_code = None
    for first, last in _groups(text, lines):
        around = range(max(first - _AROUND, 0), min(last + _AROUND + 1, len(lines)))
        head = read_head(lines, around)
        statement = read_statement(head.statement)
        if statement.state is State.READ and statement.coverage >= _KNOWN:
            if last_code is None:
                last_code = lines.last_code()
            parts.append(Part(statement, head.line, last > last_code))
    return parts


def _groups(text: str, lines: CommentLines) -> Iterator[tuple[int, int]]:
    """The first and the last line of what may be a statement, each in comments."""
    lower = text.lower()
    places = []
    for word in _WORDS:
        place = lower.find(word, HEAD_BYTES)
        while place >= 0:
            places.append(place)
            place = lower.find(word, place + 1)
    numbers: list[int] = []
    number = before = 0
    for place in sorted(places):
        number += lower.count("\n", before, place)
        before = place
        if not lines[number]:
            continue
        if numbers and number - numbers[-1] >= _APART:
            yield numbers[0], numbers[-1]
            numbers.clear()
        numbers.append(number)
    if numbers:
        yield numbers[0], numbers[-1]
