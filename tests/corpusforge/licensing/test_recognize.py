"""Licences are recognized in the words that authors use."""

from importlib.metadata import distribution

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.licensing.comments import CommentLines, prose_lines
from corpusforge.licensing.header import is_copyright_line
from corpusforge.licensing.recognize import Outcome, recognize


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("Licensed under GPLv2 or later, see file LICENSE in this tree.", "GPL-2.0-or-later"),
        ("Licensed under the GPL v2 only", "GPL-2.0-only"),
        ("This is GPL-3+ code", "GPL-3.0-or-later"),
        ("may be distributed under version 2 of the GNU General Public License", "GPL-2.0-only"),
        ("GNU Lesser General Public License, version 2.1 or any later version",
         "LGPL-2.1-or-later"),
        ("under the terms of the GNU Library General Public License version 2", "LGPL-2.0-only"),
        ("the GNU Affero General Public License version 3", "AGPL-3.0-only"),
        ("distributed under the GPL", "LicenseRef-unspecified-GPL"),
        ("Licensed under the MIT license.", "MIT"),
        ("Released under the MIT/X11 License", "MIT"),
        ("License: BSD", "LicenseRef-unspecified-BSD"),
        ("This code is licensed under the 3-clause BSD license", "BSD-3-Clause"),
        ("Distributed under the new BSD License.", "BSD-3-Clause"),
        ("Use is governed by the 2-clause BSD license", "BSD-2-Clause"),
        ("Licensed under Apache License v2.0", "Apache-2.0"),
        ("Distributed under the Boost Software License", "BSL-1.0"),
        ("subject to the terms of the Mozilla Public License, v. 2.0", "MPL-2.0"),
        ("released under the zlib license", "Zlib"),
        ("Pillow is licensed under the open source MIT-CMU License:", "MIT-CMU"),
        ("This file has been placed in the public domain.", "LicenseRef-public-domain"),
        ("public domain", "LicenseRef-public-domain"),
        # ISC's grant, with the author's own words about damages
        ("Permission to use, copy, modify, and distribute this software for any purpose with or "
         "without fee is hereby granted, provided that the above copyright notice and this "
         "permission notice appear in all copies. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR LOSS "
         "OF MIND.", "ISC"),
        ("distributed under the same terms as Perl itself",
         "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("Dual licensed under the MIT and GPL licenses", "MIT OR LicenseRef-unspecified-GPL"),
        ("Licensed under either of Apache License, Version 2.0 or MIT license at your option.",
         "Apache-2.0 OR MIT"),
        ("Parts are licensed under the MIT license. Parts are licensed under the ISC license.",
         "MIT AND ISC"),
    ],
)  # fmt: skip
def test_short_statements_are_read(text: str, expression: str) -> None:
    """Names in use, versions before and after, "or later" in its forms, choices."""
    assert recognize(text).expression == expression


@pytest.mark.parametrize(
    "text",
    [
        "See the LICENSE file for the terms.",
        "Use of this source code is governed by a BSD-style license that can be found in LICENSE.",
        "This file is part of the Frobnicator project; see COPYING.",
        "Licensed under the same license as the rest of the package.",
    ],
)
def test_a_pointer_to_another_file_is_followed(text: str) -> None:
    """It has no terms of its own."""
    assert recognize(text).outcome is Outcome.REFERENCE


@pytest.mark.parametrize(
    "text",
    [
        "Licensed to PSF under a Contributor Agreement.",
        "Licensed to the Example Foundation under one or more contributor license agreements.",
        "Ignore a permission error.",
        "Names of permission bits",
        "Set the write permission and try again.",
    ],
)
def test_what_gives_its_readers_no_terms_is_passed_over(text: str) -> None:
    """Contributor agreements, and the permissions of a file system."""
    assert recognize(text).outcome is Outcome.SILENT


@pytest.mark.parametrize(
    "text",
    [
        "Permission to use this is granted to nobody at all.",
        "Licensed to PSF under a Contributor Agreement. Do not distribute, confidential.",
        "Used with permission.",
        "You may not redistribute this.",
        "For non-commercial use only.",
        "This software is proprietary and confidential.",
        "Licensed under the Frobnicator Agreement of 1987.",
        # not a reference to a file, although it has the words copyright and licence
        "Permission to burn this software with or without fire is hereby granted, provided that "
        "the above copyright notice and this license stay readable.",
    ],
)
def test_terms_that_nobody_knows_are_unknown(text: str) -> None:
    """The licence of the repository never replaces them."""
    assert recognize(text).outcome is Outcome.UNREAD


def test_a_restriction_beside_a_licence_makes_it_unknown() -> None:
    """MIT for non-commercial use only is not MIT."""
    statement = recognize("Licensed under the MIT license, for non-commercial use only.")
    assert statement.expression == "MIT AND LicenseRef-unread-terms"


def test_the_words_of_each_licence_are_quoted() -> None:
    """A line for each licence, with whole words around its name, and for unread terms."""
    text = "before " * 20 + "Licensed under the MIT license; " + "behind " * 20
    words = "before " * 8 + "Licensed under the MIT license; " + "behind " * 9 + "behind"
    assert recognize(text).words == (("MIT", words),)
    assert recognize("For non-commercial use only.").words == (
        (None, "For non-commercial use only."),
    )


def test_exceptions_stand_with_their_licence() -> None:
    """Autoconf's, Bison's and Libtool's."""
    gpl = "GNU General Public License version 3 or later. As a special exception, "
    for words, exception in (
        ("the output of Autoconf may be used", "Autoconf-exception-generic"),
        ("a work that contains the Bison parser skeleton", "Bison-exception-2.2"),
        ("if you distribute this file as part of a program that uses GNU Libtool",
         "Libtool-exception"),
    ):  # fmt: skip
        assert recognize(gpl + words).expression == f"GPL-3.0-or-later WITH {exception}"


@pytest.mark.parametrize(
    ("package", "ending", "expression"),
    [
        ("pluggy", "LICENSE", "MIT"),
        ("charset-normalizer", "LICENSE", "MIT"),
        ("shellingham", "LICENSE", "ISC"),
        ("click", "LICENSE.txt", "BSD-3-Clause"),
        ("idna", "LICENSE.md", "BSD-3-Clause"),
        ("psutil", "LICENSE", "BSD-3-Clause"),
        ("llvmlite", "LICENSE", "BSD-2-Clause"),
        ("xxhash", "LICENSE", "BSD-2-Clause"),
        ("certifi", "LICENSE", "MPL-2.0"),
        ("hypothesis", "LICENSE.txt", "MPL-2.0"),
        ("datasets", "LICENSE", "Apache-2.0"),
        ("tqdm", "LICENCE", "MPL-2.0 AND MIT"),
        ("typing_extensions", "LICENSE", "PSF-2.0 AND Python-2.0.1 AND 0BSD"),
        ("orjson", "LICENSE-MPL-2.0", "MPL-2.0"),
    ],
)
def test_texts_that_packages_ship_are_recognised(
    package: str, ending: str, expression: str
) -> None:
    """As their authors wrote them, with their own names, years and frames."""
    (file,) = [
        one
        for one in distribution(package).files or []
        if one.name == ending and ".dist-info" in str(one)
    ][:1]
    lines = [line for line in prose_lines(file.read_text()) if not is_copyright_line(line)]
    assert recognize("\n".join(lines), whole=True).expression == expression


@pytest.mark.parametrize(
    ("head", "language", "said"),
    [
        ("/* a\n * b */ int x;\nint y;", "c", ["a", "b */ int x", ""]),
        ("# a\nx = 1  # b\n", "python", ["a", "", ""]),
        ('"""a\nb"""\n', "python", ['"""a', 'b"""', ""]),
        ('x = """\n# a\n"""\n', "python", ["", "", "", ""]),
        ("<!-- a -->\n<p>b</p>", "html", ["a", ""]),
        ('" a\nset b', "vim", ["a", ""]),
        ("dnl a\nAC_INIT", None, ["a", ""]),
        ("{- a -}\nmain", "haskell", ["a", ""]),
        ("=head1 A\n\nb\n\n=cut\ncode", "perl", ["=head1 A", "", "b", "", "=cut", ""]),
        ('s = "/*"\nx\n', "c", ["", "", ""]),
    ],
)
def test_comments_are_told_from_code(head: str, language: str | None, said: list[str]) -> None:
    """Lines keep their numbers; strings are not read."""
    assert list(CommentLines(head, language)) == said


@given(st.text(max_size=300))
@settings(deadline=None, max_examples=50)
def test_no_text_breaks_the_reader(text: str) -> None:
    """Every text has an outcome, and keeps its number of lines."""
    assert recognize(text).outcome in Outcome
    assert len(list(CommentLines(text, None))) == text.count("\n") + 1
