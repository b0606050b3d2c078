"""Loading the tokenizer of a run."""

import json
import shutil
from pathlib import Path

import pytest

from corpusforge.errors import InputError
from corpusforge.tokenizer.load import load_tokenizer


def test_tokenizer_json_describes_the_model(trained: Path) -> None:
    """Type, size, fingerprint and control ids can be read without SentencePiece."""
    described = json.loads((trained / "tokenizer.json").read_text())
    tokenizer = load_tokenizer(trained)
    assert described["type"] == "sentencepiece"
    assert described["vocab_size"] == tokenizer.vocab_size == 420
    assert described["fingerprint"] == tokenizer.fingerprint
    assert described["control"] == tokenizer.control
    assert described["lossless"] is True


def test_no_tokenizer_is_an_error(tmp_path: Path) -> None:
    """The message names the command that trains one."""
    with pytest.raises(InputError, match="no tokenizer here") as error:
        load_tokenizer(tmp_path)
    assert "corpusforge tokenizer" in error.value.do


@pytest.mark.parametrize("damage", ["another", "missing"])
def test_a_model_that_is_not_the_described_one_is_an_error(
    trained: Path, tmp_path: Path, damage: str
) -> None:
    """The model's checksum is compared before it is used."""
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    model = run / "tokenizer.model"
    if damage == "missing":
        model.unlink()
    else:
        model.write_bytes(model.read_bytes() + b"\x00")
    with pytest.raises(InputError, match="missing, or is not the one"):
        load_tokenizer(run)


@pytest.mark.parametrize("text", ["{}", "[]", '{"type": "wordpiece"}', '{"type": "whitespace"}'])
def test_a_description_of_another_kind_is_an_error(tmp_path: Path, text: str) -> None:
    """Whatever tokenizer.json contains, the message names the file."""
    path = tmp_path / "tokenizer.json"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load_tokenizer(tmp_path)
    assert error.value.where == str(path)
