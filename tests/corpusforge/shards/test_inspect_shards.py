"""Looking into shards: from a token to its document, licence and source file."""

from pathlib import Path

import pytest

from corpusforge.config import TokenizerConfig
from corpusforge.errors import InputError
from corpusforge.layout import Layout
from corpusforge.shards.inspect import Inspector, find_shards, summary_text, view_text
from corpusforge.tokenizer.train import train_tokenizer


@pytest.fixture(scope="module")
def train(shard_run: Path) -> Inspector:
    return Inspector(find_shards(shard_run), "train", "code")


def test_documents_lie_end_to_end(train: Inspector) -> None:
    """Each document begins where the one before it ended; all of them are found by number."""
    views = [train.document(number) for number in range(train.num_documents)]
    assert [view.number for view in views] == list(range(len(views)))
    starts = [view.token for view in views]
    ends = [view.token + view.num_tokens for view in views]
    assert starts == [0, *ends[:-1]]
    assert ends[-1] == train.num_tokens
    assert len({view.id for view in views}) == len(views)
    assert len({view.shard for view in views}) > 1


def test_every_token_belongs_to_the_document_around_it(train: Inspector) -> None:
    """First, last and inner tokens of a document lead to it."""
    for number in (0, 1, train.num_documents - 1):
        view = train.document(number)
        for token in (view.token, view.token + 1, view.token + view.num_tokens - 1):
            assert train.at(token) == view


def test_a_document_says_where_it_comes_from(train: Inspector) -> None:
    """Licence, source file and row, and its text with the control tokens shown."""
    view = train.by_id("code:f7")
    assert view.license == "MIT"
    assert view.file.startswith("corpus/documents/code-0000")
    assert view.text == "def function_7(value):\n    return value + 7\n<|endoftext|>"
    assert view.num_bytes == len(view.text) - len("<|endoftext|>")
    lines = view_text(view).splitlines()
    assert "license:    MIT" in lines
    assert f"file:       {view.file}, row {view.row}" in lines


def test_dialogues_show_who_speaks(shard_run: Path) -> None:
    """Control ids are shown as their markers."""
    view = Inspector(find_shards(shard_run), "train", "chat").document(0)
    number = int(view.id.removeprefix("chat:d"))
    assert view.text == (
        f"<|user|>What is {number} plus one? <|end|><|end|>"
        f"<|assistant|>{number} plus one is {number + 1}.<|end|><|endoftext|>"
    )


def test_text_is_found(train: Inspector) -> None:
    """Search gives the documents with the text in it, up to a limit."""
    assert {view.id for view in train.search("return value + 7\n")} == {"code:f7"}
    assert len(list(train.search("return", limit=3))) == 3
    assert list(train.search("no such text")) == []


@pytest.mark.parametrize("token", [-1, 10**9])
def test_a_token_outside_is_an_error(train: Inspector, token: int) -> None:
    """The message says which tokens there are."""
    with pytest.raises(InputError, match="no such document") as error:
        train.at(token)
    assert error.value.expected == f"0 to {train.num_tokens - 1}"
    with pytest.raises(InputError, match="no such document"):
        train.document(token)


def test_unknown_names_are_errors(shard_run: Path, train: Inspector) -> None:
    """A split, source or id that is not there is answered with those that are."""
    shards = find_shards(shard_run)
    with pytest.raises(InputError, match="no such split") as error:
        Inspector(shards, "test")
    assert error.value.expected == "one of train, validation"
    with pytest.raises(InputError, match="no such source") as error:
        Inspector(shards, "train", "prose")
    assert error.value.expected == "one of chat, code"
    with pytest.raises(InputError, match="no such document"):
        train.by_id("code:f60")


def test_the_summary_counts(shard_run: Path) -> None:
    """A line a source and split, whichever of the two directories is named."""
    text = summary_text(find_shards(shard_run / "shards"))
    assert text == summary_text(find_shards(shard_run))
    assert text.splitlines()[0] == "sentencepiece tokenizer, 500 pieces"
    rows = [line.split()[:3] for line in text.splitlines()[2:]]
    assert [row[:2] for row in rows] == [
        ["train", "chat"],
        ["train", "code"],
        ["validation", "chat"],
        ["validation", "code"],
    ]
    assert sum(int(row[2]) for row in rows) == 65


def test_another_tokenizer_is_refused(damaged_run: Layout) -> None:
    """Ids are never shown as the text of another vocabulary."""
    train_tokenizer(TokenizerConfig(vocab_size=400), ["another text"], damaged_run.root)
    with pytest.raises(InputError, match="not the one that wrote the shards"):
        Inspector(find_shards(damaged_run.root), "train")
