"""REUSE.toml: licences of files that cannot say so themselves (reuse.software/spec-3.3)."""

import json
import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from corpusforge.licensing.expression import read_declaration
from corpusforge.licensing.globs import compile_globs


class Precedence(StrEnum):
    """What holds where a file also says something itself."""

    CLOSEST = "closest"  # the file
    AGGREGATE = "aggregate"  # both
    OVERRIDE = "override"  # REUSE.toml


@dataclass(frozen=True)
class Annotation:
    """One `[[annotations]]` table."""

    pattern: re.Pattern[str]  # of paths below the directory of REUSE.toml
    precedence: Precedence
    expression: str | None
    words: str  # what gives it


class MalformedReuse(ValueError):  # noqa: N818 -- what a file is, not an error of ours
    """A REUSE.toml that does not follow the specification."""


def parse_reuse(text: str) -> list[Annotation]:
    """The annotations in order: the last that fits a path speaks of it.

    Raises:
        MalformedReuse: with the reason.
    """
    try:
        tree = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MalformedReuse(str(error)) from error
    tables = tree.get("annotations", [])
    if tree.get("version") != 1 or not isinstance(tables, list):
        raise MalformedReuse("expected version = 1 and [[annotations]]")
    annotations = [_annotation(table) for table in tables]
    # One without a licence says who has the copyright.
    return [annotation for annotation in annotations if annotation is not None]


def _annotation(table: Any) -> Annotation | None:
    if not isinstance(table, dict):
        raise MalformedReuse("an annotation is no table")
    paths = _strings(table, "path")
    if not paths:
        raise MalformedReuse("an annotation without path")
    licenses = _strings(table, "SPDX-License-Identifier")
    try:
        precedence = Precedence(table.get("precedence", "closest"))
    except ValueError as error:
        raise MalformedReuse(str(error)) from error
    if not licenses:
        return None
    expression = read_declaration(" AND ".join(f"({one})" for one in licenses))
    pattern = compile_globs(tuple(paths), crosses_folders=False)
    words = f"SPDX-License-Identifier = {json.dumps(licenses if licenses[1:] else licenses[0])}"
    return Annotation(pattern, precedence, expression, words)


def _strings(table: dict[str, Any], key: str) -> list[str]:
    value = table.get(key, [])
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise MalformedReuse(f"{key} is neither a string nor a list of strings")
    return values
