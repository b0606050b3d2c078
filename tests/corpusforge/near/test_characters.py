"""The pinned table of characters is Unicode's."""

import unicodedata

import numpy as np

from corpusforge.near.characters import ALONE, PINNED, characters, of_this_python


def test_the_pinned_table_is_what_python_says() -> None:
    """The same words and cases, but for characters that a newer Unicode has added."""
    pinned, here = characters(), of_this_python()
    words = pinned != 0
    assert np.array_equal(pinned[words], here[words])
    version = PINNED.read_text("ascii").split("(Unicode ")[1].split(")")[0]
    added = np.flatnonzero(here[~words])
    assert len(added) == 0 or unicodedata.unidata_version > version


def test_some_characters_one_by_one() -> None:
    """Lower case, scripts without spaces, and what is no part of a word."""
    table = characters()
    assert table[ord("A")] == ord("a")
    assert table[ord("İ")] == ord("i")
    assert table[ord("_")] == ord("_")
    assert table[ord("漢")] == ord("漢") | ALONE
    assert table[ord("ก")] == ord("ก") | ALONE
    assert table[ord("ع")] == ord("ع")
    for character in " \n-.é́🙂"[:5] + "🙂":
        assert (table[ord(character)] == 0) == (not character.isalnum())
