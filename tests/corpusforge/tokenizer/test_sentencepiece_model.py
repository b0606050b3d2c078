"""SentencePiece made lossless."""

from pathlib import Path

import numpy as np
import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.tokenizer import sentencepiece_model
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.sentencepiece_model import SentencePieceTokenizer
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Tokenizer

# Characters that tokenizers lose: SentencePiece's marks, NUL, marks of order and direction,
# combining marks, white space of every kind, private use, the last character of all.
HARD = (
    "\u2581\u2585\x00\ufeff\ufffd\u0301\u200d\u00a0\u3000\u2028\x85\x0c\t\n\r \ue000\U0010ffff<|>"
)
hard_texts = st.text(st.sampled_from(HARD) | st.characters(exclude_categories=["Cs"]))


@pytest.fixture(scope="module")
def tokenizer(trained: Path) -> Tokenizer:
    return load_tokenizer(trained)


@pytest.fixture(scope="module")
def judge(trained: Path) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_file=str(trained / "tokenizer.model"))


@given(text=hard_texts)
@settings(deadline=None, max_examples=300)
def test_every_text_comes_back(tokenizer: Tokenizer, text: str) -> None:
    """decode(encode(text)) is the text, whatever characters it has."""
    ids = tokenizer.encode(text)
    assert ids.dtype == np.uint16
    assert tokenizer.decode(ids) == text
    assert tokenizer.decode_bytes(ids) == text.encode()


@given(text=hard_texts.map(lambda text: text.replace("\u2581", "")))
@settings(deadline=None)
def test_ids_are_sentencepieces_own(
    tokenizer: Tokenizer, judge: sentencepiece.SentencePieceProcessor, text: str
) -> None:
    """A text without U+2581 has SentencePiece's ids."""
    assert tokenizer.encode(text).tolist() == judge.encode(text)


def test_the_space_mark_is_three_byte_pieces(
    tokenizer: Tokenizer, judge: sentencepiece.SentencePieceProcessor
) -> None:
    """U+2581, which SentencePiece reads as a space, is encoded as its UTF-8 bytes."""
    mark = [judge.piece_to_id(piece) for piece in ("<0xE2>", "<0x96>", "<0x81>")]
    expected = [*judge.encode("a"), *mark, *mark, *judge.encode(" b")]
    assert tokenizer.encode("a\u2581\u2581 b").tolist() == expected


@pytest.mark.parametrize("marker", [*CONTROL_PIECES.values(), "<unk>", "<0x41>", "</s>"])
def test_no_text_encodes_to_a_control_id(tokenizer: Tokenizer, marker: str) -> None:
    """A control piece in a text is encoded as text."""
    ids = tokenizer.encode(f"a{marker} {marker}")
    assert not set(ids.tolist()) & {0, *tokenizer.control.values()}
    assert tokenizer.decode(ids) == f"a{marker} {marker}"


def test_control_ids_stand_for_no_bytes(tokenizer: Tokenizer) -> None:
    """A control id between two texts is decoded to nothing."""
    ids = [*tokenizer.encode("one"), tokenizer.end_of_document, *tokenizer.encode(" two")]
    assert tokenizer.decode(ids) == "one two"
    assert tokenizer.token_bytes()[list(tokenizer.control.values())].tolist() == [0] * 17
    assert sorted(tokenizer.control) == sorted(CONTROL_PIECES)


def test_token_bytes_add_up(tokenizer: Tokenizer) -> None:
    """The bytes of a text's ids sum to the bytes of the text."""
    text = "    return left + 1024\t\t\u2581 é 中\n"
    assert tokenizer.token_bytes()[tokenizer.encode(text)].sum() == len(text.encode())


def test_part_of_a_character_decodes_to_its_bytes(tokenizer: Tokenizer) -> None:
    """Ids that end inside a character are decoded to its first bytes, or to U+FFFD as text."""
    ids = tokenizer.encode("中")
    assert tokenizer.decode_bytes(ids[:2]) == b"\xe4\xb8"
    assert tokenizer.decode(ids[:2]) == "\ufffd"


def test_indentation_is_one_piece_and_digits_stand_alone(tokenizer: Tokenizer) -> None:
    """Runs of spaces and of tabs are single pieces; every digit is a piece of its own."""
    pieces = [tokenizer.decode([id]) for id in tokenizer.encode("\t\t\tx 1024").tolist()]
    assert pieces[0] == "\t\t\t"
    assert pieces[-4:] == ["1", "0", "2", "4"]
    assert len(tokenizer.encode("    ")) == 1


@given(
    words=st.lists(st.sampled_from(["left", "  ", " ", "\n", "\u2581", "x=1", "self.size"])),
    block=st.integers(1, 12),
)
@settings(deadline=None)
def test_a_long_text_has_the_ids_of_the_whole(
    tokenizer: Tokenizer, words: list[str], block: int
) -> None:
    """Encoding a long text in blocks does not change its ids."""
    text = "".join(words)
    whole = tokenizer.encode(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sentencepiece_model, "_BLOCK_CHARACTERS", block)
        assert tokenizer.encode(text).tolist() == whole.tolist()


def test_one_word_of_a_megabyte_comes_back(tokenizer: Tokenizer) -> None:
    """A very long word is encoded like any other, and not in quadratic time."""
    word = "size" * (1 << 18)
    assert tokenizer.decode(tokenizer.encode(word)) == word


def test_another_model_has_another_fingerprint(trained: Path, tokenizer: Tokenizer) -> None:
    """The fingerprint depends only on the model."""
    model = (trained / "tokenizer.model").read_bytes()
    assert SentencePieceTokenizer(model).fingerprint == tokenizer.fingerprint
    changed = model.replace(b"<|reserved_6|>", b"<|reserved_8|>")
    assert SentencePieceTokenizer(changed).fingerprint != tokenizer.fingerprint
