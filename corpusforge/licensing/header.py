"""The header of a text, and the statement about its licence that comments make there.

A statement is cut out of its text, so that equal statements are recognized once.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from corpusforge.licensing.comments import CommentLines

# Most licence statements are at the top; the longest headers (Apache-1.1, MPL-1.1) have 3 kB.
HEADER_BYTES = 8192
SEARCHED_BYTES = 1 << 20  # embedded licences are searched for down to here
# Every statement has one of these words; a text without any is not searched further.
STATEMENT_WORDS = (
    r"licen[cs]|copyright|redistribut|permission|permitted|public.domain|copying|gpl|spdx-"
)
# Matched against lower-case lines, which is faster than ignoring case.
_KEY_WORD = re.compile(
    r"licen[cs]|redistribut|permission|permitted|public[\s-]domain|copying|gpl|copyleft|"
    r"proprietary|confidential|general\s+public|freely|may\s+be\s+used|free\s+to\s+use",
)
# Words by which licence texts go on and end.
_TAIL_WORD = re.compile(
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
# A cheap test before the expensive one.
_MAYBE_COPYRIGHT = re.compile(r"[cC]op[yr]|COPY|\([cC]\)|©")
_HOLDERS = re.compile(r"copyright\s+(?:holder|owner|notice|law|and|in|is|has|on)", re.IGNORECASE)
_LONGEST_COPYRIGHT = 200
# Lines above the first key word where its sentence may begin, and below a line where it may go on.
_NEARBY_LINES = 3
# How the key words begin: to find the last one at the speed of a byte search.
_KEY_STARTS = (
    "licen", "redistribut", "permission", "domain", "copying", "gpl", "copyleft", "proprietary",
    "confidential", "general public", "freely", "may be used", "free to use", "copyright", "spdx-",
)  # fmt: skip
# Every line with a key word or a copyright (`_MAYBE_COPYRIGHT`) has one of these.
_CANDIDATES = (
    "licen", "redistribut", "permi", "domain", "copy", "copr", "(c)", "©", "gpl", "propri",
    "confidential", "general", "may", "free", "spdx-",
)  # fmt: skip
# The longest text that follows the last key word: the disclaimers of BSD and MPL.
_AFTER_LAST = 1500


@dataclass(frozen=True)
class Header:
    """The top of a text, down to the last place that can be about its licence."""

    text: str
    candidates: tuple[int, ...]  # lines (0-based, ascending) that may have a key word


def cut_header(text: str) -> Header | None:
    """Cut a text after its last key word; None if it has none."""
    lower = text.lower()
    places = find_words(lower, _CANDIDATES)
    last = next((place for place in reversed(places) if lower.startswith(_KEY_STARTS, place)), None)
    if last is None:
        return None
    end = last + _AFTER_LAST
    lines = line_numbers(lower, (place for place in places if place <= end))
    return Header(text[:end], tuple(dict.fromkeys(lines)))


def find_words(text: str, words: Iterable[str], start: int = 0) -> list[int]:
    """Find every place of some words from `start` on, in ascending order."""
    places = []
    for word in words:
        place = text.find(word, start)
        while place >= 0:
            places.append(place)
            place = text.find(word, place + 1)
    return sorted(places)


def line_numbers(text: str, places: Iterable[int]) -> Iterator[int]:
    """Yield the line (0-based) of each of some ascending places."""
    number = before = 0
    for place in places:
        number += text.count("\n", before, place)
        before = place
        yield number


@dataclass(frozen=True)
class Statement:
    """The comments about a licence, from the first to the last line that has a key word."""

    text: str  # empty where no line has one
    line: int  # number of its first line, 1-based
    copyright: tuple[str, ...]  # copyright lines, as written


def find_statement(lines: CommentLines, candidates: Iterable[int]) -> Statement:
    """Find the statement of a text by the lines that may have a key word (0-based, ascending)."""
    holders: dict[int, str] = {}
    hits = []
    for number in candidates:
        line = lines[number]
        if is_copyright_line(line):
            holders[number] = line.strip()[:_LONGEST_COPYRIGHT]
        elif line and _KEY_WORD.search(line.lower()):
            hits.append(number)
    copyright = tuple(holders.values())
    if not hits:
        return Statement("", 1, copyright)

    def rest(number: int) -> str:
        return "" if number in holders else lines[number]

    first, last, end = hits[0], hits[-1], len(lines)
    while first > 0 and rest(first - 1) and hits[0] - first < _NEARBY_LINES:
        first -= 1
    while last + 1 < end and (
        rest(last + 1)
        or any(_TAIL_WORD.search(rest(n)) for n in range(last + 1, end)[:_NEARBY_LINES])
    ):
        last += 1
    text = "\n".join(map(rest, range(first, last + 1)))
    return Statement(text, hits[0] + 1, copyright)


def is_copyright_line(line: str) -> bool:
    """Whether a line names a copyright holder and says nothing else."""
    return 0 < len(line) < _LONGEST_COPYRIGHT and _names_holder(line)


@lru_cache(maxsize=1 << 14)
def _names_holder(line: str) -> bool:
    return (
        _MAYBE_COPYRIGHT.search(line) is not None
        and _COPYRIGHT.match(line) is not None
        and _HOLDERS.search(line) is None
    )
