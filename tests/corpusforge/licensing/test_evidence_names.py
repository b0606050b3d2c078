"""A file's name tells whether it is evidence, its kind, and the directory it is about."""

import pytest

from corpusforge.licensing.evidence_names import Kind, evidence_kind, evidence_scope


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("LICENSE", Kind.LICENSE),
        ("a/licence.txt", Kind.LICENSE),
        ("LICENSE-MIT", Kind.LICENSE),
        ("LICENSE.APACHE2", Kind.LICENSE),
        ("COPYING.LESSER", Kind.LICENSE),
        ("UNLICENSE", Kind.LICENSE),
        ("mit-license.md", Kind.LICENSE),
        ("license.py", None),
        ("licenses.js", None),
        ("NOTICE.txt", Kind.NOTICE),
        ("ThirdPartyNotices.txt", Kind.NOTICE),
        ("LICENSE.thirdparty", Kind.NOTICE),
        ("LICENSES/MIT.txt", Kind.TEXT),
        ("LICENSES/check.py", None),
        ("logo.png.license", Kind.SIDECAR),
        ("REUSE.toml", Kind.REUSE),
        (".reuse/dep5", Kind.DEP5),
        ("debian/copyright", Kind.DEP5),
        ("package.json", Kind.METADATA),
        ("x.gemspec", Kind.METADATA),
        ("metadata", None),
        ("x-1.dist-info/METADATA", Kind.METADATA),
        ("src/main.c", None),
    ],
)
def test_names_of_evidence(path: str, kind: Kind | None) -> None:
    """A source file named license.py is code."""
    assert evidence_kind(path) == kind


@pytest.mark.parametrize(
    ("path", "kind", "scope"),
    [
        ("LICENSE", Kind.LICENSE, ""),
        ("a/b/LICENSE", Kind.LICENSE, "a/b"),
        ("a/LICENSES/MIT.txt", Kind.TEXT, "a"),
        ("a/debian/copyright", Kind.DEP5, "a"),
        ("x-1.dist-info/LICENSE", Kind.LICENSE, ""),
        ("x.whl/x-1.dist-info/licenses/LICENSE", Kind.LICENSE, "x.whl"),
        ("x-1.dist-info/licenses/src/x/_vendor/y/LICENSE", Kind.LICENSE, "x/_vendor/y"),
        ("x/_vendor/y-2.dist-info/LICENSE", Kind.LICENSE, "x/_vendor/y"),
    ],
)
def test_evidence_speaks_of_a_directory(path: str, kind: Kind, scope: str) -> None:
    """Its own, the one above, or that of the installed package."""
    assert evidence_scope(path, kind) == scope
