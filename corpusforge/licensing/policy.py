"""Decides by a policy whether an SPDX expression is allowed, denied or unknown."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

from license_expression import LicenseWithExceptionSymbol

from corpusforge.config import LicenseConfig
from corpusforge.errors import ConfigError
from corpusforge.license_families import (
    LINKING_EXCEPTIONS,
    UNSPECIFIED_BSD,
    Family,
    family_of,
)
from corpusforge.licensing.expression import PARSER_LOCK, parse_expression, read_declaration, spdx

# The licence of an override that takes a licence away.
NO_LICENSE = "NONE"


class Answer(IntEnum):
    """A decision; OR takes the greatest, AND the least."""

    DENY = 0
    UNKNOWN = 1
    ALLOW = 2


_COPYLEFT = frozenset({Family.STRONG_COPYLEFT, Family.NETWORK_COPYLEFT})


@dataclass(frozen=True)
class Decision:
    """The decision about one expression."""

    answer: Answer
    taken: str  # the expression, with each OR replaced by the alternative that was taken
    because: str  # the part that decided


_NO_LICENCE = Decision(Answer.UNKNOWN, "", "no licence")


@cache
def decide(expression: str | None, config: LicenseConfig) -> Decision:
    """Decide about an expression that `read_declaration` returned."""
    if expression is None:
        return _NO_LICENCE
    with PARSER_LOCK:
        tree = parse_expression(expression)
        return _NO_LICENCE if tree is None else _decide(tree, config)


def _decide(tree: Any, config: LicenseConfig) -> Decision:
    licensing = spdx()
    if isinstance(tree, licensing.OR):
        # `max` returns the first of the best, so the author's order decides.
        return max((_decide(part, config) for part in tree.args), key=lambda one: one.answer)
    if isinstance(tree, licensing.AND):
        parts = [_decide(part, config) for part in tree.args]
        worst = min(parts, key=lambda one: one.answer)
        taken = " AND ".join(
            f"({part.taken})" if " OR " in part.taken else part.taken for part in parts
        )
        return Decision(worst.answer, taken, worst.because)
    return _decide_one(tree, config)


def _decide_one(symbol: Any, config: LicenseConfig) -> Decision:
    name = symbol.render()
    if isinstance(symbol, LicenseWithExceptionSymbol):
        key, exception = symbol.license_symbol.key, symbol.exception_symbol.key
    else:
        key, exception = symbol.key, None
    rules = _rules(config)
    if {name, key} & rules.deny:
        return Decision(Answer.DENY, name, f"{name} is denied by name")
    if name in rules.allow or (exception is None and key in rules.allow):
        return Decision(Answer.ALLOW, name, f"{name} is allowed by name")
    if exception in rules.exceptions:
        return Decision(Answer.ALLOW, name, f"{exception} is allowed by name")
    family = family_of(key)
    if family in _COPYLEFT and exception in LINKING_EXCEPTIONS:
        family = Family.WEAK_COPYLEFT
    if family is None or key == UNSPECIFIED_BSD:
        return Decision(Answer.UNKNOWN, name, f"{name} is not known")
    answer = Answer.ALLOW if family in rules.families else Answer.DENY
    return Decision(answer, name, f"{name} is {family}")


@dataclass(frozen=True)
class _Rules:
    """A policy with its names in current SPDX spelling."""

    families: frozenset[Family]
    allow: frozenset[str]
    deny: frozenset[str]
    exceptions: frozenset[str]


@cache
def _rules(config: LicenseConfig) -> _Rules:
    policy = config.full_policy
    return _Rules(
        frozenset(map(Family, policy.families)),
        _ids((*config.allow, *policy.allow)),
        _ids((*config.deny, *policy.deny)),
        frozenset(policy.exceptions),
    )


def check_policy(config: LicenseConfig) -> None:
    """Check that the licences, families and exceptions that a policy names exist.

    Raises:
        ConfigError: a name is not SPDX's, not in common use and not a LicenseRef.
    """
    policy = config.full_policy
    for family in policy.families:
        if family not in list(Family):
            raise _no_such("family of licences", "license.policy: families", family, Family)
    for exception in policy.exceptions:
        exceptions = [key for key, one in spdx().known_symbols.items() if one.is_exception]
        if exception not in exceptions:
            raise _no_such("exception", "license.policy: exceptions", exception, exceptions)
    overrides = (override.license for override in policy.overrides)
    for name in (*config.allow, *config.deny, *policy.allow, *policy.deny, *overrides):
        if name != NO_LICENSE:
            check_license(name, where="license.allow, license.deny, overrides")


def check_license(expression: str, *, where: str) -> None:
    """Check that the licences of an expression that a person typed exist.

    Raises:
        ConfigError: it is not an expression, or a name is not SPDX's, not in common use and not a
            LicenseRef.
    """
    read = read_declaration(expression)
    with PARSER_LOCK:
        known = spdx().known_symbols
        keys = [expression] if read is None else spdx().license_keys(parse_expression(read))
    wrong = [key for key in keys if key not in known and not key.startswith("LicenseRef-")]
    if read is None or wrong:
        raise _no_such("licence", where, wrong[0] if wrong else expression, known)


def _no_such(what: str, where: str, got: str, known: Iterable[str]) -> ConfigError:
    known = list(known)
    near = difflib.get_close_matches(got, known, n=1)
    expected = ", ".join(known) if len(known) < 20 else "an SPDX identifier (spdx.org/licenses)"
    return ConfigError(
        f"no such {what}",
        where=where,
        got=got,
        expected=f"{expected}, or LicenseRef-…" if what == "licence" else expected,
        do=f'did you mean "{near[0]}"?' if near else "",
    )


def _ids(names: tuple[str, ...]) -> frozenset[str]:
    """Return identifiers as typed, and in their current spelling."""
    return frozenset(names) | {read_declaration(name) or name for name in names}
