"""Recognizes evidence files by their names, and the directory that each one is about."""

import re
from enum import StrEnum

from corpusforge.licensing.metadata import is_metadata


class Kind(StrEnum):
    """A kind of evidence file. Fingerprints of ingest depend on the name of this class."""

    LICENSE = "license"  # for all files in its directory and below
    NOTICE = "notice"  # attribution; grants nothing
    TEXT = "text"  # a file of REUSE's LICENSES/, which tags refer to
    SIDECAR = "sidecar"  # <file>.license, about one file
    REUSE = "reuse"  # REUSE.toml
    DEP5 = "dep5"  # debian/copyright, .reuse/dep5
    METADATA = "metadata"  # of a package


# LICENSE, LICENCE-MIT.txt, COPYING.LESSER, UNLICENSE, mit-license.md; not license.py.
_LICENSE = re.compile(
    r"(?:un)?licen[sc]es?(?:[-_. ].*)?|copying(?:[-_. ].*)?|copyright|eula(?:[-_. ].*)?"
    r"|[\w+-]+[-_.]licen[sc]e"
)
_NOTICE = re.compile(
    r"notice(?:[-_. ].*)?|licen[sc]es?[-_. ](?:third[-_ ]?part(?:y|ies)|external|bundled)|"
    r"third[-_ ]?party[-_ ]?(?:notices?|licen[sc]es?)(?:[-_. ].*)?"
)
_PROSE = frozenset({"", "txt", "text", "md", "markdown", "rst", "html", "htm", "adoc", "rtf"})
# Endings that are a part of the name instead of a file type: COPYING.LESSER.
_NAME_PART = re.compile(
    r"v?\d.*|lib|lesser|lgpl.*|gpl.*|agpl.*|mit|apache.*|bsd.*|isc|mpl.*|psf|zlib|boost|cc.*|ofl"
    r"|\w*-?licen[sc]e"
)
# Directories that hold other projects than the directory above them.
VENDORED = frozenset((
    "vendor", "vendored", "_vendor", "third_party", "third-party", "thirdparty", "3rdparty",
    "3rd_party", "node_modules", "bower_components", "site-packages", "dist-packages", "venv",
    ".venv", "virtualenv", "carthage", "pods",
))  # fmt: skip
# Some projects keep other projects in directories of these names; others keep their own code for
# talking to them. They count as vendored if a licence file is inside.
MAYBE_VENDORED = frozenset({"external", "externals", "extern", "deps"})
_INSTALLED = (".dist-info", ".egg-info")


def evidence_kind(path: str) -> Kind | None:
    """Return the kind of an evidence file; None for any other file."""
    *directories, base = path.lower().split("/")
    directory = directories[-1] if directories else ""
    if base == "reuse.toml":
        return Kind.REUSE
    if (directory, base) in (("debian", "copyright"), (".reuse", "dep5")):
        return Kind.DEP5
    if directory == "licenses" and not _is_installed(directories) and base[:1] != ".":
        return Kind.TEXT if _is_prose(base) or _is_identifier(base) else None
    if _is_installed(directories) and directories[-2:] == ["licenses", "licenses"]:
        return Kind.NOTICE  # texts of what is bundled
    if is_metadata(base):
        # "metadata" is a common name; only that of an installed package counts.
        return Kind.METADATA if base != "metadata" or _is_installed(directories) else None
    if base.endswith(".license") and base.count(".") > 1:
        return Kind.SIDECAR
    stem, _, ending = base.rpartition(".")
    named = (stem or base) if _is_prose(base) else base
    if _NOTICE.fullmatch(named) and (_is_prose(base) or named.startswith("licen")):
        return Kind.NOTICE
    if _LICENSE.fullmatch(named) and (_is_prose(base) or _NAME_PART.fullmatch(ending)):
        return Kind.LICENSE
    return None


def evidence_scope(path: str, kind: Kind) -> str:
    """Return the directory that an evidence file is about, with all below it: "" or "a/b"."""
    directories = path.split("/")[:-1]
    for index, directory in enumerate(directories):
        if directory.lower().endswith(_INSTALLED):
            return "/".join([*directories[:index], *_installed_scope(directories, index)])
    if kind in (Kind.TEXT, Kind.DEP5):
        directories = directories[:-1]
    return "/".join(directories)


def _installed_scope(directories: list[str], index: int) -> list[str]:
    """Return the scope of a file in a .dist-info, relative to the directory above that."""
    # PEP 639 keeps the directories of the sources: x.dist-info/licenses/src/x/_vendor/y/LICENSE.
    inside = directories[index + 1 :]
    if inside[:1] == ["licenses"] and len(inside) > 1:
        return inside[2:] if inside[1] == "src" else inside[1:]
    # In a vendored directory of several packages, each .dist-info is about its own package.
    vendored = index > 0 and directories[index - 1].lower() in VENDORED | MAYBE_VENDORED
    return [directories[index].partition("-")[0]] if vendored else []


def _is_prose(base: str) -> bool:
    return "." not in base or base.rpartition(".")[2] in _PROSE


def _is_identifier(base: str) -> bool:
    # LICENSES/Apache-2.0, without the .txt that REUSE asks for.
    return re.fullmatch(r"[a-z0-9.+-]+", base) is not None and "-" in base


def _is_installed(directories: list[str]) -> bool:
    return any(directory.endswith(_INSTALLED) for directory in directories)
