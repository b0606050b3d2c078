"""Chat template: dialogues as token ids, and the loss mask that follows from the ids.

Each message is encoded as `<|role|> content <|end|>`. The markers are control ids, and the content
is always encoded as text, so no content can open or close a message. Only `encode_prompt` reads
markers from text; use it for text that the operator of the program typed, never for a user's.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.dialogues import ROLES, Message
from corpusforge.errors import InputError
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Encoded, Ids, Tokenizer

_MARKER = re.compile("|".join(re.escape(CONTROL_PIECES[role]) for role in ROLES))
_ROLE_OF_MARKER = {CONTROL_PIECES[role]: role for role in ROLES}

# States of `loss_mask`: the part of a document that a token belongs to.
_TEXT, _OTHER, _ASSISTANT = 0, 1, 2


def encode_chat(tokenizer: Tokenizer, messages: Sequence[Message]) -> Ids:
    """Encode a complete dialogue, without an end of document. uint16[tokens].

    Raises:
        InputError: the vocabulary lacks the control tokens of dialogues.
    """
    return np.concatenate(
        [_encode_message(tokenizer, message["role"], message["content"]) for message in messages]
    )


def encode_chats(tokenizer: Tokenizer, dialogues: Sequence[Sequence[Message]]) -> Encoded:
    """Encode many dialogues in one call, with the same ids as `encode_chat`."""
    control = _control(tokenizer)
    messages = [message for dialogue in dialogues for message in dialogue]
    contents = pa.array([message["content"] for message in messages], pa.string())
    ids, lengths = tokenizer.encode_column(contents)
    ends = np.cumsum(lengths)
    marks = np.full((len(messages), 2), control["end"], np.uint16)
    marks[:, 0] = [control[message["role"]] for message in messages]
    places = np.stack([ends - lengths, ends], axis=1)
    # One message ends where the next begins: np.insert keeps the order of values at one place.
    ids = np.insert(ids, places.reshape(-1), marks.reshape(-1))
    firsts = np.cumsum([0, *map(len, dialogues)])
    ends_of_messages = np.concatenate([[0], np.cumsum(lengths + 2)])
    return ids, np.diff(ends_of_messages[firsts])


def encode_request(tokenizer: Tokenizer, messages: Sequence[Message], answer: str = "") -> Ids:
    """Encode a dialogue and an open answer that begins with `answer`. uint16[tokens].

    Raises:
        InputError: the vocabulary lacks the control tokens of dialogues.
    """
    return encode_chat(tokenizer, [*messages, {"role": "assistant", "content": answer}])[:-1]


def encode_prompt(tokenizer: Tokenizer, prompt: str) -> Ids:
    """Encode a trusted prompt: role markers in it become control ids, the rest is text.

    White space around the content of a message is dropped. A message is closed if another one
    follows or if it ends with `<|end|>`. Otherwise the last message stays open, so `<|assistant|>`
    at the end opens the answer. A prompt without role markers is text.

    Raises:
        InputError: the prompt has markers, and the vocabulary lacks their control tokens.
    """
    markers = list(_MARKER.finditer(prompt))
    if not markers:
        return tokenizer.encode(prompt)
    pieces: list[Ids] = []
    before = prompt[: markers[0].start()].strip()
    if before:
        pieces.append(tokenizer.encode(before))
    ends = [marker.start() for marker in markers[1:]] + [len(prompt)]
    for marker, end in zip(markers, ends, strict=True):
        typed = prompt[marker.end() : end].strip()
        content = typed.removesuffix(CONTROL_PIECES["end"])
        message = _encode_message(tokenizer, _ROLE_OF_MARKER[marker[0]], content.rstrip())
        is_closed = end < len(prompt) or content != typed
        pieces.append(message if is_closed else message[:-1])
    return np.concatenate(pieces)


def end_ids(tokenizer: Tokenizer) -> list[int]:
    """Return the control ids that end a generated answer: of a document, and of a message."""
    ends = ("end_of_document", "end")
    return [tokenizer.control[name] for name in ends if name in tokenizer.control]


def loss_mask(
    ids: npt.NDArray[np.integer[Any]], control: Mapping[str, int]
) -> npt.NDArray[np.bool_]:
    """Return which tokens to train on. bool, the shape of `ids`, whose last axis is time.

    In a dialogue, these are the assistant's content and the `<|end|>` after it; in other documents,
    all tokens. An end of document that follows another one is padding and is never trained on.

    The last role marker or end of document before a token says what the token belongs to. `ids` may
    begin inside a document. If the first marker is then an `<|end|>`, the role of the message that
    it closes is unknown, and the tokens up to it are left out.
    """
    if not control.keys() >= {*ROLES, "end"} or not ids.size:
        return ~_padding(ids, control)
    # The state that each id opens or closes; -1 for ids that are not markers.
    opens = np.full(1 << 16, -1, np.int8)
    closes = opens.copy()
    opens[control["end_of_document"]] = _TEXT
    opens[[control["system"], control["user"]]] = _OTHER
    opens[control["assistant"]] = _ASSISTANT
    closes[control["end"]] = _OTHER
    marks = np.maximum(opens, closes)[ids]
    places = np.where(marks >= 0, np.arange(ids.shape[-1]), -1)
    # The last marker strictly before each token, or -1.
    before = np.roll(np.maximum.accumulate(places, axis=-1), 1, axis=-1)
    before[..., 0] = -1
    known = np.take_along_axis(marks, np.maximum(before, 0), axis=-1)
    first = np.argmax(marks >= 0, axis=-1, keepdims=True)
    begins_inside = np.take_along_axis(closes[ids], first, axis=-1) >= 0
    state = np.where(before >= 0, known, np.where(begins_inside, _OTHER, _TEXT))
    role_marker = (opens[ids] >= 0) & (ids != control["end_of_document"])
    mask: npt.NDArray[np.bool_] = (state != _OTHER) & ~role_marker & ~_padding(ids, control)
    return mask


def _padding(
    ids: npt.NDArray[np.integer[Any]], control: Mapping[str, int]
) -> npt.NDArray[np.bool_]:
    padding: npt.NDArray[np.bool_] = ids == control["end_of_document"]
    padding[..., 1:] &= padding[..., :-1]
    padding[..., :1] = False
    return padding


def _encode_message(tokenizer: Tokenizer, role: str, content: str) -> Ids:
    control = _control(tokenizer)
    begin, end = np.array([[control[role]], [control["end"]]], np.uint16)
    return np.concatenate([begin, tokenizer.encode(content), end])


def _control(tokenizer: Tokenizer) -> Mapping[str, int]:
    missing = [name for name in (*ROLES, "end") if name not in tokenizer.control]
    if missing:
        raise InputError(
            "the vocabulary has no control tokens for dialogues",
            got=f"no {', '.join(CONTROL_PIECES[name] for name in missing)}",
            do="train the tokenizer with corpusforge, or use text without dialogues",
        )
    return tokenizer.control
