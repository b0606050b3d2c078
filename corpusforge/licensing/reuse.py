"""Reads REUSE.toml, which declares the licences of files (reuse.software/spec-3.3)."""

import json
import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from corpusforge.licensing.expression import read_declaration
from corpusforge.licensing.globs import compile_globs


class Precedence(StrEnum):
    """What holds if a file also declares a licence itself."""

    CLOSEST = "closest"  # the file
    AGGREGATE = "aggregate"  # both
    OVERRIDE = "override"  # REUSE.toml


@dataclass(frozen=True)
class Annotation:
    """One `[[annotations]]` table."""

    pattern: re.Pattern[str]  # of paths below the directory of REUSE.toml
    precedence: Precedence
    expression: str | None
    words: str  # the key and value that declare it


class MalformedReuseError(ValueError):
    """A REUSE.toml does not follow the specification."""


def parse_reuse(text: str) -> list[Annotation]:
    """Read the annotations, in order: for each path the last one that matches holds.

    Raises:
        MalformedReuseError: the file does not follow the specification.
    """
    try:
        tree = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MalformedReuseError(str(error)) from error
    tables = tree.get("annotations", [])
    if tree.get("version") != 1 or not isinstance(tables, list):
        raise MalformedReuseError("expected version = 1 and [[annotations]]")
    annotations = [_annotation(table) for table in tables]
    # An annotation without a licence is about the copyright.
    return [annotation for annotation in annotations if annotation is not None]


def _annotation(table: Any) -> Annotation | None:
    if not isinstance(table, dict):
        raise MalformedReuseError("an annotation is no table")
    paths = _strings(table, "path")
    if not paths:
        raise MalformedReuseError("an annotation without path")
    licenses = _strings(table, "SPDX-License-Identifier")
    try:
        precedence = Precedence(table.get("precedence", "closest"))
    except ValueError as error:
        raise MalformedReuseError(str(error)) from error
    if not licenses:
        return None
    expression = read_declaration(" AND ".join(f"({one})" for one in licenses))
    pattern = compile_globs(tuple(paths), crosses_directories=False)
    words = f"SPDX-License-Identifier = {json.dumps(licenses if licenses[1:] else licenses[0])}"
    return Annotation(pattern, precedence, expression, words)


def _strings(table: dict[str, Any], key: str) -> list[str]:
    value = table.get(key, [])
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise MalformedReuseError(f"{key} is neither a string nor a list of strings")
    return values
