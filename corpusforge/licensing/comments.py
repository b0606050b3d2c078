"""What a source file says in comments: its own words, without strings, code and leaders."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

# Blocks of comment in the notations of all common languages, each with how it opens. What can begin
# with a literal does, and looks behind it afterwards: characters that open nothing are then passed
# over at the speed of a search.
_BLOCKS = {
    "/*": r"/\*(?<![\w/*.\\\"']/\*)[^*]*(?:\*(?!/)[^*]*)*(?:\*/|\Z)",
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
_STRING = r"\"(?P<string>)(?<![\w\\]\")[^\"\\\n]*(?:\\.[^\"\\\n]*)*\""
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
_LONGEST_KEPT = 200  # characters of a line that is remembered
_DECORATION = " \t\r*#/;|%-"


class CommentLines:
    """Line by line, what comments of a text say; an empty string where there is only code.

    A line is read when it is asked for: most of a text is code that speaks of no rights.
    """

    def __init__(self, head: str, language: str | None, *, prose: bool = False) -> None:
        """Read a text; one that is `prose` speaks from its first word on, without comments."""
        self.raw = head.split("\n")
        self._language = None if prose else language
        self._prose = prose
        self._commented, self._quoted = (set(), set()) if prose else _block_lines(head)
        self._said: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.raw)

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, number: int) -> str:
        said = self._said.get(number)
        if said is None:
            said = self._said[number] = self._read(number)
        return said

    def pass_over(self, word: str) -> None:
        """Let lines with a word say nothing."""
        self._said |= {number: "" for number, line in enumerate(self.raw) if word in line}

    def last_code(self) -> int:
        """The last line that is neither empty nor a comment; -1, where all are."""
        numbers = reversed(range(len(self)))
        return next((n for n in numbers if self.raw[n].strip() and not self._split(n)[0]), -1)

    def _read(self, number: int) -> str:
        speaks, said = self._split(number)
        return said if speaks else ""

    def _split(self, number: int) -> tuple[bool, str]:
        """Whether a line is a comment, and its words."""
        line = self.raw[number]
        split = _split_leader if len(line) < _LONGEST_KEPT else _split_leader.__wrapped__
        led, said = split(line, self._language)
        speaks = self._prose or number in self._commented or (led and number not in self._quoted)
        return speaks, said


def prose_lines(text: str) -> list[str]:
    """The lines of a text that is prose from its first word on, without what frames them."""
    return list(CommentLines(text, None, prose=True))


# The lines of a header stand in every file of a project.
@lru_cache(maxsize=1 << 14)
def _split_leader(line: str, language: str | None) -> tuple[bool, str]:
    """Whether a line opens as a comment does, and what it says without that."""
    led = _leader(language).match(line)
    return led is not None, _plain(line[led.end() :] if led else line)


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
        if match.lastgroup == "string":
            continue
        first = number + head.count("\n", place, match.start())
        number = first + head.count("\n", match.start(), match.end())
        place = match.end()
        (quoted if match.lastgroup == "long_string" else commented).update(range(first, number + 1))
    return commented, quoted


@cache
def _blocks(openers: tuple[str, ...], long_strings: bool) -> re.Pattern[str]:
    """One expression for what can stand in a text: each alternative is tried at each character."""
    alternatives = [_DOCSTRING] if long_strings else []
    if openers:
        alternatives.append("|".join(_BLOCKS[opener] for opener in openers))
    if long_strings:
        alternatives.append(f"(?P<long_string>{_LONG_STRING})")
    return re.compile("|".join([*alternatives, _STRING]), re.DOTALL | re.MULTILINE)
