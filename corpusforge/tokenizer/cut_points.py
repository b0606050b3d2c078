"""Where a text may be cut without changing its ids: between two bytes that no piece has in a row.

Why this is exact for byte-pair encoding of a text that is not normalised: SentencePiece starts from
the characters of the text (a user-defined piece, searched from left to right, is one symbol that
never merges) and merges two adjacent symbols only if they form a piece of the vocabulary. Let a be
the last byte before a boundary, b the first byte after it, and no piece contain a b in a row. Then
no user-defined piece spans the boundary, and neither does a merge, since it would form a piece that
contains a b. Candidates are merged by score, then from the left. Those on one side of the boundary
are the same, in the same order, whatever is on the other side. So the final symbols are those of
the left part followed by those of the right part, and so are the ids: a symbol that is not a piece
is encoded as its bytes.

The model must also meet these conditions, which `reason_not_to_cut` checks:

- No normalisation: it could look across the boundary, or remove white space there. (A dummy prefix
  is one space before the text; it is added before the text is cut.)
- Byte fallback: without it, adjacent unknown characters become one id.
- No unused pieces: they are split again, at positions that depend on the whole text.
- Few enough symbols to number with 16 bits: pieces, characters within them that are no pieces, and
  user-defined pieces a second time.
- Not a unigram model: its best path has a boundary there too, but it is found by summing floats
  from the beginning of the text, and rounding may decide between two paths.
"""

import numpy as np
import numpy.typing as npt

from corpusforge.tokenizer.model_file import UNUSED, USER_DEFINED, ModelFile

SPACE_MARK = "\u2581"  # SentencePiece writes a space as this character, and reads it as a space
# Kinds of byte pairs.
CUT, JOINED, JOINED_UNLESS_MARK = 0, 1, 2
_CONTINUATION_BYTES = slice(0x80, 0xC0)
_MAX_SYMBOLS = 0xFFFE


def reason_not_to_cut(model: ModelFile) -> str | None:
    """Why texts must not be cut for this model; None if they may be."""
    if not model.is_bpe:
        return "it is not a byte-pair encoding"
    if not model.is_identity:
        return "it normalises a text"
    if not model.byte_fallback:
        return "it has no byte fallback"
    if any(piece.kind == UNUSED for piece in model.pieces):
        return "it has unused pieces"
    if any(" " in piece.text for piece in model.pieces if piece.is_text):
        return "it has a piece with a space, which no text contains"
    user_defined = sum(piece.kind == USER_DEFINED for piece in model.pieces)
    if len(model.pieces) + len(characters_without_piece(model)) + user_defined > _MAX_SYMBOLS:
        return "it has more symbols than can be numbered"
    return None


def characters_without_piece(model: ModelFile) -> list[str]:
    """The characters within pieces that are no pieces themselves, sorted."""
    texts = {piece.text.replace(SPACE_MARK, " ") for piece in model.pieces if piece.is_text}
    return sorted(set("".join(texts)) - texts)


def byte_pair_table(model: ModelFile) -> npt.NDArray[np.uint8]:
    """The kind of each byte pair a b, at index a * 256 + b. uint8[65536].

    CUT: no piece contains the pair. JOINED: a piece or a character does. JOINED_UNLESS_MARK: the
    same, but the pair may also be at the edge of a U+2581 in the text. Texts are cut on both sides
    of that character, which SentencePiece would read as a space.
    """
    pairs = np.full((256, 256), CUT, np.uint8)
    pairs[:, _CONTINUATION_BYTES] = JOINED
    for piece in model.pieces:
        if piece.is_text:
            codes = np.frombuffer(piece.text.replace(SPACE_MARK, " ").encode(), np.uint8)
            pairs[codes[:-1], codes[1:]] = JOINED
    mark = SPACE_MARK.encode()
    before, after = pairs[:, mark[0]], pairs[mark[-1], :]
    before[before == JOINED] = JOINED_UNLESS_MARK
    after[after == JOINED] = JOINED_UNLESS_MARK
    return pairs.reshape(-1)
