"""A record, as JSON Lines and data sets have them, becomes the fields of a document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import orjson

from corpusforge.config import LicenseList
from corpusforge.dialogues import parse_messages, render
from corpusforge.errors import InputError
from corpusforge.sources.refusal import Refused


class Row(TypedDict):
    """What `DocumentBuilder.add` takes from a record, its id apart."""

    text: str
    messages: str | None
    license: str | None
    meta: str | None


@dataclass(frozen=True)
class RecordKeys:
    """Which keys of a record hold what; all others are kept as `meta`."""

    text: str
    messages: str | None
    id: str | None
    license: str | None
    license_list: LicenseList
    max_text_bytes: int

    def row(self, record: Any) -> tuple[str | None, Row]:
        """The record's own id, if one is configured, and what else it gives.

        Raises:
            Refused: the record is no mapping, a key is missing or null, or a value is not what it
                should be. The reasons name the field: "missing-text", "bad-license", …
        """
        if not isinstance(record, Mapping):
            raise Refused("not-an-object", f"a JSON {_kind(record)}")
        content_key = self.messages or self.text
        if self.messages is None:
            text, messages = _text(record, self.text), None
        else:
            text, messages = _dialogue(record, self.messages)
        if not text or text.isspace():
            raise Refused("empty")
        check_length(text, self.max_text_bytes)
        used = {content_key, self.id, self.license}
        rest = {key: value for key, value in record.items() if key not in used}
        id = None if self.id is None else _id(record, self.id)
        return id, {
            "text": text,
            "messages": messages,
            "license": None if self.license is None else self._license(record, self.license),
            "meta": plain_json(rest) if rest else None,
        }

    def declared(self, names: list[str]) -> str | None:
        """One name as it is, several as a JSON list, or as {"any": [...]} if they are a choice."""
        if len(names) < 2:
            return "".join(names) or None
        return plain_json(names if self.license_list == "all" else {"any": names})

    def _license(self, record: Mapping[str, Any], key: str) -> str | None:
        value = record.get(key)
        if value is None or isinstance(value, str):
            return value or None
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return self.declared(value)
        raise _unfit("license", record, key, "a string or a list of strings")


def check_length(text: str, max_bytes: int) -> None:
    """Hold a text to its limit.

    Raises:
        Refused: "oversized", when it takes more than `max_bytes` in UTF-8.
    """
    # A character takes 1 to 4 bytes; only in between must it be counted.
    if len(text) * 4 > max_bytes and len(text.encode()) > max_bytes:
        raise Refused("oversized", f"a text of more than {max_bytes:,} bytes")


def null_value(field: str, key: str) -> Refused:
    """A key is there and says nothing."""
    return Refused(f"missing-{field}", f'"{key}" is null')


def empty_id(key: str) -> Refused:
    """An id that names nothing."""
    return Refused("bad-id", f'"{key}" is an empty string')


def plain_json(value: Any) -> str:
    """Compact JSON; what JSON has no form for is written as text."""
    return orjson.dumps(value, default=_plain).decode()


def _text(record: Mapping[str, Any], key: str) -> str:
    text = record.get(key)
    if not isinstance(text, str):
        raise _unfit("text", record, key, "a string")
    return text


def _dialogue(record: Mapping[str, Any], key: str) -> tuple[str, str]:
    value = record.get(key)
    if value is None:
        raise _unfit("messages", record, key, "a list of {role, content}")
    try:
        messages = parse_messages(value)
    except InputError as error:
        raise Refused("bad-messages", error.got) from error
    return render(messages), plain_json(messages)


def _id(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value == "":
        raise empty_id(key)
    raise _unfit("id", record, key, "a string or a whole number")


def _unfit(field: str, record: Mapping[str, Any], key: str, expected: str) -> Refused:
    if key not in record:
        near = ", ".join(map(str, list(record)[:20]))
        nested = " (keys are those of the outermost object)" if "." in key else ""
        return Refused(f"missing-{field}", f'no key "{key}"{nested} among: {near}')
    if record[key] is None:
        return null_value(field, key)
    return Refused(f"bad-{field}", f'"{key}" is a {_kind(record[key])}, not {expected}')


def _plain(value: Any) -> str:
    # Bytes, decimals and the like, which data sets have and JSON has not.
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list() | tuple():
            return "list"
        case Mapping():
            return "object"
        case _:
            return type(value).__name__
