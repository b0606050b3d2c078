"""A SentencePiece model, trained once."""

from pathlib import Path

import pytest

from corpusforge.config import TokenizerConfig
from corpusforge.tokenizer.train import train_tokenizer

TEXT = """\
def add(left, right):
    \"\"\"Give the sum of two numbers.\"\"\"
    if left is None:
        return right

    return left + right + 1024


class Window:
\tdef __init__(self, size):
\t\tself.size = size
\t\tself.items = []

The quick brown fox jumps over the lazy dog. <|user|> and <|endoftext|> are words like any other.
"""


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the tokenizer that `TEXT` gives."""
    directory = tmp_path_factory.mktemp("trained")
    train_tokenizer(TokenizerConfig(vocab_size=420), [TEXT] * 20, directory)
    return directory
