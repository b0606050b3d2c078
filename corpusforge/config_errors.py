"""Turn pydantic's validation errors into one message about the configuration file."""

import difflib
import types
import typing
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from corpusforge.errors import ConfigError

# The expected value by pydantic's error type. For other types, pydantic's own message is used.
_SECTION = ("dict_type", "mapping_type", "model_attributes_type", "model_type")
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
        if isinstance(step, int):
            continue
        tagged = [
            one
            for one in models
            if "type" in one.model_fields and one.model_fields["type"].default == step
        ]
        within = tagged or [
            inner
            for one in models
            if step in one.model_fields
            for inner in _inner_models(one.model_fields[step].annotation)
        ]
        models = within or models  # `step` is a union tag
    return models


def _inner_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for argument in typing.get_args(annotation):
        yield from _inner_models(argument)
