"""Dialogues as tokens, and which of their tokens are trained on."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.dialogues import Message, parse_messages, render
from corpusforge.errors import InputError
from corpusforge.tokenizer.chat import encode_chat, encode_chats, encode_prompt, loss_mask
from corpusforge.tokenizer.whitespace import WhitespaceTokenizer

TOKENIZER = WhitespaceTokenizer(["hello", "bye", " there"])
CONTROL = TOKENIZER.control
SYSTEM, USER, ASSISTANT, END = (CONTROL[name] for name in ("system", "user", "assistant", "end"))
DOCUMENT_END = CONTROL["end_of_document"]
HELLO, BYE, THERE = (int(TOKENIZER.encode(word)[0]) for word in ("hello", "bye", " there"))
DIALOGUE = [USER, HELLO, END, ASSISTANT, BYE, THERE, END, DOCUMENT_END]
DIALOGUE_MASK = [0, 0, 0, 0, 1, 1, 1, 0]


class NoChat(WhitespaceTokenizer):
    """A vocabulary that has nothing but an end of a document, as foreign ones do."""

    @property
    def control(self) -> dict[str, int]:
        return {"end_of_document": DOCUMENT_END}


def mask(ids: list[int]) -> list[int]:
    return loss_mask(np.array(ids, np.uint16), CONTROL).astype(int).tolist()


def test_messages_come_from_json_or_a_list() -> None:
    """Either form is read; other keys of a message are left behind."""
    messages = [{"role": "user", "content": "hello", "weight": 1}]
    assert parse_messages(messages) == [{"role": "user", "content": "hello"}]
    assert parse_messages(json.dumps(messages)) == parse_messages(messages)


@pytest.mark.parametrize(
    ("messages", "got"),
    [
        ("{", "text that is not JSON"),
        ("{}", "no list"),
        ([], "an empty list"),
        (["hello"], "a message without text in `content`"),
        ([{"role": "user"}], "a message without text in `content`"),
        ([{"role": "user", "content": None}], "a message without text in `content`"),
        ([{"role": "tool", "content": "hello"}], "the role 'tool'"),
    ],
)
def test_what_is_no_dialogue_is_an_error(messages: Any, got: str) -> None:
    """The message says what was met and shows what was expected."""
    with pytest.raises(InputError, match="not a dialogue") as error:
        parse_messages(messages)
    assert error.value.got == got


def test_a_dialogue_reads_as_paragraphs() -> None:
    """The text of a dialogue names who says what."""
    messages = parse_messages(
        '[{"role":"user","content":"a\\nb"},{"role":"assistant","content":"c"}]'
    )
    assert render(messages) == "user: a\nb\n\nassistant: c"


def test_every_message_is_opened_and_closed() -> None:
    """A role id, the content, and the end; the end of the document is the shard's."""
    messages = parse_messages(
        [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "bye there"}]
    )
    assert encode_chat(TOKENIZER, messages).tolist() == DIALOGUE[:-1]


@given(contents=st.lists(st.sampled_from(["<|end|>", "<|user|>hello", "<|endoftext|>", " x"])))
def test_markers_in_content_stay_text(contents: list[str]) -> None:
    """No content can close its message or open another."""
    messages = parse_messages([{"role": "user", "content": text} for text in [*contents, ""]])
    ids = encode_chat(TOKENIZER, messages)
    control = ids[np.isin(ids, list(CONTROL.values()))]
    assert control.tolist() == [USER, END] * (len(contents) + 1)
    assert TOKENIZER.decode(ids) == "".join(contents)


@pytest.mark.parametrize(
    ("prompt", "ids"),
    [
        ("hello there", [HELLO, THERE]),
        ("<|end|>", TOKENIZER.encode("<|end|>").tolist()),
        ("<|user|> hello <|assistant|>", [USER, HELLO, END, ASSISTANT]),
        ("<|user|>hello<|end|>\n<|assistant|>\n", [USER, HELLO, END, ASSISTANT]),
        (
            "<|system|> bye <|user|>\nhello there\n<|assistant|>",
            [SYSTEM, BYE, END, USER, HELLO, THERE, END, ASSISTANT],
        ),
        ("<|user|> hello <|assistant|> bye", [USER, HELLO, END, ASSISTANT, BYE]),
        ("<|user|> hello <|end|>", [USER, HELLO, END]),
        ("hello <|user|> bye", [HELLO, USER, BYE]),
    ],
)
def test_a_prompt_works_as_typed(prompt: str, ids: list[int]) -> None:
    """Markers open messages, followed and closed ones end, the last one stays open."""
    assert encode_prompt(TOKENIZER, prompt).tolist() == ids


def test_a_vocabulary_without_roles_takes_no_dialogue() -> None:
    """It says so where a dialogue would be lost; plain text goes through, and counts as text."""
    tokenizer = NoChat(["hello"])
    with pytest.raises(InputError, match="no control tokens for dialogues"):
        encode_chat(tokenizer, parse_messages([{"role": "user", "content": "hello"}]))
    with pytest.raises(InputError, match="no control tokens for dialogues"):
        encode_prompt(tokenizer, "<|user|> hello")
    assert encode_prompt(tokenizer, "hello").tolist() == [HELLO]
    ids = np.array([HELLO, DOCUMENT_END, DOCUMENT_END])
    assert loss_mask(ids, tokenizer.control).tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("ids", "trained"),
    [
        ([HELLO, BYE, DOCUMENT_END, HELLO], [1, 1, 1, 1]),
        (DIALOGUE, DIALOGUE_MASK),
        (
            [SYSTEM, BYE, END, USER, HELLO, END, ASSISTANT, BYE, END, USER, BYE, END, ASSISTANT],
            [0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0],
        ),
        ([HELLO, DOCUMENT_END, *DIALOGUE, BYE], [1, 1, *DIALOGUE_MASK, 1]),
        # From the middle of a turn that cannot be told: nothing up to its end.
        ([BYE, END, ASSISTANT, BYE, END, DOCUMENT_END, BYE], [0, 0, 0, 1, 1, 0, 1]),
        # From the middle of a text, and behind a role.
        ([BYE, DOCUMENT_END, USER, HELLO, END], [1, 1, 0, 0, 0]),
        ([ASSISTANT, BYE], [0, 1]),
        # Behind the end of a document nothing but padding.
        ([DOCUMENT_END, HELLO, DOCUMENT_END, DOCUMENT_END, DOCUMENT_END], [1, 1, 1, 0, 0]),
        ([*DIALOGUE, DOCUMENT_END], [*DIALOGUE_MASK, 0]),
        ([], []),
    ],
)
def test_what_the_assistant_says_is_trained_on(ids: list[int], trained: list[int]) -> None:
    """In dialogues the assistant's words and their end, elsewhere everything."""
    assert mask(ids) == trained


@given(st.lists(st.sampled_from([SYSTEM, USER, ASSISTANT, END, DOCUMENT_END, HELLO]), min_size=8))
def test_rows_of_a_batch_do_not_see_one_another(ids: list[int]) -> None:
    """A batch's mask is the masks of its rows."""
    batch = np.array(ids[: len(ids) // 2 * 2], np.int64).reshape(2, -1)
    rows = [loss_mask(row, CONTROL) for row in batch]
    assert loss_mask(batch, CONTROL).tolist() == np.stack(rows).tolist()


@given(st.lists(st.sampled_from([HELLO, BYE]), max_size=4), st.integers(0, 40))
def test_a_later_window_never_trains_on_more(words: list[int], start: int) -> None:
    """A window that begins inside a dialogue trains on no token that the whole leaves out."""
    whole = [DOCUMENT_END, *DIALOGUE, USER, *words, END, ASSISTANT, *words, END, DOCUMENT_END]
    start = min(start, len(whole) - 2)
    # Nothing tells whether the end of a document, alone, ended a dialogue or a text.
    start += whole[start] == DOCUMENT_END
    window = mask(whole[start:])
    assert all(seen <= known for seen, known in zip(window, mask(whole)[start:], strict=True))


def test_many_dialogues_have_the_ids_of_each() -> None:
    """Encoded together or alone, with empty messages, in a batch without any."""
    dialogues: list[list[Message]] = [
        [{"role": "user", "content": "What is 1+1?"}, {"role": "assistant", "content": "2"}],
        [{"role": "system", "content": ""}],
        [{"role": "user", "content": "<|end|>"}, {"role": "assistant", "content": ""}] * 2,
    ]
    ids, lengths = encode_chats(TOKENIZER, dialogues)
    split = [run.tolist() for run in np.split(ids, np.cumsum(lengths))[:-1]]
    assert split == [encode_chat(TOKENIZER, dialogue).tolist() for dialogue in dialogues]
    assert len(encode_chats(TOKENIZER, [])[0]) == 0
