"""The table of characters that make words, and of their lower case, pinned in the repository.

The same text must have the same shingles under every Python, but Python's own tables change with
its Unicode version. `python -m corpusforge.near.characters` rewrites characters.tsv with the tables
of the interpreter that runs it. That changes signatures, so raise `banding.SIGNATURE_VERSION`.
"""

import itertools
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

TABLE = Path(__file__).with_suffix(".tsv")
SINGLE = 1 << 31  # marks characters that are a word by themselves
# Scripts without spaces between words, by how the Unicode names of their characters begin.
_WITHOUT_SPACES = (
    "CJK", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA", "HENTAIGANA", "IDEOGRAPHIC", "BOPOMOFO",
    "THAI ", "LAO ", "KHMER", "MYANMAR", "TIBETAN", "YI SYLLABLE", "TAI LE ", "NEW TAI LUE",
    "TAI THAM", "TAI VIET", "JAVANESE", "BALINESE", "TANGUT", "NUSHU", "KHITAN",
)  # fmt: skip
_SIZE = sys.maxunicode + 1


@cache
def character_table() -> npt.NDArray[np.uint32]:
    """Read the table: uint32[0x110000], by code point.

    0 for a character outside words (not `\\w`). Otherwise the code point of its lower case, with
    the bit `SINGLE` if it is a word by itself.
    """
    table = np.zeros(_SIZE, np.uint32)
    for line in TABLE.read_text("ascii").splitlines()[1:]:
        first, last, delta, single = line.split("\t")
        codes = np.arange(int(first, 16), int(last, 16) + 1)
        table[codes] = codes + int(delta) + SINGLE * int(single)
    table.flags.writeable = False
    return table


def interpreter_table() -> npt.NDArray[np.uint32]:
    """Build the table with the running interpreter's Unicode version."""
    table = np.zeros(_SIZE, np.uint32)
    for code in range(_SIZE):
        character = chr(code)
        if character.isalnum() or character == "_":
            # One lower case has two characters (that of U+0130); the first is the simple mapping.
            table[code] = ord(character.lower()[0])
            if unicodedata.name(character, "").startswith(_WITHOUT_SPACES):
                table[code] |= SINGLE
    return table


def _runs(table: npt.NDArray[np.uint32]) -> Iterator[tuple[int, int, int, int]]:
    """Yield runs of word characters: first and last, distance to the lower case, `SINGLE`."""
    codes = np.flatnonzero(table)
    lower = (table[codes] & ~np.uint32(SINGLE)) - codes
    single = table[codes] >> 31
    breaks = (np.diff(codes) != 1) | (np.diff(lower) != 0) | (np.diff(single) != 0)
    begins = np.concatenate([[0], np.flatnonzero(breaks) + 1, [len(codes)]])
    for begin, end in itertools.pairwise(begins.tolist()):
        yield int(codes[begin]), int(codes[end - 1]), int(lower[begin]), int(single[begin])


def main() -> None:
    lines = [f"first\tlast\tlower\talone (Unicode {unicodedata.unidata_version})"]
    lines += [
        f"{first:04X}\t{last:04X}\t{lower:+d}\t{single}"
        for first, last, lower, single in _runs(interpreter_table())
    ]
    TABLE.write_text("\n".join(lines) + "\n", "ascii")


if __name__ == "__main__":
    main()
