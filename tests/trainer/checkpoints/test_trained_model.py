"""A model with its tokenizer, from a checkpoint file."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from corpusforge.errors import InputError
from corpusforge.tokenizer.load import save_whitespace
from corpusforge.tokenizer.whitespace import learn_words
from trainer.checkpoints.checkpoint import load, save
from trainer.checkpoints.trained_model import open_model
from trainer.evaluation.evaluate import evaluate_checkpoint

CPU = torch.device("cpu")


@pytest.fixture
def tuned(checkpoint: Path, tmp_path: Path) -> Path:
    """A checkpoint of a run with the corpus of another, by a path from `tmp_path`."""
    saved = load(checkpoint)
    training = saved.config["training"] | {"data": {"corpus_dir": "run"}}
    path = tmp_path / "tuned" / "checkpoints" / "best.pt"
    save(path, replace(saved, config={**saved.config, "training": training}))
    return path


def test_the_corpus_of_another_run_counts_from_the_working_directory(
    tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another directory the message says so, instead of asking for a new tokenizer."""
    monkeypatch.chdir(tmp_path)
    trained = open_model(tuned, None, CPU)
    assert (trained.layout.root, trained.layout.data) == (tuned.parents[1], Path("run"))
    assert trained.tokenizer.vocab_size == 512

    monkeypatch.chdir(tuned.parent)
    with pytest.raises(InputError, match="the corpus that the model was trained on") as caught:
        open_model(tuned, None, CPU)
    assert caught.value.where == str(tuned.parent / "run" / "tokenizer.json")
    assert caught.value.got == "training.data.corpus_dir: run"
    assert "run the command where the training was run" in caught.value.do
    assert open_model(tuned, tmp_path / "run", CPU).tokenizer.vocab_size == 512


def test_a_tokenizer_of_another_vocabulary_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    """The model would read another tokenizer's ids."""
    save_whitespace(tmp_path / "other", learn_words(["other", " words"], 300))
    with pytest.raises(InputError, match="not the one that the model was trained with"):
        open_model(checkpoint, tmp_path / "other", CPU)


def test_shards_that_are_not_there_are_named_before_their_tokenizer(
    checkpoint: Path, tmp_path: Path
) -> None:
    """The message is about the misspelt path."""
    with pytest.raises(InputError, match="no shards here") as caught:
        evaluate_checkpoint(checkpoint, tmp_path / "none" / "shards", "validation", 1, "cpu")
    assert caught.value.where == str(tmp_path / "none" / "shards")
