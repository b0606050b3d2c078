"""Inspecting shards: documents, tokens and their neighbours, searches, and the summary."""

from pathlib import Path

import numpy as np
import pytest

from corpusforge.config import TokenizerConfig
from corpusforge.errors import InputError
from corpusforge.inspection import shards as inspect
from corpusforge.inspection.shards import Inspector, find_shards, parse_ids, read_shard_summary
from corpusforge.shards.lookup import Lookup
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.train import train_tokenizer


@pytest.fixture(scope="module")
def train(shard_run: Path) -> Inspector:
    return Inspector(find_shards(shard_run), "train", "code")


def test_a_document_says_where_it_comes_from_and_why_it_is_here(train: Inspector) -> None:
    """Licence and evidence, source file and row, every verdict, and its text."""
    view = train.by_id("code:f7")
    assert view.document.license == "MIT"
    assert view.document.file.startswith("corpus/documents/code-0000")
    assert view.text == "def function_7(value):\n    return value + 7\n<|endoftext|>"
    assert view.document.num_bytes == len(view.text) - len("<|endoftext|>")
    assert list(view.history) == ["license_evidence", "license", "dedup", "split"]
    assert view.history["license_evidence"]["evidence"] == "declared: MIT"
    assert view.history["dedup"] == {"keep": True}
    assert view.history["split"] == {"keep": True, "split": "train"}


def test_shards_alone_have_no_history(damaged_run: Layout) -> None:
    """A document can be read with only the shards and the tokenizer."""
    damaged_run.corpus.rename(damaged_run.root / "gone")
    view = Inspector(find_shards(damaged_run.root), "train").by_id("code:f7")
    assert view.history == {}
    assert view.document.license == "MIT"


def test_dialogues_show_who_speaks(shard_run: Path) -> None:
    """Control ids are shown as their pieces."""
    view = Inspector(find_shards(shard_run), "train", "chat").document(0)
    number = int(view.document.id.removeprefix("chat:d"))
    assert view.text == (
        f"<|user|>What is {number} plus one? <|end|><|end|>"
        f"<|assistant|>{number} plus one is {number + 1}.<|end|><|endoftext|>"
    )


def test_neighbours_cross_the_edges_of_documents(train: Inspector) -> None:
    """Up to `reach` neighbours on each side, each with its document."""
    second = train.document(1).document
    view = train.at(second.token, 3)
    assert view.document == second
    assert [piece.token - second.token for piece in view.around] == [-3, -2, -1, 0, 1, 2, 3]
    assert [piece.document for piece in view.around] == [0, 0, 0, 1, 1, 1, 1]
    assert [piece.is_control for piece in view.around] == [False, False, True, *[False] * 4]
    assert view.around[2].text == "<|endoftext|>"
    assert train.at(0, 2).around[0].token == 0
    assert train.at(train.lookup.num_tokens - 1, 2).around[-1].text == "<|endoftext|>"


def test_pieces_are_the_text(train: Inspector) -> None:
    """If a character has several tokens, the last one shows it."""
    view = train.document(0)
    assert "".join(token.text for token in train.token_views(view.document, view.ids)) == view.text
    ids = train.tokenizer.encode("a€b")
    assert len(ids) == 5
    texts = [token.text for token in train.token_views(view.document, ids)]
    assert texts == ["a", "", "", "€", "b"]


@pytest.mark.parametrize("block", [1, 50, 1 << 20])
def test_text_is_found(train: Inspector, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search finds the documents that contain a text, and where it begins, up to a limit."""
    monkeypatch.setattr(inspect, "_BLOCK", block)
    found = list(train.search("return value + 7\n"))
    assert [view.document.id for view in found] == ["code:f7"]
    token = found[0].token
    assert token is not None
    assert "return" in "".join(piece.text for piece in train.at(token, 3).around)
    assert len(list(train.search("return", limit=3))) == 3
    every = [view.document.number for view in train.search("return", limit=1000)]
    assert every == list(range(train.lookup.num_documents))
    assert list(train.search("no such text")) == []


def test_text_is_not_found_across_documents(train: Inspector) -> None:
    """A match does not span two documents."""
    first, second = train.document(0), train.document(1)
    across = first.text.removesuffix("<|endoftext|>")[-4:] + second.text[:4]
    assert list(train.search(across)) == []


@pytest.mark.parametrize("block", [1, 50, 1 << 20])
def test_ids_are_found(train: Inspector, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of ids is found where it begins, even if it spans two documents."""
    monkeypatch.setattr(inspect, "_BLOCK", block)
    document = train.by_id("code:f7").document
    ids = train.lookup.tokens_of(document)
    found = list(train.search_ids(ids.tolist()))
    assert [view.token for view in found] == [document.token]
    behind = train.document(document.number + 1)
    over = [*ids[-3:].tolist(), int(behind.ids[0])]
    assert document.token + len(ids) - 3 in [view.token for view in train.search_ids(over, 100)]
    assert len(list(train.search_ids(ids[:1].tolist(), limit=3))) == 3
    assert list(train.search_ids([499, 499, 499])) == []


def test_nothing_to_search_for_is_an_error(train: Inspector) -> None:
    """An empty text, no ids, or words instead of ids."""
    for search in (train.search(""), train.search_ids([])):
        with pytest.raises(InputError, match="nothing to search for"):
            next(search)
    assert parse_ids("1, 22 3") == [1, 22, 3]
    with pytest.raises(InputError, match="not token ids"):
        parse_ids("1,two")


def test_the_summary_counts(shard_run: Path) -> None:
    """Licences and lengths of all splits, for either of the two directories."""
    summary = read_shard_summary(find_shards(shard_run / "shards"))
    assert summary == read_shard_summary(find_shards(shard_run))
    counts = {name: counts.documents for name, counts in summary.licenses.items()}
    assert counts == {"MIT": 30, "Apache-2.0": 30, "CC0-1.0": 5}
    tokens = sum(counts.tokens for counts in summary.licenses.values())
    sources = summary.splits.values()
    assert tokens == sum(entry.num_tokens for split in sources for entry in split.values())
    assert sum(summary.lengths.values()) == 65
    lengths = np.concatenate(
        [
            lookup.index(shard)["length"].to_numpy()
            for lookup in (Lookup(find_shards(shard_run), s) for s in ("train", "validation"))
            for shard in lookup.shards
        ]
    )
    assert summary.lengths[32] == ((lengths >= 16) & (lengths < 32)).sum()


def test_the_summary_of_a_part_counts_that_part(shard_run: Path) -> None:
    """One split, one source of all splits, or one source of one split; others are an error."""
    shards = find_shards(shard_run)
    train = read_shard_summary(shards, "train")
    assert list(train.splits) == ["train"]
    code = read_shard_summary(shards, None, "code")
    assert [list(sources) for sources in code.splits.values()] == [["code"], ["code"]]
    assert sum(code.lengths.values()) == 60
    both = read_shard_summary(shards, "train", "code")
    assert sum(both.lengths.values()) == shards.sources("train")["code"].num_documents
    with pytest.raises(InputError, match="no such split"):
        read_shard_summary(shards, "test")


def test_another_tokenizer_is_refused(damaged_run: Layout) -> None:
    """Ids are never shown as the text of another vocabulary."""
    train_tokenizer(TokenizerConfig(vocab_size=400), ["another text"], damaged_run.root)
    with pytest.raises(InputError, match="not the one that wrote the shards"):
        Inspector(find_shards(damaged_run.root), "train")
