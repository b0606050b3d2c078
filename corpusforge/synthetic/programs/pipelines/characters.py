"""Predicates and transforms of characters."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.programs.pipelines.building_blocks import Predicate, Transform
from corpusforge.synthetic.vocabulary import VOWELS


def draw_character_predicate(draw: Draw) -> Predicate:
    letter = draw.pick("aeinost")
    return draw.pick(
        (
            Predicate(
                code="$.isdigit()",
                singular="is a digit",
                tag="digit",
                wrong="$.isalnum()",
                fault="`isalnum` is true for letters too.",
                witnesses=("7", "a"),
            ),
            Predicate(
                code="$.isalpha()",
                singular="is a letter",
                tag="letter",
                wrong="$.isalnum()",
                fault="`isalnum` is true for digits too.",
                witnesses=("7", "b"),
            ),
            Predicate(
                code="$.isupper()",
                singular="is an upper-case letter",
                tag="uppercase",
                wrong="$.isalpha()",
                fault="`isalpha` is true for lower-case letters too.",
                witnesses=("K", "k"),
            ),
            Predicate(
                code=f'$ in "{VOWELS}"',
                singular="is a lower-case vowel",
                tag="vowel",
                wrong=f'$ not in "{VOWELS}"',
                fault="`not in` keeps everything but the vowels.",
                witnesses=("e", "o"),
            ),
            Predicate(
                code=f'$.lower() in "{VOWELS}"',
                singular="is a vowel in either case",
                tag="vowel",
                wrong=f'$ in "{VOWELS}"',
                fault="Without `lower`, upper-case vowels are missed.",
                witnesses=("E", "o"),
            ),
            Predicate(
                code="not $.isspace()",
                singular="is not white space",
                tag="visible",
                wrong="$.isspace()",
                fault="The `not` is missing, so only the white space is kept.",
                witnesses=(" ", "m"),
            ),
            Predicate(
                code=f'$ != "{letter}"',
                singular=f'differs from "{letter}"',
                tag="other",
                wrong=f'$ == "{letter}"',
                fault=f'The comparison is the wrong way round: it keeps nothing but "{letter}".',
                witnesses=(letter, "q"),
            ),
            Predicate(
                code='$ in "()[]{}"',
                singular="is a bracket",
                tag="bracket",
                wrong='$ in "()"',
                fault="Square brackets and braces are missing from the string of brackets.",
                witnesses=("(", "[", "]"),
            ),
        )
    )


def draw_character_transform(draw: Draw) -> Transform:
    return draw.pick(
        (
            Transform(
                code="$.upper()",
                plural="{}, each in upper case",
                singular="its upper-case form",
                verb_phrase="turns each of them into upper case",
                tag="uppercase",
                annotation="str",
                wrong="$.lower()",
                fault="`lower` goes the wrong way.",
            ),
            Transform(
                code="$.lower()",
                plural="{}, each in lower case",
                singular="its lower-case form",
                verb_phrase="turns each of them into lower case",
                tag="lowercase",
                annotation="str",
                wrong="$.upper()",
                fault="`upper` goes the wrong way.",
            ),
            Transform(
                code="ord($)",
                plural="the code points of {}",
                singular="its code point",
                verb_phrase="takes the code point of each",
                tag="codes",
                annotation="int",
                wrong='ord($) - ord("a")',
                fault='Subtracting `ord("a")` gives a position in the alphabet, not a code point.',
            ),
            Transform(
                code="$ * 2",
                plural="{}, each written twice",
                singular="itself written twice",
                verb_phrase="writes each of them twice",
                tag="doubled",
                annotation="str",
                wrong="$ * 3",
                fault="`* 3` writes each character three times.",
            ),
        )
    )
