"""The part of a text that may speak of its licence: cut out, so that equal ones are read once."""

import re
from dataclasses import dataclass

# Licence statements stand at the top; the longest of headers (Apache-1.1, MPL-1.1) have 3 kB.
HEAD_BYTES = 8192
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
    "licen", "redistribut", "permission", "permitted", "domain", "copying", "gpl", "copyleft",
    "proprietary", "confidential", "general public", "freely", "may be used", "free to use",
    "copyright", "spdx-",
)  # fmt: skip
# The longest text that follows the last of its key words: the disclaimers of BSD and MPL.
_AFTER_LAST = 1500


def cut_head(text: str) -> str:
    """The head of a text up to where it can last speak of rights; all else need not be parsed."""
    lower = text.lower()
    last = max(lower.rfind(start) for start in _STARTS)
    return "" if last < 0 else text[: last + _AFTER_LAST]


@dataclass(frozen=True)
class Head:
    """What comments say of rights, from the first to the last line that does."""

    statement: str
    line: int  # of its first line, 1-based
    copyright: tuple[str, ...]  # as they stand


def read_head(lines: list[str]) -> Head:
    """Cut the statement out of lines without comment leaders."""
    copyright = []
    rest = []
    for line in lines:
        if is_copyright(line):
            copyright.append(line.strip()[:_LONGEST_COPYRIGHT])
            rest.append("")
        else:
            rest.append(line)
    hits = [number for number, line in enumerate(rest) if line and _KEY.search(line.lower())]
    if not hits:
        return Head("", 1, tuple(copyright))
    first, last = hits[0], hits[-1]
    # The sentence may begin above its first key word.
    while first > 0 and rest[first - 1] and hits[0] - first < _TAIL_LINES:
        first -= 1
    while last + 1 < len(rest) and (
        rest[last + 1] or any(_END.search(line) for line in rest[last + 1 : last + 4])
    ):
        last += 1
    statement = "\n".join(rest[first : last + 1])
    return Head(statement, hits[0] + 1, tuple(copyright))


def is_copyright(line: str) -> bool:
    """Whether a line says who has the copyright, and nothing else."""
    return (
        0 < len(line) < _LONGEST_COPYRIGHT
        and _NAMES_RIGHTS.search(line) is not None
        and _COPYRIGHT.match(line) is not None
        and _HOLDERS.search(line) is None
    )
