"""The faster splitter of texts into words agrees with the scanner's."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from licenseclassifier._engine.dictionary import Dict
from licenseclassifier._engine.scan import _load_prebuilt

from corpusforge.licensing.scan import Words, make_splitter, scan

Split = Callable[[str], Words]


@pytest.fixture(scope="module")
def dictionary() -> Dict:
    """The scanner's own dictionary, unchanged."""
    scanner = _load_prebuilt()
    assert scanner is not None
    return scanner.dict


TEXTS = (
    "Copyright (C) 2020, (c) Somebody & Sons; Copyright copyright",
    "the Licensor(s) grant(S) these copies (cs) c (c",
    "<one line to give the program's name> <http://www.gnu.org/licenses/> <b>bold</b> <a@b.org>",
    "&copy; 2020, see [the text](https://example.org/x) {#anchor} HTTPS://a.b",
    "© Société Générale, naïve café",
    "<unclosed <b> a < b <!-- c --> </p>",
)


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_the_scanners(dictionary: Dict, text: str) -> None:
    """Copyright signs, plurals, tags, entities, links, letters outside ASCII."""
    assert make_splitter(dictionary)(text) == dictionary.split(text)


@given(
    st.lists(
        st.sampled_from([*"abcs()<>/&;{}[]#:@ \n", "copyright", "(c)", "(s)", "https", "<b>", "©"])
    ).map("".join)
)
@settings(deadline=None, max_examples=300)
def test_any_text_is_cut_alike(dictionary: Dict, text: str) -> None:
    """Any pieces, in any order."""
    assert make_splitter(dictionary)(text) == dictionary.split(text)


def test_a_licence_is_found_behind_a_tag() -> None:
    """Places refer to the original text."""
    text = "<p>Ours.</p> This file is licensed under https://www.apache.org/licenses/LICENSE-2.0"
    (match,) = scan(text).mentions
    assert (match.expression, text[match.start : match.end][:5]) == ("Apache-2.0", "https")
