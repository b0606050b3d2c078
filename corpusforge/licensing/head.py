"""The part of a text that may speak of its licence: cut out, so that equal ones are read once."""

import re
from dataclasses import dataclass

# Licence statements stand at the top; the longest of headers (Apache-1.1, MPL-1.1) have 3 kB.
HEAD_BYTES = 8192
# Every statement has one of these; a text without any is not looked at further.
STATEMENT_WORDS = (
    r"licen[cs]|copyright|redistribut|permission|permitted|public.domain|copying|gpl|spdx-"
)
_KEY = re.compile(
    r"licen[cs]|redistribut|permission|permitted|public[\s-]domain|copying|gpl|copyleft|"
    r"proprietary|confidential|general\s+public|freely|may\s+be\s+used|free\s+to\s+use",
    re.IGNORECASE,
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
_HOLDERS = re.compile(r"copyright\s+(?:holder|owner|notice|law|and|in|is|has|on)", re.IGNORECASE)
_LONGEST_COPYRIGHT = 200
# Lines that go on after the last key word: the end of a sentence, or of a disclaimer.
_TAIL_LINES = 3


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
    hits = [number for number, line in enumerate(rest) if line and _KEY.search(line)]
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
        len(line) < _LONGEST_COPYRIGHT
        and _COPYRIGHT.match(line) is not None
        and _HOLDERS.search(line) is None
    )
