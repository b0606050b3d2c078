"""A declaration of a licence becomes an SPDX expression in one spelling, or nothing."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpusforge.licensing.expression import parse_expression, read_declaration


@pytest.mark.parametrize(
    ("declared", "expression"),
    [
        ("MIT", "MIT"),
        ("mit", "MIT"),
        ("  Apache 2 ", "Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("GPL-3.0", "GPL-3.0-only"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("Apache-2.0+", "Apache-2.0"),
        ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
        ("Apache 2.0 OR MIT", "Apache-2.0 OR MIT"),
        ("(MIT)", "MIT"),
        ("Apache-2.0 AND (MIT OR BSD-3-Clause)", "Apache-2.0 AND (MIT OR BSD-3-Clause)"),
        (
            "GPL-2.0-with-classpath-exception",
            "GPL-2.0-only WITH Classpath-exception-2.0",
        ),
        (
            "MIT AND Apache-2.0 WITH LLVM-exception",
            "MIT AND Apache-2.0 WITH LLVM-exception",
        ),
        ("UNLICENSED", "LicenseRef-proprietary"),
        ("BSD", "LicenseRef-unspecified-BSD"),
        ("LicenseRef-x", "LicenseRef-x"),
        ("License :: OSI Approved :: MIT License", "MIT"),
        ("License :: OSI Approved :: BSD License", "LicenseRef-unspecified-BSD"),
        ('["License :: OSI Approved", "License :: OSI Approved :: MIT License"]', "MIT"),
        ('["MIT", "Apache-2.0"]', "MIT AND Apache-2.0"),
        ('["MIT OR ISC", "Zlib"]', "(MIT OR ISC) AND Zlib"),
        ('{"any": ["MIT", "Apache 2.0"]}', "MIT OR Apache-2.0"),
    ],
)
def test_declarations_in_use_are_read(declared: str, expression: str) -> None:
    """Current, deprecated and informal names become current SPDX."""
    assert read_declaration(declared) == expression


@pytest.mark.parametrize(
    "declared",
    [
        "",
        "NONE",
        "NOASSERTION",
        "MIT OR NOASSERTION",
        "MIT and",
        "MIT MIT",
        "() OR (MIT)",
        "(AND MIT",
        "see LICENSE",
        "[]",
        '["MIT", 7]',
        '["MIT", ""]',
        "[1",
        "{1",
        '{"some": ["MIT"]}',
        '{"any": ["MIT", "see LICENSE"]}',
        '{"any": "MIT"}',
        "License :: OSI Approved",
        "License :: Nobody :: Knows",
        '["License :: OSI Approved :: MIT License", "License :: OSI Approved :: BSD License"]',
    ],
)
def test_what_says_nothing_is_nothing(declared: str) -> None:
    """Several classifiers may mean a choice or a combination."""
    assert read_declaration(declared) is None


@given(st.text(max_size=60))
@example("+")
@settings(deadline=None, max_examples=50)
def test_no_declaration_breaks_the_reader(declared: str) -> None:
    """For any text, the result is an expression that parses, or nothing."""
    expression = read_declaration(declared)
    assert expression is None or parse_expression(expression) is not None


@given(
    st.recursive(
        st.sampled_from(["MIT", "ISC", "GPL-2.0-only", "LicenseRef-x"]),
        lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        max_leaves=6,
    )
)
@settings(deadline=None, max_examples=50)
def test_reading_twice_changes_nothing(declared: str) -> None:
    """A read expression is in its final spelling."""
    once = read_declaration(declared)
    assert once is not None
    assert read_declaration(once) == once
