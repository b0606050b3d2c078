"""What tests of several rooms share: a small corpus of real documents, and how to build it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from corpusforge.config import CorpusExperiment, parse
from corpusforge.engine.progress import Progress
from corpusforge.engine.run import open_run
from corpusforge.pipeline import build
from corpusforge.shards.reader import ShardSet, map_tokens
from corpusforge.tokenizer.load import load_tokenizer

DOCUMENTS = Path(__file__).parent / "data" / "documents.jsonl"


def small_config(output_dir: Path) -> dict[str, object]:
    """A configuration over tests/data, in sections small enough to make several files a stage."""
    return {
        "output_dir": str(output_dir),
        "corpus": {
            "train_sources": [
                {
                    "type": "jsonl",
                    "name": "documents",
                    "path": str(DOCUMENTS),
                    "id_key": "id",
                    "license_key": "license",
                }
            ],
            "train_synthetic_examples": 60,
            "val_synthetic_examples": 10,
            "split": {"validation": 0.2},
            "part_bytes": 2000,
        },
        "tokenizer": {"vocab_size": 600},
    }


@pytest.fixture
def experiment() -> Callable[[Path], dict[str, object]]:
    """`small_config`, for tests that change it."""
    return small_config


@pytest.fixture
def write_config(tmp_path: Path) -> Callable[[dict[str, object]], Path]:
    """Write a configuration as YAML and give its path."""

    def write(tree: dict[str, object]) -> Path:
        path = tmp_path / "experiment.yaml"
        path.write_text(yaml.safe_dump(tree), encoding="utf-8")
        return path

    return write


def build_corpus(tree: dict[str, object], workers: int = 1, until: str | None = None) -> Path:
    """Build a corpus in this process; gives its output_dir."""
    config = parse(tree, CorpusExperiment, where="test")
    output_dir = Path(config.output_dir)
    with open_run(output_dir, config, workers, Progress(quiet=True)) as run:
        build(run, until)
    return output_dir


@pytest.fixture
def build_tree() -> Callable[..., Path]:
    """`build_corpus`, as a fixture."""
    return build_corpus


def _tokenized_texts(root: Path) -> list[str]:
    shards, tokenizer = ShardSet(root / "shards"), load_tokenizer(root)
    texts = []
    for split in shards.manifest.splits:
        for source, entry in shards.sources(split).items():
            for shard in entry.shards:
                tokens = map_tokens(shards.path(split, source, shard.name), shard.num_tokens)
                ends = np.flatnonzero(tokens == tokenizer.end_of_document)
                texts += [tokenizer.decode(some) for some in np.split(tokens, ends + 1)[:-1]]
    return sorted(text.lstrip(tokenizer.decode([tokenizer.end_of_document])) for text in texts)


@pytest.fixture
def tokenized_texts() -> Callable[[Path], list[str]]:
    """What the shards of a run hold: the text of each document, sorted."""
    return _tokenized_texts


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole built corpus, for tests that only read it."""
    return build_corpus(small_config(tmp_path_factory.mktemp("corpus") / "run"))
