"""Looking up documents by token, number and id, in shards of any shape."""

import tempfile
from itertools import accumulate
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.errors import InputError
from corpusforge.inspection.shards import find_shards
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.manifest import ShardManifest, SourceEntry, TokenizerEntry
from corpusforge.shards.reader import ShardSet
from corpusforge.shards.writer import ShardWriter
from corpusforge.storage.files import write_json

# Tokens of each document, without its end, by shard and source.
shapes = st.lists(
    st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=4), min_size=1, max_size=3),
    min_size=1,
    max_size=2,
)


def write_set(directory: Path, sources: list[list[list[int]]]) -> ShardSet:
    entries = {}
    for source, shards in enumerate(sources):
        written = []
        for name, lengths in enumerate(shards):
            rows = len(lengths)
            origin = pa.table(
                {
                    "id": [f"s{source}:{name}.{row}" for row in range(rows)],
                    "path": pa.nulls(rows, pa.string()),
                    "repository": pa.nulls(rows, pa.string()),
                    "license": ["MIT"] * rows,
                    "file": ["corpus/documents/x.parquet"] * rows,
                    "row": range(rows),
                    "num_bytes": lengths,
                }
            )
            folder = directory / "train" / f"s{source}"
            with ShardWriter(folder, f"{name:05}", 10, 0) as shard:
                shard.append(np.full(sum(lengths), 7), np.array(lengths))
                written.append(shard.close(origin, "made").entry)
        entries[f"s{source}"] = SourceEntry(
            weight=1,
            num_documents=sum(entry.num_documents for entry in written),
            num_tokens=sum(entry.num_tokens for entry in written),
            num_bytes=0,
            shards=tuple(written),
        )
    tokenizer = TokenizerEntry(type="none", fingerprint="f", vocab_size=10, end_of_document=0)
    manifest = ShardManifest(fingerprint="f", tokenizer=tokenizer, splits={"train": entries})
    write_json(directory / "manifest.json", manifest.model_dump(mode="json"))
    return ShardSet(directory)


@given(sources=shapes)
@settings(deadline=None, max_examples=30)
def test_every_token_leads_to_its_document(sources: list[list[list[int]]]) -> None:
    """Token, number and id lead to the same document, with its own tokens."""
    with tempfile.TemporaryDirectory() as name:
        lookup = Lookup(write_set(Path(name), sources), "train")
        lengths = [length + 1 for shards in sources for shard in shards for length in shard]
        starts = [0, *accumulate(lengths)]
        assert (lookup.num_documents, lookup.num_tokens) == (len(lengths), starts[-1])
        for number, (start, length) in enumerate(zip(starts, lengths, strict=False)):
            document = lookup.document(number)
            assert (document.number, document.token) == (number, start)
            assert document.num_tokens == length == document.num_bytes + 1
            assert {lookup.at(token) for token in range(start, start + length)} == {document}
            assert lookup.by_id(document.id) == document
            assert lookup.tokens_of(document).tolist() == [*[7] * (length - 1), 0]


def test_a_run_of_tokens_touches_documents_across_shards(tmp_path: Path) -> None:
    """The documents with a token in the run, in order, and no others."""
    lookup = Lookup(write_set(tmp_path, [[[2, 3], [0]], [[4]]]), "train")
    assert [document.token for document in lookup.between(0, 13)] == [0, 3, 7, 8]
    assert [document.token for document in lookup.between(3, 7)] == [3]
    assert [document.id for document in lookup.between(6, 9)] == ["s0:0.1", "s0:1.0", "s1:0.0"]


def test_one_source_is_counted_from_its_own_first_token(tmp_path: Path) -> None:
    """As in its token stream."""
    lookup = Lookup(write_set(tmp_path, [[[2, 3]], [[4]]]), "train", "s1")
    assert (lookup.num_documents, lookup.num_tokens) == (1, 5)
    assert lookup.at(0).id == "s1:0.0"


@pytest.mark.parametrize("token", [-1, 10**9])
def test_what_is_not_there_is_an_error(shard_run: Path, token: int) -> None:
    """The message says what exists."""
    lookup = Lookup(find_shards(shard_run), "train", "code")
    for ask, count in ((lookup.at, lookup.num_tokens), (lookup.document, lookup.num_documents)):
        with pytest.raises(InputError, match="no such document") as error:
            ask(token)
        assert error.value.expected == f"0 to {count - 1}"
    with pytest.raises(InputError, match="no such document"):
        lookup.by_id("code:f60")


def test_unknown_names_are_errors(shard_run: Path) -> None:
    """The message names the splits or sources that exist."""
    shards = find_shards(shard_run)
    with pytest.raises(InputError, match="no such split") as error:
        Lookup(shards, "test")
    assert error.value.expected == "one of train, validation"
    with pytest.raises(InputError, match="no such source") as error:
        Lookup(shards, "train", "prose")
    assert error.value.expected == "one of chat, code"
