"""Cards about the characters of a string: formats, ciphers, symmetry."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Form, Mutant, Parameter
from corpusforge.synthetic.programs.card import Card, code, one_of, variants
from corpusforge.synthetic.programs.cards.parameters import (
    LINEAR_IN_TEXT,
    TEXT,
    TEXT_NAMES,
    sentence,
)
from corpusforge.synthetic.vocabulary import WORDS, quoted

_RESULT = one_of(result=("result", "pieces", "parts"))


def _fields(draw: Draw) -> list[str]:
    pairs = [f"{word}$eq{draw.integer(1, 90)}" for word in draw.sample(WORDS, 3)]
    return [quoted("$sep".join(pairs)), quoted(pairs[0]), '""']


PARSE_PAIRS = Card(
    topic="texts",
    name="$name",
    does="parses `$text`, in which `key$eqvalue` pairs are separated by `$sep`, into a dictionary "
    "with $what as values",
    parameters=(TEXT,),
    returns="dict[str, $type]",
    choices=(
        one_of(text=("text", "line", "record", "query")),
        one_of(result=("pairs", "fields")),
        one_of(pair=("pair", "piece", "field")),
        one_of(eq=("=", ":")),
        one_of(sep=(";", "&", ",", "|")),
        variants(
            {"what": "integers", "convert": "int(value)", "type": "int"},
            {"what": "floats", "convert": "float(value)", "type": "float"},
        ),
        one_of(name=("parse_pairs", "parse_fields", "read_settings", "parse_record")),
    ),
    arguments=_fields,
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $result = {}
                for $pair in $text.split("$sep"):
                    if not $pair:
                        continue
                    key, _, value = $pair.partition("$eq")
                    $result[key] = $convert
                return $result
            """),
            steps=(
                "The text is split at the separators, and empty pieces are skipped, so that an "
                "empty text gives an empty dictionary.",
                '`partition` cuts each pair at its first "$eq".',
            ),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right="    if not $pair:\n        continue\n",
                    wrong="",
                    fault="An empty text splits into one empty piece, which is no pair.",
                ),
                Mutant(
                    right="$result[key] = $convert",
                    wrong="$result[value] = key",
                    fault="Key and value are swapped.",
                ),
            ),
        ),
        Form(
            kind="a dictionary comprehension",
            body=code("""
                $result = ($pair.partition("$eq") for $pair in $text.split("$sep") if $pair)
                return {key: $convert for key, _, value in $result}
            """),
            steps=(
                'The generator cuts each piece that is not empty at its first "$eq".',
                "The dictionary comprehension takes the parts before and after it.",
            ),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right=" if $pair)",
                    wrong=")",
                    fault="An empty text splits into one empty piece, which is no pair.",
                ),
            ),
        ),
    ),
)

RUN_LENGTH_ENCODING = Card(
    topic="texts",
    name="$name",
    does="encodes runs of equal characters in `$text` as the character followed by its number",
    parameters=(TEXT,),
    returns="str",
    choices=(TEXT_NAMES, _RESULT, one_of(name=("run_length_encode", "encode_runs", "compress"))),
    arguments=lambda draw: [
        quoted("".join(letter * draw.integer(1, 4) for letter in draw.sample("abcxyz", 4))),
        '"aabbaa"',
        '""',
    ],
    forms=(
        Form(
            kind="`itertools.groupby`",
            body='return "".join(f"{char}{len(list(run))}" for char, run in groupby($text))',
            steps=(
                "`groupby` starts a new group whenever the character changes.",
                "Each group becomes its character and its length.",
            ),
            cost=LINEAR_IN_TEXT,
            imports=("from itertools import groupby",),
            mutants=(
                Mutant(
                    right="groupby($text)",
                    wrong="groupby(sorted($text))",
                    fault="Sorting brings characters together that were not neighbours.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $result = []
                i = 0
                while i < len($text):
                    j = i
                    while j < len($text) and $text[j] == $text[i]:
                        j += 1
                    $result.append(f"{$text[i]}{j - i}")
                    i = j
                return "".join($result)
            """),
            steps=(
                "`i` is where a run starts, and `j` moves to the first character behind it.",
                "The length of the run is `j - i`.",
            ),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right='f"{$text[i]}{j - i}"',
                    wrong='f"{j - i}{$text[i]}"',
                    fault="The number is written in front of the character instead of behind it.",
                ),
            ),
        ),
    ),
)

CAESAR_CIPHER = Card(
    topic="texts",
    name="$name",
    does="shifts every letter of `$text` by $k places in the alphabet, from the end back to the "
    "start, and leaves other characters as they are",
    parameters=(TEXT,),
    returns="str",
    choices=(
        TEXT_NAMES,
        _RESULT,
        one_of(k=("1", "3", "5", "7", "13", "4", "10")),
        one_of(name=("caesar", "shift_letters", "encrypt", "rotate_letters")),
    ),
    arguments=lambda draw: [
        quoted(sentence(draw, 2) + " xyz"),
        quoted(draw.pick(WORDS).title() + "!"),
        '""',
    ],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $result = []
                for char in $text:
                    if char.isascii() and char.isalpha():
                        first = ord("A") if char.isupper() else ord("a")
                        char = chr((ord(char) - first + $k) % 26 + first)
                    $result.append(char)
                return "".join($result)
            """),
            steps=(
                "A letter becomes its position in the alphabet, which is shifted; the remainder "
                "by 26 leads from the end back to the start.",
                "Upper-case and lower-case letters have their own first letter.",
            ),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right="(ord(char) - first + $k) % 26 + first",
                    wrong="ord(char) + $k",
                    fault="Without the remainder by 26, letters near the end are shifted out of "
                    "the alphabet.",
                ),
                Mutant(
                    right='ord("A") if char.isupper() else ord("a")',
                    wrong='ord("a")',
                    fault="Upper-case letters are counted from the lower-case `a`, so they come "
                    "out wrong.",
                ),
            ),
        ),
    ),
)

FROM_CAMEL_CASE = Card(
    topic="texts",
    name="$name",
    does='converts `$text` from camel case to lower-case words joined by "$joint"',
    parameters=(Parameter(name="$text", annotation="str", noun="a name"),),
    returns="str",
    choices=(
        one_of(text=("name", "identifier", "text")),
        _RESULT,
        variants(
            {"joint": "_", "name": "camel_to_snake"},
            {"joint": "-", "name": "camel_to_kebab"},
            {"joint": " ", "name": "split_camel"},
            {"joint": "_", "name": "snake_case"},
        ),
    ),
    arguments=lambda draw: [
        quoted(draw.pick(WORDS) + "".join(w.title() for w in draw.sample(WORDS, 2))),
        quoted("".join(w.title() for w in draw.sample(WORDS, 2))),
        '""',
    ],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $result = []
                for char in $text:
                    if char.isupper() and $result:
                        $result.append("$joint")
                    $result.append(char.lower())
                return "".join($result)
            """),
            steps=(
                'A capital letter starts a new word, so "$joint" goes before it, unless it is the '
                "first character.",
                "Every character is written in lower case.",
            ),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right=" and $result:",
                    wrong=":",
                    fault='A capital at the very start also gets a "$joint" in front of it.',
                ),
                Mutant(
                    right="char.lower()", wrong="char", fault="The capitals are kept as they are."
                ),
            ),
        ),
        Form(
            kind="a regular expression",
            body='return re.sub(r"(?<!^)(?=[A-Z])", "$joint", $text).lower()',
            steps=(
                "The pattern matches the empty place before each capital letter that is not at "
                "the start.",
                'A "$joint" is put there, and `lower` does the rest.',
            ),
            cost=LINEAR_IN_TEXT,
            imports=("import re",),
            mutants=(
                Mutant(
                    right="(?<!^)",
                    wrong="",
                    fault="A capital at the very start also gets a separator in front of it.",
                ),
            ),
        ),
    ),
)

TO_CAMEL_CASE = Card(
    topic="texts",
    name="$name",
    does='converts `$text`, whose words are joined by "$joint", to camel case',
    parameters=(Parameter(name="$text", annotation="str", noun="a name"),),
    returns="str",
    choices=(
        one_of(text=("name", "identifier", "key")),
        variants(
            {"joint": "_", "name": "snake_to_camel"},
            {"joint": "-", "name": "kebab_to_camel"},
            {"joint": " ", "name": "to_camel"},
        ),
    ),
    arguments=lambda draw: [
        quoted("$joint".join(draw.sample(WORDS, 3))),
        quoted("$joint".join(draw.sample(WORDS, 2))),
        quoted(draw.pick(WORDS)),
    ],
    forms=(
        Form(
            kind="a generator expression",
            body=code("""
                first, *rest = $text.split("$joint")
                return first + "".join(word.capitalize() for word in rest)
            """),
            steps=(
                "The first word stays as it is.",
                "Each of the others gets a capital letter, and they are joined without a "
                "separator.",
            ),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right="return first + ",
                    wrong="return first.capitalize() + ",
                    fault="The first word must keep its small letter in camel case.",
                ),
                Mutant(
                    right="word.capitalize()",
                    wrong="word",
                    fault="The words after the first one are not capitalised.",
                ),
            ),
        ),
    ),
)

IS_PALINDROME = Card(
    topic="texts",
    name="$name",
    does="checks whether `$text` reads the same in both directions, $ignoring",
    parameters=(TEXT,),
    returns="bool",
    choices=(
        TEXT_NAMES,
        one_of(cleaned=("cleaned", "plain", "core")),
        variants(
            {"ignoring": "regardless of case", "clean": "$text.lower()"},
            {"ignoring": "with spaces ignored", "clean": '$text.replace(" ", "")'},
            {
                "ignoring": "counting letters and digits only",
                "clean": '"".join(char for char in $text if char.isalnum())',
            },
        ),
        one_of(name=("is_palindrome", "reads_same", "palindrome")),
    ),
    arguments=lambda draw: [
        '"Level"',
        '"never odd or even"',
        '"no, on"',
        quoted(draw.pick(WORDS)),
        '""',
    ],
    forms=(
        Form(
            kind="a slice",
            body=code("""
                $cleaned = $clean
                return $cleaned == $cleaned[::-1]
            """),
            steps=(
                "The slice `[::-1]` is the text in reverse.",
                "A palindrome equals its reversal.",
            ),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right="$cleaned[::-1]",
                    wrong="$cleaned[:-1]",
                    fault="The slice `[:-1]` drops the last character; `[::-1]` reverses.",
                ),
                Mutant(
                    right="$cleaned = $clean",
                    wrong="$cleaned = $text",
                    fault="The text is compared as it is, although some differences should not "
                    "count.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $cleaned = $clean
                low, high = 0, len($cleaned) - 1
                while low < high:
                    if $cleaned[low] != $cleaned[high]:
                        return False
                    low += 1
                    high -= 1
                return True
            """),
            steps=(
                "Two indices move from the ends towards each other.",
                "The first pair of different characters settles the matter.",
            ),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right="len($cleaned) - 1",
                    wrong="len($cleaned)",
                    fault="The last character has index `len($cleaned) - 1`; one more is outside.",
                ),
            ),
        ),
    ),
)

SHORTEN = Card(
    topic="texts",
    name="$name",
    does="shortens `$text` to at most $k characters, ending in `$dots` where something was cut",
    parameters=(TEXT,),
    returns="str",
    choices=(
        TEXT_NAMES,
        variants(
            {"k": "10", "keep": "7", "dots": "...", "full": "abcdefghij"},
            {"k": "12", "keep": "9", "dots": "...", "full": "abcdefghijkl"},
            {"k": "8", "keep": "6", "dots": "..", "full": "abcdefgh"},
            {"k": "16", "keep": "13", "dots": "...", "full": "abcdefghijklmnop"},
            {"k": "9", "keep": "7", "dots": " …", "full": "abcdefghi"},
        ),
        one_of(name=("shorten", "truncate", "abbreviate", "clip_text")),
    ),
    arguments=lambda draw: [
        quoted(sentence(draw, 4)),
        '"$full"',
        '"$full!"',
    ],
    forms=(
        Form(
            kind="an `if` statement",
            body=code("""
                if len($text) <= $k:
                    return $text
                return $text[:$keep].rstrip() + "$dots"
            """),
            steps=(
                "A text that is short enough is returned as it is.",
                "Otherwise $keep characters are kept, which leaves room for the mark; `rstrip` "
                "drops white space before it.",
            ),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right="$text[:$keep]",
                    wrong="$text[:$k]",
                    fault="The mark comes on top of $k characters, so the result is too long.",
                ),
                Mutant(
                    right="len($text) <= $k",
                    wrong="len($text) < $k",
                    fault="A text of exactly $k characters fits and must not be cut.",
                ),
            ),
        ),
    ),
)

BALANCED_BRACKETS = Card(
    topic="texts",
    name="$name",
    does="checks whether the brackets in `$text` are balanced",
    parameters=(TEXT,),
    returns="bool",
    choices=(
        one_of(text=("text", "code", "expression")),
        one_of(stack=("stack", "open_brackets")),
        one_of(pairs=('{")": "(", "]": "["}', '{")": "(", "]": "[", "}": "{"}', '{")": "("}')),
        one_of(name=("is_balanced", "balanced", "brackets_match")),
    ),
    arguments=lambda draw: [
        draw.pick(('"(a + b) * (c - d)"', '"f(x, (y))"', '"((1 + 2) * 3)"')),
        draw.pick(('"(a + b"', '"((x)"')),
        draw.pick(('"a) + (b"', '")("')),
        '""',
    ],
    forms=(
        Form(
            kind="a stack",
            body=code("""
                $stack = []
                for char in $text:
                    if char in $pairs.values():
                        $stack.append(char)
                    elif char in $pairs:
                        if not $stack or $stack.pop() != $pairs[char]:
                            return False
                return not $stack
            """),
            steps=(
                "An opening bracket is pushed on the stack; a closing one must match the one on "
                "top.",
                "Brackets that are left on the stack at the end were never closed.",
            ),
            cost=LINEAR_IN_TEXT,
            mutants=(
                Mutant(
                    right="return not $stack",
                    wrong="return True",
                    fault="Brackets that were opened and never closed go unnoticed.",
                ),
                Mutant(
                    right="if not $stack or $stack.pop()",
                    wrong="if $stack.pop()",
                    fault="A closing bracket without an opening one meets an empty stack.",
                ),
            ),
        ),
    ),
)
