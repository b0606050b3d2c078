"""Cards about the words of a text."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Cost, Form, Mutant, Parameter
from corpusforge.synthetic.programs.card import Card, code, one_of, variants
from corpusforge.synthetic.programs.cards.parameters import (
    LINEAR_IN_TEXT,
    TEXT,
    TEXT_NAMES,
    sentence,
)
from corpusforge.synthetic.vocabulary import WORDS, quoted


def _repeated_words(draw: Draw) -> list[str]:
    words = draw.sample(WORDS, 3)
    text = " ".join(draw.pick(words) for _ in range(7))
    return [quoted(text), quoted(sentence(draw, 2)), '""']


WORD_COUNTS = Card(
    topic="texts",
    name="$name",
    does="counts how often each word occurs in `$text`, $case",
    parameters=(TEXT,),
    returns="dict[str, int]",
    choices=(
        TEXT_NAMES,
        one_of(counts=("counts", "frequencies", "tally")),
        variants(
            {"case": "regardless of case", "words": "$text.lower().split()"},
            {"case": "with upper and lower case distinguished", "words": "$text.split()"},
        ),
        one_of(name=("word_counts", "count_words", "word_frequencies")),
    ),
    arguments=_repeated_words,
    forms=(
        Form(
            kind="`Counter`",
            body="return dict(Counter($words))",
            steps=(
                "The text is split at white space.",
                "`Counter` counts the words, and `dict` makes a plain dictionary of it.",
            ),
            cost=LINEAR_IN_TEXT,
            imports=("from collections import Counter",),
            mutants=(
                Mutant(
                    right="$words",
                    wrong="$text",
                    fault="Without `split`, the characters are counted and not the words.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $counts = {}
                for word in $words:
                    $counts[word] = $counts.get(word, 0) + 1
                return $counts
            """),
            steps=("`get` gives the count so far, or 0 for a word that is new.",),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right="$counts.get(word, 0) + 1",
                    wrong="1",
                    fault="Every word gets the count 1, however often it was seen.",
                ),
            ),
        ),
    ),
)

TOP_WORDS = Card(
    topic="texts",
    name="$name",
    does="returns the $k most frequent words of `$text`, the most frequent first and ties in "
    "alphabetical order",
    parameters=(TEXT,),
    returns="list[str]",
    choices=(
        TEXT_NAMES,
        one_of(k=("1", "2", "3")),
        one_of(name=("top_words", "most_frequent", "common_words")),
    ),
    arguments=_repeated_words,
    forms=(
        Form(
            kind="`Counter` and `sorted`",
            body=code("""
                counts = Counter($text.split())
                return sorted(counts, key=lambda word: (-counts[word], word))[:$k]
            """),
            steps=(
                "The key sorts by descending count first and by the word second.",
                "The slice takes the first $k.",
            ),
            cost=Cost(time="O(n log n)", reason="n is the number of words; sorting dominates"),
            imports=("from collections import Counter",),
            mutants=(
                Mutant(
                    right="(-counts[word], word)",
                    wrong="(counts[word], word)",
                    fault="Without the minus sign, the rarest words come first.",
                ),
                Mutant(
                    right="[:$k]",
                    wrong="[$k:]",
                    fault="The slice drops the first $k instead of keeping them.",
                ),
            ),
        ),
    ),
)

ARE_ANAGRAMS = Card(
    topic="texts",
    name="$name",
    does="checks whether `a` and `b` are anagrams, $ignoring",
    parameters=(
        Parameter(name="a", annotation="str", noun="a string"),
        Parameter(name="b", annotation="str", noun="another string"),
    ),
    returns="bool",
    choices=(
        variants(
            {"ignoring": "with upper and lower case distinguished", "fa": "a", "fb": "b"},
            {"ignoring": "regardless of case", "fa": "a.lower()", "fb": "b.lower()"},
            {
                "ignoring": "with spaces ignored",
                "fa": 'a.replace(" ", "")',
                "fb": 'b.replace(" ", "")',
            },
        ),
        one_of(name=("are_anagrams", "is_anagram", "anagrams")),
    ),
    arguments=lambda draw: [
        '"listen", "silent"',
        f'"{draw.pick(WORDS)}", "{draw.pick(WORDS)}"',
        '"aab", "abb"',
    ],
    forms=(
        Form(
            kind="`sorted`",
            body="return sorted($fa) == sorted($fb)",
            steps=("Two strings are anagrams if their sorted characters agree.",),
            cost=Cost(
                time="O(n log n)", reason="n is the length of the longer string; sorting dominates"
            ),
            mutants=(
                Mutant(
                    right="sorted($fa) == sorted($fb)",
                    wrong="set($fa) == set($fb)",
                    fault="A set forgets how often a character occurs.",
                ),
            ),
        ),
        Form(
            kind="`Counter`",
            body="return Counter($fa) == Counter($fb)",
            steps=(
                "`Counter` counts the characters; two strings are anagrams if the counts agree.",
            ),
            cost=Cost(
                time="O(n)",
                reason="n is the length of the longer string, and each character is counted once",
            ),
            imports=("from collections import Counter",),
            mutants=(
                Mutant(
                    right="Counter($fa) == Counter($fb)",
                    wrong="len($fa) == len($fb)",
                    fault="Only the lengths are compared, not the characters.",
                ),
            ),
        ),
    ),
)

COMMON_PREFIX = Card(
    topic="texts",
    name="$name",
    does="returns the longest common $side of the strings in `$words`",
    parameters=(Parameter(name="$words", annotation="list[str]", noun="a list of strings"),),
    returns="str",
    choices=(
        one_of(words=("words", "names", "paths")),
        one_of(common=("common", "candidate", "shared")),
        variants(
            {"side": "prefix", "test": "startswith", "cut": ":-1", "name": "common_prefix"},
            {"side": "suffix", "test": "endswith", "cut": "1:", "name": "common_suffix"},
        ),
    ),
    arguments=lambda draw: [
        str([f"{w}ing" for w in ("inter" + v for v in ("est", "act", "cept"))]).replace("'", '"'),
        '["report", "retort"]',
        "[]",
    ],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                if not $words:
                    return ""
                $common = $words[0]
                for word in $words[1:]:
                    while not word.$test($common):
                        $common = $common[$cut]
                return $common
            """),
            steps=(
                "The first string is the candidate; it is shortened until the next string has it "
                "too.",
                "In the end every string has it; at worst nothing is left, and every string has "
                "the empty one.",
            ),
            mutants=(
                Mutant(
                    right='if not $words:\n    return ""\n',
                    wrong="",
                    fault="An empty list has no first element.",
                ),
            ),
        ),
    ),
)

ACRONYM = Card(
    topic="texts",
    name="$name",
    does="returns the initials of the words in `$text` as an acronym in upper case$skipping",
    parameters=(TEXT,),
    returns="str",
    choices=(
        one_of(text=("text", "phrase", "title")),
        one_of(result=("result", "letters", "acronym")),
        variants(
            {"skipping": "", "condition": "", "kept": "", "guard": ""},
            {
                "skipping": ', leaving out "and" and "of"',
                "condition": ' if word not in ("and", "of")',
                "kept": " that counts",
                "guard": 'if word in ("and", "of"):\n        continue\n    ',
            },
            {
                "skipping": ", leaving out words of fewer than three letters",
                "condition": " if len(word) > 2",
                "kept": " that is long enough",
                "guard": "if len(word) < 3:\n        continue\n    ",
            },
        ),
        one_of(name=("acronym", "initials", "abbreviation")),
    ),
    arguments=lambda draw: [
        '"' + " and ".join(draw.sample(WORDS, 2)) + '"',
        '"' + " of ".join(draw.sample(WORDS, 2)) + '"',
        quoted(sentence(draw, 4)),
        '""',
    ],
    forms=(
        Form(
            kind="a generator expression",
            body='return "".join(word[0].upper() for word in $text.split()$condition)',
            steps=(
                "The text is split at white space.",
                "The first letter of each word$kept is raised to upper case, and `join` puts the "
                "letters together.",
            ),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right="word[0].upper()",
                    wrong="word[:2].upper()",
                    fault="The slice takes two letters of each word.",
                ),
                Mutant(
                    right="word[0].upper()",
                    wrong="word[0]",
                    fault="The letters are not raised to upper case.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $result = ""
                for word in $text.split():
                    $guard$result += word[0].upper()
                return $result
            """),
            steps=(
                "The first letter of each word$kept is raised to upper case and added to the "
                "result.",
            ),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right="$result += ",
                    wrong="$result = ",
                    fault="`=` replaces the result each time; `+=` is what extends it.",
                ),
            ),
        ),
    ),
)
