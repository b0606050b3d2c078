"""Predicates and transforms of words."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.programs.pipelines.building_blocks import Predicate, Transform
from corpusforge.synthetic.vocabulary import VOWELS, WORDS, quoted

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BY_FIRST = {letter: [word for word in WORDS if word[0] == letter] for letter in _LETTERS}
_BY_LAST = {letter: [word for word in WORDS if word[-1] == letter] for letter in _LETTERS}
_BY_INNER = {letter: [word for word in WORDS if letter in word[1:-1]] for letter in _LETTERS}
_BY_LENGTH = {length: [word for word in WORDS if len(word) == length] for length in range(3, 8)}


def draw_word_predicate(draw: Draw) -> Predicate:
    k = draw.integer(3, 6)
    letter = draw.pick("abcdefghilmnoprst")
    word = draw.pick(_BY_FIRST[letter])
    end = draw.pick("eklnrty")
    ending = draw.pick(_BY_LAST[end])
    inner = draw.pick("aeilnort")
    having = draw.pick(_BY_INNER[inner])
    exact = [quoted(draw.pick(_BY_LENGTH[k])) for _ in range(2)]
    longer = quoted(draw.pick(_BY_LENGTH[k + 1]))
    return draw.pick(
        (
            Predicate(
                code=f"len($) > {k}",
                singular=f"is longer than {k} characters",
                tag="long",
                wrong=f"len($) >= {k}",
                fault=f"`>=` also lets words of exactly {k} characters through.",
                witnesses=(*exact, longer),
            ),
            Predicate(
                code=f"len($) < {k + 1}",
                singular=f"is shorter than {k + 1} characters",
                tag="short",
                wrong=f"len($) <= {k + 1}",
                fault=f"`<=` also lets words of exactly {k + 1} characters through.",
                witnesses=(*exact, longer),
            ),
            Predicate(
                code=f"len($) == {k}",
                singular=f"has exactly {k} characters",
                tag="fitting",
                wrong=f"len($) <= {k}",
                fault=f"`<=` also lets shorter words through; only a length of {k} is wanted.",
                witnesses=(*exact, longer, '"oak"', '"ox"'),
            ),
            Predicate(
                code=f"len($) >= {k}",
                singular=f"has at least {k} characters",
                tag="long",
                wrong=f"len($) > {k}",
                fault=f"`>` leaves out words of exactly {k} characters.",
                witnesses=(*exact, longer),
            ),
            Predicate(
                code=f'$.startswith("{letter}")',
                singular=f'starts with "{letter}"',
                tag="matching",
                wrong=f'"{letter}" in $',
                fault=f'`in` finds "{letter}" anywhere in the word, not only at its start.',
                witnesses=(quoted(word), quoted("z" + word)),
            ),
            Predicate(
                code=f'$.endswith("{end}")',
                singular=f'ends with "{end}"',
                tag="matching",
                wrong=f'$.startswith("{end}")',
                fault="`startswith` looks at the wrong side of the word.",
                witnesses=(quoted(ending), '"canoe"'),
            ),
            Predicate(
                code=f'"{inner}" in $',
                singular=f'contains the letter "{inner}"',
                tag="matching",
                wrong=f'$.startswith("{inner}")',
                fault=f'`startswith` sees "{inner}" only as the first letter.',
                witnesses=(quoted(having), '"sky"'),
            ),
            Predicate(
                code=f'"{inner}" not in $',
                singular=f'does not contain the letter "{inner}"',
                tag="remaining",
                wrong=f'not $.startswith("{inner}")',
                fault=f'`startswith` sees "{inner}" only as the first letter, so it misses the '
                "others.",
                witnesses=(quoted(having), '"fly"'),
            ),
            Predicate(
                code="$ == $[::-1]",
                singular="reads the same backwards",
                tag="palindrome",
                wrong="$[0] == $[-1]",
                fault="It compares only the first and the last letter, not the whole word.",
                witnesses=(
                    draw.pick(('"level"', '"radar"', '"noon"')),
                    '"refer"',
                    '"eagle"',
                    '"tact"',
                ),
            ),
            Predicate(
                code=f'$[0] in "{VOWELS}"',
                singular="starts with a vowel",
                tag="vowel",
                wrong=f'$[-1] in "{VOWELS}"',
                fault="The index -1 is the last letter; the first one has index 0.",
                witnesses=(draw.pick(('"olive"', '"amber"')), '"onyx"', '"table"'),
            ),
            Predicate(
                code="$.isupper()",
                singular="is in upper case",
                tag="uppercase",
                wrong="$[0].isupper()",
                fault="It looks at the first letter only.",
                witnesses=('"NASA"', '"ISO"', '"Rosa"'),
                adjective="uppercase",
            ),
            Predicate(
                code="$.isdigit()",
                singular="consists of digits only",
                tag="numeric",
                wrong="$.isalnum()",
                fault="`isalnum` is true for letters too.",
                witnesses=('"42"', '"2024"', '"a1"'),
                adjective="numeric",
            ),
        )
    )


def draw_word_transform(draw: Draw) -> Transform:
    k = draw.integer(2, 4)
    old, new = draw.pick((("a", "o"), ("e", "3"), ("o", "0"), ("l", "r"), ("r", "l")))
    prefix = draw.pick(("re", "un", "x-", "my-", "pre"))
    return draw.pick(
        (
            Transform(
                code="len($)",
                plural="the lengths of {}",
                singular="its length",
                verb_phrase="takes the length of each",
                tag="lengths",
                annotation="int",
                wrong="len($) - 1",
                fault="A word's length needs no correction: `- 1` makes every length too small.",
            ),
            Transform(
                code="$.upper()",
                plural="{}, each in upper case",
                singular="its upper-case form",
                verb_phrase="turns each of them into upper case",
                tag="uppercase",
                annotation="str",
                wrong="$.capitalize()",
                fault="`capitalize` raises the first letter only.",
            ),
            Transform(
                code="$.capitalize()",
                plural="{}, each capitalised",
                singular="its capitalised form",
                verb_phrase="capitalises each of them",
                tag="capitalised",
                annotation="str",
                wrong="$.upper()",
                fault="`upper` raises every letter, not only the first one.",
            ),
            Transform(
                code="$[::-1]",
                plural="{}, each spelled backwards",
                singular="its reversal",
                verb_phrase="reverses each of them",
                tag="reversed",
                annotation="str",
                wrong="$[1:]",
                fault="The slice `[1:]` drops the first letter; the step -1 is what reverses.",
            ),
            Transform(
                code="$[0]",
                plural="the first letters of {}",
                singular="its first letter",
                verb_phrase="takes the first letter of each",
                tag="initials",
                annotation="str",
                wrong="$[1]",
                fault="Indices start at 0, so `[1]` is the second letter.",
            ),
            Transform(
                code="$[-1]",
                plural="the last letters of {}",
                singular="its last letter",
                verb_phrase="takes the last letter of each",
                tag="endings",
                annotation="str",
                wrong="$[0]",
                fault="The index 0 is the first letter; the last one has index -1.",
            ),
            Transform(
                code=f"$[:{k}]",
                plural=f"the first {k} letters of each of {{}}",
                singular=f"its first {k} letters",
                verb_phrase=f"cuts each of them to its first {k} letters",
                tag="prefixes",
                annotation="str",
                wrong=f"$[{k}:]",
                fault=f"The slice `[{k}:]` drops the first {k} letters instead of keeping them.",
            ),
            Transform(
                code=f"$[-{k}:]",
                plural=f"the last {k} letters of each of {{}}",
                singular=f"its last {k} letters",
                verb_phrase=f"cuts each of them to its last {k} letters",
                tag="suffixes",
                annotation="str",
                wrong=f"$[{k}:]",
                fault=f"The slice `[{k}:]` starts at position {k} from the left; counting from the "
                "right needs a negative index.",
            ),
            Transform(
                code=f'$.replace("{old}", "{new}")',
                plural=f'{{}}, each with "{old}" replaced by "{new}"',
                singular=f'itself with "{old}" replaced by "{new}"',
                verb_phrase=f'replaces "{old}" by "{new}" in each',
                tag="replaced",
                annotation="str",
                wrong=f'$.replace("{old}", "{new}", 1)',
                fault="The third argument 1 stops after the first replacement in a word.",
            ),
            Transform(
                code=f'"{prefix}" + $',
                plural=f'{{}}, each with "{prefix}" in front',
                singular=f'itself with "{prefix}" in front',
                verb_phrase=f'puts "{prefix}" in front of each',
                tag="prefixed",
                annotation="str",
                wrong=f'$ + "{prefix}"',
                fault="The operands are swapped, so the addition lands at the end of the word.",
            ),
            Transform(
                code=f'sum(letter in "{VOWELS}" for letter in $)',
                plural="the vowel counts of {}",
                singular="its number of vowels",
                verb_phrase="counts the vowels of each",
                tag="vowel_counts",
                annotation="int",
                wrong=f'sum(letter not in "{VOWELS}" for letter in $)',
                fault="`not in` counts everything but the vowels.",
            ),
            Transform(
                code="len(set($))",
                plural="the numbers of distinct letters of {}",
                singular="its number of distinct letters",
                verb_phrase="counts the distinct letters of each",
                tag="letter_counts",
                annotation="int",
                wrong="len($)",
                fault="Without `set`, a letter that occurs twice is counted twice.",
            ),
        )
    )
