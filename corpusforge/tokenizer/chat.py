"""Dialogues as tokens: control ids are inserted, content is encoded as text.

A message is `<|role|> content <|end|>`; the end of a document stands after the last one. A model is
trained on what the assistant says, the `<|end|>` that closes it included.
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

# What a token of a shard belongs to.
_TEXT, _OTHER, _ASSISTANT = 0, 1, 2


def encode_chat(tokenizer: Tokenizer, messages: Sequence[Message]) -> Ids:
    """Ids of a whole dialogue, without the end of the document. uint16[tokens].

    Raises:
        InputError: the vocabulary has no control tokens for dialogues.
    """
    control = _control(tokenizer)
    pieces: list[Ids] = []
    for message in messages:
        pieces.append(np.array([control[message["role"]]], np.uint16))
        pieces.append(tokenizer.encode(message["content"]))
        pieces.append(np.array([control["end"]], np.uint16))
    return np.concatenate(pieces)


def encode_chats(tokenizer: Tokenizer, dialogues: Sequence[Sequence[Message]]) -> Encoded:
    """`encode_chat` of many dialogues at once."""
    control = _control(tokenizer)
    messages = [message for dialogue in dialogues for message in dialogue]
    contents = pa.array([message["content"] for message in messages], pa.string())
    ids, lengths = tokenizer.encode_column(contents)
    ends = np.cumsum(lengths)
    marks = np.full((len(messages), 2), control["end"], np.uint16)
    marks[:, 0] = [control[message["role"]] for message in messages]
    places = np.stack([ends - lengths, ends], axis=1)
    # Where one message ends another begins; values for one place go in as they come.
    ids = np.insert(ids, places.reshape(-1), marks.reshape(-1))
    firsts = np.cumsum([0, *map(len, dialogues)])
    ends_of_messages = np.concatenate([[0], np.cumsum(lengths + 2)])
    return ids, np.diff(ends_of_messages[firsts])


def encode_prompt(tokenizer: Tokenizer, prompt: str) -> Ids:
    """Ids of a prompt as typed: role markers become control ids, all else is text.

    White space around contents is dropped. A message that another one follows, or that ends with a
    typed `<|end|>`, is closed; the last one stays open otherwise, so that `<|assistant|>` opens the
    answer. A prompt without role markers is text.

    Raises:
        InputError: there are markers, and the vocabulary has no control tokens for dialogues.
    """
    markers = list(_MARKER.finditer(prompt))
    if not markers:
        return tokenizer.encode(prompt)
    control = _control(tokenizer)
    pieces: list[Ids] = []
    before = prompt[: markers[0].start()].strip()
    if before:
        pieces.append(tokenizer.encode(before))
    ends = [marker.start() for marker in markers[1:]] + [len(prompt)]
    for marker, end in zip(markers, ends, strict=True):
        typed = prompt[marker.end() : end].strip()
        content = typed.removesuffix(CONTROL_PIECES["end"])
        pieces.append(np.array([control[_ROLE_OF_MARKER[marker[0]]]], np.uint16))
        pieces.append(tokenizer.encode(content.rstrip()))
        if end < len(prompt) or content != typed:
            pieces.append(np.array([control["end"]], np.uint16))
    return np.concatenate(pieces)


def loss_mask(
    ids: npt.NDArray[np.integer[Any]], control: Mapping[str, int]
) -> npt.NDArray[np.bool_]:
    """Which tokens of a run from a shard are trained on. bool, the shape of `ids`, last axis time.

    In a dialogue: what the assistant says and the `<|end|>` after it. In other documents: all. An
    end of document right behind another one is padding, and never trained on. What
    a token belongs to is told by the last role marker or end of document before it; where a run
    begins inside a document, its first tokens belong to what the first marker in it implies: a
    dialogue's `<|end|>` before any role marker closes a turn that cannot be told, so the tokens up
    to it are left out.
    """
    if not control.keys() >= {*ROLES, "end"} or not ids.size:
        return ~_padding(ids, control)
    # For every id: what it opens or closes, -1 for ids that are no marker.
    opens = np.full(1 << 16, -1, np.int8)
    closes = opens.copy()
    opens[control["end_of_document"]] = _TEXT
    opens[[control["system"], control["user"]]] = _OTHER
    opens[control["assistant"]] = _ASSISTANT
    closes[control["end"]] = _OTHER
    marks = np.maximum(opens, closes)[ids]
    places = np.where(marks >= 0, np.arange(ids.shape[-1]), -1)
    # The last marker strictly before each token; what a run begins in is told by its first one.
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


def _control(tokenizer: Tokenizer) -> Mapping[str, int]:
    missing = [name for name in (*ROLES, "end") if name not in tokenizer.control]
    if missing:
        raise InputError(
            "the vocabulary has no control tokens for dialogues",
            got=f"no {', '.join(CONTROL_PIECES[name] for name in missing)}",
            do="let corpusforge train the tokenizer, or leave dialogues out",
        )
    return tokenizer.control
