"""Finds a file's own SPDX-License-Identifier tags, and not those that it quotes."""

import re

from corpusforge.licensing.expression import read_declaration

TAG = "SPDX-License-Identifier:"
# A file's own tag is in a comment near the top, on a line by itself. A tag that is quoted in a
# string, an example or a document is not (spdx.dev/learn/handling-license-info).
_HEADER_LINES = 40
MAX_QUOTED_CHARACTERS = 160
_LEADER = r"(?:\#+|//+|/\*+|\*+|--+|;+|%+|<!--|\.\.|!|'|\"|REM|dnl|@c|\(\*|\{\#|\{-|\.?\\\"|::|c\b)"
_REST = (
    re.escape(TAG) + r"[ \t]*(?P<expression>[^\r\n]*?)[ \t]*(?:\*+/|-->|\*\)|\#\}|-\})?[ \t]*\r?"
)
_TAG_LINE = re.compile(rf"[ \t]*{_LEADER}[ \t]*{_REST}", re.IGNORECASE)
# Inside a block comment, or in a file that is about another file.
_BARE_LINE = re.compile(rf"[ \t]*{_REST}")


def find_tag(
    header: str, *, bare: frozenset[int] = frozenset(), prose: bool = False
) -> tuple[str | None, int] | None:
    """Find a text's own tags: their SPDX expression, and the line (1-based) of the first one.

    `bare` are the lines (0-based) where a tag needs no comment leader; in `prose`, none needs one.
    Several tags all hold (AND), as in REUSE (reuse.software/spec). Return None if there is no tag,
    and an expression of None if a tag cannot be read.
    """
    expressions: list[str | None] = []
    first = 0
    for number, line in enumerate(header.split("\n", _HEADER_LINES)[:_HEADER_LINES]):
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
