"""Every kind of damage to a shard has its own message."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from corpusforge.config import FillInTheMiddleConfig, TokenizerConfig
from corpusforge.engine.progress import Progress
from corpusforge.engine.run import load_config, open_run
from corpusforge.inspection.verify import verify_run
from corpusforge.inspection.verify_shards import verify_shards
from corpusforge.pipeline import build
from corpusforge.shards.index import INDEX_SCHEMA, open_index
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import file_checksum, read_json, write_json
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.train import train_tokenizer


@pytest.fixture
def tokens(damaged_run: Layout) -> Path:
    return damaged_run.shards / "train" / "code" / "00000.bin"


@pytest.fixture
def index(tokens: Path) -> Path:
    return tokens.with_name("00000.docs.arrow")


def problems(layout: Layout) -> list[tuple[str, str]]:
    found = verify_shards(ShardSet(layout.shards))
    return [(error.what, Path(error.where).name) for error in found]


def accept_checksums(layout: Layout) -> None:
    """Write the current checksums into the manifest, as a fault in the writer would."""
    manifest = read_json(layout.shard_manifest)
    for split, sources in manifest["splits"].items():
        for source, entry in sources.items():
            for shard in entry["shards"]:
                stem = layout.shards / split / source / shard["name"]
                shard["checksum"] = file_checksum(stem.with_suffix(".bin"))
                shard["index_checksum"] = file_checksum(stem.with_suffix(".docs.arrow"))
    write_json(layout.shard_manifest, manifest)


def set_token(path: Path, place: int, id: int) -> None:
    tokens = np.memmap(path, np.uint16, mode="r+")
    tokens[place] = id
    tokens.flush()


def rewrite_index(path: Path, name: str, change: int) -> None:
    """Add `change` to the second row of an index column."""
    # Not mapped: the file is about to be written over.
    table = pa.ipc.open_file(pa.BufferReader(path.read_bytes())).read_all()
    values = table[name].to_numpy().copy()
    values[1] += change
    table = table.set_column(table.schema.get_field_index(name), INDEX_SCHEMA.field(name), [values])
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def test_intact_shards_have_no_problem(shard_run: Path) -> None:
    """What was just written verifies."""
    assert problems(Layout(shard_run)) == []


def test_a_flipped_id_is_found(damaged_run: Layout, tokens: Path) -> None:
    """One changed token changes the checksum."""
    set_token(tokens, 3, int(np.fromfile(tokens, np.uint16)[3]) ^ 1)
    assert problems(damaged_run) == [("a file has changed since it was written", "00000.bin")]


def test_an_id_outside_the_vocabulary_is_found(damaged_run: Layout, tokens: Path) -> None:
    """Even if the checksum matches."""
    set_token(tokens, 3, 500)
    accept_checksums(damaged_run)
    assert problems(damaged_run) == [("a token is outside the vocabulary", "00000.bin")]


@pytest.mark.parametrize("place", [3, -1])
def test_ends_of_documents_stand_where_the_index_says(
    damaged_run: Layout, tokens: Path, place: int
) -> None:
    """An end inside a document is found, and a missing end."""
    set_token(tokens, place, 1 if place == 3 else 5)
    accept_checksums(damaged_run)
    expected = "documents do not end where the index says"
    assert problems(damaged_run) == [(expected, "00000.bin")]


@pytest.mark.parametrize("cut", [1, 2, 200])
def test_truncated_tokens_are_found(damaged_run: Layout, tokens: Path, cut: int) -> None:
    """Half a token is missing, one token, or many."""
    tokens.write_bytes(tokens.read_bytes()[:-cut])
    expected = "a shard has another length than in its manifest"
    assert problems(damaged_run) == [(expected, "00000.bin")]


def test_a_missing_file_is_found(damaged_run: Layout, tokens: Path, index: Path) -> None:
    """Either of the two files."""
    index.unlink()
    assert problems(damaged_run) == [("a document index is missing or damaged", "00000.docs.arrow")]
    tokens.unlink()
    assert problems(damaged_run) == [("a shard is missing", "00000.bin")]


def test_a_truncated_index_is_found(damaged_run: Layout, index: Path) -> None:
    """An index that Arrow cannot open is a problem, not a traceback."""
    index.write_bytes(index.read_bytes()[:-20])
    assert problems(damaged_run) == [("a document index is missing or damaged", "00000.docs.arrow")]


def test_a_swapped_index_is_found(damaged_run: Layout, index: Path) -> None:
    """The index of another shard does not cover these tokens."""
    other = index.with_name("00001.docs.arrow")
    index.write_bytes(other.read_bytes())
    accept_checksums(damaged_run)
    assert problems(damaged_run) == [
        ("the index does not cover each token once", "00000.docs.arrow")
    ]


@pytest.mark.parametrize("column", ["start", "length"])
def test_an_index_with_gaps_is_found(damaged_run: Layout, index: Path, column: str) -> None:
    """Starts and lengths must match."""
    rewrite_index(index, column, 1)
    accept_checksums(damaged_run)
    assert problems(damaged_run) == [
        ("the index does not cover each token once", "00000.docs.arrow")
    ]


def test_totals_that_do_not_add_up_are_found(damaged_run: Layout) -> None:
    """A source's total is the sum of its shards."""
    manifest = read_json(damaged_run.shard_manifest)
    manifest["splits"]["train"]["code"]["num_tokens"] += 1
    write_json(damaged_run.shard_manifest, manifest)
    assert [what for what, _ in problems(damaged_run)] == [
        "the shards of a source do not add up to its total"
    ]


def test_tokens_of_another_text_are_found(damaged_run: Layout, tokens: Path) -> None:
    """If checksums, ids and index match, documents are encoded again."""
    ids = np.fromfile(tokens, np.uint16)
    set_token(tokens, 3, int(ids[3]) + 1 if ids[3] + 1 < 500 else int(ids[3]) - 1)
    accept_checksums(damaged_run)
    assert problems(damaged_run) == [
        ("the tokens of a document are not those of its text", "00000.bin")
    ]


def test_an_index_that_points_to_other_documents_is_found(damaged_run: Layout, index: Path) -> None:
    """The row of an index entry must hold the document with its id."""
    row = open_index(index)["row"].to_pylist()[1]
    rewrite_index(index, "row", -1 if row else 1)
    accept_checksums(damaged_run)
    assert problems(damaged_run) == [
        ("the index names other documents than the file that it points to", "00000.docs.arrow")
    ]


def test_cut_documents_verify(damaged_run: Layout, tokens: Path) -> None:
    """Their restored parts are the text."""
    config = load_config(damaged_run)
    corpus = config.corpus.model_copy(
        update={"fill_in_the_middle": FillInTheMiddleConfig(rate=1.0)}
    )
    with open_run(
        damaged_run.root, config.model_copy(update={"corpus": corpus}), 1, Progress(quiet=True)
    ) as run:
        build(run)
    assert (
        np.fromfile(tokens, np.uint16)[0] == load_tokenizer(damaged_run.root).control["fim_prefix"]
    )
    assert problems(damaged_run) == []
    set_token(tokens, 1, int(np.fromfile(tokens, np.uint16)[1]) ^ 1)
    accept_checksums(damaged_run)
    assert [what for what, _ in problems(damaged_run)] == [
        "the tokens of a document are not those of its text"
    ]


def test_shards_verify_without_their_corpus(damaged_run: Layout, tokens: Path) -> None:
    """Imported shards have no corpus."""
    shutil.rmtree(damaged_run.corpus)
    assert list(verify_run(damaged_run)) == []
    tokens.unlink()
    assert [error.what for error in verify_run(damaged_run)] == ["a shard is missing"]


def test_another_tokenizer_is_found(damaged_run: Layout) -> None:
    """The tokenizer of the run must be the one that wrote the shards."""
    train_tokenizer(TokenizerConfig(vocab_size=400), ["another text"], damaged_run.root)
    assert problems(damaged_run) == [
        ("the tokenizer is not the one that wrote the shards", "shards")
    ]
