"""The license fact says which expression stands for a document, and what says so."""

import pyarrow as pa
import pytest

from corpusforge.facts.license import LicenseFact, find_tag


def _fact(*documents: tuple[str, str | None]) -> list[dict[str, object]]:
    texts, declared = zip(*documents, strict=True)
    table = pa.table({"text": texts, "license": pa.array(declared, pa.string())})
    return list(LicenseFact().compute(table).to_pylist())


def test_what_a_source_declares_is_the_expression() -> None:
    """The declaration is quoted as evidence; one that nobody can read is none."""
    first, second, third = _fact(("a", "Apache 2"), ("b", None), ("c", "see LICENSE"))
    assert first["expression"] == "Apache-2.0"
    assert first["evidence"] == "declared: Apache 2"
    assert first["confidence"] == pytest.approx(0.9)
    assert [row["expression"] for row in (second, third)] == [None, None]
    assert [row["confidence"] for row in (second, third)] == [0.0, 0.0]


def test_a_tag_is_stronger_and_a_conflict_is_kept() -> None:
    """What was declared stands in `conflict` when the tag says otherwise."""
    tagged, agreed = _fact(
        ("# SPDX-License-Identifier: GPL-2.0\n", "MIT"),
        ("// SPDX-License-Identifier: MIT\n", "MIT"),
    )
    assert tagged["expression"] == "GPL-2.0-only"
    assert tagged["evidence"] == "SPDX tag: line 1"
    assert tagged["conflict"] == "declared: MIT"
    assert agreed["conflict"] is None
    assert agreed["confidence"] == 1.0


def test_rows_without_a_tag_keep_their_places() -> None:
    """Tags of some rows do not move the others."""
    rows = _fact(
        ("x", "MIT"),
        ("# SPDX-License-Identifier: ISC", None),
        ("y", "Zlib"),
        ("# SPDX-License-Identifier: 0BSD", "MIT"),
    )
    assert [row["expression"] for row in rows] == ["MIT", "ISC", "Zlib", "0BSD"]


def test_an_empty_file_is_an_empty_fact() -> None:
    """No rows in, no rows out."""
    table = pa.table({"text": pa.array([], pa.string()), "license": pa.array([], pa.string())})
    assert LicenseFact().compute(table).num_rows == 0


@pytest.mark.parametrize(
    ("head", "tag"),
    [
        ("# SPDX-License-Identifier: MIT", ("MIT", 1)),
        ("#!/bin/sh\n\n#  SPDX-License-Identifier: MIT OR ISC\n", ("MIT OR ISC", 3)),
        ("/* SPDX-License-Identifier: MIT */\n", ("MIT", 1)),
        (" * SPDX-License-Identifier: MIT\n", ("MIT", 1)),
        ("<!-- SPDX-License-Identifier: MIT -->", ("MIT", 1)),
        (".. SPDX-License-Identifier: MIT\r\n", ("MIT", 1)),
        ("-- SPDX-License-Identifier: (MIT)", ("MIT", 1)),
        (
            "# SPDX-License-Identifier: MIT\n# SPDX-License-Identifier: ISC\n",
            ("MIT AND ISC", 1),
        ),
        ('text = "SPDX-License-Identifier: MIT"\n', None),
        ('TEMPLATE = """\nSPDX-License-Identifier: MIT\n"""', None),
        ("Write `SPDX-License-Identifier: MIT` at the top.", None),
        ("# SPDX-License-Identifier: whatever you like", None),
        ("\n" * 50 + "# SPDX-License-Identifier: MIT\n", None),
    ],
)
def test_only_the_files_own_tag_counts(head: str, tag: tuple[str, int] | None) -> None:
    """A tag stands in a comment near the top, alone on its line; a quoted one is text."""
    assert find_tag(head) == tag
