"""Converts a SentencePiece model to the arrays that the compiled merge loops work on."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from corpusforge.tokenizer.cut_points import SPACE_MARK, byte_pair_table, characters_without_piece
from corpusforge.tokenizer.kernels import HASH_FACTOR, NO_SYMBOL, MergeTables, place_merges
from corpusforge.tokenizer.model_file import BYTE, USER_DEFINED, ModelFile

_CODE_POINTS = 0x110000

Hashes = npt.NDArray[np.uint64]


def merge_tables(model: ModelFile) -> MergeTables:
    """The arrays of a model for which `cut_points.reason_not_to_cut` returns None."""
    texts = {
        piece.text.replace(SPACE_MARK, " "): id
        for id, piece in enumerate(model.pieces)
        if piece.is_text
    }
    numbers = itertools.count(1)
    symbols = {text: next(numbers) for text in (*texts, *characters_without_piece(model))}
    characters = np.full(_CODE_POINTS, NO_SYMBOL, np.uint16)
    for text, symbol in symbols.items():
        if len(text) == 1:
            characters[ord(text)] = symbol
    ids = np.full(1 << 16, -1, np.int32)
    for text, id in texts.items():
        ids[symbols[text]] = id
    # Equal scores get equal ranks, of which the leftmost is merged first.
    scores = np.array([piece.score for piece in model.pieces])
    _, ranks = np.unique(-scores, return_inverse=True)
    entries = np.fromiter(_merges(texts, symbols, ranks.tolist()), np.uint64)
    seeds, merges = _hash_table(entries)
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
    user_symbols = np.array([next(numbers) for _ in user], np.uint16)
    ids[user_symbols] = [id for _, id in user]
    return MergeTables(
        byte_pairs=byte_pair_table(model),
        character_symbols=characters,
        symbol_ids=ids,
        seeds=seeds,
        merges=merges,
        seed_shift=_shift(seeds),
        merge_shift=_shift(merges),
        byte_ids=byte_ids,
        user_firsts=np.searchsorted([text[0] for text, _ in user], np.arange(257)),
        user_offsets=np.cumsum([0, *(len(text) for text, _ in user)]),
        user_bytes=np.frombuffer(bytearray(b"".join(text for text, _ in user)), np.uint8),
        user_symbols=user_symbols,
    )


def _merges(texts: dict[str, int], symbols: dict[str, int], ranks: Sequence[int]) -> Iterator[int]:
    """Every pair of symbols that forms a piece, as `kernels` packs a merge."""
    for text, id in texts.items():
        for cut in range(1, len(text)):
            left, right = symbols.get(text[:cut]), symbols.get(text[cut:])
            if left is not None and right is not None:
                yield left << 48 | right << 32 | ranks[id] << 16 | symbols[text]


def _hash_table(entries: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint16], Hashes]:
    """Seeds, and a table with each merge in its own slot, as `kernels` describes them."""
    slots = max(1 << (2 * len(entries)).bit_length(), 1 << 10)
    while True:
        seeds, merges = np.zeros(slots // 8, np.uint16), np.zeros(slots, np.uint64)
        of_seed = (entries >> np.uint64(32)) * HASH_FACTOR >> _shift(seeds)
        by_seed = entries[np.argsort(of_seed, kind="stable")]
        firsts = np.searchsorted(np.sort(of_seed), np.arange(len(seeds) + 1))
        order = np.argsort(-np.diff(firsts), kind="stable")
        if place_merges(by_seed, firsts, order, seeds, merges, _shift(merges)):
            return seeds, merges
        slots *= 2


def _shift(table: npt.NDArray[np.generic]) -> np.uint64:
    """The right shift from a 64-bit hash to an index into `table`."""
    return np.uint64(65 - len(table).bit_length())
