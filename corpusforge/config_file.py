"""Read configuration files: YAML, `--set`, and validation errors as one message."""

import difflib
import re
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from corpusforge.errors import ConfigError

_SECTION = ("dict_type", "mapping_type", "model_attributes_type", "model_type")
# The expected value by pydantic's error type. For other types, pydantic's own message is used.
_EXPECTED = {
    **dict.fromkeys(("bool_parsing", "bool_type"), "true or false"),
    **dict.fromkeys(("float_parsing", "float_type"), "a number"),
    **dict.fromkeys(("int_from_float", "int_parsing", "int_type"), "a whole number"),
    **dict.fromkeys(_SECTION, "a section of keys and values"),
    "string_too_long": "{max_length} characters at most",
    "string_too_short": "{min_length} or more characters",
    "string_type": "a text",
    "too_short": "{min_length} or more entries",
    "tuple_type": "a list",
}


def read_tree(path: Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Read the sections of a YAML file, and apply overrides of the form `a.b=c`.

    Raises:
        ConfigError: the file is missing or is not YAML, or an override is invalid.
    """
    try:
        text = _read_text(path, "the configuration", do="check the path, or use --example")
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(
            "the configuration is not YAML", where=str(path), got=str(error)
        ) from None
    if not isinstance(tree, dict):
        raise ConfigError(
            "the configuration is empty" if tree is None else "the configuration is not a mapping",
            where=str(path),
            expected="sections such as output_dir, corpus, tokenizer, model, training",
        )
    for override in overrides:
        apply_override(tree, override)
    return tree


def read_lines(path: Path) -> tuple[str, ...]:
    """Return the lines of a text file, without blank lines and comments.

    A comment starts with `#` at the start of a line or after white space: ids may contain `#`.

    Raises:
        ConfigError: the file cannot be read.
    """
    lines = _read_text(path, "a list").splitlines()
    stripped = (re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip() for line in lines)
    return tuple(line for line in stripped if line)


def _read_text(path: Path, what: str, do: str = "") -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read {what}: {getattr(error, 'strerror', None) or error}",
            where=str(path),
            do=do,
        ) from error


def apply_override(tree: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    *steps, last = key.split(".")
    if not (equals and last and all(steps)):
        raise ConfigError(
            "cannot read an override",
            where="--set",
            got=override,
            expected="section.key=value, such as corpus.split.validation=0.05",
        )
    node: Any = tree
    for step in steps:
        if isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        elif isinstance(node, dict):
            node = node.setdefault(step, {})
        else:
            node = None
        if not isinstance(node, dict | list):
            raise ConfigError(
                f"cannot set a key under {step}",
                where=f"--set {override}",
                expected="a section, or the number of an entry in a list",
            )
    if isinstance(node, list) and not (last.isdigit() and int(last) < len(node)):
        raise ConfigError(
            "no such entry in the list",
            where=f"--set {override}",
            got=last,
            expected=f"a number from 0 to {len(node) - 1}",
        )
    place: Any = int(last) if isinstance(node, list) else last
    try:
        node[place] = yaml.safe_load(value)
    except yaml.YAMLError:
        node[place] = value


def explain(error: ValidationError, model: type[BaseModel], tree: Any, where: str) -> ConfigError:
    """Return the most helpful of the problems that validating `tree` as `model` found."""
    # Group by place: a value of a union has one problem for each member of the union.
    places: dict[tuple[str, ...], list[ErrorDetails]] = {}
    for problem in error.errors(include_url=False):
        places.setdefault(_place(problem, tree), []).append(problem)
    # A mistyped key is also a missing key. Report the key that was typed.
    steps, here = min(places.items(), key=lambda item: item[1][0]["type"] != "extra_forbidden")
    first = here[0]
    more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
    place = f"{where}: {'.'.join(steps)}" if steps else where
    if first["type"] == "extra_forbidden":
        known = sorted({key for one in _models_at(model, first["loc"]) for key in one.model_fields})
        return ConfigError(
            f'unknown key "{steps[-1]}"{more}',
            where=place,
            expected=f"one of {', '.join(known)}",
            do=_nearest(steps[-1], known),
        )
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        models = _models_at(model, (*first["loc"], "type"))
        known = [one.model_fields["type"].default for one in models]
        typed = first["ctx"].get("tag")
        return ConfigError(
            ('missing key "type"' if typed is None else "invalid value") + more,
            where=f"{place}.type",
            got="" if typed is None else repr(typed),
            expected=f"one of {', '.join(known)}",
            do="" if typed is None else _nearest(typed, known),
        )
    missing = first["type"] == "missing"
    return ConfigError(
        (f'missing key "{steps[-1]}"' if missing else "invalid value") + more,
        where=place,
        got="" if missing or isinstance(first["input"], dict) else repr(first["input"]),
        expected="" if missing else ", or ".join(dict.fromkeys(map(_expected, here))),
    )


def _expected(problem: ErrorDetails) -> str:
    if sentence := _EXPECTED.get(problem["type"]):
        return sentence.format(**problem.get("ctx", {}))
    return problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")


def _nearest(typed: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(typed, known, n=1, cutoff=0.5)
    return f'did you mean "{near[0]}"?' if near else ""


def _place(problem: ErrorDetails, tree: Any) -> tuple[str, ...]:
    """Return the keys that lead to the problem, without the union tags that pydantic inserts."""
    plain: list[str] = []
    for step in problem["loc"]:
        try:
            tree = tree[step]
        except (TypeError, LookupError):
            if not (problem["type"] == "missing" and step == problem["loc"][-1]):
                continue
        plain.append(str(step))
    return tuple(plain)


def _models_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[type[BaseModel]]:
    """Return the models among whose fields the last step of `location` was looked up."""
    models: list[type[BaseModel]] = [model]
    for step in location[:-1]:
        types = [(one, one.model_fields.get("type")) for one in models]
        tagged = [one for one, field in types if field and field.default == step]
        fields = [one.model_fields.get(str(step)) for one in models]
        inner = [one for field in fields if field for one in _inner_models(field.annotation)]
        models = tagged or inner or models  # a number, the place in a list, leads to neither
    return models


def _inner_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _inner_models(argument)
