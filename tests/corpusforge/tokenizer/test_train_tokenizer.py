"""Training a tokenizer, and adopting an existing model."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sentencepiece

from corpusforge.config import TokenizerConfig, parse
from corpusforge.errors import ConfigError, InputError, RunError
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.train import adopt_model, train_tokenizer

PROSE = "Ships and shards and sealing wax, of cabbages and kings. " * 40
SMALL = TokenizerConfig(vocab_size=400)


def other_model(path: Path, **settings: Any) -> Path:
    """A SentencePiece model that another program trained."""
    model = io.BytesIO()
    defaults = {"model_type": "bpe", "vocab_size": 320, "byte_fallback": True}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([PROSE]),
        model_writer=model,
        hard_vocab_limit=False,
        minloglevel=2,
        **(defaults | settings),
    )
    path.write_bytes(model.getvalue())
    return path


def test_the_same_texts_give_the_same_bytes(tmp_path: Path) -> None:
    """Two trainings write equal files."""
    for name in ("one", "two"):
        assert train_tokenizer(SMALL, iter([PROSE, "def f(): pass\n"]), tmp_path / name) == 2294
    for file in ("tokenizer.json", "tokenizer.model"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_small_text_gets_a_smaller_vocabulary(tmp_path: Path) -> None:
    """A vocabulary is smaller than requested if the text has fewer pieces."""
    train_tokenizer(TokenizerConfig(vocab_size=32_000), ["hello world"], tmp_path)
    tokenizer = load_tokenizer(tmp_path)
    assert 256 < tokenizer.vocab_size < 500
    assert tokenizer.decode(tokenizer.encode("hello wörld")) == "hello wörld"


def test_a_vocabulary_too_small_for_the_characters_names_the_smallest(tmp_path: Path) -> None:
    """The error says how many ids are needed, and no file is written."""
    with pytest.raises(ConfigError) as error:
        train_tokenizer(TokenizerConfig(vocab_size=200), [PROSE], tmp_path)
    assert error.value.got == "200"
    assert error.value.expected.startswith("at least 3")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["sentencepiece", "whitespace"])
def test_texts_without_a_character_are_an_error(tmp_path: Path, kind: str) -> None:
    """The error names the key that bounds the sample, and no file is written."""
    config = parse({"type": kind, "sample_bytes": 1}, TokenizerConfig, where="test")
    with pytest.raises(InputError, match="no text to learn") as error:
        train_tokenizer(config, ["", ""], tmp_path)
    assert error.value.where == "tokenizer.sample_bytes"
    assert error.value.got.startswith("1, ")
    assert error.value.do.startswith("raise tokenizer.sample_bytes")
    assert list(tmp_path.iterdir()) == []


def test_one_long_line_is_trained_on(tmp_path: Path) -> None:
    """A text without line ends that is too long for SentencePiece is cut, not skipped."""
    train_tokenizer(SMALL, ["abcdefgh" * 40_000], tmp_path)
    assert len(load_tokenizer(tmp_path).encode("abcdefgh")) == 1


def test_special_characters_of_the_trainer_do_not_skip_a_text(tmp_path: Path) -> None:
    """A text with U+2581, U+2585, NUL or tabs is still trained on."""
    train_tokenizer(SMALL, ["\u2585\u2581\x00\t shards shards shards"], tmp_path)
    assert len(load_tokenizer(tmp_path).encode(" shards")) == 1


def test_an_error_in_the_texts_is_raised(tmp_path: Path) -> None:
    """An error while reading the sample is reported, not swallowed by the trainer."""

    def damaged() -> Iterator[str]:
        yield PROSE
        raise RunError("a file of the corpus is missing or damaged")

    with pytest.raises(RunError, match="missing or damaged"):
        train_tokenizer(SMALL, damaged(), tmp_path)


def test_training_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """SentencePiece does not log to the terminal."""
    train_tokenizer(TokenizerConfig(vocab_size=9_000), ["a", PROSE], tmp_path)
    assert capfd.readouterr() == ("", "")


def test_the_whitespace_tokenizer_leaves_no_model_behind(tmp_path: Path) -> None:
    """Changing the type removes the SentencePiece model."""
    train_tokenizer(SMALL, [PROSE], tmp_path)
    train_tokenizer(TokenizerConfig(type="whitespace", vocab_size=400), [PROSE], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tokenizer.json"]
    tokenizer = load_tokenizer(tmp_path)
    assert tokenizer.type == "whitespace"
    assert tokenizer.decode(tokenizer.encode(PROSE)) == PROSE


def test_an_existing_model_is_adopted(tmp_path: Path) -> None:
    """Its bytes are kept, its sentence marks become document marks, and it is marked lossy."""
    path = other_model(tmp_path / "their.model")
    adopt_model(path, tmp_path / "run")
    tokenizer = load_tokenizer(tmp_path / "run")
    assert (tmp_path / "run" / "tokenizer.model").read_bytes() == path.read_bytes()
    assert tokenizer.control == {"end_of_document": 2, "beginning_of_document": 1}
    assert '"lossless": false' in (tmp_path / "run" / "tokenizer.json").read_text()


def test_a_lossless_model_is_marked_lossless(tmp_path: Path) -> None:
    """Identity normalisation and byte fallback without a dummy prefix make a model lossless."""
    path = other_model(
        tmp_path / "their.model",
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        control_symbols=["<|endoftext|>"],
    )
    adopt_model(path, tmp_path / "run")
    tokenizer = load_tokenizer(tmp_path / "run")
    assert tokenizer.control == {"end_of_document": 3, "beginning_of_document": 1}
    assert '"lossless": true' in (tmp_path / "run" / "tokenizer.json").read_text()
    assert tokenizer.decode(tokenizer.encode(" \u2581 ﬁ")) == " \u2581 ﬁ"


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "not a SentencePiece model"), (b"GGUF\x03 no model", "not a SentencePiece model")],
)
def test_an_invalid_model_is_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    """The error names the file, and nothing is written."""
    path = tmp_path / "wrong.model"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        adopt_model(path, tmp_path / "run")
    assert error.value.where == str(path)
    assert "sentencepiece_processor.cc" not in str(error.value)
    assert error.value.do == "name such a file, or let corpusforge train one"
    assert not (tmp_path / "run").exists()


def test_a_model_without_an_end_of_document_is_an_error(tmp_path: Path) -> None:
    """A shard needs the end-of-document id."""
    path = other_model(tmp_path / "their.model", eos_id=-1)
    with pytest.raises(InputError, match="no piece for the end of a document"):
        adopt_model(path, tmp_path / "run")
