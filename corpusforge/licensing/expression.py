"""Reads declarations of licences as SPDX expressions in one spelling."""

import json
import re
from functools import cache
from threading import RLock
from typing import Any

from license_expression import (
    ExpressionError,
    LicenseSymbol,
    LicenseWithExceptionSymbol,
    get_spdx_licensing,
)

from corpusforge.license_families import (
    PROPRIETARY,
    PUBLIC_DOMAIN,
    UNSPECIFIED,
    UNSPECIFIED_BSD,
    UNSPECIFIED_GPL,
    UNSPECIFIED_LGPL,
)

_CLASSIFIER = "License :: "

# Names in use that are not SPDX identifiers, in lower case.
_INFORMAL = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache2": "Apache-2.0",
    "apache license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license v2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "bsd": UNSPECIFIED_BSD,
    "bsd license": UNSPECIFIED_BSD,
    "bsd-like": UNSPECIFIED_BSD,
    "bsd-2": "BSD-2-Clause",
    "bsd 2-clause": "BSD-2-Clause",
    "2-clause bsd": "BSD-2-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "simplified bsd": "BSD-2-Clause",
    "bsd-3": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd (3-clause)": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "modified bsd license": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "new bsd license": "BSD-3-Clause",
    "boost software license 1.0": "BSL-1.0",
    "cc0": "CC0-1.0",
    "cc0 1.0": "CC0-1.0",
    "expat": "MIT",
    "expat license": "MIT",
    "gpl-2.0-with-classpath-exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "gpl-2.0-with-gcc-exception": "GPL-2.0-only WITH GCC-exception-2.0",
    "gpl-3.0-with-gcc-exception": "GPL-3.0-only WITH GCC-exception-3.1",
    "gpl": UNSPECIFIED_GPL,
    "gplv2": "GPL-2.0-only",
    "gpl-2": "GPL-2.0-only",
    "gplv2+": "GPL-2.0-or-later",
    "gpl-2+": "GPL-2.0-or-later",
    "gplv3": "GPL-3.0-only",
    "gpl-3": "GPL-3.0-only",
    "gplv3+": "GPL-3.0-or-later",
    "gpl-3+": "GPL-3.0-or-later",
    "agplv3": "AGPL-3.0-only",
    "agplv3+": "AGPL-3.0-or-later",
    "isc license": "ISC",
    "lgpl": UNSPECIFIED_LGPL,
    "lgplv2": "LGPL-2.0-only",
    "lgplv2+": "LGPL-2.0-or-later",
    "lgplv2.1": "LGPL-2.1-only",
    "lgpl-2.1+": "LGPL-2.1-or-later",
    "lgplv3": "LGPL-3.0-only",
    "lgplv3+": "LGPL-3.0-or-later",
    "mit license": "MIT",
    "the mit license": "MIT",
    "mit-license": "MIT",
    "mpl 2.0": "MPL-2.0",
    "mpl-2": "MPL-2.0",
    "mozilla public license 2.0": "MPL-2.0",
    "proprietary": PROPRIETARY,
    "psf": "PSF-2.0",
    "psfl": "PSF-2.0",
    "psf license": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
    "public domain": PUBLIC_DOMAIN,
    "public-domain": PUBLIC_DOMAIN,
    "the unlicense": "Unlicense",
    "unlicensed": PROPRIETARY,  # npm's word for "no licence is given"
    "zlib license": "Zlib",
    "zpl 2.1": "ZPL-2.1",
}

# Trove classifiers of Python packages; those that stand for several licences are left out.
_CLASSIFIERS = {
    "OSI Approved :: Academic Free License (AFL)": "AFL-3.0",
    "OSI Approved :: Apache Software License": "Apache-2.0",
    "OSI Approved :: Artistic License": "Artistic-2.0",
    "OSI Approved :: BSD License": UNSPECIFIED_BSD,
    "OSI Approved :: Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "OSI Approved :: Eclipse Public License 1.0 (EPL-1.0)": "EPL-1.0",
    "OSI Approved :: Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "OSI Approved :: GNU Affero General Public License v3": "AGPL-3.0-only",
    "OSI Approved :: GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "OSI Approved :: GNU General Public License (GPL)": UNSPECIFIED_GPL,
    "OSI Approved :: GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "OSI Approved :: GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "OSI Approved :: GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "OSI Approved :: GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "OSI Approved :: GNU Library or Lesser General Public License (LGPL)": UNSPECIFIED_LGPL,
    "OSI Approved :: GNU Lesser General Public License v2 (LGPLv2)": "LGPL-2.0-only",
    "OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "OSI Approved :: GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "OSI Approved :: Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "OSI Approved :: ISC License (ISCL)": "ISC",
    "OSI Approved :: MIT License": "MIT",
    "OSI Approved :: MIT No Attribution License (MIT-0)": "MIT-0",
    "OSI Approved :: Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "OSI Approved :: Python Software Foundation License": "PSF-2.0",
    "OSI Approved :: The Unlicense (Unlicense)": "Unlicense",
    "OSI Approved :: Universal Permissive License (UPL)": "UPL-1.0",
    "OSI Approved :: W3C License": "W3C",
    "OSI Approved :: Zero-Clause BSD (0BSD)": "0BSD",
    "OSI Approved :: Zope Public License": "ZPL-2.1",
    "OSI Approved :: zlib/libpng License": "Zlib",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "Other/Proprietary License": PROPRIETARY,
    "Public Domain": PUBLIC_DOMAIN,
}

_IDENTIFIER = re.compile(r"[A-Za-z0-9.:-]+")
# "MIT/Apache-2.0": Cargo's old notation for a choice.
_SLASHED = re.compile(r"[\w.+-]+(?:/[\w.+-]+)+")

# license-expression's parser has state, and stages run in threads: hold this lock to use it.
# Results are cached, so each distinct declaration or decision takes it once.
PARSER_LOCK = RLock()


@cache
def spdx() -> Any:
    """Load the SPDX list, which takes some 30 ms. Hold `PARSER_LOCK` to use it."""
    return get_spdx_licensing()


@cache
def read_declaration(declared: str) -> str | None:
    """Read a declaration as an SPDX expression in one spelling; None if it names no licence.

    A declaration is an expression, a name in use, a Trove classifier, or a JSON list of these. A
    list is read as AND, and `{"any": [...]}` as OR. Several classifiers name no licence, since
    they are used for choices and for combinations alike. Identifiers outside the SPDX list stay
    in the expression; no policy has them.
    """
    if declared.lstrip().startswith(("[", "{")):
        try:
            values = json.loads(declared)
        except ValueError:
            return None
        if isinstance(values, dict) and values.keys() == {"any"}:
            return _read_list(values["any"], "OR")
        return _read_list(values, "AND")
    if declared.startswith(_CLASSIFIER):
        return _CLASSIFIERS.get(declared.removeprefix(_CLASSIFIER))
    with PARSER_LOCK:
        return _read_expression(declared.strip())


def parse_expression(expression: str) -> Any:
    """Parse an expression; None if it is not one, or has NONE or NOASSERTION in it."""
    try:
        tree = spdx().parse(expression)
    except (ExpressionError, AttributeError, IndexError, AssertionError):
        # The last three are defects of the library for some operators without operands.
        return None
    if tree is None or tree.objects & {"NONE", "NOASSERTION"}:
        return None
    return tree


def is_vague(expression: str | None) -> bool:
    """Whether an expression is unknown, or names a licence without its version or variant."""
    return expression is None or UNSPECIFIED in expression


@cache
def identifiers(expression: str) -> frozenset[str]:
    """Collect the licences of an expression, without `-only`, `-or-later` and exceptions."""
    with PARSER_LOCK:
        tree = parse_expression(expression)
        keys = [] if tree is None else spdx().license_keys(tree)
    exceptions = {key for key in keys if "exception" in key.lower()}
    return frozenset(
        key.removesuffix("-only").removesuffix("-or-later") for key in keys if key not in exceptions
    )


def _read_list(values: Any, operator: str) -> str | None:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    classifiers = [value for value in values if value.startswith(_CLASSIFIER)]
    # These name no licence.
    empty = {"License :: OSI Approved", "License :: DFSG approved", "License :: Freeware"}
    named = [value for value in values if value not in empty]
    if not named or (classifiers and len(named) > 1):
        return None
    read = [read_declaration(value) for value in named]
    if any(expression is None for expression in read):
        return None
    with PARSER_LOCK:
        return _read_expression(f" {operator} ".join(f"({expression})" for expression in read))


def _read_expression(text: str) -> str | None:
    if informal := _INFORMAL.get(text.lower()):
        return informal
    if _SLASHED.fullmatch(text):
        text = " OR ".join(text.split("/"))
    tree = parse_expression(text)
    if tree is None:
        return None
    tree = tree.subs(_spelled(tree))
    if not all(_IDENTIFIER.fullmatch(name) for name in spdx().license_keys(tree)):
        return None  # a phrase such as "see LICENSE"
    return str(tree.render())


def _spelled(tree: Any) -> dict[Any, Any]:
    """Map a tree's symbols that are names in use, or end in a plus, to current ones."""
    known = spdx().known_symbols
    return {
        symbol: known.get(spelling) or LicenseSymbol(spelling)
        for symbol in tree.symbols
        if not isinstance(symbol, LicenseWithExceptionSymbol)
        and symbol.key not in known
        and (spelling := _current_spelling(symbol.key)) != symbol.key
    }


def _current_spelling(key: str) -> str:
    # `-or-later` of a licence without such an identifier never narrows what the licence allows.
    return _INFORMAL.get(key.lower()) or key.removesuffix("+") or key
