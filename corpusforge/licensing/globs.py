"""Path globs in two dialects: that of REUSE.toml and our own lists, and that of DEP-5."""

import re
from functools import cache


@cache
def compile_globs(patterns: tuple[str, ...], *, crosses_directories: bool) -> re.Pattern[str]:
    """Compile globs into one expression that matches a whole path.

    `*` stays within a directory and `**` crosses directories (REUSE.toml, our own lists). With
    `crosses_directories`, `*` crosses them too and `?` is any character (DEP-5). A backslash
    escapes the next character.
    """
    return re.compile("|".join(_translate(pattern, crosses_directories) for pattern in patterns))


def _translate(pattern: str, crosses_directories: bool) -> str:
    if crosses_directories:
        meaning = {"*": ".*", "?": "."}
        pieces = re.split(r"(\\.|\*|\?)", pattern)
    else:
        meaning = {"**": ".*", "**/": "(?:.*/)?", "*": "[^/]*"}
        pieces = re.split(r"(\\.|\*\*/?|\*)", pattern)
    return "".join(
        meaning.get(piece) or re.escape(re.sub(r"^\\(.)$", r"\1", piece)) for piece in pieces
    )
