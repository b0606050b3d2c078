"""Reads the licence that package metadata declare, in the format of each ecosystem."""

import configparser
import email
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from corpusforge.licensing.expression import is_vague, read_declaration

_CLASSIFIER = "License ::"
# A classifier for licences that names none.
_VAGUE_CLASSIFIER = "License :: OSI Approved"
_LONGEST_FIELD = 100


@dataclass(frozen=True)
class Declaration:
    """The licence that metadata declare."""

    declared: str  # as written
    expression: str | None
    file: str | None = None  # relative to the metadata: the file that has the licence instead
    covers_bundled: bool = False  # it is for every file of a distribution (PEP 639)


def read_metadata(path: str, text: str) -> Declaration | None:
    """Read a metadata file; None if it declares no licence or cannot be read."""
    reader = _READERS.get(_format(path.rpartition("/")[2].lower()))
    try:
        return reader(text) if reader else None
    except (ValueError, configparser.Error, RecursionError, TypeError, AttributeError):
        # The file does not have the expected structure, so it declares nothing.
        return None


def is_metadata(base: str) -> bool:
    """Whether `read_metadata` reads files of this name, in lower case."""
    return _format(base) in _READERS


def _format(base: str) -> str:
    return ".gemspec" if base.endswith(".gemspec") else base


def declared_by_core_metadata(
    expression: str | None, field: str | None, classifiers: list[str]
) -> str | None:
    """Choose what Python's core metadata declare, as written.

    The SPDX expression (PEP 639); else the only classifier, if it names one licence; else the
    License field, unless it is a whole text; else the classifiers, several as a JSON list. The
    field comes before several or vague classifiers because it is often more exact than they are.
    """
    if expression:
        return expression
    named = [c for c in classifiers if c.startswith(_CLASSIFIER) and c != _VAGUE_CLASSIFIER]
    if len(named) == 1 and not is_vague(read_declaration(named[0])):
        return named[0]
    field = (field or "").strip()
    if not field or field == "UNKNOWN" or "\n" in field or len(field) > _LONGEST_FIELD:
        field = ""
    if field and not (named and is_vague(read_declaration(field))):
        return field
    if named:
        return named[0] if len(named) == 1 else json.dumps(named)
    return None


def _declaration(declared: str | None, file: str | None = None) -> Declaration | None:
    if declared:
        if match := re.fullmatch(r"see licen[sc]e in (.+)", declared.strip(), re.IGNORECASE):
            return Declaration(declared, None, match[1].strip())
        return Declaration(declared, read_declaration(declared))
    return Declaration(f"file {file}", None, file) if file else None


def _choice(names: list[str]) -> str | None:
    """Read a list of names as a choice, as in npm's old field and Composer's."""
    return " OR ".join(f"({name})" for name in names) if names else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _npm(text: str) -> Declaration | None:
    package = json.loads(text)
    value = package.get("license", package.get("licenses"))
    if isinstance(value, list):
        return _declaration(_choice([name for one in value if (name := _npm_name(one))]))
    return _declaration(_npm_name(value))


def _npm_name(value: Any) -> str | None:
    # {"type": "MIT", "url": …} was in use until 2014.
    return _text(value.get("type") if isinstance(value, dict) else value)


def _composer(text: str) -> Declaration | None:
    value = json.loads(text).get("license")
    if isinstance(value, list):
        return _declaration(_choice([one for one in value if isinstance(one, str)]))
    return _declaration(_text(value))


def _cargo(text: str) -> Declaration | None:
    package = tomllib.loads(text).get("package", {})
    return _declaration(_text(package.get("license")), _text(package.get("license-file")))


def _pyproject(text: str) -> Declaration | None:
    tree = tomllib.loads(text)
    project = tree.get("project") or tree.get("tool", {}).get("poetry", {})
    value = project.get("license")
    classifiers = [one for one in project.get("classifiers", []) if isinstance(one, str)]
    if isinstance(value, dict):
        declared = declared_by_core_metadata(None, value.get("text"), classifiers)
        return _declaration(declared, value.get("file"))
    return _declaration(value or declared_by_core_metadata(None, None, classifiers))


def _setup_cfg(text: str) -> Declaration | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    section = dict(parser.items("metadata"))
    classifiers = [line.strip() for line in section.get("classifiers", "").splitlines()]
    return _declaration(
        declared_by_core_metadata(
            section.get("license_expression"), section.get("license"), classifiers
        )
    )


def _core_metadata(text: str) -> Declaration | None:
    message = email.message_from_string(text)
    if expression := message.get("License-Expression"):
        return Declaration(expression, read_declaration(expression), covers_bundled=True)
    return _declaration(
        declared_by_core_metadata(None, message.get("License"), message.get_all("Classifier") or [])
    )


def _maven(text: str) -> Declaration | None:
    # A pattern, since a parser would expand entities; dependencies have no <license>.
    names = re.findall(r"<license>\s*(?:<!--.*?-->\s*)?<name>([^<]+)</name>", text, re.DOTALL)
    read = [name.strip() for name in names]
    return _declaration(_choice(read) if len(read) > 1 else "".join(read))


def _gemspec(text: str) -> Declaration | None:
    match = re.search(r"\.licenses?\s*=\s*(\[[^\]]*\]|(['\"])[^'\"]*\2|%w[\[(][^\])]*[\])])", text)
    if match is None:
        return None
    quoted = re.findall(r"['\"]([^'\"]+)['\"]", match[1])
    return _declaration(_choice(quoted or match[1][3:-1].split()))


def _r_description(text: str) -> Declaration | None:
    lines = re.sub(r"\n[ \t]+", " ", text).splitlines()
    pairs = (line.partition(":") for line in lines)
    fields = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
    if "package" not in fields or "license" not in fields:
        return None
    declared = re.sub(r"\+\s*file\s+\S+", "", fields["license"], flags=re.IGNORECASE).strip()
    if match := re.fullmatch(r"file\s+(\S+)", declared, re.IGNORECASE):
        return _declaration(None, match[1])
    return Declaration(fields["license"], _read_r(declared))


def _read_r(declared: str) -> str | None:
    """Read R's notation: `GPL (>= 2) | BSD_3_clause`."""
    read = []
    for part in declared.split("|"):
        name = part.strip().replace("_", "-")
        if match := re.fullmatch(r"(A?L?GPL)\s*\(>=\s*(\d(?:\.\d)?)\)", name):
            name = f"{match[1]}-{match[2]}{'' if '.' in match[2] else '.0'}+"
        elif match := re.fullmatch(r"(A?L?GPL)-(\d)", name):
            name = f"{match[1]}-{match[2]}.0"
        read.append(read_declaration(name))
    return " OR ".join(map(str, read)) if all(read) else None


_READERS: dict[str, Callable[[str], Declaration | None]] = {
    "package.json": _npm,
    "composer.json": _composer,
    "cargo.toml": _cargo,
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "pkg-info": _core_metadata,
    "metadata": _core_metadata,
    "pom.xml": _maven,
    ".gemspec": _gemspec,
    "description": _r_description,
}
