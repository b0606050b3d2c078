"""What a policy says to an SPDX expression: allow, deny, or unknown; never allowed by default."""

import difflib
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

from license_expression import LicenseWithExceptionSymbol

from corpusforge.config import LicenseConfig
from corpusforge.errors import ConfigError
from corpusforge.licensing.expression import PARSER_LOCK, parse_expression, read_declaration, spdx
from corpusforge.licensing.families import (
    LINKING_EXCEPTIONS,
    UNSPECIFIED_BSD,
    Family,
    family_of,
)


class Answer(IntEnum):
    """Three-valued: OR takes the greatest, AND the least."""

    DENY = 0
    UNKNOWN = 1
    ALLOW = 2


_POLICIES = {
    "permissive": frozenset({Family.PUBLIC_DOMAIN, Family.PERMISSIVE}),
    "weak-copyleft": frozenset({Family.PUBLIC_DOMAIN, Family.PERMISSIVE, Family.WEAK_COPYLEFT}),
    "any": frozenset(Family),
}
_COPYLEFT = frozenset({Family.STRONG_COPYLEFT, Family.NETWORK_COPYLEFT})


@dataclass(frozen=True)
class Decision:
    """What is done with documents under one expression."""

    answer: Answer
    taken: str  # the expression, with the alternative that was taken in place of each OR
    because: str  # the part that decided


_NO_LICENCE = Decision(Answer.UNKNOWN, "", "no licence")


@cache
def decide(expression: str | None, config: LicenseConfig) -> Decision:
    """Decide about one expression, as `read_declaration` gives it."""
    if expression is None:
        return _NO_LICENCE
    with PARSER_LOCK:
        tree = parse_expression(expression)
        return _NO_LICENCE if tree is None else _decide(tree, config)


def _decide(tree: Any, config: LicenseConfig) -> Decision:
    licensing = spdx()
    if isinstance(tree, licensing.OR):
        # The first of the best, so that the choice is the author's order.
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
    if {name, key} & _ids(config.deny):
        return Decision(Answer.DENY, name, f"{name} is denied by name")
    if name in _ids(config.allow) or (exception is None and key in _ids(config.allow)):
        return Decision(Answer.ALLOW, name, f"{name} is allowed by name")
    family = family_of(key)
    if family in _COPYLEFT and exception in LINKING_EXCEPTIONS:
        family = Family.WEAK_COPYLEFT
    if family is None or key == UNSPECIFIED_BSD:
        return Decision(Answer.UNKNOWN, name, f"{name} is not known")
    answer = Answer.ALLOW if family in _POLICIES[config.policy] else Answer.DENY
    return Decision(answer, name, f"{name} is {family}")


def check_names(config: LicenseConfig) -> None:
    """Test that the licences a policy names are ones that documents can have.

    Raises:
        ConfigError: a name is neither SPDX's, nor in use, nor a LicenseRef.
    """
    for name in (*config.allow, *config.deny):
        tree = parse_expression(read_declaration(name) or name)
        if tree is None or any(
            key not in spdx().known_symbols and not key.startswith("LicenseRef-")
            for key in spdx().license_keys(tree)
        ):
            near = difflib.get_close_matches(name, list(spdx().known_symbols), n=1)
            raise ConfigError(
                "a licence that nobody knows",
                where="license.allow, license.deny",
                got=name,
                expected="an SPDX identifier (spdx.org/licenses) or LicenseRef-…",
                do=f'did you mean "{near[0]}"?' if near else "",
            )


@cache
def _ids(names: tuple[str, ...]) -> frozenset[str]:
    """Identifiers as typed, and as they are spelled today."""
    return frozenset(names) | {read_declaration(name) or name for name in names}
