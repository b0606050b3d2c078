"""What a source file says in comments: its own words, without strings, code and leaders."""

import re
from functools import cache

# Blocks of comment in the notations of all common languages, each with how it opens.
_BLOCKS = {
    "/*": r"(?<![\w/*.\\\"'])/\*.*?(?:\*/|\Z)",
    "<!--": r"<!--.*?(?:-->|\Z)",
    "<%--": r"<%--.*?(?:--%>|\Z)",
    "(*": r"^[ \t]*\(\*.*?(?:\*\)|\Z)",
    "{-": r"^[ \t]*\{-.*?(?:-\}|\Z)",
    "{#": r"\{\#.*?(?:\#\}|\Z)",
    "--[": r"--\[=*\[.*?(?:\]=*\]|\Z)",
    "#|": r"^[ \t]*\#\|.*?(?:\|\#|\Z)",
    "<#": r"^[ \t]*<\#.*?(?:\#>|\Z)",
    "\n=": r"^=(?:head\d|pod|begin|for|over|item|encoding)\b.*?(?:^=(?:cut|end)\b|\Z)",
}
# Strings are recognised only to be passed over: what they hold may be somebody else's licence. One
# at the head of a file is its own description.
_LONG_STRING = r"\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)"
_DOCSTRING = rf"\A(?P<docstring>(?:[ \t]*(?:\#[^\n]*)?\n)*[ \t]*[rRuU]?(?:{_LONG_STRING}))"
_STRING = r"(?P<string>(?<![\w\\])\"(?:[^\"\\\n]|\\.)*\")"
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
_ENDS = ("*/", "-->", "*)", "#}", "-}", "]]")
_DECORATION = " \t\r*#/;|%-"


def comment_lines(head: str, language: str | None) -> list[str]:
    """Line by line, what comments of a text say; an empty string where there is only code."""
    commented, quoted = _block_lines(head)
    leader = _leader(language)
    said = []
    for number, line in enumerate(head.split("\n")):
        led = leader.match(line)
        if number in commented or (led and number not in quoted):
            said.append(_plain(line[led.end() :] if led else line))
        else:
            said.append("")
    return said


def prose_lines(head: str) -> list[str]:
    """The same of a text that is prose from its first word on."""
    leader = _leader(None)
    lines = []
    for line in head.split("\n"):
        led = leader.match(line)
        lines.append(_plain(line[led.end() :] if led else line))
    return lines


def _plain(line: str) -> str:
    """A line without the end of its block, and without the frame around it."""
    line = line.rstrip()
    for end in _ENDS:
        line = line.removesuffix(end)
    return line.rstrip(_DECORATION).lstrip()


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
    openers = tuple(opener for opener in _BLOCKS if opener in head)
    long_strings = '"""' in head or "'''" in head
    if not openers and not long_strings:
        return commented, quoted
    number = place = 0
    for match in _blocks(openers, long_strings).finditer(head):
        if match["string"]:
            continue
        first = number + head.count("\n", place, match.start())
        number = first + head.count("\n", match.start(), match.end())
        place = match.end()
        (quoted if match["long_string"] else commented).update(range(first, number + 1))
    return commented, quoted


@cache
def _blocks(openers: tuple[str, ...], long_strings: bool) -> re.Pattern[str]:
    """One expression for what can stand in a text: each alternative is tried at each character."""
    alternatives = [_DOCSTRING] if long_strings else []
    if openers:
        alternatives.append("|".join(_BLOCKS[opener] for opener in openers))
    alternatives.append(f"(?P<long_string>{_LONG_STRING if long_strings else '(?!)'})")
    return re.compile("|".join([*alternatives, _STRING]), re.DOTALL | re.MULTILINE)
