"""Where a text may be cut without changing its ids: between bytes that no piece has side by side.

Why that is exact, for byte-pair encoding over a text that is not normalised: SentencePiece starts
from the characters of a text (a user-defined piece, found from left to right, is one symbol that
never merges), and merges two neighbours only into a piece of the vocabulary. Let the character
before a boundary end in byte a, the one after it begin with byte b, and no piece have a b side by
side. Then no user-defined piece spans the boundary, and no merge ever does, since what it makes
would be a piece with a b in it. The candidates for a merge are taken by score, then from the left;
those on one side of the boundary are the same, in the same order, whatever stands on the other. So
the symbols at the end are those of the left part followed by those of the right part, and so are
their ids: a symbol that is no piece is given as its bytes, one by one.

What has to hold besides, and is asked of every model by `reason_against`:

- No normalisation: it would look across the boundary, or remove white space at it. A dummy prefix
  is one space before the text, and is put there before the text is cut.
- Byte fallback: without it, unknown characters side by side become one id.
- No unused pieces: those are split again, at places that depend on the whole text.
- Symbols that 16 bits can number: pieces, characters within them, and user-defined pieces again.
- Not a unigram model: its best path has a boundary there too, but is found by adding up floats from
  the beginning of the text, and rounding may decide between two paths.
"""

import numpy as np
import numpy.typing as npt

from corpusforge.tokenizer.model_file import UNUSED, USER_DEFINED, ModelFile

SPACE_MARK = "\u2581"  # SentencePiece writes a space as this character
# What two bytes side by side mean.
CUT, JOINED, LOOK = 0, 1, 2
_CONTINUATION = slice(0x80, 0xC0)
_MOST_SYMBOLS = 0xFFFE


def reason_against(model: ModelFile) -> str | None:
    """Why a model's texts must not be cut; None where they may be."""
    if not model.is_bpe:
        return "it is no byte-pair encoding"
    if not model.is_identity:
        return "it normalises a text"
    if not model.byte_fallback:
        return "it has no byte fallback"
    if any(piece.kind == UNUSED for piece in model.pieces):
        return "it has unused pieces"
    if any(" " in piece.text for piece in model.pieces if piece.is_text):
        return "it has a piece with a space that no text can have"
    user_defined = sum(piece.kind == USER_DEFINED for piece in model.pieces)
    if len(model.pieces) + len(characters_without_piece(model)) + user_defined > _MOST_SYMBOLS:
        return "it has more symbols than can be numbered"
    return None


def characters_without_piece(model: ModelFile) -> list[str]:
    """The characters of pieces that are none themselves, in order."""
    texts = {piece.text.replace(SPACE_MARK, " ") for piece in model.pieces if piece.is_text}
    return sorted(set("".join(texts)) - texts)


def joints(model: ModelFile) -> npt.NDArray[np.uint8]:
    """For every two bytes a b, at a * 256 + b: CUT, JOINED, or LOOK. uint8[65536].

    LOOK is JOINED where the bytes may be the border of a U+2581 in the text: that character, in
    which SentencePiece would see a space, is cut out.
    """
    pairs = np.full((256, 256), CUT, np.uint8)
    pairs[:, _CONTINUATION] = JOINED  # inside a character
    for piece in model.pieces:
        if piece.is_text:
            codes = np.frombuffer(piece.text.replace(SPACE_MARK, " ").encode(), np.uint8)
            pairs[codes[:-1], codes[1:]] = JOINED
    mark = SPACE_MARK.encode()
    before, after = pairs[:, mark[0]], pairs[mark[-1], :]
    before[before == JOINED] = LOOK
    after[after == JOINED] = LOOK
    return pairs.reshape(-1)
