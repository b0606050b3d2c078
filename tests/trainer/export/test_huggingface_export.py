"""The exported directory as transformers sees it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from corpusforge.config import TokenizerConfig
from corpusforge.errors import InputError
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.chat import encode_chat
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer
from corpusforge.tokenizer.train import adopt_model, train_tokenizer
from trainer.checkpoints.checkpoint import load
from trainer.checkpoints.trained_model import load_model
from trainer.export.export import export
from trainer.export.fast_tokenizer import fast_tokenizer
from trainer.export.huggingface import write_huggingface
from trainer.export.release import Release

DIALOGUE = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is 2 plus 2? "},
    {"role": "assistant", "content": "It is 4."},
]
# Characters that are apt to be normalised, merged, split or taken for control tokens.
_TEXTS = st.lists(
    st.one_of(
        st.sampled_from([" ", "  ", "\t", "\t\t", "\n", "\u2581", "<|user|>", "<0x41>", "<unk>"]),
        st.text(max_size=8),
        st.sampled_from(["def ", "self.", "return", "    ", "=", "0", "é", "\u0301", "\U0001f600"]),
    ),
    max_size=30,
).map("".join)


@pytest.fixture
def directory(checkpoint: Path, tmp_path: Path) -> Path:
    export(checkpoint, None, "huggingface", "float32", tmp_path / "exported")
    return tmp_path / "exported"


@pytest.fixture
def theirs(directory: Path) -> Any:
    """The tokenizer as transformers loads it."""
    return AutoTokenizer.from_pretrained(directory)


def test_transformers_gives_the_same_logits(checkpoint: Path, directory: Path) -> None:
    """Over a whole context, to float32's rounding."""
    ours = load_model(load(checkpoint), torch.device("cpu"))
    model = AutoModelForCausalLM.from_pretrained(directory)
    ids = torch.arange(32)[None] * 13 % 512
    with torch.no_grad():
        expected = ours.logits(ours(ids))
        logits = model(ids).logits
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-4)


def test_any_text_has_the_same_ids(theirs: Any, tokenizer: Tokenizer) -> None:
    """With control tokens in the text read as text, and back to the same text."""

    @settings(deadline=None, max_examples=300)
    @given(_TEXTS)
    def check(text: str) -> None:
        ids = theirs(text, split_special_tokens=True)["input_ids"]
        assert ids == tokenizer.encode(text).tolist()
        assert theirs.decode(ids) == text

    check()


def test_a_dialogue_has_the_same_ids(theirs: Any, tokenizer: Tokenizer) -> None:
    """The chat template writes what a dialogue is trained as, behind the end of a document."""
    ids = theirs.apply_chat_template(DIALOGUE, return_dict=False)
    assert ids == [tokenizer.end_of_document, *encode_chat(tokenizer, DIALOGUE).tolist()]
    prompt = theirs.apply_chat_template(DIALOGUE[:2], add_generation_prompt=True, return_dict=False)
    assert prompt[-2:] == [tokenizer.control["end"], tokenizer.control["assistant"]]


def test_generation_ends_at_the_end_of_a_turn_or_document(
    directory: Path, tokenizer: Tokenizer
) -> None:
    """Both ids stop transformers' generate."""
    config = GenerationConfig.from_pretrained(directory)
    assert config.eos_token_id == [tokenizer.end_of_document, tokenizer.control["end"]]


def test_matrices_can_be_of_half_size(checkpoint: Path, tmp_path: Path) -> None:
    """bfloat16 weights, and norms in float32."""
    export(checkpoint, None, "huggingface", "bfloat16", tmp_path / "half")
    export(checkpoint, None, "huggingface", "float32", tmp_path / "whole")
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("half", "whole")]
    assert 0.5 < sizes[0] / sizes[1] < 0.56
    assert json.loads((tmp_path / "half" / "config.json").read_text())["dtype"] == "bfloat16"


def test_equal_checkpoints_are_equal_bytes(checkpoint: Path, tmp_path: Path) -> None:
    """Neither a date nor a path of this machine is in a file."""
    for name in ("first", "second"):
        export(checkpoint, None, "huggingface", "float32", tmp_path / name)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes(), path.name


def _with_tokenizer(release: Release, directory: Path) -> Release:
    return replace(release, tokenizer=load_tokenizer(directory), layout=Layout(directory))


def test_a_tokenizer_that_splits_otherwise_is_refused(release: Release, tmp_path: Path) -> None:
    """Unigram models have scores too, but merge nothing."""
    (tmp_path / "text").write_text("the cat sat on the mat and that was that\n" * 50)
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text"),
        model_prefix=str(tmp_path / "unigram"),
        model_type="unigram",
        vocab_size=300,
        hard_vocab_limit=False,
        byte_fallback=True,
        minloglevel=2,
    )
    adopt_model(tmp_path / "unigram.model", tmp_path)
    with pytest.raises(InputError, match="cannot be converted to a fast tokenizer"):
        fast_tokenizer(_with_tokenizer(release, tmp_path))


def test_an_adopted_model_keeps_its_own_names(release: Release, tmp_path: Path) -> None:
    """Its end of a document is `</s>`; no token is added to its vocabulary, and it has no chat."""
    (tmp_path / "text").write_text("def f(x):\n    return x + 1  # the sum\n" * 50)
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text"),
        model_prefix=str(tmp_path / "adopted"),
        model_type="bpe",
        vocab_size=300,
        hard_vocab_limit=False,
        byte_fallback=True,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        minloglevel=2,
    )
    adopt_model(tmp_path / "adopted.model", tmp_path)
    adopted = _with_tokenizer(release, tmp_path)
    write_huggingface(adopted, tmp_path / "exported")
    theirs = AutoTokenizer.from_pretrained(tmp_path / "exported")
    assert len(theirs) == adopted.tokenizer.vocab_size
    assert (theirs.bos_token, theirs.eos_token_id) == ("</s>", adopted.tokenizer.end_of_document)
    assert theirs(" a</s>", split_special_tokens=True)["input_ids"] == (
        adopted.tokenizer.encode(" a</s>").tolist()
    )
    assert not (tmp_path / "exported" / "chat_template.jinja").exists()


def test_the_whitespace_tokenizer_is_refused(release: Release, tmp_path: Path) -> None:
    """The message says what can be exported instead."""
    train_tokenizer(TokenizerConfig(type="whitespace", vocab_size=400), ["a b c " * 9], tmp_path)
    with pytest.raises(InputError, match="--format safetensors"):
        fast_tokenizer(_with_tokenizer(release, tmp_path))
