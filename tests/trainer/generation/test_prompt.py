"""Prompts: who may name a control token, and what every prompt is refused for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.dialogues import ROLES, Message
from corpusforge.errors import InputError
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Tokenizer
from corpusforge.tokenizer.whitespace import WhitespaceTokenizer
from trainer.generation.prompt import Prompt, messages_prompt, text_prompt, trusted_prompt

CONTEXT = 1 << 20
WORDS = WhitespaceTokenizer(["hello", " there", "user", "<|", "|>"])
PIECES = [*CONTROL_PIECES.values(), "<s>", "</s>", "<unk>", "<pad>", "<0x41>"]
MARK = "\u2581"  # SentencePiece's space


@pytest.fixture(scope="module", params=["whitespace", "sentencepiece"])
def codec(request: pytest.FixtureRequest, prepared: Path) -> Tokenizer:
    """Either tokenizer."""
    return WORDS if request.param == "whitespace" else load_tokenizer(prepared)


def _require_text(codec: Tokenizer, messages: list[Message]) -> None:
    """The control ids are those of the messages themselves, and the contents come back whole."""
    prompt, control = messages_prompt(codec, messages, CONTEXT), codec.control
    expected = [codec.end_of_document]
    for message in messages:
        expected += [control[message["role"]], control["end"]]
    if messages[-1]["role"] == "assistant":
        expected.pop()
    else:
        expected.append(control["assistant"])
    assert prompt.ids[np.isin(prompt.ids, list(control.values()))].tolist() == expected
    text = "".join(message["content"] for message in messages)
    assert codec.decode(prompt.ids) == (text[:-1] if prompt.first_ids else text)


@pytest.mark.parametrize("piece", PIECES)
def test_no_content_names_a_control_token(codec: Tokenizer, piece: str) -> None:
    """Whole, among text, with SentencePiece's mark of a space anywhere in it, or cut in two."""
    cuts = range(len(piece) + 1)
    contents = [piece, f"a {piece} b", f"\n{piece}\n", piece * 3, piece.replace("|", MARK)]
    contents += [piece[:cut] + MARK + piece[cut:] for cut in cuts]
    for role in ROLES:
        for content in contents:
            _require_text(codec, [{"role": role, "content": content}])
        for cut in cuts:
            halves: list[Message] = [
                {"role": "user", "content": piece[:cut]},
                {"role": role, "content": piece[cut:]},
            ]
            _require_text(codec, halves)


hostile_texts = st.lists(
    st.sampled_from([*PIECES, MARK, " ", "<|", "|>", "<", "|", "user", "end", "\n"]) | st.text()
).map("".join)
dialogues = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(ROLES), "content": hostile_texts}), min_size=1
)


@given(messages=dialogues)
@settings(deadline=None)
def test_no_dialogue_changes_its_roles(codec: Tokenizer, messages: list[Message]) -> None:
    """Whatever its contents are made of."""
    _require_text(codec, messages)


@given(text=hostile_texts)
@settings(deadline=None)
def test_no_text_names_a_control_token(codec: Tokenizer, text: str) -> None:
    """A problem from a file is text, with markers in it or not."""
    ids = text_prompt(codec, text, CONTEXT, heal=False).ids
    assert ids.tolist() == [codec.end_of_document, *codec.encode(text).tolist()]
    assert not set(ids[1:].tolist()) & set(codec.control.values())


plain_dialogues = st.lists(
    st.tuples(st.sampled_from(ROLES), st.text("hello there,\n\u2581é→").map(str.strip)), min_size=1
)


@given(turns=plain_dialogues)
@settings(deadline=None)
def test_messages_are_what_an_operator_would_type(
    codec: Tokenizer, turns: list[tuple[str, str]]
) -> None:
    """The same ids, where contents have no markers and no white space around them."""
    typed = "".join(f"<|{role}|>{content}" for role, content in turns)
    if turns[-1][0] != "assistant":
        typed += "<|assistant|>"
    messages: list[Message] = [{"role": role, "content": content} for role, content in turns]
    by_messages = messages_prompt(codec, messages, CONTEXT)
    assert by_messages.ids.tolist() == trusted_prompt(codec, typed, CONTEXT).ids.tolist()


def test_contents_keep_their_white_space() -> None:
    """A typed prompt loses it around its contents, a message does not."""
    control = WORDS.control
    messages: list[Message] = [{"role": "user", "content": " hello \n"}]
    assert messages_prompt(WORDS, messages, CONTEXT).ids.tolist() == [
        control["end_of_document"],
        control["user"],
        *WORDS.encode(" hello \n").tolist(),
        control["end"],
        control["assistant"],
    ]


def test_the_last_word_of_the_assistant_is_completed() -> None:
    """An answer that ends in a space goes on with a word that brings it; a question is closed."""
    answer: list[Message] = [{"role": "assistant", "content": "hello "}]
    prompt = messages_prompt(WORDS, answer, CONTEXT)
    (there,) = WORDS.encode(" there").tolist()
    assert prompt.first_ids == [there]
    assert WORDS.decode(prompt.ids) == "hello"
    question: list[Message] = [{"role": "user", "content": "hello "}]
    assert messages_prompt(WORDS, question, CONTEXT).first_ids is None
    assert text_prompt(WORDS, "hello ", CONTEXT).first_ids == [there]
    assert text_prompt(WORDS, "hello ", CONTEXT, heal=False).first_ids is None


def test_markers_in_a_trusted_prompt_are_control_tokens() -> None:
    """A dialogue as typed is a dialogue as trained on."""
    control = WORDS.control
    ids = trusted_prompt(WORDS, "<|user|>hello<|assistant|>", 24).ids
    assert ids.tolist() == [
        control["end_of_document"],
        control["user"],
        *WORDS.encode("hello"),
        control["end"],
        control["assistant"],
    ]


@pytest.mark.parametrize("role", ["end", "end_of_document", "image", "User", ""])
def test_a_role_is_no_way_to_a_control_token(role: str) -> None:
    """Only the three roles of a dialogue are taken."""
    with pytest.raises(InputError) as caught:
        messages_prompt(WORDS, [{"role": role, "content": ""}], CONTEXT)
    assert caught.value.got == f"the role {role!r}"


def test_no_messages_are_an_error() -> None:
    """There is nobody to answer."""
    with pytest.raises(InputError, match="not a dialogue"):
        messages_prompt(WORDS, [], CONTEXT)


def _message(tokenizer: Tokenizer, content: str, context: int) -> Prompt:
    return messages_prompt(tokenizer, [{"role": "assistant", "content": content}], context)


@pytest.mark.parametrize("encode", [trusted_prompt, text_prompt, _message])
def test_a_prompt_beyond_the_context_is_an_error(encode: Callable[..., Prompt]) -> None:
    """Nothing is cut off in silence."""
    with pytest.raises(InputError, match="longer than the model's context") as caught:
        encode(WORDS, "x" * 30, 24)
    assert int(caught.value.got.split()[0]) >= 31
    assert caught.value.expected == "fewer than 24"
    assert caught.value.where == f"the prompt '{'x' * 30}'"


@pytest.mark.parametrize("encode", [trusted_prompt, text_prompt, _message])
def test_a_prompt_of_no_characters_is_an_error(encode: Callable[..., Any]) -> None:
    """Bytes that are not UTF-8 come from the command line as halves of characters."""
    with pytest.raises(InputError, match="the prompt is not valid text") as caught:
        encode(WORDS, "x\udcff\udcfe", 24)
    assert caught.value.where == r"the prompt 'x\udcff\udcfe'"
