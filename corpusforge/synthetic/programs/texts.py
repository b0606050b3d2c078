"""Programs about strings: words, characters, simple formats."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.programs.card import Card, form
from corpusforge.synthetic.programs.vocabulary import WORDS, quoted

_STRING = ("$text", "str", "a string")
_TEXT = ("text", ("text", "s", "string", "line"))
_LINEAR = ("O(n)", "n is the length of `$text`, and each character is handled once")
_RESULT = ("result", ("result", "pieces", "parts"))


def _sentence(draw: Draw, count: int) -> str:
    return " ".join(draw.sample(WORDS, count))


def _two_texts(draw: Draw) -> list[str]:
    return [quoted(_sentence(draw, 3)), quoted(_sentence(draw, 2).title()), '""']


def _repeated_words(draw: Draw) -> list[str]:
    words = draw.sample(WORDS, 3)
    text = " ".join(draw.pick(words) for _ in range(7))
    return [quoted(text), quoted(_sentence(draw, 2)), '""']


def _fields(draw: Draw) -> list[str]:
    pairs = [f"{word}$eq{draw.integer(1, 90)}" for word in draw.sample(WORDS, 3)]
    return [quoted("$sep".join(pairs)), quoted(pairs[0]), '""']


CARDS = (
    Card(
        "texts",
        "$name",
        "parses `$text`, in which `key$eqvalue` pairs are separated by `$sep`, into a dictionary "
        "with $what as values",
        (
            form(
                "a loop",
                '$result = {}\nfor $pair in $text.split("$sep"):\n    if not $pair:\n'
                '        continue\n    key, _, value = $pair.partition("$eq")\n'
                "    $result[key] = $convert\nreturn $result",
                "The text is split at the separators, and empty pieces are skipped, so that an "
                "empty text gives an empty dictionary.",
                '`partition` cuts each pair at its first "$eq".',
                time=_LINEAR,
                mutants=(
                    (
                        "    if not $pair:\n        continue\n",
                        "",
                        "An empty text splits into one empty piece, which is no pair.",
                    ),
                    (
                        "$result[key] = $convert",
                        "$result[value] = key",
                        "Key and value are swapped.",
                    ),
                ),
            ),
            form(
                "a dictionary comprehension",
                '$result = ($pair.partition("$eq") for $pair in $text.split("$sep") if $pair)\n'
                "return {key: $convert for key, _, value in $result}",
                'The generator cuts each piece that is not empty at its first "$eq".',
                "The dictionary comprehension takes the parts before and after it.",
                time=_LINEAR,
                mutants=(
                    (
                        " if $pair)",
                        ")",
                        "An empty text splits into one empty piece, which is no pair.",
                    ),
                ),
            ),
        ),
        (_STRING,),
        "dict[str, $type]",
        (
            ("text", ("text", "line", "record", "query")),
            ("result", ("pairs", "fields")),
            ("pair", ("pair", "piece", "field")),
            ("eq", ("=", ":")),
            ("sep", (";", "&", ",", "|")),
            (
                "what convert type",
                (("integers", "int(value)", "int"), ("floats", "float(value)", "float")),
            ),
            ("name", ("parse_pairs", "parse_fields", "read_settings", "parse_record")),
        ),
        _fields,
    ),
    Card(
        "texts",
        "$name",
        "encodes runs of equal characters in `$text` as the character followed by its number",
        (
            form(
                "`itertools.groupby`",
                'return "".join(f"{char}{len(list(run))}" for char, run in groupby($text))',
                "`groupby` starts a new group whenever the character changes.",
                "Each group becomes its character and its length.",
                time=_LINEAR,
                imports=("from itertools import groupby",),
                mutants=(
                    (
                        "groupby($text)",
                        "groupby(sorted($text))",
                        "Sorting brings characters together that were not neighbours.",
                    ),
                ),
            ),
            form(
                "a loop",
                "$result = []\ni = 0\nwhile i < len($text):\n    j = i\n"
                "    while j < len($text) and $text[j] == $text[i]:\n        j += 1\n"
                '    $result.append(f"{$text[i]}{j - i}")\n    i = j\nreturn "".join($result)',
                "`i` is where a run starts, and `j` moves to the first character behind it.",
                "The length of the run is `j - i`.",
                time=_LINEAR,
                mutants=(
                    (
                        'f"{$text[i]}{j - i}"',
                        'f"{j - i}{$text[i]}"',
                        "The number is written in front of the character instead of behind it.",
                    ),
                ),
            ),
        ),
        (_STRING,),
        "str",
        (_TEXT, _RESULT, ("name", ("run_length_encode", "encode_runs", "compress"))),
        lambda draw: [
            quoted("".join(letter * draw.integer(1, 4) for letter in draw.sample("abcxyz", 4))),
            '"aabbaa"',
            '""',
        ],
    ),
    Card(
        "texts",
        "$name",
        "shifts every letter of `$text` by $k places in the alphabet, from the end back to the "
        "start, and leaves other characters as they are",
        (
            form(
                "a loop",
                "$result = []\nfor char in $text:\n    if char.isascii() and char.isalpha():\n"
                '        first = ord("A") if char.isupper() else ord("a")\n'
                "        char = chr((ord(char) - first + $k) % 26 + first)\n"
                '    $result.append(char)\nreturn "".join($result)',
                "A letter becomes its position in the alphabet, which is shifted; the remainder "
                "by 26 leads from the end back to the start.",
                "Upper-case and lower-case letters have their own first letter.",
                time=_LINEAR,
                mutants=(
                    (
                        "(ord(char) - first + $k) % 26 + first",
                        "ord(char) + $k",
                        "Without the remainder by 26, letters near the end are shifted out of the "
                        "alphabet.",
                    ),
                    (
                        'ord("A") if char.isupper() else ord("a")',
                        'ord("a")',
                        "Upper-case letters are counted from the lower-case `a`, so they come out "
                        "wrong.",
                    ),
                ),
            ),
        ),
        (_STRING,),
        "str",
        (
            _TEXT,
            _RESULT,
            ("k", ("1", "3", "5", "7", "13", "4", "10")),
            ("name", ("caesar", "shift_letters", "encrypt", "rotate_letters")),
        ),
        lambda draw: [
            quoted(_sentence(draw, 2) + " xyz"),
            quoted(draw.pick(WORDS).title() + "!"),
            '""',
        ],
    ),
    Card(
        "texts",
        "$name",
        "counts how often each word occurs in `$text`, $case",
        (
            form(
                "`Counter`",
                "return dict(Counter($words))",
                "The text is split at white space.",
                "`Counter` counts the words, and `dict` makes a plain dictionary of it.",
                time=_LINEAR,
                imports=("from collections import Counter",),
                mutants=(
                    (
                        "$words",
                        "$text",
                        "Without `split`, the characters are counted and not the words.",
                    ),
                ),
            ),
            form(
                "a loop",
                "$counts = {}\nfor word in $words:\n"
                "    $counts[word] = $counts.get(word, 0) + 1\nreturn $counts",
                "`get` gives the count so far, or 0 for a word that is new.",
                time=_LINEAR,
                mutants=(
                    (
                        "$counts.get(word, 0) + 1",
                        "1",
                        "Every word gets the count 1, however often it was seen.",
                    ),
                ),
            ),
        ),
        (_STRING,),
        "dict[str, int]",
        (
            _TEXT,
            ("counts", ("counts", "frequencies", "tally")),
            (
                "case words",
                (
                    ("regardless of case", "$text.lower().split()"),
                    ("with upper and lower case distinguished", "$text.split()"),
                ),
            ),
            ("name", ("word_counts", "count_words", "word_frequencies")),
        ),
        _repeated_words,
    ),
    Card(
        "texts",
        "$name",
        "returns the $k most frequent words of `$text`, the most frequent first and ties in "
        "alphabetical order",
        (
            form(
                "`Counter` and `sorted`",
                "counts = Counter($text.split())\n"
                "return sorted(counts, key=lambda word: (-counts[word], word))[:$k]",
                "The key sorts by descending count first and by the word second.",
                "The slice takes the first $k.",
                time=("O(n log n)", "n is the number of words; sorting dominates"),
                imports=("from collections import Counter",),
                mutants=(
                    (
                        "(-counts[word], word)",
                        "(counts[word], word)",
                        "Without the minus sign, the rarest words come first.",
                    ),
                    ("[:$k]", "[$k:]", "The slice drops the first $k instead of keeping them."),
                ),
            ),
        ),
        (_STRING,),
        "list[str]",
        (_TEXT, ("k", ("1", "2", "3")), ("name", ("top_words", "most_frequent", "common_words"))),
        _repeated_words,
    ),
    Card(
        "texts",
        "$name",
        'converts `$text` from camel case to lower-case words joined by "$joint"',
        (
            form(
                "a loop",
                "$result = []\nfor char in $text:\n    if char.isupper() and $result:\n"
                '        $result.append("$joint")\n    $result.append(char.lower())\n'
                'return "".join($result)',
                'A capital letter starts a new word, so "$joint" goes before it, unless it is the '
                "first character.",
                "Every character is written in lower case.",
                time=_LINEAR,
                mutants=(
                    (
                        " and $result:",
                        ":",
                        'A capital at the very start also gets a "$joint" in front of it.',
                    ),
                    ("char.lower()", "char", "The capitals are kept as they are."),
                ),
            ),
            form(
                "a regular expression",
                'return re.sub(r"(?<!^)(?=[A-Z])", "$joint", $text).lower()',
                "The pattern matches the empty place before each capital letter that is not at "
                "the start.",
                'A "$joint" is put there, and `lower` does the rest.',
                time=_LINEAR,
                imports=("import re",),
                mutants=(
                    (
                        "(?<!^)",
                        "",
                        "A capital at the very start also gets a separator in front of it.",
                    ),
                ),
            ),
        ),
        (("$text", "str", "a name"),),
        "str",
        (
            ("text", ("name", "identifier", "text")),
            _RESULT,
            (
                "joint name",
                (
                    ("_", "camel_to_snake"),
                    ("-", "camel_to_kebab"),
                    (" ", "split_camel"),
                    ("_", "snake_case"),
                ),
            ),
        ),
        lambda draw: [
            quoted(draw.pick(WORDS) + "".join(w.title() for w in draw.sample(WORDS, 2))),
            quoted("".join(w.title() for w in draw.sample(WORDS, 2))),
            '""',
        ],
    ),
    Card(
        "texts",
        "$name",
        'converts `$text`, whose words are joined by "$joint", to camel case',
        (
            form(
                "a generator expression",
                'first, *rest = $text.split("$joint")\n'
                'return first + "".join(word.capitalize() for word in rest)',
                "The first word stays as it is.",
                "Each of the others gets a capital letter, and they are joined without a "
                "separator.",
                time=_LINEAR,
                mutants=(
                    (
                        "return first + ",
                        "return first.capitalize() + ",
                        "The first word must keep its small letter in camel case.",
                    ),
                    (
                        "word.capitalize()",
                        "word",
                        "The words after the first one are not capitalised.",
                    ),
                ),
            ),
        ),
        (("$text", "str", "a name"),),
        "str",
        (
            ("text", ("name", "identifier", "key")),
            ("joint name", (("_", "snake_to_camel"), ("-", "kebab_to_camel"), (" ", "to_camel"))),
        ),
        lambda draw: [
            quoted("$joint".join(draw.sample(WORDS, 3))),
            quoted("$joint".join(draw.sample(WORDS, 2))),
            quoted(draw.pick(WORDS)),
        ],
    ),
    Card(
        "texts",
        "$name",
        "checks whether `a` and `b` are anagrams, $ignoring",
        (
            form(
                "`sorted`",
                "return sorted($fa) == sorted($fb)",
                "Two strings are anagrams if their sorted characters agree.",
                time=("O(n log n)", "n is the length of the longer string; sorting dominates"),
                mutants=(
                    (
                        "sorted($fa) == sorted($fb)",
                        "set($fa) == set($fb)",
                        "A set forgets how often a character occurs.",
                    ),
                ),
            ),
            form(
                "`Counter`",
                "return Counter($fa) == Counter($fb)",
                "`Counter` counts the characters; two strings are anagrams if the counts agree.",
                time=(
                    "O(n)",
                    "n is the length of the longer string, and each character is counted once",
                ),
                imports=("from collections import Counter",),
                mutants=(
                    (
                        "Counter($fa) == Counter($fb)",
                        "len($fa) == len($fb)",
                        "Only the lengths are compared, not the characters.",
                    ),
                ),
            ),
        ),
        (("a", "str", "a string"), ("b", "str", "another string")),
        "bool",
        (
            (
                "ignoring fa fb",
                (
                    ("with upper and lower case distinguished", "a", "b"),
                    ("regardless of case", "a.lower()", "b.lower()"),
                    ("with spaces ignored", 'a.replace(" ", "")', 'b.replace(" ", "")'),
                ),
            ),
            ("name", ("are_anagrams", "is_anagram", "anagrams")),
        ),
        lambda draw: [
            '"listen", "silent"',
            f'"{draw.pick(WORDS)}", "{draw.pick(WORDS)}"',
            '"aab", "abb"',
        ],
    ),
    Card(
        "texts",
        "$name",
        "checks whether `$text` reads the same in both directions, $ignoring",
        (
            form(
                "a slice",
                "$cleaned = $clean\nreturn $cleaned == $cleaned[::-1]",
                "The slice `[::-1]` is the text in reverse.",
                "A palindrome equals its reversal.",
                time=_LINEAR,
                mutants=(
                    (
                        "$cleaned[::-1]",
                        "$cleaned[:-1]",
                        "The slice `[:-1]` drops the last character; `[::-1]` reverses.",
                    ),
                    (
                        "$cleaned = $clean",
                        "$cleaned = $text",
                        "The text is compared as it is, although some differences should not "
                        "count.",
                    ),
                ),
            ),
            form(
                "a loop",
                "$cleaned = $clean\nlow, high = 0, len($cleaned) - 1\nwhile low < high:\n"
                "    if $cleaned[low] != $cleaned[high]:\n        return False\n    low += 1\n"
                "    high -= 1\nreturn True",
                "Two indices move from the ends towards each other.",
                "The first pair of different characters settles the matter.",
                time=_LINEAR,
                mutants=(
                    (
                        "len($cleaned) - 1",
                        "len($cleaned)",
                        "The last character has index `len($cleaned) - 1`; one more is outside.",
                    ),
                ),
            ),
        ),
        (_STRING,),
        "bool",
        (
            _TEXT,
            ("cleaned", ("cleaned", "plain", "core")),
            (
                "ignoring clean",
                (
                    ("regardless of case", "$text.lower()"),
                    ("with spaces ignored", '$text.replace(" ", "")'),
                    (
                        "counting letters and digits only",
                        '"".join(char for char in $text if char.isalnum())',
                    ),
                ),
            ),
            ("name", ("is_palindrome", "reads_same", "palindrome")),
        ),
        lambda draw: ['"Level"', '"never odd or even"', '"no, on"', quoted(draw.pick(WORDS)), '""'],
    ),
    Card(
        "texts",
        "$name",
        "returns the longest common $side of the strings in `$words`",
        (
            form(
                "a loop",
                'if not $words:\n    return ""\n$common = $words[0]\nfor word in $words[1:]:\n'
                "    while not word.$test($common):\n        $common = $common[$cut]\n"
                "return $common",
                "The first string is the candidate; it is shortened until the next string has "
                "it too.",
                "In the end every string has it; at worst nothing is left, and every string has "
                "the empty one.",
                mutants=(
                    ('if not $words:\n    return ""\n', "", "An empty list has no first element."),
                ),
            ),
        ),
        (("$words", "list[str]", "a list of strings"),),
        "str",
        (
            ("words", ("words", "names", "paths")),
            ("common", ("common", "candidate", "shared")),
            (
                "side test cut name",
                (
                    ("prefix", "startswith", ":-1", "common_prefix"),
                    ("suffix", "endswith", "1:", "common_suffix"),
                ),
            ),
        ),
        lambda draw: [
            str([f"{w}ing" for w in ("inter" + v for v in ("est", "act", "cept"))]).replace(
                "'", '"'
            ),
            '["report", "retort"]',
            "[]",
        ],
    ),
    Card(
        "texts",
        "$name",
        "shortens `$text` to at most $k characters, ending in `$dots` where something was cut",
        (
            form(
                "an `if` statement",
                'if len($text) <= $k:\n    return $text\nreturn $text[:$keep].rstrip() + "$dots"',
                "A text that is short enough is returned as it is.",
                "Otherwise $keep characters are kept, which leaves room for the mark; `rstrip` "
                "drops white space before it.",
                time=_LINEAR,
                mutants=(
                    (
                        "$text[:$keep]",
                        "$text[:$k]",
                        "The mark comes on top of $k characters, so the result is too long.",
                    ),
                    (
                        "len($text) <= $k",
                        "len($text) < $k",
                        "A text of exactly $k characters fits and must not be cut.",
                    ),
                ),
            ),
        ),
        (_STRING,),
        "str",
        (
            _TEXT,
            (
                "k keep dots full",
                (
                    ("10", "7", "...", "abcdefghij"),
                    ("12", "9", "...", "abcdefghijkl"),
                    ("8", "6", "..", "abcdefgh"),
                    ("16", "13", "...", "abcdefghijklmnop"),
                    ("9", "7", " …", "abcdefghi"),
                ),
            ),
            ("name", ("shorten", "truncate", "abbreviate", "clip_text")),
        ),
        lambda draw: [
            quoted(_sentence(draw, 4)),
            '"$full"',
            '"$full!"',
        ],
    ),
    Card(
        "texts",
        "$name",
        "checks whether the brackets in `$text` are balanced",
        (
            form(
                "a stack",
                "$stack = []\nfor char in $text:\n    if char in $pairs.values():\n"
                "        $stack.append(char)\n    elif char in $pairs:\n"
                "        if not $stack or $stack.pop() != $pairs[char]:\n"
                "            return False\nreturn not $stack",
                "An opening bracket is pushed on the stack; a closing one must match the one on "
                "top.",
                "Brackets that are left on the stack at the end were never closed.",
                time=_LINEAR,
                mutants=(
                    (
                        "return not $stack",
                        "return True",
                        "Brackets that were opened and never closed go unnoticed.",
                    ),
                    (
                        "if not $stack or $stack.pop()",
                        "if $stack.pop()",
                        "A closing bracket without an opening one meets an empty stack.",
                    ),
                ),
            ),
        ),
        (_STRING,),
        "bool",
        (
            ("text", ("text", "code", "expression")),
            ("stack", ("stack", "open_brackets")),
            ("pairs", ('{")": "(", "]": "["}', '{")": "(", "]": "[", "}": "{"}', '{")": "("}')),
            ("name", ("is_balanced", "balanced", "brackets_match")),
        ),
        lambda draw: [
            draw.pick(('"(a + b) * (c - d)"', '"f(x, (y))"', '"((1 + 2) * 3)"')),
            draw.pick(('"(a + b"', '"((x)"')),
            draw.pick(('"a) + (b"', '")("')),
            '""',
        ],
    ),
    Card(
        "texts",
        "$name",
        "returns the initials of the words in `$text` as an acronym in upper case$skipping",
        (
            form(
                "a generator expression",
                'return "".join(word[0].upper() for word in $text.split()$condition)',
                "The text is split at white space.",
                "The first letter of each word$kept is raised to upper case, and `join` puts the "
                "letters together.",
                time=_LINEAR,
                mutants=(
                    (
                        "word[0].upper()",
                        "word[:2].upper()",
                        "The slice takes two letters of each word.",
                    ),
                    ("word[0].upper()", "word[0]", "The letters are not raised to upper case."),
                ),
            ),
            form(
                "a loop",
                '$result = ""\nfor word in $text.split():\n    $guard$result += word[0].upper()\n'
                "return $result",
                "The first letter of each word$kept is raised to upper case and added to the "
                "result.",
                time=_LINEAR,
                mutants=(
                    (
                        "$result += ",
                        "$result = ",
                        "`=` replaces the result each time; `+=` is what extends it.",
                    ),
                ),
            ),
        ),
        (_STRING,),
        "str",
        (
            ("text", ("text", "phrase", "title")),
            ("result", ("result", "letters", "acronym")),
            (
                "skipping condition kept guard",
                (
                    ("", "", "", ""),
                    (
                        ', leaving out "and" and "of"',
                        ' if word not in ("and", "of")',
                        " that counts",
                        'if word in ("and", "of"):\n        continue\n    ',
                    ),
                    (
                        ", leaving out words of fewer than three letters",
                        " if len(word) > 2",
                        " that is long enough",
                        "if len(word) < 3:\n        continue\n    ",
                    ),
                ),
            ),
            ("name", ("acronym", "initials", "abbreviation")),
        ),
        lambda draw: [
            '"' + " and ".join(draw.sample(WORDS, 2)) + '"',
            '"' + " of ".join(draw.sample(WORDS, 2)) + '"',
            quoted(_sentence(draw, 4)),
            '""',
        ],
    ),
)
