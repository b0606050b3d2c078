"""The tag that counts is the file's own."""

import pytest

from corpusforge.licensing.tags import find_tag


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
        ("# SPDX-License-Identifier: whatever you like", (None, 1)),
        ("\n" * 50 + "# SPDX-License-Identifier: MIT\n", None),
    ],
)
def test_only_the_files_own_tag_counts(head: str, tag: tuple[str, int] | None) -> None:
    """A tag is in a comment near the top, on a line by itself; a quoted tag does not count."""
    assert find_tag(head) == tag
