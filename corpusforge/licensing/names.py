"""Which files say something of the licence of other files, by their names; and of which files."""

import re
from enum import StrEnum


class Kind(StrEnum):
    """What a file that is evidence is to the files around it."""

    LICENSE = "license"  # of all in its directory and below
    NOTICE = "notice"  # attribution; licenses nothing
    TEXT = "text"  # one of REUSE's LICENSES/: a text that tags refer to
    SIDECAR = "sidecar"  # <file>.license, about one file
    REUSE = "reuse"  # REUSE.toml
    DEP5 = "dep5"  # debian/copyright, .reuse/dep5
    METADATA = "metadata"  # of a package


METADATA_FILES = frozenset(
    {
        "package.json",
        "pyproject.toml",
        "setup.cfg",
        "cargo.toml",
        "composer.json",
        "pom.xml",
        "description",
        "pkg-info",
        "metadata",
    }
)
# LICENSE, LICENCE-MIT.txt, COPYING.LESSER, UNLICENSE, mit-license.md, and not license.py.
_LICENSE = re.compile(
    r"(?:un)?licen[sc]es?(?:[-_. ].*)?|copying(?:[-_. ].*)?|copyright|eula(?:[-_. ].*)?"
    r"|[\w+-]+[-_.]licen[sc]e"
)
_NOTICE = re.compile(
    r"notice(?:[-_. ].*)?|licen[sc]es?[-_. ](?:third[-_ ]?part(?:y|ies)|external|bundled)|"
    r"third[-_ ]?party[-_ ]?(?:notices?|licen[sc]es?)(?:[-_. ].*)?"
)
_PROSE = frozenset({"", "txt", "text", "md", "markdown", "rst", "html", "htm", "adoc", "rtf"})
# The rest of a name after its last dot is part of the name, and no language: COPYING.LESSER.
_NAME_PART = re.compile(
    r"v?\d.*|lib|lesser|lgpl.*|gpl.*|agpl.*|mit|apache.*|bsd.*|isc|mpl.*|psf|zlib|boost|cc.*|ofl"
    r"|\w*-?licen[sc]e"
)
# Above such a folder stands another project than below it.
VENDORED = frozenset(
    {
        "vendor",
        "vendored",
        "_vendor",
        "third_party",
        "third-party",
        "thirdparty",
        "3rdparty",
        "3rd_party",
        "node_modules",
        "bower_components",
        "site-packages",
        "dist-packages",
        "venv",
        ".venv",
        "virtualenv",
        "carthage",
        "pods",
    }
)
# Some projects keep others' code in folders of these names, and some the code of their own that
# talks to others': the latter, unless a licence file is in there.
MAYBE_VENDORED = frozenset({"external", "externals", "extern", "deps"})
_INSTALLED = (".dist-info", ".egg-info")


def kind_of(path: str) -> Kind | None:
    """What a file is evidence as; None for any other file."""
    *folders, base = path.lower().split("/")
    folder = folders[-1] if folders else ""
    if base == "reuse.toml":
        return Kind.REUSE
    if (folder, base) in (("debian", "copyright"), (".reuse", "dep5")):
        return Kind.DEP5
    if folder == "licenses" and not _is_installed(folders) and base[:1] != ".":
        return Kind.TEXT if _is_prose(base) or _is_identifier(base) else None
    if _is_installed(folders) and folder == "licenses" and folders[-2:-1] == ["licenses"]:
        return Kind.NOTICE  # texts of what is bundled
    if base in METADATA_FILES:
        # These words name other files as well; in an installed package, only its own are meant.
        return Kind.METADATA if base != "metadata" or _is_installed(folders) else None
    if base.endswith(".gemspec"):
        return Kind.METADATA
    if base.endswith(".license") and base.count(".") > 1:
        return Kind.SIDECAR
    stem, _, ending = base.rpartition(".")
    named = (stem or base) if _is_prose(base) else base
    if _NOTICE.fullmatch(named) and (_is_prose(base) or named.startswith("licen")):
        return Kind.NOTICE
    if _LICENSE.fullmatch(named) and (_is_prose(base) or _NAME_PART.fullmatch(ending)):
        return Kind.LICENSE
    return None


def scope_of(path: str, kind: Kind) -> str:
    """The directory that evidence speaks of, with what is below it: "" or "a/b"."""
    folders = path.split("/")[:-1]
    for index, folder in enumerate(folders):
        if folder.lower().endswith(_INSTALLED):
            return "/".join([*folders[:index], *_installed_scope(folders, index)])
    if kind in (Kind.TEXT, Kind.DEP5):
        folders = folders[:-1]
    return "/".join(folders)


def _installed_scope(folders: list[str], index: int) -> list[str]:
    """Below the directory of a .dist-info, what its licence files speak of."""
    # PEP 639 keeps the folders of the sources: x.dist-info/licenses/src/x/_vendor/y/LICENSE.
    inside = folders[index + 1 :]
    if inside[:1] == ["licenses"] and len(inside) > 1:
        return inside[2:] if inside[1] == "src" else inside[1:]
    # Several packages in one vendored folder: each .dist-info is about its own.
    vendored = index > 0 and folders[index - 1].lower() in VENDORED | MAYBE_VENDORED
    return [folders[index].partition("-")[0]] if vendored else []


def _is_prose(base: str) -> bool:
    return "." not in base or base.rpartition(".")[2] in _PROSE


def _is_identifier(base: str) -> bool:
    # LICENSES/Apache-2.0, without the .txt that REUSE asks for.
    return re.fullmatch(r"[a-z0-9.+-]+", base) is not None and "-" in base


def _is_installed(folders: list[str]) -> bool:
    return any(folder.endswith(_INSTALLED) for folder in folders)
