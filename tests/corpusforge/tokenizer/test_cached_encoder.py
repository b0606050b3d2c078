"""Encoding a column results in SentencePiece's ids, for any model and any text."""

import base64
import io
import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.storage.documents import string_buffers
from corpusforge.tokenizer import kernels
from corpusforge.tokenizer.cached_encoder import CachedEncoder
from corpusforge.tokenizer.cut_points import (
    CUT,
    JOINED,
    JOINED_UNLESS_MARK,
    byte_pair_table,
    reason_not_to_cut,
)
from corpusforge.tokenizer.merge_tables import _hash_table
from corpusforge.tokenizer.model_file import Piece, read_model
from corpusforge.tokenizer.sentencepiece_model import SentencePieceTokenizer

LINES = [
    "def add(left, right):",
    "    return left + right + 1024",
    "        self.size = size  # the size",
    "The quick brown fox jumps over the lazy dog, and the dog does not mind at all.",
    "aaaa aaaaaaaa abababab  ababab   \u00e4\u00f6\u00fc \u4e2d\u6587\u4e2d\u6587 \u043c\u0438",
    "<tag></tag> <tag>size</tag> self.items[0].size(self)",
]
PLAIN = {
    "normalization_rule_name": "identity",
    "add_dummy_prefix": False,
    "remove_extra_whitespaces": False,
}
MODELS: dict[str, dict[str, Any]] = {
    "plain": PLAIN,
    "as corpusforge trains": PLAIN
    | {
        "allow_whitespace_only_pieces": True,
        "split_digits": True,
        "split_by_unicode_script": False,
        "user_defined_symbols": ["\t\t", "\t\t\t\t"],
    },
    "across white space": PLAIN | {"split_by_whitespace": False, "split_by_number": False},
    "dummy prefix": PLAIN | {"add_dummy_prefix": True},
    "user-defined": PLAIN
    | {"user_defined_symbols": ["<tag>", "</tag>", "a", "aa", "aba", "\u2581self", "\u4e2d\u6587"]},
    "spaces removed": PLAIN | {"remove_extra_whitespaces": True},
    "nmt_nfkc": {"normalization_rule_name": "nmt_nfkc"},
    "unigram": PLAIN | {"model_type": "unigram"},
    "no byte fallback": PLAIN | {"byte_fallback": False},
    "space behind": PLAIN | {"treat_whitespace_as_suffix": True, "add_dummy_prefix": True},
}
CUT_MODELS = (
    "plain",
    "as corpusforge trains",
    "across white space",
    "dummy prefix",
    "user-defined",
)


def trained_model(settings: dict[str, Any]) -> bytes:
    model = io.BytesIO()
    defaults = {"model_type": "bpe", "vocab_size": 420, "byte_fallback": True}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES * 5),
        model_writer=model,
        hard_vocab_limit=False,
        minloglevel=2,
        **(defaults | settings),
    )
    return model.getvalue()


@pytest.fixture(scope="module")
def models() -> dict[str, bytes]:
    """A model of each kind."""
    return {name: trained_model(settings) for name, settings in MODELS.items()}


@pytest.fixture(scope="module")
def tokenizers(models: dict[str, bytes]) -> dict[str, SentencePieceTokenizer]:
    return {name: SentencePieceTokenizer(model) for name, model in models.items()}


@pytest.fixture(scope="module")
def judges(models: dict[str, bytes]) -> dict[str, sentencepiece.SentencePieceProcessor]:
    return {
        name: sentencepiece.SentencePieceProcessor(model_proto=model)
        for name, model in models.items()
    }


def runs(tokenizer: SentencePieceTokenizer, texts: Sequence[str]) -> list[list[int]]:
    ids, lengths = tokenizer.encode_column(pa.array(texts, pa.string()))
    assert ids.dtype == np.uint16
    assert lengths.sum() == len(ids)
    return [run.tolist() for run in np.split(ids, np.cumsum(lengths))[:-1]]


words = st.sampled_from(
    [
        *(
            "left",
            "size",
            "self.",
            "\u2581self",
            " ",
            "  ",
            "\t",
            "\n",
            "a",
            "aa",
            "ab",
            "1",
            "<tag>",
        ),
        *("\u4e2d", "\u6587", "\u4e2d\u6587", "</tag>", "<|endoftext|>", "<0x41>", "<unk>", "<s>"),
        *("\x00", "\x01", "\u0301", "\u0438", "\u2585", "\ufffd", "\ufeff", "\U0010ffff", "\u00e4"),
    ]
)
texts = st.one_of(st.lists(words).map("".join), st.text(st.characters(exclude_categories=["Cs"])))


@pytest.mark.parametrize("name", MODELS)
@given(columns=st.lists(st.lists(texts.map(lambda text: text.replace("\u2581", "")), max_size=4)))
@settings(deadline=None, max_examples=60)
def test_ids_are_sentencepieces_own(
    name: str,
    columns: list[list[str]],
    tokenizers: dict[str, SentencePieceTokenizer],
    judges: dict[str, sentencepiece.SentencePieceProcessor],
) -> None:
    """Also with a cache that earlier columns have filled."""
    for column in columns:
        assert runs(tokenizers[name], column) == judges[name].encode(column)


@pytest.mark.parametrize("name", MODELS)
@given(column=st.lists(st.lists(words | st.just("\u2581")).map("".join)))
@settings(deadline=None, max_examples=60)
def test_a_column_has_the_ids_of_its_texts(
    name: str, column: list[str], tokenizers: dict[str, SentencePieceTokenizer]
) -> None:
    """A text has the same ids in a column as alone, with or without U+2581."""
    tokenizer = tokenizers[name]
    assert runs(tokenizer, column) == [tokenizer.encode(text).tolist() for text in column]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_cut_only_where_that_is_proven(name: str, models: dict[str, bytes]) -> None:
    """Texts of all other models are encoded by SentencePiece."""
    reason = reason_not_to_cut(read_model(models[name]))
    assert (reason is None) == (name in CUT_MODELS), reason


@pytest.mark.parametrize("name", CUT_MODELS)
def test_hard_texts(
    name: str,
    tokenizers: dict[str, SentencePieceTokenizer],
    judges: dict[str, sentencepiece.SentencePieceProcessor],
) -> None:
    """Only spaces, only tabs, one long word, only combining marks, random bytes as base64."""
    noise = random.Random(7).randbytes(20_000)
    column = [
        *(" " * 5_000, "\t" * 5_001, "\n" * 5_000, "", "a" * 70_001, "ab" * 40_000, "size" * 9_000),
        *("\u0301" * 300, "\x00" * 300, "\u4e2d\u6587" * 2_000, "<|user|><|end|></s>" * 50),
        base64.b64encode(noise).decode(),
        "".join(map(chr, (*range(0x2581), *range(0x2582, 0xD800), *range(0xE000, 1 << 16)))),
    ]
    assert runs(tokenizers[name], column) == judges[name].encode(column)


@pytest.mark.parametrize("name", CUT_MODELS)
def test_a_segment_of_any_length_is_merged(
    name: str,
    tokenizers: dict[str, SentencePieceTokenizer],
    judges: dict[str, sentencepiece.SentencePieceProcessor],
) -> None:
    """Candidates fill less than a block, one block, and more; 255 bytes are cached, 256 are not."""
    draw = random.Random(5)
    words = ["".join(draw.choices("selfizright", k=length)) for length in range(1, 80)]
    words += ["".join(draw.choices("abc\u4e2d", k=length)) for length in (*range(28, 36), 255, 256)]
    words += ["ab" * 127 + "a", "ab" * 128, "ab" * 513]
    assert runs(tokenizers[name], words) == judges[name].encode(words)


def test_a_model_with_too_many_symbols_is_not_cut(models: dict[str, bytes]) -> None:
    """Symbols have 16-bit numbers; a character within a piece needs one even if it is no piece."""
    model = read_model(models["plain"])
    characters = "".join(map(chr, range(0x4E00, 0x4E00 + 20_000)))
    rest = "".join(map(chr, (*range(0xAC00, 0xD700), *range(0x20000, 0x28E00))))
    pieces = [Piece(characters, -1.0, 1), Piece(rest, -1.0, 1)]
    assert reason_not_to_cut(replace(model, pieces=(*model.pieces, pieces[0]))) is None
    many = replace(model, pieces=(*model.pieces, *pieces))
    assert reason_not_to_cut(many) == "it has more symbols than can be numbered"


def test_merges_that_cannot_be_placed_get_a_larger_table() -> None:
    """Every merge has its own slot, however many merges share a seed."""
    draw = random.Random(2)
    keys = draw.sample(range(1 << 16, 1 << 32), 3_000)
    entries = np.array([key << 32 | 7 for key in keys], np.uint64)
    seeds, merges = _hash_table(entries)
    assert sorted(merges[merges != 0].tolist()) == sorted(entries.tolist())
    assert len(merges) == 8 * len(seeds)


def test_every_piece_is_merged(
    tokenizers: dict[str, SentencePieceTokenizer],
    judges: dict[str, sentencepiece.SentencePieceProcessor],
    models: dict[str, bytes],
) -> None:
    """The text of each piece, alone and between other pieces, has SentencePiece's ids."""
    for name in CUT_MODELS:
        pieces = [piece.text.replace("\u2581", " ") for piece in read_model(models[name]).pieces]
        column = [*pieces, "".join(pieces), "".join(reversed(pieces)), *(p * 3 for p in pieces)]
        assert runs(tokenizers[name], column) == judges[name].encode(column)


def test_a_full_table_evicts_segments_without_a_hit(models: dict[str, bytes]) -> None:
    """Evictions do not change ids, and the table is never more than half full."""
    model = models["plain"]
    judge = sentencepiece.SentencePieceProcessor(model_proto=model)
    encoder = CachedEncoder(read_model(model), slots=256)
    draw = random.Random(3)
    common = ["left", "right", "self.size", "the quick brown fox jumped over"]
    evictions = 0
    for _ in range(60):
        before = encoder.num_cached
        column = [
            " ".join([*common, "".join(draw.choices("selfizright", k=draw.randrange(400)))])
            for _ in range(8)
        ]
        offsets, data = string_buffers(pa.array(column))
        bounds = offsets.astype(np.int64)
        ids, lengths = encoder.encode(np.frombuffer(data, np.uint8), bounds[:-1], bounds[1:])
        split = np.split(ids, np.cumsum(lengths))[:-1]
        assert [run.tolist() for run in split] == judge.encode(column)
        assert encoder.num_cached <= 128
        evictions += encoder.num_cached < before
    assert evictions > 5


def test_bytes_are_joined_where_a_piece_has_them(models: dict[str, bytes]) -> None:
    """Byte pairs within pieces and characters are joined; all others are cut."""
    model = read_model(models["plain"])
    pairs = byte_pair_table(model).reshape(256, 256)
    assert pairs[ord("z"), ord("q")] == CUT
    assert pairs[ord("l"), ord("e")] == JOINED
    assert pairs[ord("e"), ord(" ")] == CUT
    assert pairs[0xE4, 0xB8] == JOINED
    assert pairs[0x81, 0x81] == JOINED_UNLESS_MARK  # inside a character, or behind U+2581
    with_text = [piece.text for piece in model.pieces if piece.is_text and len(piece.text) > 1]
    for text in with_text:
        codes = text.replace("\u2581", " ").encode()
        assert all(pairs[a, b] != CUT for a, b in itertools.pairwise(codes))


def test_the_mark_of_a_space_is_not_a_space(tokenizers: dict[str, SentencePieceTokenizer]) -> None:
    """U+2581 is encoded as three byte pieces, inside a segment and at its borders."""
    tokenizer = tokenizers["plain"]
    mark = tokenizer.encode("\u2581").tolist()
    assert len(mark) == 3
    assert runs(tokenizer, ["a\u2581\u2581b\u2581"]) == [
        [*tokenizer.encode("a"), *mark, *mark, *tokenizer.encode("b"), *mark]
    ]


def test_empty_columns_and_texts_have_no_ids(tokenizers: dict[str, SentencePieceTokenizer]) -> None:
    """Columns without rows and rows without text have no ids."""
    for tokenizer in tokenizers.values():
        assert runs(tokenizer, []) == []
        assert runs(tokenizer, ["", ""]) == [[], []]


def test_a_slice_of_a_column_has_only_its_own_ids(
    tokenizers: dict[str, SentencePieceTokenizer],
) -> None:
    """Arrow slices share the buffers of the whole column."""
    column = pa.array(["left", "right", "size", ""])
    for name in CUT_MODELS:
        ids, lengths = tokenizers[name].encode_column(column.slice(1, 2))
        whole = runs(tokenizers[name], ["left", "right", "size", ""])
        assert ids.tolist() == whole[1] + whole[2]
        assert lengths.tolist() == [len(whole[1]), len(whole[2])]


def test_a_long_segment_is_merged_in_a_tree_of_several_levels(models: dict[str, bytes]) -> None:
    """The tree finds the minimum for any number of levels, compared with a plain minimum."""
    draw = random.Random(11)
    for count in (1, 31, 32, 33, 1024, 1025, 40_000):
        tree = kernels.merge_buffers(count).tree
        tree[:] = 0
        tree[:count] = [draw.randrange(1, 1 << 60) for _ in range(count)]
        expected = int(tree[:count].min())
        assert int(kernels.build_tree(tree, count)) == expected
        tree[count // 2] = 0
        assert int(kernels.update_minimum(tree, count, count // 2 // 32)) == 0
