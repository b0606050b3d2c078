"""Reads machine-readable copyright files (DEP-5): debian/copyright and .reuse/dep5.

Source: debian.org/doc/packaging-manuals/copyright-format/1.0.
"""

import re
from dataclasses import dataclass
from functools import cache

from corpusforge.licensing.expression import read_declaration
from corpusforge.licensing.globs import compile_globs

_FORMAT = re.compile(r"^Format:.*copyright-format", re.MULTILINE)
# Short names that are not SPDX identifiers; `_VERSIONED` reads those with a version.
_NAMES = {
    "expat": "MIT",
    "artistic": "Artistic-1.0-Perl",
    "public-domain": "LicenseRef-public-domain",
}
_VERSIONED = re.compile(r"(a?gpl|lgpl|gfdl|mpl|apache|artistic|cc0)-?(\d+(?:\.\d+)*)(\+)?", re.I)


@dataclass(frozen=True)
class Stanza:
    """A `Files` paragraph."""

    pattern: re.Pattern[str]  # of paths in the package
    expression: str | None
    line: int  # 1-based
    words: str  # its License field


def parse_dep5(text: str) -> list[Stanza] | None:
    """Read the stanzas, in order: for each path the last one that matches holds.

    Return None if the file is not machine-readable.
    """
    if not _FORMAT.search(text[:2000]):
        return None
    stanzas: list[Stanza] = []
    for line, fields in _paragraphs(text):
        if patterns := fields.get("files"):
            short = fields.get("license", "").strip().split("\n")[0]
            globs = tuple(one.removeprefix("./") for one in patterns.split())
            pattern = compile_globs(globs, crosses_directories=True)
            stanzas.append(Stanza(pattern, read_short_name(short), line, f"License: {short}"))
    return stanzas


@cache
def read_short_name(name: str) -> str | None:
    """Read a short name, such as "GPL-2+ or Expat", as an SPDX expression."""
    words = re.split(r"(\band/or\b|\band\b|\bor\b|,|\bwith\b)", name.strip(), flags=re.I)
    read = "".join(_word(word) for word in words)
    return read_declaration(read.strip()) if read.strip() else None


def _word(word: str) -> str:
    stripped = word.strip()
    match stripped.lower():
        case "":
            return word
        case "and" | ",":
            return " AND "
        case "or" | "and/or":
            return " OR "
        case "with":
            return " WITH "
    if stripped.lower().endswith("exception") and "-" not in stripped:
        return _reference(stripped)
    if name := _NAMES.get(stripped.lower()):
        return name
    if match := _VERSIONED.fullmatch(stripped):
        version = match[2] if "." in match[2] else f"{match[2]}.0"
        return f"{match[1].upper()}-{version}{match[3] or ''}"
    return stripped if read_declaration(stripped) else _reference(stripped)


def _reference(name: str) -> str:
    return "LicenseRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-")


def _paragraphs(text: str) -> list[tuple[int, dict[str, str]]]:
    """Split a text into paragraphs: the first line number, and the fields by lower-case name."""
    paragraphs: list[tuple[int, dict[str, str]]] = []
    fields: dict[str, str] = {}
    name, first = "", 0
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if not line.strip():
            if fields:
                paragraphs.append((first, fields))
            fields, name = {}, ""
        elif line[0] in " \t":
            if name:
                fields[name] += "\n" + line.strip()
        elif line[0] != "#":
            name, _, value = line.partition(":")
            name = name.strip().lower()
            first = first if fields else number
            fields[name] = value.strip()
    return paragraphs
