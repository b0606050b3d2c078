"""Scans a text for licence texts and standard headers, with `licenseclassifier`.

That is Google's licensecheck in Python: word patterns of some 700 texts, matched leftmost-longest.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from corpusforge.licensing.expression import read_declaration

# Its names for licences that have no SPDX identifier, or several.
_NAMES = {
    "GPL-2.0-or-3.0": "GPL-2.0-only OR GPL-3.0-only",
    "any-OSI-perl-modules": "Artistic-1.0-Perl OR GPL-1.0-or-later",
    "BSD-2-Clause-first-lines": "BSD-2-Clause",
    "BSD-3-Clause-NoTrademark": "BSD-3-Clause",
    "MIT-NoAd": "MIT",
    "libpng-1.6.35": "libpng-2.0",
    "X11-no-permit-persons": "X11",
    "SSLeay-standalone": "OpenSSL",
}
# Additions to a licence that do not restrict it.
_IGNORED = frozenset({"GooglePatentClause", "GooglePatentsFile"})


@dataclass(frozen=True)
class Mention:
    """A licence that a text names, from character `start` to `end`."""

    expression: str
    start: int
    end: int
    is_link: bool = False  # only the address of a licence


@dataclass(frozen=True)
class Scan:
    """The licences found in a text, in order, and the share of its words that they are."""

    mentions: tuple[Mention, ...]
    coverage: float  # 0 to 1


def scan(text: str) -> Scan:
    """Find licences in a text without comment leaders; a header takes some milliseconds."""
    found = _scanner().scan(text)
    mentions = tuple(
        Mention(_expression(match.id), match.start, match.end, match.is_url)
        for match in found.match
        if match.id not in _IGNORED
    )
    return Scan(mentions, found.percent / 100)


# Words as (id in the scanner's dictionary, first character, end).
Words = list[tuple[int, int, int]]
_WORD = re.compile(r"[A-Za-z0-9]+(?:\(s\))?")
_MAYBE_TAG = re.compile(r"<(?=[/A-Za-z])")
# Entities, anchors and links, which only the scanner's own function handles.
_MARKUP = re.compile(r"&[#A-Za-z]|\{\#|\]\(")


@cache
def _scanner() -> Any:
    from licenseclassifier._engine import builtin_scanner

    scanner: Any = builtin_scanner()
    scanner.dict.split = make_splitter(scanner.dict)
    return scanner


def make_splitter(dictionary: Any) -> Callable[[str], Words]:
    """Make a faster version of the scanner's `dictionary.split`, which takes half of a scan's time.

    Texts that are not ASCII, or have markup other than tags, are left to the scanner's function.
    """
    from licenseclassifier._engine.dictionary import _CANON, BAD_WORD, _html_tag_size

    split: Callable[[str], Words] = dictionary.split
    numbers = {word: number for number, word in enumerate(dictionary.words())}
    copyright = numbers["copyright"]
    alike = {**_CANON, "https": "http"}
    numbers |= {word: numbers[other] for word, other in alike.items() if other in numbers}

    def quick_split(text: str) -> Words:
        if not text.isascii() or _MARKUP.search(text):
            return split(text)
        end = 0
        for tag in _MAYBE_TAG.finditer(text):
            start = tag.start()
            if start >= end and (size := _html_tag_size(text, start)):
                end = start + size
                text = f"{text[:start]}{'<' * size}{text[end:]}"
        words: Words = []
        last = None
        for match in _WORD.finditer(text):
            word = match[0].lower()
            start, end = match.span()
            if word == "c" and text[start - 1 : start] == "(" and text[end : end + 1] == ")":
                number, start, end = copyright, start - 1, end + 1
            else:
                if word[-1] == ")":
                    word = word[:-3] + "s"
                number = numbers.get(word, BAD_WORD)
            if number != copyright or last != copyright:  # "Copyright (c)" is one word
                words.append((number, start, end))
                last = number
        return words

    return quick_split


@cache
def _expression(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    return read_declaration(name) or f"LicenseRef-{name}"
