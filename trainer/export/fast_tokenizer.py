"""Conversion of a SentencePiece model to `tokenizer.json` of Hugging Face's tokenizers."""

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from corpusforge.errors import InputError
from corpusforge.tokenizer.model_file import (
    CONTROL,
    NORMAL,
    UNKNOWN,
    USER_DEFINED,
    Piece,
)
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.export.release import Release

_SPACE = "\u2581"  # a space in the pieces of a model

# Texts on which tokenizers tend to differ: white space, SentencePiece's mark of a space, control
# pieces and byte pieces as text, every character of the basic plane.
_PROBES = (
    *("", " a", "a  b ", "\r\n\t\tx\t\t\t", f"a{_SPACE}b", "<|user|>a<|end|><0x41><unk>", "0123"),
    "".join(map(chr, (*range(0xD800), *range(0xE000, 1 << 16)))),
)
_SHUFFLES = 4  # random texts, each made of all pieces


def fast_tokenizer(release: Release) -> dict[str, Any]:
    """Return the tree of `tokenizer.json`, after checking that it encodes like the tokenizer.

    Raises:
        InputError: the tokenizer is not SentencePiece BPE as corpusforge trains it.
    """
    if release.tokenizer.type != "sentencepiece":
        raise _not_exportable(release, f"a {release.tokenizer.type} tokenizer")
    tree = tree_of(release.pieces)
    if (text := _first_difference(tree, release.tokenizer, release.pieces)) is not None:
        raise _not_exportable(release, f"different ids for {text[:40]!r}")
    return tree


def tree_of(pieces: Sequence[Piece]) -> dict[str, Any]:
    """Return the tree for the pieces of a model as corpusforge trains it."""
    # The vocabulary has plain spaces and nothing is normalised. So U+2581 in a text is no space: it
    # falls back to bytes, as in `SentencePieceTokenizer`.
    texts = [
        piece.text.replace(_SPACE, " ") if piece.kind == NORMAL else piece.text for piece in pieces
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": id,
                "content": piece.text,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": piece.kind != USER_DEFINED,
            }
            for id, piece in enumerate(pieces)
            if piece.kind in (UNKNOWN, CONTROL, USER_DEFINED)
        ],
        "normalizer": None,
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": next(piece.text for piece in pieces if piece.kind == UNKNOWN),
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": {text: id for id, text in enumerate(texts)},
            "merges": list(_merges(texts, pieces)),
        },
    }


def _merges(texts: Sequence[str], pieces: Sequence[Piece]) -> Iterator[tuple[str, str]]:
    """Yield every pair of pieces that makes a piece, the piece with the highest score first.

    SentencePiece ranks merges by the piece that they make, tokenizers by the pair.
    """
    scores = {
        text: piece.score for text, piece in zip(texts, pieces, strict=True) if piece.kind == NORMAL
    }
    for text in sorted(scores, key=lambda text: (-scores[text], text)):
        for cut in range(len(text) - 1, 0, -1):
            if text[:cut] in scores and text[cut:] in scores:
                yield text[:cut], text[cut:]


def _first_difference(
    tree: dict[str, Any], tokenizer: Tokenizer, pieces: Sequence[Piece]
) -> str | None:
    """Return a text that the tree encodes differently or does not decode to itself, or None."""
    from tokenizers import Tokenizer as FastTokenizer

    fast = FastTokenizer.from_str(json.dumps(tree))
    fast.encode_special_tokens = True  # control pieces in a text are text
    for text in (*_PROBES, *_random_texts(pieces)):
        ids = fast.encode(text, add_special_tokens=False).ids
        if ids != tokenizer.encode(text).tolist() or fast.decode(ids) != text:
            return text
    return None


def _random_texts(pieces: Sequence[Piece]) -> Iterator[str]:
    texts = [piece.text.replace(_SPACE, " ") for piece in pieces]
    generator = random.Random(0)
    for _ in range(_SHUFFLES):
        yield "".join(generator.sample(texts, len(texts)))


def _not_exportable(release: Release, got: str) -> InputError:
    return InputError(
        "the tokenizer cannot be converted to a fast tokenizer of Hugging Face",
        where=str(release.layout.tokenizer),
        got=got,
        expected="SentencePiece BPE that adds and normalises nothing, as corpusforge trains it",
        do="export only the weights, with --format safetensors",
    )
