"""Texts that are Python, that may yet be, and that are not."""

import pytest

from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.evaluation.syntax import is_python, is_python_so_far, valid_share
from trainer.generation.sampling import SamplingConfig
from trainer.model.config import ModelConfig
from trainer.model.decoder import Decoder, initialize


@pytest.mark.parametrize(
    ("text", "whole", "so_far"),
    [
        ("def f(x):\n    return x\n", True, True),
        ("def f(x):\n    if x:\n        ret", True, True),
        ("def f(x):\n    if x:\n", False, True),
        ("x = [1,\n     2,\n", False, True),
        ('def f():\n    """What it\n    does', False, True),
        ("def f(x:\n    return x\n", False, False),
        ("return return\nx = 1\n", False, False),
        ("x = '\\d'\n", True, True),
        ("x = 1\n  y = 2\n", False, False),
        ("a\0b\n", False, False),
        ("(" * 5000 + "\n", False, False),
    ],
)
def test_what_parses(text: str, whole: bool, so_far: bool) -> None:
    """An end that is missing is no fault of a text that was cut short."""
    assert is_python(text) is whole
    assert is_python_so_far(text) is so_far


def test_samples_of_a_fresh_model_are_counted(tokenizer: Tokenizer) -> None:
    """A share of the samples; equal seeds, equal shares."""
    model = Decoder(ModelConfig(dim=32, layers=1, heads=2, hidden=48, context=64), 512)
    initialize(model, 0)
    sampling = SamplingConfig(max_new_tokens=30)
    share = valid_share(model, tokenizer, "x = 1\n", sampling, 4)
    assert share in (0, 0.25, 0.5, 0.75, 1)
    assert valid_share(model, tokenizer, "x = 1\n", sampling, 4) == share
    # A prompt that is wrong already stays so.
    assert valid_share(model, tokenizer, "x = = 1\n", sampling, 2) == 0
