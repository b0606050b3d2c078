"""Shards of two sources and two splits with a tokenizer, small enough to be checked by hand."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from corpusforge.shards.manifest import describe_tokenizer, shard_manifest
from corpusforge.shards.reader import ShardSet
from corpusforge.shards.writer import ShardWriter, source_entry
from corpusforge.storage.files import write_json
from corpusforge.tokenizer.load import load_tokenizer, save_whitespace
from corpusforge.tokenizer.whitespace import learn_words

WORDS = ["def", " return", " value", "one", " two", " three"]
# Texts by split, source and shard.
TEXTS = {
    "train": {
        "code": [["def one", "", "one two three"], [" return value"]],
        "prose": [["one two", "zebra €"]],
    },
    "validation": {"code": [["one", "def"]]},
}


@pytest.fixture
def shards(tmp_path: Path) -> ShardSet:
    """Four shards under tmp_path/run/shards, as a run has them."""
    run = tmp_path / "run"
    save_whitespace(run, learn_words(WORDS, 300))
    tokenizer = load_tokenizer(run)
    splits = {}
    for split, sources in TEXTS.items():
        splits[split] = {}
        for weight, (source, parts) in enumerate(sources.items(), 2):
            written = []
            for number, texts in enumerate(parts):
                ids = [tokenizer.encode(text) for text in texts]
                directory = run / "shards" / split / source
                with ShardWriter(
                    directory, f"{number:05}", tokenizer.vocab_size, tokenizer.end_of_document
                ) as shard:
                    shard.append(np.concatenate(ids), np.array([len(one) for one in ids]))
                    written.append(shard.close(_origin(source, number, texts), "made"))
            splits[split][source] = source_entry(weight, written)
    manifest = shard_manifest(describe_tokenizer(tokenizer), splits)
    write_json(run / "shards" / "manifest.json", manifest.model_dump(mode="json"))
    return ShardSet(run / "shards")


def _origin(source: str, number: int, texts: list[str]) -> pa.Table:
    rows = range(len(texts))
    return pa.table(
        {
            "num_bytes": [len(text.encode()) for text in texts],
            "id": [f"{source}:{number}.{row}" for row in rows],
            "path": [f'a,"{row}".py' for row in rows],
            "repository": pa.nulls(len(texts), pa.string()),
            "license": ["MIT"] * len(texts),
            "file": [f"corpus/documents/{source}-{number:05}.parquet"] * len(texts),
            "row": rows,
        }
    )
