"""Fill-in-the-middle: cuts depend on the text, fall between characters, and can be undone."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.config import FillInTheMiddleConfig
from corpusforge.errors import InputError
from corpusforge.shards.fim import Cuts, cut_texts, draw_cuts, join_parts, restore_order
from corpusforge.storage.documents import DocumentBuilder, complete
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES

CONTROL = {name: id for id, name in enumerate(CONTROL_PIECES)}
PREFIX, MIDDLE, SUFFIX = (CONTROL[f"fim_{part}"] for part in ("prefix", "middle", "suffix"))
END = CONTROL["end_of_document"]
FIRST = len(CONTROL)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def columns(texts: list[str]) -> tuple[pa.Array, pa.Array]:
    """Texts and content hashes, as a source makes them."""
    builder = DocumentBuilder()
    for number, one in enumerate(texts):
        builder.add(str(number), one)
    batch = complete(builder.flush(), "mine")
    return batch.column("text"), batch.column("content_hash")


def drawn(texts: list[str], rate: float = 0.5, spm_rate: float = 0.5, seed: int = 0) -> Cuts:
    config = FillInTheMiddleConfig(rate=rate, spm_rate=spm_rate)
    return draw_cuts(*columns(texts), np.ones(len(texts), bool), config, seed)


def encode(pieces: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Encode each byte as a token."""
    contents = [piece.encode() for piece in pieces.to_pylist()]
    ids = np.frombuffer(b"".join(contents), np.uint8).astype(np.uint16) + FIRST
    return ids.astype(np.uint16), np.array([len(content) for content in contents])


@given(texts=st.lists(text, min_size=1, max_size=8), rate=st.sampled_from([0.5, 1.0]))
@settings(deadline=None)
def test_every_document_can_be_restored(texts: list[str], rate: float) -> None:
    """Restored ids are those of the text for any cuts, and no character is split."""
    cuts = drawn(texts, rate)
    pieces = cut_texts(columns(texts)[0], cuts)
    pieces.validate(full=True)
    ids, lengths = join_parts(*encode(pieces), cuts, CONTROL)
    assert lengths.sum() == len(ids)
    documents = np.split(ids, np.cumsum(lengths)[:-1])
    for row, (one, document) in enumerate(zip(texts, documents, strict=True)):
        expected = encode(pa.array([one]))[0].tolist()
        assert restore_order(document, CONTROL).tolist() == expected
        closed = np.append(document, np.uint16(END))
        assert restore_order(closed, CONTROL).tolist() == [*expected, END]
        assert len(document) == len(expected) + 3 * (row in cuts.rows)


@pytest.mark.parametrize("spm_rate", [0.0, 1.0])
def test_parts_are_in_the_order_of_the_papers(spm_rate: float) -> None:
    """PSM: prefix, suffix, middle. SPM: suffix, prefix, middle."""
    cuts = Cuts(2, np.array([1]), np.array([[3, 5]]), np.array([spm_rate == 1.0]))
    texts = pa.array(["ab", "cdefg"])
    assert cut_texts(texts, cuts).to_pylist() == ["ab", "c", "de", "fg"]
    ids, lengths = join_parts(*encode(cut_texts(texts, cuts)), cuts, CONTROL)
    a, b, c, d, e, f, g = (FIRST + code for code in range(ord("a"), ord("h")))
    psm = [PREFIX, c, SUFFIX, f, g, MIDDLE, d, e]
    spm = [PREFIX, SUFFIX, f, g, MIDDLE, c, d, e]
    assert ids.tolist() == [a, b, *(spm if spm_rate else psm)]
    assert lengths.tolist() == [2, 8]


def test_rates_are_those_of_the_configuration() -> None:
    """Half of the documents are cut, half of those suffix first, anywhere in the text."""
    texts = [f"document number {number}" for number in range(4000)]
    cuts = drawn(texts)
    assert 0.46 < len(cuts.rows) / 4000 < 0.54
    assert 0.46 < cuts.suffix_first.mean() < 0.54
    offsets = np.cumsum([0, *(len(one) for one in texts)])[cuts.rows]
    within = cuts.places - offsets[:, None]
    assert within.min() == 0
    assert (within[:, 0] <= within[:, 1]).all()
    assert 6 < within.mean() < 11
    assert len(drawn(texts, rate=0.0).rows) == 0


def test_cuts_depend_only_on_the_text_and_the_seed() -> None:
    """A document is cut at the same places in any column, and at others with another seed."""
    alone, together = drawn(["x = 1\n" * 9], 1.0), drawn(["y", "x = 1\n" * 9, "z"], 1.0)
    assert (together.places[1] - 1).tolist() == alone.places[0].tolist()
    assert together.suffix_first[1] == alone.suffix_first[0]
    places = {tuple(drawn(["x = 1\n" * 9], 1.0, seed=seed).places[0]) for seed in range(5)}
    assert len(places) > 3


def test_rows_outside_the_mask_are_not_cut() -> None:
    """Only rows of the mask are cut."""
    texts = ["a" * 50] * 100
    may_cut = np.arange(100) % 2 == 0
    config = FillInTheMiddleConfig(rate=1.0)
    assert draw_cuts(*columns(texts), may_cut, config, 0).rows.tolist() == list(range(0, 100, 2))


def test_a_vocabulary_without_the_control_tokens_is_refused() -> None:
    """The message names the missing token."""
    cuts = drawn(["abc"], 1.0)
    control = {name: id for name, id in CONTROL.items() if name != "fim_middle"}
    with pytest.raises(InputError, match="no control tokens for fill-in-the-middle") as error:
        join_parts(*encode(cut_texts(columns(["abc"])[0], cuts)), cuts, control)
    assert error.value.got == "no <|fim_middle|>"


def test_other_documents_are_their_own_inverse() -> None:
    """Ids that do not start with the prefix token are unchanged."""
    ids = np.array([FIRST, SUFFIX, FIRST + 1, END], np.uint16)
    assert restore_order(ids, CONTROL).tolist() == ids.tolist()
    assert restore_order(ids[:0], CONTROL).tolist() == []
