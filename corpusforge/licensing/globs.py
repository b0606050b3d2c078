"""Globs of paths, in the three dialects of those who write them."""

import re
from functools import cache


@cache
def compile_globs(patterns: tuple[str, ...], *, crosses_folders: bool) -> re.Pattern[str]:
    """One expression for paths that fit any of the patterns whole.

    A `*` stays inside a folder and `**` does not (REUSE.toml, our own lists), unless it
    `crosses_folders` (DEP-5, where `?` is any character, too). A backslash takes their meaning
    away.
    """
    return re.compile("|".join(_translated(pattern, crosses_folders) for pattern in patterns))


def _translated(pattern: str, crosses_folders: bool) -> str:
    if crosses_folders:
        meaning = {"*": ".*", "?": "."}
        pieces = re.split(r"(\\.|\*|\?)", pattern)
    else:
        meaning = {"**": ".*", "**/": "(?:.*/)?", "*": "[^/]*"}
        pieces = re.split(r"(\\.|\*\*/?|\*)", pattern)
    return "".join(
        meaning.get(piece) or re.escape(re.sub(r"^\\(.)$", r"\1", piece)) for piece in pieces
    )
