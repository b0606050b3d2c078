"""What a source file says in comments: its own words, without strings, code and leaders."""

import re
from functools import cache

# Blocks of comment in the notations of all common languages. Strings are recognised only to be
# passed over: what they hold may be somebody else's licence.
_BLOCKS = re.compile(
    r"""
      \A(?P<docstring>(?:[ \t]*(?:\#[^\n]*)?\n)*[ \t]*[rRuU]?
          (?:\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)))
    | (?P<comment>
          (?<![\w/*.\\"'])/\*.*?(?:\*/|\Z)
        | <!--.*?(?:-->|\Z)
        | <%--.*?(?:--%>|\Z)
        | ^[ \t]*\(\*.*?(?:\*\)|\Z)
        | ^[ \t]*\{-.*?(?:-\}|\Z)
        | \{\#.*?(?:\#\}|\Z)
        | --\[=*\[.*?(?:\]=*\]|\Z)
        | ^[ \t]*\#\|.*?(?:\|\#|\Z)
        | ^[ \t]*<\#.*?(?:\#>|\Z)
        | ^=(?:head\d|pod|begin|for|over|item|encoding)\b.*?(?:^=(?:cut|end)\b|\Z)
      )
    | (?P<long_string>(?:\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)))
    | (?P<string>(?<![\w\\])"(?:[^"\\\n]|\\.)*")
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_LEADERS = (
    r"\#+!?",
    r"//+[!/]?",
    r"/\*+!?",
    r"\*+(?!/)",
    r"\*+/",
    r"--+(?:\[=*\[)?",
    r";+",
    r"%+",
    r"<!--+",
    r"<%--",
    r"\.\.(?=[ ])",
    r"!+",
    r"@?rem(?=\s)",
    r"::",
    r"dnl(?=\s|$)",
    r"@c(?:omment)?(?=\s)",
    r"\(\*+",
    r"\{\#",
    r"\{-",
    r"['.]\\\"",
)
# Leaders that mean something else in other languages.
_LANGUAGE_LEADERS = {
    "vim": r"\"+",
    "fortran": r"[cC](?=\s|$)|[cC]+-+",
    "visual-basic": r"'+",
    "pascal": r"\{",
}
_TRAILER = re.compile(r"[ \t]*(?:\*+/|--+>|\*+\)|\#\}|-\}|\]=*\]|[*\#/;|%\"]+|--+)?[ \t\r]*$")


def comment_lines(head: str, language: str | None) -> list[str]:
    """Line by line, what comments of a text say; an empty string where there is only code."""
    commented, quoted = _block_lines(head)
    leader = _leader(language)
    said = []
    for number, line in enumerate(head.split("\n")):
        led = leader.match(line)
        if number in commented or (led and number not in quoted):
            line = line[led.end() :] if led else line
            said.append(_TRAILER.sub("", line).strip())
        else:
            said.append("")
    return said


def prose_lines(head: str) -> list[str]:
    """The same of a text that is prose from its first word on."""
    leader = _leader(None)
    lines = []
    for line in head.split("\n"):
        led = leader.match(line)
        lines.append(_TRAILER.sub("", line[led.end() :] if led else line).strip())
    return lines


@cache
def _leader(language: str | None) -> re.Pattern[str]:
    leaders = [*_LEADERS]
    if language in _LANGUAGE_LEADERS:
        leaders.append(_LANGUAGE_LEADERS[language])
    return re.compile(rf"[ \t]*(?:{'|'.join(leaders)})+[ \t]*", re.IGNORECASE)


def _block_lines(head: str) -> tuple[set[int], set[int]]:
    """The lines inside blocks of comment, and those inside strings over several lines."""
    commented: set[int] = set()
    quoted: set[int] = set()
    number = place = 0
    for match in _BLOCKS.finditer(head):
        if match["string"]:
            continue
        first = number + head.count("\n", place, match.start())
        number = first + head.count("\n", match.start(), match.end())
        place = match.end()
        (quoted if match["long_string"] else commented).update(range(first, number + 1))
    return commented, quoted
