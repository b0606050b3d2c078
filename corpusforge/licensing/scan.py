"""The texts and standard headers of licences that stand in a text, by `licenseclassifier`.

It is Google's licensecheck in Python: word patterns of some 700 texts, matched leftmost-longest.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from corpusforge.licensing.expression import read_declaration

# Its names for what SPDX has no identifier for, or several.
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
# Say something beside a licence, and change what it allows no further.
_PASSED_OVER = frozenset({"GooglePatentClause", "GooglePatentsFile"})


@dataclass(frozen=True)
class Match:
    """A licence that was recognised: characters from `start` to `end` of the text."""

    expression: str
    start: int
    end: int
    is_link: bool  # the address of a licence alone


@dataclass(frozen=True)
class Scan:
    """All licences of a text, in order, and the share of its words that they are, 0 to 1."""

    matches: tuple[Match, ...]
    coverage: float


def scan(text: str) -> Scan:
    """Find licences in a text without comment leaders; some milliseconds for a head of a file."""
    found = _scanner().scan(text)
    matches = tuple(
        Match(_expression(match.id), match.start, match.end, match.is_url)
        for match in found.match
        if match.id not in _PASSED_OVER
    )
    return Scan(matches, found.percent / 100)


@cache
def _scanner() -> Any:
    from licenseclassifier._engine import builtin_scanner

    return builtin_scanner()


@cache
def _expression(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    return read_declaration(name) or f"LicenseRef-{name}"
