"""The license fact has the expression of each document, and the evidence for it."""

from collections.abc import Sequence

import pyarrow as pa
import pytest

from corpusforge.facts.license import LicenseFact


def _table(documents: Sequence[tuple[str, str | None]]) -> pa.Table:
    columns = {
        "text": [text for text, _ in documents],
        "license": [declared for _, declared in documents],
        "path": [None] * len(documents),
        "repository": [None] * len(documents),
        "language": ["python"] * len(documents),
    }
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _fact(*documents: tuple[str, str | None]) -> list[dict[str, object]]:
    return list(LicenseFact().compute(_table(documents)).to_pylist())


def test_what_a_source_declares_is_the_expression() -> None:
    """The declaration is quoted as evidence; one that cannot be read is ignored."""
    first, second, third = _fact(("a", "Apache 2"), ("b", None), ("c", "see LICENSE"))
    assert first["expression"] == "Apache-2.0"
    assert first["evidence"] == "declared: Apache 2"
    assert first["confidence"] == pytest.approx(0.9)
    assert [row["expression"] for row in (second, third)] == [None, None]
    assert [row["confidence"] for row in (second, third)] == [0.0, 0.0]


def test_a_tag_is_stronger_and_a_conflict_is_kept() -> None:
    """The declaration is in `conflict` if the tag contradicts it."""
    tagged, agreed = _fact(
        ("# SPDX-License-Identifier: GPL-2.0\n", "MIT"),
        ("// SPDX-License-Identifier: MIT\n", "MIT"),
    )
    assert tagged["expression"] == "GPL-2.0-only"
    assert tagged["evidence"] == "SPDX tag: line 1"
    assert tagged["conflict"] == "MIT by declared: MIT"
    assert agreed["conflict"] is None
    assert agreed["confidence"] == 1.0


def test_rows_without_a_tag_keep_their_places() -> None:
    """Results stay with their rows."""
    rows = _fact(
        ("x", "MIT"),
        ("# SPDX-License-Identifier: ISC", None),
        ("y", "Zlib"),
        ("# SPDX-License-Identifier: 0BSD", "MIT"),
    )
    assert [row["expression"] for row in rows] == ["MIT", "ISC", "Zlib", "0BSD"]


def test_an_empty_file_is_an_empty_fact() -> None:
    """No rows in, no rows out."""
    assert LicenseFact().compute(_table([])).num_rows == 0


@pytest.mark.parametrize("place", [0, 2035, 2040, 2047, 2048, 5000, 8150])
def test_a_statement_is_seen_wherever_the_head_is_cut(place: int) -> None:
    """The header is searched in pieces, and no word is lost between them."""
    tag = "// SPDX-License-Identifier: ISC\n"
    code = "x;" * (place // 2) + ";" * (place % 2)
    text = f"{code[:-1]}\n// Licensed under the ISC license.\n" if place else tag
    (row,) = _fact((text + "y;\n" * 5000, None))
    assert row["expression"] == "ISC"


@pytest.mark.parametrize(("lines", "expression"), [(60_000, "Apache-2.0"), (200_000, None)])
def test_a_licence_is_looked_for_in_the_first_megabyte(lines: int, expression: str | None) -> None:
    """The memory for a very long document does not depend on its length."""
    header = """
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""
    (row,) = _fact(("x = 1\n" * lines + header, None))
    assert row["expression"] == expression
