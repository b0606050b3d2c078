"""SPDX-License-Identifier tags: the file's own, and not one that is quoted."""

import re

from corpusforge.licensing.expression import read_declaration

TAG = "SPDX-License-Identifier:"
# The file's own tag stands in a comment near the top, alone on its line; one that is quoted in a
# string, an example or a document about licences does not (spdx.dev/learn/handling-license-info).
_HEAD_LINES = 40
LONGEST_LINE = 160  # that is quoted
_LEADER = r"(?:\#+|//+|/\*+|\*+|--+|;+|%+|<!--|\.\.|!|'|\"|REM|dnl|@c|\(\*|\{\#|\{-|\.?\\\"|::|c\b)"
_REST = (
    re.escape(TAG) + r"[ \t]*(?P<expression>[^\r\n]*?)[ \t]*(?:\*+/|-->|\*\)|\#\}|-\})?[ \t]*\r?"
)
_TAG_LINE = re.compile(rf"[ \t]*{_LEADER}[ \t]*{_REST}", re.IGNORECASE)
# Inside a block of comment, or in a file that is about another one.
_BARE_LINE = re.compile(rf"[ \t]*{_REST}")


def find_tag(
    head: str, *, bare: frozenset[int] = frozenset(), prose: bool = False
) -> tuple[str | None, int] | None:
    """The SPDX expression of a text's own tags, and the first one's line (1-based).

    `bare` are the lines (0-based) where a tag needs no leader; in `prose`, all of them. Several
    tags all hold (AND), as REUSE reads them (reuse.software/spec). None where there is no tag; an
    expression of None where one is there and nobody can read it.
    """
    expressions: list[str | None] = []
    first = 0
    for number, line in enumerate(head.split("\n", _HEAD_LINES)[:_HEAD_LINES]):
        if TAG not in line:
            continue
        match = _TAG_LINE.fullmatch(line)
        if match is None and (prose or number in bare):
            match = _BARE_LINE.fullmatch(line)
        if match:
            expressions.append(read_declaration(match["expression"]))
            first = first or number + 1
    if not first:
        return None
    distinct = list(dict.fromkeys(expressions))
    if None in distinct:
        return None, first
    if len(distinct) == 1:
        return distinct[0], first
    return read_declaration(" AND ".join(f"({expression})" for expression in distinct)), first
