"""Dialogues: lists of messages, each with a role and its content."""

import json
from collections.abc import Sequence
from typing import Any, TypedDict

from corpusforge.errors import InputError

ROLES = ("system", "user", "assistant")


class Message(TypedDict):
    """One message of a dialogue."""

    role: str  # one of ROLES
    content: str


def parse_messages(messages: Any) -> list[Message]:
    """Return the messages in JSON text, or in a list that was read from JSON.

    Only `role` and `content` of a message are kept.

    Raises:
        InputError: this is not a list of {role, content} with known roles and text.
    """
    if isinstance(messages, str):
        try:
            messages = json.loads(messages)
        except ValueError:
            raise _not_messages("text that is not JSON") from None
    if not isinstance(messages, list) or not messages:
        raise _not_messages("no list" if not isinstance(messages, list) else "an empty list")
    parsed: list[Message] = []
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise _not_messages("a message without text in `content`")
        if message.get("role") not in ROLES:
            raise _not_messages(f"the role {message.get('role')!r}")
        parsed.append({"role": message["role"], "content": message["content"]})
    return parsed


def render(messages: Sequence[Message]) -> str:
    """Render a dialogue as plain text, one `role: content` paragraph per message."""
    return "\n\n".join(f"{message['role']}: {message['content']}" for message in messages)


def _not_messages(got: str) -> InputError:
    return InputError(
        "the messages are not a dialogue",
        got=got,
        expected='a list such as [{"role": "user", "content": "…"}, '
        '{"role": "assistant", "content": "…"}]',
    )
