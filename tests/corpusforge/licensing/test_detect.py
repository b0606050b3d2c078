"""A document's licence follows from all evidence, the strongest first; each rule has a tree."""

from collections.abc import Callable
from importlib.metadata import distribution
from typing import Any

import pytest

Detect = Callable[..., dict[str, dict[str, Any]]]

CODE = "x = 1\n"


def _text(package: str, ending: str = "LICENSE") -> str:
    """Read a licence text of an installed package."""
    files = distribution(package).files or []
    (file,) = [one for one in files if str(one).endswith(ending) and ".dist-info" in str(one)][:1]
    return file.read_text()


MIT = _text("pluggy")
BSD = _text("idna", "LICENSE.md")
APACHE = _text("datasets")
MPL = _text("pathspec")
GPL_HEADER = """
# This program is free software; you can redistribute it and/or modify
# it under the terms of the GNU General Public License as published by
# the Free Software Foundation; either version 2 of the License, or
# (at your option) any later version.
"""
APACHE_HEADER = """/*
 * Copyright 2020 Somebody
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 */
int x;
"""
REUSE = """
version = 1
[[annotations]]
path = "src/**"
precedence = "{precedence}"
SPDX-License-Identifier = "ISC"
"""
DEP5 = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: GPL-2+

Files: lib/*
License: Expat
"""

# Files of a tree, path of a document, its expression, the rule that decides.
TREES: list[tuple[dict[str, str | bytes], str, str | None, str | None]] = [
    # licence files
    ({"LICENSE": MIT, "a.py": CODE}, "a.py", "MIT", "license file: LICENSE"),
    ({"LICENSE": MIT, "a/b/c.py": CODE}, "a/b/c.py", "MIT", "license file: LICENSE"),
    ({"LICENCE.txt": BSD, "a.py": CODE}, "a.py", "BSD-3-Clause", "license file: LICENCE.txt"),
    ({"COPYING": MPL, "a.py": CODE}, "a.py", "MPL-2.0", "license file: COPYING"),
    ({"LICENSE": MIT, "sub/LICENSE": MPL, "sub/a.py": CODE}, "sub/a.py", "MPL-2.0", None),
    ({"LICENSE": "\ufeff".encode("utf-16-le") + MIT.encode("utf-16-le"), "a.py": CODE},
     "a.py", "MIT", None),
    ({"LICENSE-MIT": MIT, "LICENSE-APACHE": APACHE, "a.py": CODE}, "a.py", None,
     "license file: several that differ"),
    ({"LICENSE-MIT": MIT, "LICENSE-APACHE": APACHE, "a.py": CODE,
      "Cargo.toml": '[package]\nlicense = "MIT OR Apache-2.0"'}, "a.py", "MIT OR Apache-2.0", None),
    ({"LICENSE": "Made available under the terms of *either* of the licenses found in LICENSE.MIT"
      " or LICENSE.APACHE.", "LICENSE.MIT": MIT, "LICENSE.APACHE": APACHE, "a.py": CODE}, "a.py",
     "Apache-2.0 OR MIT", "license file: LICENSE, LICENSE.APACHE, LICENSE.MIT"),
    ({"LICENSE": "Made available under the terms of either of the licenses found in LICENSE.MIT.",
      "LICENSE.MIT": MIT, "LICENSE.APACHE": APACHE, "a.py": CODE}, "a.py", None,
     "license file: several that differ"),
    ({"LICENSE": MIT, "COPYING": MIT, "a.py": CODE}, "a.py", "MIT", None),
    ({"LICENSE": "All rights reserved. Do not distribute this confidential work.", "a.py": CODE},
     "a.py", None, "license file: LICENSE"),
    ({"LICENSES/MIT.txt": MIT, "a.py": CODE}, "a.py", "MIT", "license file: LICENSES/MIT.txt"),
    ({"LICENSES/MIT.txt": MIT, "LICENSES/MPL-2.0.txt": MPL, "a.py": CODE}, "a.py", None, None),
    ({"COPYING": "GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n", "a.py": CODE,
      "COPYING.LESSER": "GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n"},
     "a.py", "LGPL-3.0-only", "license file: COPYING, COPYING.LESSER"),
    ({"NOTICE": MIT, "a.py": CODE}, "a.py", None, None),
    ({"license.py": MIT, "a.py": CODE}, "a.py", None, None),
    # vendored directories have their own
    ({"LICENSE": MIT, "vendor/x/a.py": CODE}, "vendor/x/a.py", None, None),
    ({"LICENSE": MIT, "third_party/x/LICENSE": MPL, "third_party/x/a.py": CODE},
     "third_party/x/a.py", "MPL-2.0", "license file: third_party/x/LICENSE"),
    ({"LICENSE": MIT, "sympy/external/a.py": CODE}, "sympy/external/a.py", "MIT",
     "license file: LICENSE"),
    ({"LICENSE": MIT, "external/x/LICENSE": MPL, "external/y/a.py": CODE}, "external/y/a.py", None,
     None),
    ({"LICENSE": MIT, "external/x/LICENSE": MPL, "external/x/a.py": CODE}, "external/x/a.py",
     "MPL-2.0", "license file: external/x/LICENSE"),
    ({"LICENSE": MIT, "deps/LICENSE": MPL, "deps/x/a.py": CODE}, "deps/x/a.py", "MPL-2.0", None),
    # the file itself
    ({"LICENSE": MIT, "a.py": GPL_HEADER + CODE}, "a.py", "GPL-2.0-or-later", "statement: line 2"),
    ({"LICENSE": MIT, "a.c": APACHE_HEADER}, "a.c", "Apache-2.0", "statement: line 4"),
    ({"LICENSE": MIT, "a.py": "# SPDX-License-Identifier: ISC\n" + GPL_HEADER}, "a.py", "ISC",
     "SPDX tag: line 1"),
    ({"LICENSE": MIT, "a.py": 'T = """\n# SPDX-License-Identifier: ISC\n"""\n'}, "a.py", "MIT",
     "license file"),
    ({"LICENSE": MIT, "a.py": f'T = """\n{GPL_HEADER}\n"""\n'}, "a.py", "MIT", "license file"),
    ({"LICENSE": MIT, "a.py": "# See LICENSE for the terms.\n"}, "a.py", "MIT", "license file"),
    ({"LICENSE": MIT, "a.py": "# Proprietary and confidential.\n# Unauthorized copying of this\n"},
     "a.py", None, "statement not known: line 1"),
    ({"a.c": f"/*\n{MIT}\n*/\nint x;\n"}, "a.c", "MIT", "statement"),
    ({"a.html": f"<!--\n{BSD}\n-->\n<p>\n"}, "a.html", "BSD-3-Clause", "statement"),
    ({"a.vim": "".join(f'" {line}\n' for line in MIT.splitlines())}, "a.vim", "MIT", "statement"),
    ({"a.sql": "".join(f"-- {line}\n" for line in MIT.splitlines())}, "a.sql", "MIT", "statement"),
    ({"a.lisp": "".join(f";; {line}\n" for line in MIT.splitlines())}, "a.lisp", "MIT", None),
    ({"a.tex": "".join(f"% {line}\n" for line in MIT.splitlines())}, "a.tex", "MIT", None),
    ({"a.ml": f"(* {MIT} *)\nlet x = 1\n"}, "a.ml", "MIT", None),
    ({"a.py": f'"""{MIT}"""\n'}, "a.py", "MIT", "statement"),
    # prose that quotes a licence is at least as strict as its repository
    ({"LICENSE": MPL, "a.md": f"# Third parties\nOur parser:\n\n{MIT}\n" + "word " * 400}, "a.md",
     "MPL-2.0 AND MIT", None),
    # REUSE
    ({"REUSE.toml": REUSE.format(precedence="closest"), "src/a.py": CODE}, "src/a.py", "ISC",
     "REUSE.toml: REUSE.toml"),
    ({"REUSE.toml": REUSE.format(precedence="closest"), "src/a.py": GPL_HEADER}, "src/a.py",
     "GPL-2.0-or-later", "statement"),
    ({"REUSE.toml": REUSE.format(precedence="aggregate"), "src/a.py": GPL_HEADER}, "src/a.py",
     "ISC AND GPL-2.0-or-later", "REUSE.toml"),
    ({"REUSE.toml": REUSE.format(precedence="override"), "src/a.py": GPL_HEADER}, "src/a.py",
     "ISC", "REUSE.toml"),
    ({"REUSE.toml": REUSE.format(precedence="override"), "a.py": CODE}, "a.py", None, None),
    ({"REUSE.toml": REUSE.format(precedence="override"),
      "src/REUSE.toml": REUSE.format(precedence="override").replace("ISC", "0BSD").replace(
          "src/", ""), "src/a.py": CODE}, "src/a.py", "ISC", "REUSE.toml: REUSE.toml"),
    ({"REUSE.toml": "version = 1\n[[annotations]\n", "LICENSE": MIT, "a.py": CODE}, "a.py", None,
     "REUSE.toml: REUSE.toml cannot be read"),
    ({"a.py.license": "SPDX-License-Identifier: ISC\n", "a.py": GPL_HEADER}, "a.py", "ISC",
     "license file beside: a.py.license, line 1"),
    ({".reuse/dep5": DEP5, "lib/a.py": CODE}, "lib/a.py", "MIT",
     "copyright file: .reuse/dep5, line 6"),
    # DEP-5
    ({"debian/copyright": DEP5, "a.py": CODE, "COPYING": MIT}, "a.py", "GPL-2.0-or-later",
     "copyright file: debian/copyright, line 3"),
    ({"debian/copyright": DEP5, "lib/a.py": CODE}, "lib/a.py", "MIT", None),
    # metadata
    ({"package.json": '{"license": "MIT"}', "a.py": CODE}, "a.py", "MIT",
     "metadata: package.json: MIT"),
    ({"package.json": '{"license": "SEE LICENSE IN EULA.md"}', "EULA.md": MIT, "a.py": CODE},
     "a.py", "MIT", None),
    ({"pyproject.toml": '[project]\nlicense = "ISC"', "a.py": CODE}, "a.py", "ISC", "metadata"),
    ({"LICENSE": MIT, "package.json": '{"license": "MIT OR GPL-2.0"}', "a.py": CODE}, "a.py",
     "MIT OR GPL-2.0-only", "license file: LICENSE; metadata: package.json"),
    ({"LICENSE": MIT, "p/package.json": '{"license": "GPL-3.0"}', "p/a.py": CODE}, "p/a.py",
     "GPL-3.0-only AND MIT", None),
    ({"LICENSE": BSD, "setup.cfg": "[metadata]\nlicense = BSD\n", "a.py": CODE}, "a.py",
     "BSD-3-Clause", None),
    ({"a.py": CODE}, "a.py", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("files", "path", "expression", "evidence"), TREES)
def test_each_rule_decides_where_it_is_the_strongest(
    detect: Detect,
    files: dict[str, str | bytes],
    path: str,
    expression: str | None,
    evidence: str | None,
) -> None:
    """The expression, and the evidence: rule, file and line."""
    fact = detect(files)[path]
    assert fact["expression"] == expression
    if evidence is not None:
        assert fact["evidence"].startswith(evidence)


CONFLICTS: list[tuple[dict[str, str | bytes], str, str]] = [
    ({"LICENSE": MIT, "a.py": GPL_HEADER}, "a.py", 'MIT by license file: LICENSE: '
     '"The MIT License (MIT) Permission is hereby granted, free of charge, to any person obtaining '
     'a copy of this software and associated documentation files (the"'),
    ({"LICENSE": MIT, "package.json": '{"license": "ISC"}', "a.py": CODE}, "a.py",
     "ISC by metadata: package.json: ISC"),
    ({"a.py": "# SPDX-License-Identifier: MIT\n", "LICENSE": MPL}, "a.py",
     'MPL-2.0 by license file: LICENSE: "Mozilla Public License Version 2.0'),
    ({"debian/copyright": DEP5, "COPYING": MIT, "a.py": CODE}, "a.py",
     'MIT by license file: COPYING: "The MIT License (MIT) Permission is hereby granted'),
    ({".reuse/dep5": DEP5, "lib/a.py": "# SPDX-License-Identifier: ISC\n"}, "lib/a.py",
     'MIT by copyright file: .reuse/dep5, line 6: "License: Expat"'),
    ({"REUSE.toml": REUSE.format(precedence="closest"), "src/a.py": GPL_HEADER}, "src/a.py",
     'ISC by REUSE.toml: REUSE.toml: "SPDX-License-Identifier = "ISC""'),
    # the words of the licence that the other side does not have
    ({"LICENSE": f"{MIT}\n\n{MPL}", "pyproject.toml": '[project]\nlicense = "MIT"', "a.py": CODE},
     "a.py", "Mozilla Public License Version 2.0"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "path", "conflict"), CONFLICTS)
def test_evidence_that_disagrees_is_kept(
    detect: Detect, files: dict[str, str | bytes], path: str, conflict: str
) -> None:
    """The weaker side is quoted, with its file and some of its words."""
    fact = detect(files)[path]
    assert conflict in fact["conflict"]
    assert len(fact["conflict"]) < 300


def test_what_is_believed_is_quoted_too(detect: Detect) -> None:
    """The line of a tag, and those words of a header that the other side does not have."""
    tag = "// SPDX-License-Identifier: MIT"
    facts = detect({"LICENSE": MPL, "a.c": tag + "\n", "b.py": GPL_HEADER})
    assert facts["a.c"]["words"] == tag
    assert facts["b.py"]["words"].startswith(
        "This program is free software; you can redistribute it and/or modify"
    )


def test_an_expression_of_a_whole_distribution_is_believed_beside_what_it_bundles(
    detect: Detect,
) -> None:
    """PEP 639's field covers bundled files; a licence file without the declared licence wins."""
    info = "x-1.dist-info"
    declares = f"{info}/METADATA"
    texts = f"Bundled:\n{MPL}\n\nOurs:\n{MIT}"
    files = {".git/HEAD": "", f"{info}/LICENSE": texts, "x/a.py": CODE}
    declared = detect({**files, declares: "License-Expression: MIT\n"})["x/a.py"]
    assert declared["expression"] == "MIT"
    assert declared["evidence"] == f"license file: {info}/LICENSE has it; metadata: {declares}: MIT"
    assert "Mozilla Public License Version 2.0" in declared["conflict"]
    for metadata in ("License: MIT\n", "License-Expression: ISC\n"):
        fact = detect({**files, declares: metadata})["x/a.py"]
        assert fact["expression"] == "MPL-2.0 AND MIT"


def test_what_agrees_is_no_conflict(detect: Detect) -> None:
    """A header, a text and metadata that name the same licence, in their own words."""
    files = {
        "LICENSE": APACHE,
        "a.c": APACHE_HEADER,
        "pyproject.toml": '[project]\nlicense = {text = "Apache 2"}',
    }
    fact = detect(files)["a.c"]
    assert (fact["expression"], fact["conflict"]) == ("Apache-2.0", None)
    assert fact["copyright"] == "Copyright 2020 Somebody"


def test_a_nested_repository_does_not_inherit(detect: Detect) -> None:
    """Files above a repository belong to another project."""
    facts = detect({"LICENSE": MIT, ".git/HEAD": "", "in/.git/HEAD": "", "in/a.py": CODE})
    assert facts["in/a.py"]["expression"] is None


def test_the_sources_word_is_the_weakest(detect: Detect) -> None:
    """The licence of the configuration counts where there is no other evidence."""
    facts = detect({"sub/LICENSE": MPL, "sub/a.py": CODE, "b.py": CODE}, license="MIT")
    assert facts["sub/a.py"]["expression"] == "MPL-2.0"
    assert facts["sub/a.py"]["conflict"] == "MIT by declared: MIT"
    assert facts["b.py"]["evidence"] == "declared: MIT"


CODE_ABOVE = "int f(void) { return 1; }\n" * 400
MIT_BLOCK = f"/*\n{MIT}\n*/\n"
GPL_BLOCK = "/*" + GPL_HEADER.replace("#", " *") + " */\n"

# What a file says below its first 8 kB.
BELOW: list[tuple[dict[str, str | bytes], str | None, str | None]] = [
    # a function under another licence, in the middle
    ({"LICENSE": MIT, "a.c": CODE_ABOVE + GPL_BLOCK + CODE_ABOVE}, "MIT AND GPL-2.0-or-later",
     "license file: LICENSE; statement: line 402"),
    ({"a.c": APACHE_HEADER + CODE_ABOVE + GPL_BLOCK + CODE_ABOVE},
     "Apache-2.0 AND GPL-2.0-or-later", "statement: line 4; statement: line 412"),
    # at the end of a text that opens with code: its own
    ({"LICENSE": APACHE, "a.c": CODE_ABOVE + MIT_BLOCK}, "MIT", "statement: line 402"),
    ({"a.c": CODE_ABOVE + MIT_BLOCK}, "MIT", "statement: line 402"),
    # in the middle of a text about which nothing else is known: the rest stays unknown
    ({"a.c": CODE_ABOVE + MIT_BLOCK + CODE_ABOVE}, None, None),
    # the same licence again
    ({"LICENSE": MIT, "a.c": CODE_ABOVE + MIT_BLOCK + CODE_ABOVE}, "MIT", "license file: LICENSE"),
    # in strings, in prose, as a mere name
    ({"LICENSE": MIT, "a.py": "x = 1\n" * 2000 + f'HELP = """{GPL_HEADER}"""\n'}, "MIT", None),
    ({"LICENSE": MIT, "a.md": "word\n" * 2000 + GPL_HEADER.replace("#", "")}, "MIT", None),
    ({"LICENSE": MIT, "a.c": CODE_ABOVE + "/* may be licensed under the GPL */\n"}, "MIT", None),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expression", "evidence"), BELOW)
def test_licences_of_parts_add_to_the_licence_of_the_whole(
    detect: Detect, files: dict[str, str | bytes], expression: str | None, evidence: str | None
) -> None:
    """Known texts in comments below the header; that both hold is no conflict."""
    facts = detect(files)
    (fact,) = [fact for path, fact in facts.items() if path.startswith("a.")]
    assert fact["expression"] == expression
    if evidence is not None:
        assert fact["evidence"] == evidence
    if " AND " in (expression or ""):
        assert fact["conflict"] is None
