"""A small run with code and dialogues, built once, and a copy to damage; a trained tokenizer."""

import json
import shutil
from pathlib import Path

import pytest

from corpusforge.config import CorpusExperiment, TokenizerConfig, parse
from corpusforge.engine.progress import Progress
from corpusforge.engine.run import open_run
from corpusforge.pipeline import build
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.train import train_tokenizer

NUM_FUNCTIONS, NUM_DIALOGUES = 60, 5
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


def function(number: int) -> str:
    return f"def function_{number}(value):\n    return value + {number}\n"


def dialogue(number: int) -> list[dict[str, str]]:
    return [
        {"role": "user", "content": f"What is {number} plus one? <|end|>"},
        {"role": "assistant", "content": f"{number} plus one is {number + 1}."},
    ]


@pytest.fixture(scope="session")
def shard_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output_dir of a built run."""
    directory = tmp_path_factory.mktemp("shards")
    functions = [
        {"id": f"f{n}", "text": function(n), "license": "MIT" if n % 2 else "Apache-2.0"}
        for n in range(NUM_FUNCTIONS)
    ]
    dialogues = [{"id": f"d{n}", "messages": dialogue(n)} for n in range(NUM_DIALOGUES)]
    for name, rows in (("code", functions), ("chat", dialogues)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (directory / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    keys = {"type": "jsonl", "id_key": "id"}
    tree = {
        "output_dir": str(directory / "run"),
        "corpus": {
            "train_sources": [
                keys
                | {
                    "name": "code",
                    "path": str(directory / "code.jsonl"),
                    "license_key": "license",
                    "language": "python",
                },
                keys
                | {
                    "name": "chat",
                    "path": str(directory / "chat.jsonl"),
                    "messages_key": "messages",
                    "license": "CC0-1.0",
                },
            ],
            "split": {"validation": 0.3},
            "part_bytes": 1500,
        },
        "tokenizer": {"vocab_size": 500},
    }
    config = parse(tree, CorpusExperiment, where="test")
    with open_run(Path(config.output_dir), config, 1, Progress(quiet=True)) as run:
        build(run)
    return Path(config.output_dir)


@pytest.fixture
def damaged_run(shard_run: Path, tmp_path: Path) -> Layout:
    """A copy of the run, to be damaged."""
    shutil.copytree(shard_run, tmp_path / "run")
    return Layout(tmp_path / "run")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the tokenizer that `TEXT` gives."""
    directory = tmp_path_factory.mktemp("trained")
    train_tokenizer(TokenizerConfig(vocab_size=420), [TEXT] * 20, directory)
    return directory
