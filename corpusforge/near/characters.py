"""Which characters make words, in which case: a table pinned in the repository.

The same text must give the same shingles under every Python, and Python's own tables change with
its Unicode version. `python -m corpusforge.near.characters` writes characters.tsv anew from the
interpreter that runs it; every signature changes with it, so raise the fact's version.
"""

import itertools
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

PINNED = Path(__file__).with_suffix(".tsv")
ALONE = 1 << 31
# Scripts written without spaces, as the names of their characters begin. One character is a word.
_WITHOUT_SPACES = (
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "HALFWIDTH KATAKANA",
    "HENTAIGANA",
    "IDEOGRAPHIC",
    "BOPOMOFO",
    "THAI ",
    "LAO ",
    "KHMER",
    "MYANMAR",
    "TIBETAN",
    "YI SYLLABLE",
    "TAI LE ",
    "NEW TAI LUE",
    "TAI THAM",
    "TAI VIET",
    "JAVANESE",
    "BALINESE",
    "TANGUT",
    "NUSHU",
    "KHITAN",
)
_SIZE = sys.maxunicode + 1


@cache
def characters() -> npt.NDArray[np.uint32]:
    """What a code point is: uint32[0x110000].

    0: not part of a word (not `\\w`). Otherwise the code point in lower case; with the bit `ALONE`
    where the character is a word by itself.
    """
    table = np.zeros(_SIZE, np.uint32)
    for line in PINNED.read_text("ascii").splitlines()[1:]:
        first, last, delta, alone = line.split("\t")
        codes = np.arange(int(first, 16), int(last, 16) + 1)
        table[codes] = codes + int(delta) + ALONE * int(alone)
    table.flags.writeable = False
    return table


def of_this_python() -> npt.NDArray[np.uint32]:
    """The table as the running interpreter's Unicode version has it."""
    table = np.zeros(_SIZE, np.uint32)
    for code in range(_SIZE):
        character = chr(code)
        if character.isalnum() or character == "_":
            # Of the one lower case with two characters (U+0130) the first is the simple mapping.
            table[code] = ord(character.lower()[0])
            if unicodedata.name(character, "").startswith(_WITHOUT_SPACES):
                table[code] |= ALONE
    return table


def _runs(table: npt.NDArray[np.uint32]) -> Iterator[tuple[int, int, int, int]]:
    """First and last code point, distance to the lower case and `ALONE`, for all words."""
    codes = np.flatnonzero(table)
    lower = (table[codes] & ~np.uint32(ALONE)) - codes
    alone = table[codes] >> 31
    breaks = (np.diff(codes) != 1) | (np.diff(lower) != 0) | (np.diff(alone) != 0)
    begins = np.concatenate([[0], np.flatnonzero(breaks) + 1, [len(codes)]])
    for begin, end in itertools.pairwise(begins.tolist()):
        yield int(codes[begin]), int(codes[end - 1]), int(lower[begin]), int(alone[begin])


def main() -> None:
    lines = [f"first\tlast\tlower\talone (Unicode {unicodedata.unidata_version})"]
    lines += [
        f"{first:04X}\t{last:04X}\t{lower:+d}\t{alone}"
        for first, last, lower, alone in _runs(of_this_python())
    ]
    PINNED.write_text("\n".join(lines) + "\n", "ascii")


if __name__ == "__main__":
    main()
