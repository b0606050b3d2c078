"""Conditions on words and characters, and what they become."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.programs.elements import Mapping, Predicate
from corpusforge.synthetic.programs.vocabulary import VOWELS, WORDS, quoted

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BY_FIRST = {letter: [word for word in WORDS if word[0] == letter] for letter in _LETTERS}
_BY_LAST = {letter: [word for word in WORDS if word[-1] == letter] for letter in _LETTERS}
_BY_INNER = {letter: [word for word in WORDS if letter in word[1:-1]] for letter in _LETTERS}
_BY_LENGTH = {length: [word for word in WORDS if len(word) == length] for length in range(3, 8)}


def word_predicate(draw: Draw) -> Predicate:
    """A condition on a word."""
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
                f"len($) > {k}",
                f"is longer than {k} characters",
                "long",
                f"len($) >= {k}",
                f"`>=` also lets words of exactly {k} characters through.",
                (*exact, longer),
            ),
            Predicate(
                f"len($) < {k + 1}",
                f"is shorter than {k + 1} characters",
                "short",
                f"len($) <= {k + 1}",
                f"`<=` also lets words of exactly {k + 1} characters through.",
                (*exact, longer),
            ),
            Predicate(
                f"len($) == {k}",
                f"has exactly {k} characters",
                "fitting",
                f"len($) <= {k}",
                f"`<=` also lets shorter words through; only a length of {k} is wanted.",
                (*exact, longer, '"oak"', '"ox"'),
            ),
            Predicate(
                f"len($) >= {k}",
                f"has at least {k} characters",
                "long",
                f"len($) > {k}",
                f"`>` leaves out words of exactly {k} characters.",
                (*exact, longer),
            ),
            Predicate(
                f'$.startswith("{letter}")',
                f'starts with "{letter}"',
                "matching",
                f'"{letter}" in $',
                f'`in` finds "{letter}" anywhere in the word, not only at its start.',
                (quoted(word), quoted("z" + word)),
            ),
            Predicate(
                f'$.endswith("{end}")',
                f'ends with "{end}"',
                "matching",
                f'$.startswith("{end}")',
                "`startswith` looks at the wrong side of the word.",
                (quoted(ending), '"canoe"'),
            ),
            Predicate(
                f'"{inner}" in $',
                f'contains the letter "{inner}"',
                "matching",
                f'$.startswith("{inner}")',
                f'`startswith` sees "{inner}" only as the first letter.',
                (quoted(having), '"sky"'),
            ),
            Predicate(
                f'"{inner}" not in $',
                f'does not contain the letter "{inner}"',
                "remaining",
                f'not $.startswith("{inner}")',
                f'`startswith` sees "{inner}" only as the first letter, so it misses the others.',
                (quoted(having), '"fly"'),
            ),
            Predicate(
                "$ == $[::-1]",
                "reads the same backwards",
                "palindrome",
                "$[0] == $[-1]",
                "It compares only the first and the last letter, not the whole word.",
                (draw.pick(('"level"', '"radar"', '"noon"')), '"refer"', '"eagle"', '"tact"'),
            ),
            Predicate(
                f'$[0] in "{VOWELS}"',
                "starts with a vowel",
                "vowel",
                f'$[-1] in "{VOWELS}"',
                "The index -1 is the last letter; the first one has index 0.",
                (draw.pick(('"olive"', '"amber"')), '"onyx"', '"table"'),
            ),
            Predicate(
                "$.isupper()",
                "is in upper case",
                "uppercase",
                "$[0].isupper()",
                "It looks at the first letter only.",
                ('"NASA"', '"ISO"', '"Rosa"'),
                "uppercase",
            ),
            Predicate(
                "$.isdigit()",
                "consists of digits only",
                "numeric",
                "$.isalnum()",
                "`isalnum` is true for letters too.",
                ('"42"', '"2024"', '"a1"'),
                "numeric",
            ),
        )
    )


def word_mapping(draw: Draw) -> Mapping:
    """What becomes of a word."""
    k = draw.integer(2, 4)
    old, new = draw.pick((("a", "o"), ("e", "3"), ("o", "0"), ("l", "r"), ("r", "l")))
    prefix = draw.pick(("re", "un", "x-", "my-", "pre"))
    return draw.pick(
        (
            Mapping(
                "len($)",
                "the lengths of {}",
                "its length",
                "takes the length of each",
                "lengths",
                "int",
                "len($) - 1",
                "A word's length needs no correction: `- 1` makes every length too small.",
            ),
            Mapping(
                "$.upper()",
                "{}, each in upper case",
                "its upper-case form",
                "turns each of them into upper case",
                "uppercase",
                "str",
                "$.capitalize()",
                "`capitalize` raises the first letter only.",
            ),
            Mapping(
                "$.capitalize()",
                "{}, each capitalised",
                "its capitalised form",
                "capitalises each of them",
                "capitalised",
                "str",
                "$.upper()",
                "`upper` raises every letter, not only the first one.",
            ),
            Mapping(
                "$[::-1]",
                "{}, each spelled backwards",
                "its reversal",
                "reverses each of them",
                "reversed",
                "str",
                "$[1:]",
                "The slice `[1:]` drops the first letter; the step -1 is what reverses.",
            ),
            Mapping(
                "$[0]",
                "the first letters of {}",
                "its first letter",
                "takes the first letter of each",
                "initials",
                "str",
                "$[1]",
                "Indices start at 0, so `[1]` is the second letter.",
            ),
            Mapping(
                "$[-1]",
                "the last letters of {}",
                "its last letter",
                "takes the last letter of each",
                "endings",
                "str",
                "$[0]",
                "The index 0 is the first letter; the last one has index -1.",
            ),
            Mapping(
                f"$[:{k}]",
                f"the first {k} letters of each of {{}}",
                f"its first {k} letters",
                f"cuts each of them to its first {k} letters",
                "prefixes",
                "str",
                f"$[{k}:]",
                f"The slice `[{k}:]` drops the first {k} letters instead of keeping them.",
            ),
            Mapping(
                f"$[-{k}:]",
                f"the last {k} letters of each of {{}}",
                f"its last {k} letters",
                f"cuts each of them to its last {k} letters",
                "suffixes",
                "str",
                f"$[{k}:]",
                f"The slice `[{k}:]` starts at position {k} from the left; counting from the right "
                "needs a negative index.",
            ),
            Mapping(
                f'$.replace("{old}", "{new}")',
                f'{{}}, each with "{old}" replaced by "{new}"',
                f'itself with "{old}" replaced by "{new}"',
                f'replaces "{old}" by "{new}" in each',
                "replaced",
                "str",
                f'$.replace("{old}", "{new}", 1)',
                "The third argument 1 stops after the first replacement in a word.",
            ),
            Mapping(
                f'"{prefix}" + $',
                f'{{}}, each with "{prefix}" in front',
                f'itself with "{prefix}" in front',
                f'puts "{prefix}" in front of each',
                "prefixed",
                "str",
                f'$ + "{prefix}"',
                "The operands are swapped, so the addition lands at the end of the word.",
            ),
            Mapping(
                f'sum(letter in "{VOWELS}" for letter in $)',
                "the vowel counts of {}",
                "its number of vowels",
                "counts the vowels of each",
                "vowel_counts",
                "int",
                f'sum(letter not in "{VOWELS}" for letter in $)',
                "`not in` counts everything but the vowels.",
            ),
            Mapping(
                "len(set($))",
                "the numbers of distinct letters of {}",
                "its number of distinct letters",
                "counts the distinct letters of each",
                "letter_counts",
                "int",
                "len($)",
                "Without `set`, a letter that occurs twice is counted twice.",
            ),
        )
    )


def character_predicate(draw: Draw) -> Predicate:
    """A condition on a character."""
    letter = draw.pick("aeinost")
    return draw.pick(
        (
            Predicate(
                "$.isdigit()",
                "is a digit",
                "digit",
                "$.isalnum()",
                "`isalnum` is true for letters too.",
                ("7", "a"),
            ),
            Predicate(
                "$.isalpha()",
                "is a letter",
                "letter",
                "$.isalnum()",
                "`isalnum` is true for digits too.",
                ("7", "b"),
            ),
            Predicate(
                "$.isupper()",
                "is an upper-case letter",
                "uppercase",
                "$.isalpha()",
                "`isalpha` is true for lower-case letters too.",
                ("K", "k"),
            ),
            Predicate(
                f'$ in "{VOWELS}"',
                "is a lower-case vowel",
                "vowel",
                f'$ not in "{VOWELS}"',
                "`not in` keeps everything but the vowels.",
                ("e", "o"),
            ),
            Predicate(
                f'$.lower() in "{VOWELS}"',
                "is a vowel in either case",
                "vowel",
                f'$ in "{VOWELS}"',
                "Without `lower`, upper-case vowels are missed.",
                ("E", "o"),
            ),
            Predicate(
                "not $.isspace()",
                "is not white space",
                "visible",
                "$.isspace()",
                "The `not` is missing, so only the white space is kept.",
                (" ", "m"),
            ),
            Predicate(
                f'$ != "{letter}"',
                f'differs from "{letter}"',
                "other",
                f'$ == "{letter}"',
                f'The comparison is the wrong way round: it keeps nothing but "{letter}".',
                (letter, "q"),
            ),
            Predicate(
                '$ in "()[]{}"',
                "is a bracket",
                "bracket",
                '$ in "()"',
                "Square brackets and braces are missing from the string of brackets.",
                ("(", "[", "]"),
            ),
        )
    )


def character_mapping(draw: Draw) -> Mapping:
    """What becomes of a character."""
    return draw.pick(
        (
            Mapping(
                "$.upper()",
                "{}, each in upper case",
                "its upper-case form",
                "turns each of them into upper case",
                "uppercase",
                "str",
                "$.lower()",
                "`lower` goes the wrong way.",
            ),
            Mapping(
                "$.lower()",
                "{}, each in lower case",
                "its lower-case form",
                "turns each of them into lower case",
                "lowercase",
                "str",
                "$.upper()",
                "`upper` goes the wrong way.",
            ),
            Mapping(
                "ord($)",
                "the code points of {}",
                "its code point",
                "takes the code point of each",
                "codes",
                "int",
                'ord($) - ord("a")',
                'Subtracting `ord("a")` gives a position in the alphabet, not a code point.',
            ),
            Mapping(
                "$ * 2",
                "{}, each written twice",
                "itself written twice",
                "writes each of them twice",
                "doubled",
                "str",
                "$ * 3",
                "`* 3` writes each character three times.",
            ),
        )
    )
