"""A SentencePiece model as the arrays that the compiled merges work on."""

from collections.abc import Iterator

import numpy as np

from corpusforge.tokenizer.joints import SPACE_MARK, joints
from corpusforge.tokenizer.kernels import SYMBOL_BITS, Vocabulary, fill_merges
from corpusforge.tokenizer.model_file import BYTE, USER_DEFINED, ModelFile

_CODE_POINTS = 0x110000


def vocabulary(model: ModelFile) -> Vocabulary:
    """The arrays of a model that `joints.reason_against` has nothing against."""
    texts = {
        piece.text.replace(SPACE_MARK, " "): id
        for id, piece in enumerate(model.pieces)
        if piece.is_text
    }
    symbols = dict(texts)
    for character in sorted(set("".join(texts))):
        symbols.setdefault(character, len(model.pieces) + len(symbols) - len(texts))
    characters = np.zeros(_CODE_POINTS, np.int32)
    for text, symbol in symbols.items():
        if len(text) == 1:
            characters[ord(text)] = symbol + 1
    entries = np.fromiter(_merges(texts, symbols), np.uint64)
    merges = np.zeros(1 << (2 * len(entries)).bit_length(), np.uint64)
    fill_merges(entries, merges)
    # Equal scores have equal ranks: of those, what stands further left is merged first.
    scores = np.array([piece.score for piece in model.pieces])
    _, ranks = np.unique(-scores, return_inverse=True)
    byte_ids = np.zeros(256, np.uint16)
    for id, piece in enumerate(model.pieces):
        if piece.kind == BYTE:
            byte_ids[int(piece.text[3:5], 16)] = id
    user = sorted(
        (
            (text.encode(), id)
            for text, id in texts.items()
            if model.pieces[id].kind == USER_DEFINED
        ),
        key=lambda entry: (entry[0][0], -len(entry[0])),
    )
    return Vocabulary(
        size=len(model.pieces),
        pairs=joints(model),
        characters=characters,
        ranks=ranks.astype(np.int32),
        merges=merges,
        byte_ids=byte_ids,
        user_firsts=np.searchsorted([text[0] for text, _ in user], np.arange(257)),
        user_offsets=np.cumsum([0, *(len(text) for text, _ in user)]),
        user_bytes=np.frombuffer(bytearray(b"".join(text for text, _ in user)), np.uint8),
        user_ids=np.array([id for _, id in user], np.int32),
    )


def _merges(texts: dict[str, int], symbols: dict[str, int]) -> Iterator[int]:
    """Every way in which two symbols make a piece."""
    for text, id in texts.items():
        for cut in range(1, len(text)):
            left, right = symbols.get(text[:cut]), symbols.get(text[cut:])
            if left is not None and right is not None:
                yield (left << SYMBOL_BITS | right) << SYMBOL_BITS | id
