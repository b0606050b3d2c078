"""The fallback tokenizer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.errors import ConfigError
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES
from corpusforge.tokenizer.whitespace import WhitespaceTokenizer, learn_words

TOKENIZER = learn_words(["return x\n    return y\n" * 5, "if x_1:\n    pass"], 300)


@given(
    text=st.text(
        st.sampled_from(" \t\n\x00_\u2581\ufeff1") | st.characters(exclude_categories=["Cs"])
    )
)
@settings(deadline=None)
def test_every_text_comes_back(text: str) -> None:
    """decode(encode(text)) is the text, known words or not."""
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


def test_known_words_are_one_id_and_unknown_ones_bytes() -> None:
    """A word of the vocabulary is one id; any other word is one id per byte."""
    tokenizer = WhitespaceTokenizer(["return", " x"])
    first = len(CONTROL_PIECES) + 256
    byte = len(CONTROL_PIECES)
    assert tokenizer.encode("return x").tolist() == [first, first + 1]
    assert tokenizer.encode(" y").tolist() == [byte + 32, byte + ord("y")]
    assert tokenizer.vocab_size == first + 2


def test_words_are_learned_by_frequency_then_in_order() -> None:
    """The most frequent words come first, equally frequent ones sorted, and no single bytes."""
    assert learn_words(["bb a bb cc aa"], 300).words == [" a", " aa", " bb", " cc", "bb"]
    assert learn_words(["bb bb bb a1", "zz bb"], 275).words == [" bb", " a"]


def test_control_markers_in_text_stay_text() -> None:
    """No text encodes to a control id."""
    ids = TOKENIZER.encode("<|user|> hi <|endoftext|>")
    assert not set(ids.tolist()) & set(TOKENIZER.control.values())


def test_a_vocabulary_without_room_is_an_error() -> None:
    """The vocabulary must have room for bytes, control tokens and a word."""
    with pytest.raises(ConfigError, match="too small"):
        learn_words(["a"], 273)
