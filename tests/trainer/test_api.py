"""The Python interface to a model. The examples of docs/api.md are run by tests/test_docs.py."""

from pathlib import Path

import pytest

import trainer
from corpusforge.errors import InputError

CHECKPOINT = Path(__file__).parents[1] / "data" / "old_run" / "checkpoints" / "final.pt"


def test_messages_are_answered_as_the_prompt_that_an_operator_would_type() -> None:
    """The same text for the same seed."""
    model = trainer.load_model(CHECKPOINT)
    messages = [{"role": "user", "content": "What is 3 plus 4?"}]
    typed = "<|user|>What is 3 plus 4?<|assistant|>"
    assert "".join(trainer.generate(model, messages, seed=3)) == "It is 8."
    assert "".join(trainer.generate(model, typed, seed=3)) == "It is 8."


def test_a_moved_checkpoint_needs_its_tokenizer(tmp_path: Path) -> None:
    """Named by its directory."""
    moved = tmp_path / "model.pt"
    moved.write_bytes(CHECKPOINT.read_bytes())
    with pytest.raises(InputError):
        trainer.load_model(moved)
    model = trainer.load_model(moved, CHECKPOINT.parents[1])
    assert "".join(trainer.generate(model, "def ", temperature=0, max_new_tokens=3))
