"""The metadata of each ecosystem are read by its own rules."""

import pytest

from corpusforge.licensing.metadata import read_metadata


@pytest.mark.parametrize(
    ("path", "text", "expression"),
    [
        ("package.json", '{"license": "MIT"}', "MIT"),
        ("package.json", '{"licenses": [{"type": "MIT"}, {"type": "GPL-2.0"}]}',
         "MIT OR GPL-2.0-only"),
        ("package.json", '{"license": {"type": "ISC", "url": "x"}}', "ISC"),
        ("package.json", '{"license": "UNLICENSED"}', "LicenseRef-proprietary"),
        ("composer.json", '{"license": ["MIT", "GPL-3.0+"]}', "MIT OR GPL-3.0-or-later"),
        ("Cargo.toml", '[package]\nlicense = "MIT/Apache-2.0"', "MIT OR Apache-2.0"),
        ("pyproject.toml", '[project]\nlicense = "MIT AND ISC"', "MIT AND ISC"),
        ("pyproject.toml", '[project]\nlicense = {text = "Apache 2"}', "Apache-2.0"),
        ("pyproject.toml", '[tool.poetry]\nlicense = "MIT"', "MIT"),
        ("pyproject.toml",
         '[project]\nclassifiers = ["License :: OSI Approved :: MIT License"]', "MIT"),
        ("setup.cfg", "[metadata]\nlicense = BSD-3-Clause\n", "BSD-3-Clause"),
        ("setup.cfg", "[metadata]\nclassifiers =\n License :: OSI Approved :: MIT License\n",
         "MIT"),
        ("PKG-INFO", "Name: x\nLicense-Expression: MIT OR ISC\n", "MIT OR ISC"),
        ("x-1.dist-info/METADATA", "Name: x\nLicense: Apache 2.0\n", "Apache-2.0"),
        ("pom.xml", "<licenses><license>\n<name>Apache License, Version 2.0</name></license>",
         "Apache-2.0"),
        ("x.gemspec", "s.license = 'MIT'", "MIT"),
        ("x.gemspec", "s.licenses = ['MIT', 'Ruby']", "MIT OR Ruby"),
        ("x.gemspec", "s.licenses = %w[MIT GPL-2.0]", "MIT OR GPL-2.0-only"),
        ("DESCRIPTION", "Package: x\nLicense: GPL (>= 2)\n", "GPL-2.0-or-later"),
        ("DESCRIPTION", "Package: x\nLicense: MIT + file LICENSE\n", "MIT"),
    ],
)  # fmt: skip
def test_metadata_are_read(path: str, text: str, expression: str) -> None:
    """Current fields, old fields, and lists that mean a choice."""
    declaration = read_metadata(path, text)
    assert declaration is not None
    assert declaration.expression == expression


@pytest.mark.parametrize(
    ("path", "text", "file"),
    [
        ("package.json", '{"license": "SEE LICENSE IN EULA.md"}', "EULA.md"),
        ("Cargo.toml", '[package]\nlicense-file = "L.txt"', "L.txt"),
        ("pyproject.toml", '[project]\nlicense = {file = "COPYING"}', "COPYING"),
        ("DESCRIPTION", "Package: x\nLicense: file LICENCE\n", "LICENCE"),
    ],
)
def test_metadata_may_point_to_a_file(path: str, text: str, file: str) -> None:
    """The licence is then the one in that file."""
    declaration = read_metadata(path, text)
    assert declaration is not None
    assert declaration.file == file


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package.json", "{"),
        ("package.json", "[]"),
        ("package.json", '{"license": 7}'),
        ("package.json", "[" * 100_000),
        ("Cargo.toml", "package = 1"),
        ("pyproject.toml", "[project"),
        ("setup.cfg", "license = x"),
        ("composer.json", "null"),
        ("DESCRIPTION", "A library.\n"),
    ],
)
def test_metadata_of_another_shape_say_nothing(path: str, text: str) -> None:
    """A broken file declares nothing."""
    assert read_metadata(path, text) is None
