"""The pinned table of characters agrees with Unicode."""

import unicodedata

import numpy as np

from corpusforge.near.characters import SINGLE, TABLE, character_table, interpreter_table


def test_the_pinned_table_is_what_python_says() -> None:
    """Word characters and cases agree, except for characters that a newer Unicode has added."""
    pinned, here = character_table(), interpreter_table()
    words = pinned != 0
    assert np.array_equal(pinned[words], here[words])
    version = TABLE.read_text("ascii").split("(Unicode ")[1].split(")")[0]
    added = np.flatnonzero(here[~words])
    assert len(added) == 0 or unicodedata.unidata_version > version


def test_some_characters_one_by_one() -> None:
    """Lower case, scripts without spaces, and characters outside words."""
    table = character_table()
    assert table[ord("A")] == ord("a")
    assert table[ord("İ")] == ord("i")
    assert table[ord("_")] == ord("_")
    assert table[ord("漢")] == ord("漢") | SINGLE
    assert table[ord("ก")] == ord("ก") | SINGLE
    assert table[ord("ع")] == ord("ع")
    for character in " \n-.é́🙂"[:5] + "🙂":
        assert (table[ord(character)] == 0) == (not character.isalnum())
