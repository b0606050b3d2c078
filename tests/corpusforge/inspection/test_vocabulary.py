"""The report on a vocabulary adds up, and names unused pieces and byte fallbacks."""

import io
from pathlib import Path

import pytest
import sentencepiece

from corpusforge.errors import InputError, RunError
from corpusforge.inspection.vocabulary import measure_vocabulary
from corpusforge.inspection.vocabulary_text import vocabulary_text
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.layout import Layout


@pytest.fixture
def general_model(tmp_path: Path) -> Path:
    """A model that was trained on other text."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["Of shoes and ships and sealing wax, of cabbages and kings."] * 9),
        model_writer=model,
        model_type="bpe",
        vocab_size=300,
        hard_vocab_limit=False,
        byte_fallback=True,
        minloglevel=2,
    )
    path = tmp_path / "general.model"
    path.write_bytes(model.getvalue())
    return path


def test_a_small_corpus_is_measured_whole(small_corpus: Path) -> None:
    """Tokens match the shards without control tokens, and sources add up to the total."""
    layout = Layout(small_corpus)
    report = measure_vocabulary(layout, None)
    entries = ShardSet(layout.shards).sources("train")
    assert list(report.sources) == list(entries)
    documents = entries["documents"]
    measured = report.sources["documents"]
    assert measured.documents == documents.num_documents
    assert measured.num_bytes == documents.num_bytes
    assert measured.tokens == documents.num_tokens - documents.num_documents
    for kinds in (report.sources, report.languages):
        assert sum(kind.num_bytes for kind in kinds.values()) == report.total.num_bytes
        assert sum(kind.tokens for kind in kinds.values()) == report.total.tokens
    assert report.total.tokens_against is None


def test_another_vocabulary_is_compared(small_corpus: Path, general_model: Path) -> None:
    """A model of other text needs more tokens, and the report shows both."""
    report = measure_vocabulary(Layout(small_corpus), general_model)
    against = report.total.tokens_against
    assert against is not None
    assert against > report.total.tokens
    shown = vocabulary_text(report).splitlines()
    assert shown[0].endswith("general.model")
    assert shown[1].endswith(f"{report.total.num_bytes / against:.2f}")


def test_unused_pieces_and_bytes_are_named(small_corpus: Path) -> None:
    """Unused pieces include no piece of the corpus, no control piece and no byte."""
    report = measure_vocabulary(Layout(small_corpus), None)
    assert "return" not in report.unused
    assert not [piece for piece in report.unused if piece.startswith("<")]
    assert 0 < report.byte_tokens < report.total.tokens / 10


def test_what_cannot_be_measured_is_an_error(small_corpus: Path, tmp_path: Path) -> None:
    """A missing or invalid model; a directory without documents."""
    with pytest.raises(InputError, match="cannot be read"):
        measure_vocabulary(Layout(small_corpus), tmp_path / "missing.model")
    wrong = tmp_path / "wrong.model"
    wrong.write_bytes(b"no model")
    with pytest.raises(InputError, match="not a SentencePiece model") as error:
        measure_vocabulary(Layout(small_corpus), wrong)
    assert error.value.where == str(wrong)
    for name in ("tokenizer.json", "tokenizer.model"):
        (tmp_path / name).write_bytes((small_corpus / name).read_bytes())
    with pytest.raises(RunError, match="no kept train documents"):
        measure_vocabulary(Layout(tmp_path), None)
