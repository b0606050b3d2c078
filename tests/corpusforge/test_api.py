"""The Python interface to a corpus. The examples of docs/api.md are run by tests/test_docs.py."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import corpusforge
from corpusforge.errors import InputError, RunError


def test_documents_are_those_of_the_shards(small_corpus: Path) -> None:
    """Kept ones by default, with the split that each shard belongs to."""
    corpus = corpusforge.open_corpus(small_corpus)
    columns = ["id", "verdicts.split.split"]
    rows = pa.concat_tables(corpus.documents(columns)).to_pylist()
    expected = {
        (id, split)
        for split in ("train", "validation")
        for shard in corpus.shards(split)
        for id in shard.documents["id"].to_pylist()
    }
    assert {(row["id"], row["verdicts.split.split"]) for row in rows} == expected
    assert len(rows) == len(expected) == corpus.funnel.kept


def test_dropped_documents_have_their_reason(small_corpus: Path) -> None:
    """Facts and verdicts are in the row of their document."""
    corpus = corpusforge.open_corpus(small_corpus)
    columns = ["license", "facts.license.expression", "verdicts.license.reason"]
    rows = pa.concat_tables(corpus.documents(columns, kept_only=False)).to_pylist()
    assert len(rows) == corpus.funnel.ingested
    assert {
        "license": "CC-BY-NC-4.0",
        "facts.license.expression": "CC-BY-NC-4.0",
        "verdicts.license.reason": "license denied: CC-BY-NC-4.0 is non-commercial",
    } in rows


def test_shards_of_a_source_have_its_tokens_alone(small_corpus: Path) -> None:
    """Each document ends with the end-of-document id, and decodes to its text."""
    corpus = corpusforge.open_corpus(small_corpus)
    shards = list(corpus.shards("train", "documents"))
    (entry,) = (e for e in corpus.funnel.tokens if (e.split, e.source) == ("train", "documents"))
    assert sum(len(shard.tokens) for shard in shards) == entry.tokens
    for shard in shards:
        ends = np.cumsum(shard.documents["length"]) - 1
        assert set(shard.tokens[ends]) == {corpus.tokenizer.end_of_document}


@pytest.mark.parametrize(
    "column", ["txt", "facts.license.licence", "facts.none.x", "verdicts.none"]
)
def test_an_unknown_column_is_an_error(small_corpus: Path, column: str) -> None:
    """Which names the column as it was asked for."""
    with pytest.raises(InputError) as caught:
        next(corpusforge.open_corpus(small_corpus).documents([column]))
    assert caught.value.got == column


def test_what_is_not_there_is_an_error(small_corpus: Path, tmp_path: Path) -> None:
    """A corpus, a split, a source."""
    with pytest.raises(RunError):
        corpusforge.open_corpus(tmp_path)
    corpus = corpusforge.open_corpus(small_corpus)
    with pytest.raises(InputError):
        next(corpus.shards("test"))
    with pytest.raises(InputError) as caught:
        next(corpus.shards("train", "none"))
    assert caught.value.expected == "one of documents, synthetic"
