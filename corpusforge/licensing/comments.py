"""The comments of a source file, line by line, without their leaders, strings and code."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

# Block comments of all common languages, by how they open. Each pattern begins with a literal where
# it can, and looks behind it afterwards: the regex engine then skips other characters quickly.
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
# Strings are recognized only to be skipped: they may quote somebody else's licence. A string at the
# top of a file describes the file, and is read.
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
# Leaders that mean something else in most languages.
_LANGUAGE_LEADERS = {
    "vim": r"\"+",
    "fortran": r"[cC](?=\s|$)|[cC]+-+",
    "visual-basic": r"'+",
    "pascal": r"\{",
}
_ENDS = ("*/", "-->", "*)", "#}", "-}", "]]")
_MAX_CACHED_LINE = 200  # characters
_DECORATION = " \t\r*#/;|%-"


class CommentLines:
    """The comment of each line of a text; an empty string where the line is code.

    A line is parsed when it is read: few lines of a text are about licences.
    """

    def __init__(self, text: str, language: str | None, *, prose: bool = False) -> None:
        """Split a text into lines; in `prose`, every line counts as a comment."""
        self.raw = text.split("\n")
        self._language = None if prose else language
        self._prose = prose
        self._commented, self._quoted = (set(), set()) if prose else _block_lines(text)
        self._comments: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.raw)

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, number: int) -> str:
        comment = self._comments.get(number)
        if comment is None:
            comment = self._comments[number] = self._read(number)
        return comment

    def ignore_lines_with(self, word: str) -> None:
        """Read the lines that have a word as empty."""
        self._comments |= {number: "" for number, line in enumerate(self.raw) if word in line}

    def last_code_line(self) -> int:
        """Number (0-based) of the last line that is neither empty nor a comment; -1 without one."""
        numbers = reversed(range(len(self)))
        return next((n for n in numbers if self.raw[n].strip() and not self._split(n)[0]), -1)

    def _read(self, number: int) -> str:
        is_comment, words = self._split(number)
        return words if is_comment else ""

    def _split(self, number: int) -> tuple[bool, str]:
        """Whether a line is a comment, and the line without its leader."""
        line = self.raw[number]
        split = _split_leader if len(line) < _MAX_CACHED_LINE else _split_leader.__wrapped__
        led, words = split(line, self._language)
        in_block = self._prose or number in self._commented
        return in_block or (led and number not in self._quoted), words


def prose_lines(text: str) -> list[str]:
    """Split prose into lines, without the frame around them."""
    return list(CommentLines(text, None, prose=True))


# The same header is in every file of a project.
@lru_cache(maxsize=1 << 14)
def _split_leader(line: str, language: str | None) -> tuple[bool, str]:
    """Whether a line begins with a comment leader, and the line without it."""
    leader = _leader(language).match(line)
    return leader is not None, _strip_frame(line[leader.end() :] if leader else line)


def _strip_frame(line: str) -> str:
    """Strip the end of a block comment and the frame around a line."""
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


def _block_lines(text: str) -> tuple[set[int], set[int]]:
    """Find the lines inside block comments, and those inside multi-line strings."""
    commented: set[int] = set()
    quoted: set[int] = set()
    openers = tuple(opener for opener in _BLOCKS if opener in text)
    long_strings = '"""' in text or "'''" in text
    if not openers and not long_strings:
        return commented, quoted
    number = place = 0
    for match in _blocks(openers, long_strings).finditer(text):
        if match.lastgroup == "string":
            continue
        first = number + text.count("\n", place, match.start())
        number = first + text.count("\n", match.start(), match.end())
        place = match.end()
        (quoted if match.lastgroup == "long_string" else commented).update(range(first, number + 1))
    return commented, quoted


@cache
def _blocks(openers: tuple[str, ...], long_strings: bool) -> re.Pattern[str]:
    """Build one expression for the blocks that a text can have: fewer alternatives match faster."""
    alternatives = [_DOCSTRING] if long_strings else []
    if openers:
        alternatives.append("|".join(_BLOCKS[opener] for opener in openers))
    if long_strings:
        alternatives.append(f"(?P<long_string>{_LONG_STRING})")
    return re.compile("|".join([*alternatives, _STRING]), re.DOTALL | re.MULTILINE)
