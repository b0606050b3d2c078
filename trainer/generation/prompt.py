"""Prompts: token ids for a model to continue.

Who wrote a prompt decides what may name a control token. Markers such as `<|user|>` are control
tokens only in a trusted prompt, which the operator typed on the command line or wrote into the
configuration. In texts and in the contents of messages they stay text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from corpusforge.dialogues import Message, parse_messages
from corpusforge.errors import InputError
from corpusforge.tokenizer.chat import encode_prompt, encode_request
from corpusforge.tokenizer.tokenizer import Ids, Tokenizer


@dataclass(frozen=True)
class Prompt:
    """Token ids for a model to continue.

    With `first_ids`, the first generated id must be one of these. Each begins with the space that
    the prompt ended in, which `ids` then leaves out.
    """

    ids: Ids  # uint16[tokens]
    first_ids: Sequence[int] | None = None


def trusted_prompt(tokenizer: Tokenizer, prompt: str, context: int) -> Prompt:
    """Encode what the operator typed; role markers are control tokens (`encode_prompt`).

    Raises:
        InputError: the prompt is not valid text or does not fit the context, or the vocabulary
            lacks its control tokens.
    """
    return _prompt(tokenizer, partial(encode_prompt, tokenizer), prompt, context, prompt)


def text_prompt(tokenizer: Tokenizer, text: str, context: int, *, heal: bool = True) -> Prompt:
    """Encode text of any origin; markers in it stay text.

    Raises:
        InputError: it is not valid text or does not fit the context.
    """
    return _prompt(tokenizer, tokenizer.encode, text, context, text, heal=heal)


def messages_prompt(tokenizer: Tokenizer, messages: Sequence[Message], context: int) -> Prompt:
    """Encode a dialogue for the assistant to answer; every character of its contents stays text.

    If the last message is the assistant's, the model continues it.

    Raises:
        InputError: there is no message, a role is unknown, a content is not valid text, the
            dialogue does not fit the context, or the vocabulary lacks its control tokens.
    """
    dialogue = parse_messages(list(messages))
    name = "".join(message["content"] for message in dialogue)
    answer = dialogue.pop()["content"] if dialogue[-1]["role"] == "assistant" else ""
    return _prompt(tokenizer, partial(encode_request, tokenizer, dialogue), answer, context, name)


def document_ids(tokenizer: Tokenizer, ids: Ids) -> Ids:
    """Put the end of a document before ids, as before every document in training."""
    return np.concatenate([np.array([tokenizer.end_of_document], np.uint16), ids])


def _prompt(
    tokenizer: Tokenizer,
    encode: Callable[[str], Ids],
    text: str,
    context: int,
    name: str,
    *,
    heal: bool = True,
) -> Prompt:
    """Encode `text`, which the model continues; `name` is what errors call the prompt by."""
    where = f"the prompt {name[:40]!r}"
    try:
        name.encode()
    except UnicodeEncodeError:  # the command line and JSON can spell halves of characters
        raise InputError(
            "the prompt is not valid text",
            where=where,
            expected="characters; on the command line, in the encoding of the terminal",
        ) from None
    ids = document_ids(tokenizer, encode(text))
    if len(ids) >= context:
        raise InputError(
            "the prompt is longer than the model's context",
            where=where,
            got=f"{len(ids):,} tokens",
            expected=f"fewer than {context:,}",
            do="shorten the prompt",
        )
    if heal and _ends_in_one_space(text):
        # "Token healing": in most vocabularies, a word and the space before it are one piece, which
        # cannot follow a separate space. So the prompt leaves the space to the first generated id.
        without, words = document_ids(tokenizer, encode(text[:-1])), _words(tokenizer)
        if words and not np.array_equal(ids, without):
            return Prompt(without, words)
    return Prompt(ids)


def _ends_in_one_space(text: str) -> bool:
    return text.endswith(" ") and not text[:-1].endswith((" ", "\t", "\n")) and text != " "


def _words(tokenizer: Tokenizer) -> list[int]:
    """Ids of the pieces that begin with a space and have more than it."""
    pieces = ((id, tokenizer.decode_bytes([id])) for id in range(tokenizer.vocab_size))
    return [id for id, piece in pieces if piece[:1] == b" " != piece]
