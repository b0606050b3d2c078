"""A policy allows or denies a licence, or does not know it; nothing is allowed by default."""

import pytest

from corpusforge.config import LicenseConfig
from corpusforge.errors import ConfigError
from corpusforge.license_families import family_of
from corpusforge.licensing.expression import read_declaration
from corpusforge.licensing.policy import Answer, check_license, check_policy, decide

PERMISSIVE = LicenseConfig()


@pytest.mark.parametrize(
    ("expression", "answer", "taken"),
    [
        ("MIT", Answer.ALLOW, "MIT"),
        ("MIT OR GPL-3.0-only", Answer.ALLOW, "MIT"),
        ("GPL-3.0-only OR MIT", Answer.ALLOW, "MIT"),
        ("MIT AND GPL-2.0-only", Answer.DENY, "MIT AND GPL-2.0-only"),
        ("GPL-3.0-only OR LicenseRef-x", Answer.UNKNOWN, "LicenseRef-x"),
        ("MIT AND LicenseRef-x", Answer.UNKNOWN, "MIT AND LicenseRef-x"),
        ("GPL-2.0-only AND LicenseRef-x", Answer.DENY, "GPL-2.0-only AND LicenseRef-x"),
        ("Apache-2.0 AND (GPL-2.0-only OR ISC)", Answer.ALLOW, "Apache-2.0 AND ISC"),
        (
            "GPL-2.0-or-later WITH Classpath-exception-2.0",
            Answer.DENY,
            "GPL-2.0-or-later WITH Classpath-exception-2.0",
        ),
        ("Apache-2.0 WITH LLVM-exception", Answer.ALLOW, "Apache-2.0 WITH LLVM-exception"),
        ("CC-BY-NC-4.0", Answer.DENY, "CC-BY-NC-4.0"),
        ("LicenseRef-proprietary", Answer.DENY, "LicenseRef-proprietary"),
        ("LicenseRef-unspecified-BSD", Answer.UNKNOWN, "LicenseRef-unspecified-BSD"),
        ("Not-On-The-List", Answer.UNKNOWN, "Not-On-The-List"),
        ("", Answer.UNKNOWN, ""),
        (None, Answer.UNKNOWN, ""),
    ],
)
def test_the_permissive_policy(expression: str | None, answer: Answer, taken: str) -> None:
    """OR takes the best alternative and says which, AND the worst part."""
    decision = decide(expression, PERMISSIVE)
    assert (decision.answer, decision.taken) == (answer, taken)


def test_weak_copyleft_takes_what_linking_exceptions_free() -> None:
    """The GPL with a linking exception is weak copyleft; the GPL without one is not."""
    weak = LicenseConfig(policy="weak-copyleft")
    assert decide("GPL-2.0-only WITH Classpath-exception-2.0", weak).answer is Answer.ALLOW
    assert decide("GPL-2.0-only WITH Bison-exception-2.2", weak).answer is Answer.DENY
    assert decide("MPL-2.0", weak).answer is Answer.ALLOW


def test_any_policy_still_does_not_know_the_unknown() -> None:
    """A policy that allows every family still does not allow an unknown licence."""
    everything = LicenseConfig(policy="any")
    assert decide("AGPL-3.0-only", everything).answer is Answer.ALLOW
    assert decide("LicenseRef-x", everything).answer is Answer.UNKNOWN
    assert decide(None, everything).answer is Answer.UNKNOWN


def test_names_are_stronger_than_families_and_deny_than_allow() -> None:
    """Informal names work too."""
    config = LicenseConfig(allow=("BSD", "LicenseRef-x", "GPL-3.0"), deny=("MIT", "GPL-3.0-only"))
    assert decide("LicenseRef-unspecified-BSD", config).answer is Answer.ALLOW
    assert decide("LicenseRef-x", config).answer is Answer.ALLOW
    assert decide("MIT", config).answer is Answer.DENY
    assert decide("GPL-3.0-only", config).answer is Answer.DENY


def test_a_name_allowed_does_not_allow_it_with_an_exception() -> None:
    """`A WITH B` is another licence than A."""
    config = LicenseConfig(allow=("GPL-2.0-only",))
    assert decide("GPL-2.0-only", config).answer is Answer.ALLOW
    assert decide("GPL-2.0-only WITH Bison-exception-2.2", config).answer is Answer.DENY


def test_every_identifier_of_the_table_is_spdx() -> None:
    """A name outside the SPDX list would never match."""
    from license_expression import get_spdx_licensing

    from corpusforge.license_families import _by_id

    spdx = get_spdx_licensing()
    ids = [id for id in _by_id() if not id.startswith("LicenseRef-")]
    assert len(ids) > 200
    assert [id for id in ids if str(spdx.parse(id)) != id or spdx.unknown_license_keys(id)] == []
    assert family_of("MIT") == "permissive"


@pytest.mark.parametrize("name", ["NotALicense", "MTI", "", "MIT OR Foo"])
def test_a_policy_that_names_no_licence_is_an_error(name: str) -> None:
    """A mistyped denial would deny nothing."""
    with pytest.raises(ConfigError, match="no such licence"):
        check_policy(LicenseConfig(deny=(name,)))


def test_a_policy_may_name_what_is_in_use() -> None:
    """SPDX identifiers in any spelling, informal names, references, licences with exceptions."""
    names = ("mit", "Apache 2", "BSD", "LicenseRef-x", "GPL-2.0-only WITH Classpath-exception-2.0")
    check_policy(LicenseConfig(allow=names))


@pytest.mark.parametrize(
    "expression",
    [
        "MIT",
        "cc-by-4.0",
        "MIT OR Apache-2.0",
        "MIT/Apache-2.0",
        "(MIT AND BSD-3-Clause)",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "GPL-3.0+",
        "LicenseRef-acme",
        "MIT OR LicenseRef-acme",
    ],
)
def test_a_licence_that_there_is_passes(expression: str) -> None:
    """Expressions, in common spellings, and references."""
    check_license(expression, where="here")


@pytest.mark.parametrize(
    ("expression", "got", "hint"),
    [
        ("MIT OR Apach-2.0", "Apach-2.0", 'did you mean "Apache-2.0"?'),
        ("MIT WITH LVM-exception", "LVM-exception", 'did you mean "LLVM-exception"?'),
        ("openrail", "openrail", ""),
        ("LicenseRef-a LicenseRef-b", "LicenseRef-a LicenseRef-b", ""),
        ("MIT OR", "MIT OR", ""),
    ],
)
def test_a_licence_that_there_is_not_is_named(expression: str, got: str, hint: str) -> None:
    """The error names the wrong part of the expression, and the nearest licence."""
    with pytest.raises(ConfigError, match="no such licence") as error:
        check_license(expression, where="here")
    assert (error.value.where, error.value.got) == ("here", got)
    assert hint in error.value.do


# What people write, and the decision of the permissive policy.
ODD = """
allow    MIT OR GPL-3.0
deny     GPL-2.0-or-later WITH Classpath-exception-2.0
unknown  GPL-3.0-only OR LicenseRef-x
unknown  BSD
unknown  License :: OSI Approved :: BSD License
allow    Apache 2
deny     GPL-3.0
allow    MIT/Apache-2.0
unknown  ["License :: OSI Approved :: MIT License", "License :: OSI Approved :: BSD License"]
deny     UNLICENSED
deny     CC-BY-NC-4.0
allow    mit
allow    (MIT)
allow    ((MIT AND ISC) OR GPL-2.0)
allow    Apache License, Version 2.0
allow    Apache-2.0+
allow    Apache-2.0 WITH LLVM-exception
allow    CC0-1.0
allow    Unlicense
allow    WTFPL
allow    public domain
allow    PSF
allow    BSD-3-Clause-Clear
allow    Python-2.0
allow    Artistic-1.0 OR GPL-1.0-or-later
deny     MIT AND GPL-2.0+
deny     GPLv2+
deny     LGPL-2.1
deny     LGPLv3+
deny     MPL 2.0
deny     EPL-2.0
deny     AGPL-3.0
deny     SSPL-1.0
deny     BUSL-1.1
deny     CC-BY-ND-4.0
deny     CC-BY-SA-4.0
deny     Proprietary
deny     GPL-2.0-with-classpath-exception
deny     ["MIT", "GPL-3.0"]
allow    ["MIT", "ISC"]
unknown  NONE
unknown  NOASSERTION
unknown  MIT OR NOASSERTION
unknown  see LICENSE
unknown  MIT and
unknown  MIT MIT
unknown  LicenseRef-anything
unknown  Commercial, ask us
unknown  MIT AND LicenseRef-x
allow    MIT OR LicenseRef-x
unknown  []
unknown  N/A
unknown  ???
"""


@pytest.mark.parametrize("line", ODD.strip().splitlines())
def test_odd_strings_come_to_the_right_decision(line: str) -> None:
    """An expression that cannot be read is never allowed."""
    answer, _, declared = line.partition(" ")
    decision = decide(read_declaration(declared.strip()), PERMISSIVE)
    assert decision.answer.name.lower() == answer
