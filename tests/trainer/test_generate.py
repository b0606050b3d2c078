"""Text from a model: drawing, stopping, whole characters."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import torch

from corpusforge.errors import InputError
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.generate import SamplingConfig, draw, generate_ids, generate_text, read_prompt
from trainer.model.config import ModelConfig
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


def _model(*, writes: bytes | None = None) -> Decoder:
    """A random model, or one that writes these bytes one after another, whatever it reads."""
    model = Decoder(MODEL, Bytes.vocab_size)
    initialize(model, 3)
    if writes is not None:
        text = iter([*writes, Bytes.control["end"]])
        model.logits = lambda hidden: torch.eye(Bytes.vocab_size)[next(text)]  # type: ignore[method-assign]
    return model.requires_grad_(False)


def _draws(config: SamplingConfig, count: int = 2000) -> Iterator[int]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    return (draw(logits, config, generator) for _ in range(count))


def test_draws_follow_the_probabilities() -> None:
    """Without limits, every token comes up as often as the model says."""
    shares = np.bincount(list(_draws(SamplingConfig(temperature=1, top_p=1)))) / 2000
    assert shares == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.04)


@pytest.mark.parametrize(
    ("options", "tokens"),
    [
        ({"temperature": 0}, {0}),
        ({"top_k": 2}, {0, 1}),
        ({"top_k": 100}, {0, 1, 2, 3}),
        ({"top_p": 0.5}, {0}),
        ({"top_p": 0.81}, {0, 1, 2}),
        ({"top_p": 0.001}, {0}),
    ],
)
def test_limits_leave_out_the_unlikely(options: dict[str, float], tokens: set[int]) -> None:
    """top_k and top_p keep the likeliest; a temperature of 0 the likeliest alone."""
    assert set(_draws(SamplingConfig.model_validate({"temperature": 1, "top_p": 1} | options))) == (
        tokens
    )


def test_a_low_temperature_sharpens() -> None:
    """The likeliest token comes up more often."""
    cold = list(_draws(SamplingConfig(temperature=0.5, top_p=1)))
    assert np.bincount(cold)[0] / 2000 == pytest.approx(0.25 / 0.365, abs=0.04)


@pytest.mark.parametrize("temperature", [1e-42, 1e-300, 5e-324])
def test_a_temperature_next_to_nothing_draws_the_likeliest(temperature: float) -> None:
    """As 0 does; what is divided by it does not leave the range of numbers."""
    assert set(_draws(SamplingConfig(temperature=temperature, top_p=1), count=20)) == {0}


def test_the_cache_changes_nothing() -> None:
    """Token by token gives what reading everything anew each time gives."""
    model = _model()
    prompt = np.array([256, 65, 66, 67], np.uint16)
    ids = [int(token) for token in prompt]
    for _ in range(12):
        logits = model.logits(model(torch.tensor([ids]))[0, -1])
        ids.append(int(logits.argmax()))
    assert list(generate_ids(model, prompt, GREEDY, frozenset())) == ids[4:]


def test_equal_seeds_write_equal_text() -> None:
    """And other seeds another one."""
    model = _model()
    texts = [
        "".join(generate_text(model, Bytes(), "ab", SamplingConfig(temperature=2, seed=seed)))
        for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_pieces_are_whole_characters() -> None:
    """A character of several tokens comes when its last byte has come; a cut one is marked."""
    written = "é→🙂".encode() + "🙂".encode()[:2]
    pieces = list(generate_text(_model(writes=written), Bytes(), "a", GREEDY))
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
        written = "".join(generate_text(model, Words(), prompt, config))
        assert (written == "word") == (text == "word")


def test_the_end_of_a_message_ends_the_text() -> None:
    """The marker itself is not shown."""
    assert "".join(generate_text(_model(writes=b"abc"), Bytes(), "a", GREEDY)) == "abc"


def test_a_full_context_ends_the_text() -> None:
    """Positions that were never trained are never used."""
    config = SamplingConfig(temperature=0, max_new_tokens=1000)
    prompt = np.arange(20, dtype=np.uint16)
    assert len(list(generate_ids(_model(), prompt, config, frozenset()))) == 4


def test_markers_in_a_prompt_are_control_tokens() -> None:
    """A dialogue as typed is a dialogue as trained on."""
    ids = read_prompt(Bytes(), "<|user|>hi<|assistant|>", 24)
    assert ids.tolist() == [256, 258, *b"hi", 260, 259]


def test_a_prompt_beyond_the_context_is_an_error() -> None:
    """Nothing is cut off in silence."""
    with pytest.raises(InputError, match="longer than the model's context") as caught:
        list(generate_text(_model(), Bytes(), "x" * 23, GREEDY))
    assert caught.value.got == "24 tokens"
    assert caught.value.expected == "fewer than 24"


def test_a_prompt_of_no_characters_is_an_error() -> None:
    """Bytes that are not UTF-8 come from the command line as halves of characters."""
    with pytest.raises(InputError, match="the prompt is no text") as caught:
        read_prompt(Bytes(), "x\udcff\udcfe", 24)
    assert caught.value.where == r"the prompt 'x\udcff\udcfe'"


def test_the_fake_is_a_tokenizer() -> None:
    """What the tests rely on is what the trainer asks of a tokenizer."""
    asked = {"control", "end_of_document", "vocab_size", "encode", "decode_bytes"}
    assert asked <= set(dir(Bytes)) & set(dir(Tokenizer))
