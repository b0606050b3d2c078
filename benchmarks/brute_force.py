"""Near-duplicates by definition: sets of word tuples and their exact Jaccard similarity.

Tests and benchmarks compare the fast code with this module. docs/dedup.md has the definition in
words.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

WITHOUT_SPACES = re.compile(
    "(CJK|HIRAGANA|KATAKANA|HALFWIDTH KATAKANA|HENTAIGANA|IDEOGRAPHIC|BOPOMOFO|THAI |LAO |KHMER|"
    "MYANMAR|TIBETAN|YI SYLLABLE|TAI LE |NEW TAI LUE|TAI THAM|TAI VIET|JAVANESE|BALINESE|TANGUT|"
    "NUSHU|KHITAN)"
)
Shingles = frozenset[tuple[str, ...]]


def words(text: str) -> Iterator[str]:
    """Yield runs of letters, digits and underscores in lower case; in some scripts, characters."""
    for run in re.findall(r"\w+", text):
        if run.isascii():
            yield run.lower()
            continue
        word = ""
        for character in run:
            lower = character.lower()[0]
            if WITHOUT_SPACES.match(unicodedata.name(character, "")):
                if word:
                    yield word
                yield lower
                word = ""
            else:
                word += lower
        if word:
            yield word


def characters(text: str) -> Iterator[str]:
    """Yield letters, digits and underscores in lower case; anything between two is one space."""
    for number, run in enumerate(re.findall(r"\w+", text)):
        if number:
            yield " "
        for character in run:
            yield character.lower()[0]


def shingles(text: str, size: int = 5, unit: str = "word") -> Shingles:
    """Return all runs of `size` words. A shorter text is one run; without words there is none."""
    all_words = list(words(text) if unit == "word" else characters(text))
    count = max(len(all_words) - size + 1, min(len(all_words), 1))
    return frozenset(tuple(all_words[i : i + size]) for i in range(count))


def jaccard(one: frozenset[object], other: frozenset[object]) -> float:
    """Return the similarity of two sets. Nothing is similar to the empty set."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def true_pairs(
    sets: Sequence[frozenset[object]], threshold: float
) -> Iterator[tuple[int, int, float]]:
    """Yield every pair at or above the threshold: the numbers of both sets, and their similarity.

    Two such sets share one of the rarest (1 - threshold) of the elements of either, so only these
    must be looked up (Chaudhuri, Ganti, Kaushik: A primitive operator for similarity joins, 2006).
    """
    frequency = Counter(element for one in sets for element in one)
    holders: defaultdict[object, list[int]] = defaultdict(list)
    for number in sorted(range(len(sets)), key=lambda n: (len(sets[n]), n)):
        one = sets[number]
        rarest = sorted(one, key=lambda element: (frequency[element], hash(element)))
        prefix = rarest[: len(one) - math.ceil(threshold * len(one)) + 1]
        for other in {other for element in prefix for other in holders[element]}:
            if len(sets[other]) >= threshold * len(one):
                similarity = jaccard(one, sets[other])
                if similarity >= threshold:
                    yield min(number, other), max(number, other), similarity
        for element in prefix:
            holders[element].append(number)
