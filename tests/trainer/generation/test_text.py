"""Text from a model: whole characters, stop strings, one stream for whoever generates."""

from collections.abc import Mapping
from itertools import count
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.config import ModelConfig
from trainer.evaluation.likelihood import TextModel
from trainer.evaluation.problems import Problem
from trainer.evaluation.solve import complete
from trainer.generation.prompt import trusted_prompt
from trainer.generation.sampling import SamplingConfig
from trainer.generation.text import generate_text, until_stop
from trainer.model.decoder import Decoder, initialize

MODEL = ModelConfig(dim=32, layers=2, heads=2, hidden=48, context=24)
GREEDY = SamplingConfig(temperature=0, max_new_tokens=12)


class Bytes:
    """A tokenizer of single bytes, with an end of document and dialogue markers."""

    control: Mapping[str, int] = {
        "end_of_document": 256,
        "system": 257,
        "user": 258,
        "assistant": 259,
        "end": 260,
    }
    end_of_document = 256
    vocab_size = 261

    def encode(self, text: str) -> np.ndarray:
        return np.frombuffer(text.encode(), np.uint8).astype(np.uint16)

    def decode_bytes(self, ids: Any) -> bytes:
        return bytes(token for token in ids if token < 256)

    def decode(self, ids: Any) -> str:
        return self.decode_bytes(ids).decode("utf-8", "replace")


def _model(*, writes: bytes | None = None) -> Decoder:
    """A random model, or one that writes these bytes one after another, whatever it reads."""
    model = Decoder(MODEL, Bytes.vocab_size)
    initialize(model, 3)
    if writes is not None:
        text = iter([*writes, Bytes.control["end"]])
        model.logits = lambda hidden: torch.eye(Bytes.vocab_size)[next(text)]  # type: ignore[method-assign]
    return model.requires_grad_(False)


def _pieces(
    model: Decoder, prompt: str, config: SamplingConfig, tokenizer: Any = None, **options: Any
) -> list[str]:
    tokenizer = tokenizer or Bytes()
    encoded = trusted_prompt(tokenizer, prompt, MODEL.context)
    return list(generate_text(model, tokenizer, encoded, config, **options))


def test_equal_seeds_write_equal_text() -> None:
    """And other seeds another one."""
    model = _model()
    texts = [
        "".join(_pieces(model, "ab", SamplingConfig(temperature=2, seed=seed)))
        for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_pieces_are_whole_characters() -> None:
    """A character of several tokens comes when its last byte has come; a cut one is marked."""
    written = "é→🙂".encode() + "🙂".encode()[:2]
    pieces = _pieces(_model(writes=written), "a", GREEDY)
    assert pieces == ["é", "→", "🙂", "\ufffd"]


class Words(Bytes):
    """Bytes, and one word with the space before it."""

    vocab_size = 262
    word = 261

    def decode_bytes(self, ids: Any) -> bytes:
        pieces = [b" word" if id == self.word else Bytes.decode_bytes(self, [id]) for id in ids]
        return b"".join(pieces)


def test_a_prompt_that_ends_in_a_space_is_followed_by_a_word() -> None:
    """The space is the word's own: it is read with it, and not written twice."""
    model = Decoder(MODEL, Words.vocab_size)
    initialize(model, 3)
    config = SamplingConfig(temperature=0, max_new_tokens=1)
    for prompt, text in (("def ", "word"), ("def", None), ("<|user|>hi<|assistant|> ", None)):
        written = "".join(_pieces(model, prompt, config, Words()))
        assert (written == "word") == (text == "word")


def _lettered(vocab_size: int = Bytes.vocab_size) -> Decoder:
    """A model whose logits depend only on the number of the step, and prefer letters."""
    model = Decoder(MODEL, vocab_size).requires_grad_(False)
    steps = count(2)

    def logits(hidden: torch.Tensor) -> torch.Tensor:
        logits_V = torch.sin(torch.arange(vocab_size) * 0.37 * next(steps)) * 2
        logits_V[97:123] += 4
        logits_V[[10, 32]] += torch.tensor([4, 5])
        return logits_V

    model.logits = logits  # type: ignore[method-assign]
    return model


@pytest.mark.parametrize(
    ("prompt", "options", "text"),
    [
        ("ab", {"seed": 0}, "xnkjlnfohlno  n"),
        ("ab", {"seed": 1}, "ynbq d c\x0ensmjoas"),
        ("<|user|>hi<|assistant|>", {"seed": 0}, "xnkjlnfohlno  n"),
        ("ab", {"seed": 0, "top_k": 4, "temperature": 1.5}, "qgcqadqnhtsev cy"),
        ("def ", {"seed": 0}, "wordlg rub}yelj\n cm"),
    ],
)
def test_a_seed_draws_the_text_it_always_has(
    prompt: str, options: dict[str, float], text: str
) -> None:
    """Literal texts: whoever has noted a seed finds the same text again."""
    tokenizer = Words() if prompt == "def " else Bytes()
    model = _lettered(tokenizer.vocab_size)
    sampling = SamplingConfig.model_validate({"max_new_tokens": 16} | options)
    assert "".join(_pieces(model, prompt, sampling, tokenizer)) == text


@pytest.mark.parametrize(
    ("stops", "text"),
    [
        ((), "xnkjlnfohlno  "),
        (("nf",), "xnkjl"),
        (("oh", "foh"), "xnkjln"),  # of two that are complete, the one that begins first
        (("jlnfohlnz", "n"), "x"),  # one that has begun does not hold back one that is complete
        (("zz",), "xnkjlnfohlno  "),
    ],
)
def test_the_harness_draws_the_text_it_always_has(stops: tuple[str, ...], text: str) -> None:
    """Up to a stop, and over the end of a message."""
    model = TextModel(_lettered(), Bytes())
    assert model.until("ab" * 4, stops, SamplingConfig(seed=0, max_new_tokens=16)) == text


def test_a_solution_is_drawn_as_it_always_was() -> None:
    """Up to the first of the problem's stops."""
    problem = Problem("x", "def f(x): ", ("no", " d", "xx"), "", "", "")
    sampling = SamplingConfig(seed=0, max_new_tokens=16)
    assert complete(_lettered(), Bytes(), problem, sampling) == "xnkjlnfohl"


def test_the_end_of_a_message_ends_the_text() -> None:
    """The marker itself is not shown."""
    assert "".join(_pieces(_model(writes=b"abc"), "a", GREEDY)) == "abc"


def _unstreamed(pieces: list[str], stops: list[str]) -> str:
    """All text so far, searched again after every piece."""
    text = ""
    for piece in pieces:
        text += piece
        places = [place for stop in stops if (place := text.find(stop)) >= 0]
        if places:
            return text[: min(places)]
    return text


short_texts = st.text("ab\n", min_size=1, max_size=4)


@given(pieces=st.lists(st.text("ab\n", max_size=4), max_size=12), stops=st.lists(short_texts))
def test_a_stream_is_the_text_at_once(pieces: list[str], stops: list[str]) -> None:
    """However the text is cut; and nothing comes that a later piece could make part of a stop."""
    streamed = list(until_stop(pieces, stops))
    assert "".join(streamed) == _unstreamed(pieces, stops)
    assert "" not in streamed


@given(text=st.text() | st.binary().map(lambda data: data.decode("utf-8", "replace")))
def test_without_a_stop_a_stream_waits_for_nothing(text: str) -> None:
    """Every character comes as soon as it is there."""
    assert list(until_stop(text, [])) == list(text)


@pytest.mark.parametrize(
    ("pieces", "streamed"),
    [
        (["a\n", "d", "ef", "x"], ["a"]),
        (["a\n", "de", "x"], ["a", "\ndex"]),
        (["a\n\n", "d"], ["a\n", "\nd"]),
        (["\n"], ["\n"]),
    ],
)
def test_what_may_begin_a_stop_is_held(pieces: list[str], streamed: list[str]) -> None:
    """Until it cannot be one any more, or until the text ends."""
    assert list(until_stop(pieces, ["\ndef", ""])) == streamed


@given(data=st.binary(max_size=MODEL.context - 3))
@settings(deadline=None, max_examples=40)
def test_a_stream_of_bytes_is_their_text(data: bytes) -> None:
    """Characters are whole; bytes that are no UTF-8 are marked as in a text decoded at once."""
    pieces = _pieces(_model(writes=data), "a", SamplingConfig(temperature=0))
    assert "".join(pieces) == data.decode("utf-8", "replace")


def test_stops_end_what_a_model_writes() -> None:
    """The stop itself is left out, whatever comes after it."""
    pieces = _pieces(_model(writes=b"ab\ncd"), "a", GREEDY, stops=["\nc", "x"])
    assert pieces == ["a", "b"]


def test_the_fake_is_a_tokenizer() -> None:
    """What the tests rely on is what the trainer asks of a tokenizer."""
    asked = {"control", "end_of_document", "vocab_size", "encode", "decode_bytes"}
    assert asked <= set(dir(Bytes)) & {*dir(Tokenizer), *Tokenizer.__annotations__}
