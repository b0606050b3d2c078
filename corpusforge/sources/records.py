"""Turn a record, such as a JSON object or a row of a data set, into the fields of a document."""

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any

import orjson

from corpusforge.config import LicenseList, RowSource
from corpusforge.dialogues import parse_messages, render
from corpusforge.errors import InputError
from corpusforge.sources.refusal import Refused
from corpusforge.sources.source import Document

_JSON_NAMES = {
    NoneType: "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "list",
    dict: "object",
}


def read_record(record: Any, config: RowSource, name: str, row: int) -> Document:
    """Return the document in a record, which is a row (1-based) of the file `name`.

    Keys that the configuration does not name are kept as `meta`.

    Raises:
        Refused: the record is not a mapping, a key is missing or null, or a value has the wrong
            type. The reasons name the field: "missing-text", "bad-license", …
    """
    if not isinstance(record, Mapping):
        raise Refused("not-an-object", f"a JSON {_kind(record)}")
    if config.messages_key is None:
        text, messages = _text(record, config.text_key), None
    else:
        text, messages = _dialogue(record, config.messages_key)
    if not text or text.isspace():
        raise Refused("empty")
    max_bytes = config.max_document_bytes
    # A character has 1 to 4 bytes in UTF-8. Encode the text only if the limit is in between.
    if len(text) * 4 > max_bytes and len(text.encode()) > max_bytes:
        raise Refused("oversized", f"a text of more than {max_bytes:,} bytes")
    used = {config.messages_key or config.text_key, config.id_key, config.license_key}
    rest = {key: value for key, value in record.items() if key not in used}
    id = f"{name}:{row}" if config.id_key is None else _id(record, config.id_key)
    license = None
    if config.license_key is not None:
        license = _license(record, config.license_key, config.license_list)
    meta = plain_json(rest) if rest else None
    return Document(id, text, messages=messages, path=name, license=license, meta=meta)


def declared_license(names: Sequence[str], license_list: LicenseList) -> str | None:
    """Return one name as it is, several as a JSON list or, for a choice, as {"any": [...]}."""
    if len(names) < 2:
        return "".join(names) or None
    return plain_json(names if license_list == "all" else {"any": names})


def null_value(field: str, key: str) -> Refused:
    """Return the refusal of a record whose key is null."""
    return Refused(f"missing-{field}", f'"{key}" is null')


def empty_id(key: str) -> Refused:
    """Return the refusal of a record whose id is an empty string."""
    return Refused("bad-id", f'"{key}" is an empty string')


def plain_json(value: Any) -> str:
    """Return compact JSON. Values that JSON does not support are written as text."""
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


def _license(record: Mapping[str, Any], key: str, license_list: LicenseList) -> str | None:
    value = record.get(key)
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return declared_license(value, license_list)
    raise _unfit("license", record, key, "a string or a list of strings")


def _unfit(field: str, record: Mapping[str, Any], key: str, expected: str) -> Refused:
    if key not in record:
        near = ", ".join(map(str, list(record)[:20]))
        nested = " (keys are those of the outermost object)" if "." in key else ""
        return Refused(f"missing-{field}", f'no key "{key}"{nested} among: {near}')
    if record[key] is None:
        return null_value(field, key)
    return Refused(f"bad-{field}", f'"{key}" is a {_kind(record[key])}, not {expected}')


def _plain(value: Any) -> str:
    # Data sets have values that JSON does not, such as bytes and decimals.
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _kind(value: Any) -> str:
    return _JSON_NAMES.get(type(value), type(value).__name__)
