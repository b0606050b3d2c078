"""The part of a text that may speak of its licence: cut out, so that equal ones are read once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from corpusforge.licensing.comments import CommentLines

# Licence statements stand at the top; the longest of headers (Apache-1.1, MPL-1.1) have 3 kB.
HEAD_BYTES = 8192
TEXT_BYTES = 1 << 20  # licences are looked for below the head, down to here
# Every statement has one of these; a text without any is not looked at further.
STATEMENT_WORDS = (
    r"licen[cs]|copyright|redistribut|permission|permitted|public.domain|copying|gpl|spdx-"
)
# Of a line in lower case: faster than to ignore the case of each letter.
_KEY = re.compile(
    r"licen[cs]|redistribut|permission|permitted|public[\s-]domain|copying|gpl|copyleft|"
    r"proprietary|confidential|general\s+public|freely|may\s+be\s+used|free\s+to\s+use",
)
# How texts of licences go on and end.
_END = re.compile(
    r"warrant|liab|damage|endorse|notice|copyright|merchantab|exception|without\s+restriction|"
    r"as[\s-]is|provided|disclaim|conditions|modif",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"^\W*(?:(?:portions?|parts?|all|some|this|file|code|software|modifications?|changes?|is|are|"
    r"and|additions?|original(?:ly)?|work)\W+){0,4}(?:copyright|\(c\)|©|copr\.).*"
    r"(?:(?:19|20)\d\d|©|\(c\)|copyright\s+(?:\(c\)\s+)?(?:by\s+)?[A-Z])",
    re.IGNORECASE,
)
# A cheap test before the dear one.
_NAMES_RIGHTS = re.compile(r"[cC]op[yr]|COPY|\([cC]\)|©")
_HOLDERS = re.compile(r"copyright\s+(?:holder|owner|notice|law|and|in|is|has|on)", re.IGNORECASE)
_LONGEST_COPYRIGHT = 200
# Lines that go on after the last key word: the end of a sentence, or of a disclaimer.
_TAIL_LINES = 3


# Where the words of `_KEY` begin, to find the last of them at the speed of a search for bytes.
_STARTS = (
    "licen", "redistribut", "permission", "domain", "copying", "gpl", "copyleft", "proprietary",
    "confidential", "general public", "freely", "may be used", "free to use", "copyright", "spdx-",
)  # fmt: skip
# One of these stands where any of those does, where a word of `_KEY` does, and in every line that
# `_NAMES_RIGHTS` finds.
_SPEAKING = (
    "licen", "redistribut", "permi", "domain", "copy", "copr", "(c)", "©", "gpl", "propri",
    "confidential", "general", "may", "free", "spdx-",
)  # fmt: skip
# The longest text that follows the last of its key words: the disclaimers of BSD and MPL.
_AFTER_LAST = 1500


@dataclass(frozen=True)
class Cut:
    """The head of a text up to where it can last speak of rights; all else need not be parsed."""

    text: str
    speaking: tuple[int, ...]  # lines, 0-based and in order, that may have a word about rights


def cut_head(text: str) -> Cut | None:
    """Cut a text behind its last word about rights; None where it has no such word."""
    lower = text.lower()
    places = []
    for word in _SPEAKING:
        place = lower.find(word)
        while place >= 0:
            places.append(place)
            place = lower.find(word, place + 1)
    places.sort()
    last = next((place for place in reversed(places) if lower.startswith(_STARTS, place)), None)
    if last is None:
        return None
    lines: dict[int, None] = {}
    number = before = 0
    for place in places:
        if place > last + _AFTER_LAST:
            break
        number += lower.count("\n", before, place)
        before = place
        lines[number] = None
    return Cut(text[: last + _AFTER_LAST], tuple(lines))


@dataclass(frozen=True)
class Head:
    """What comments say of rights, from the first to the last line that does."""

    statement: str
    line: int  # of its first line, 1-based
    copyright: tuple[str, ...]  # as they stand


def read_head(lines: CommentLines, speaking: Iterable[int]) -> Head:
    """Cut the statement out of lines without comment leaders.

    `speaking` are the lines, in order, that may have a word about rights (`Cut.speaking`).
    """
    holders: dict[int, str] = {}
    hits = []
    for number in speaking:
        line = lines[number]
        if is_copyright(line):
            holders[number] = line.strip()[:_LONGEST_COPYRIGHT]
        elif line and _is_key(line):
            hits.append(number)
    copyright = tuple(holders.values())
    if not hits:
        return Head("", 1, copyright)

    def rest(number: int) -> str:
        return "" if number in holders else lines[number]

    first, last, end = hits[0], hits[-1], len(lines)
    # The sentence may begin above its first key word.
    while first > 0 and rest(first - 1) and hits[0] - first < _TAIL_LINES:
        first -= 1
    while last + 1 < end and (
        rest(last + 1)
        or any(_END.search(rest(number)) for number in range(last + 1, min(last + 4, end)))
    ):
        last += 1
    statement = "\n".join(map(rest, range(first, last + 1)))
    return Head(statement, hits[0] + 1, copyright)


def is_copyright(line: str) -> bool:
    """Whether a line says who has the copyright, and nothing else."""
    return 0 < len(line) < _LONGEST_COPYRIGHT and _names_holder(line)


@lru_cache(maxsize=1 << 14)
def _names_holder(line: str) -> bool:
    return (
        _NAMES_RIGHTS.search(line) is not None
        and _COPYRIGHT.match(line) is not None
        and _HOLDERS.search(line) is None
    )


def _is_key(line: str) -> bool:
    return _KEY.search(line.lower()) is not None
