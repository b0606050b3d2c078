"""Where the elements of a pipeline come from."""

from collections.abc import Callable

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Parameter
from corpusforge.synthetic.programs.elements import Origin
from corpusforge.synthetic.programs.vocabulary import NAMES, WORDS, quoted


def origin(draw: Draw) -> Origin:
    """Where the elements of a pipeline come from, with the names it uses."""
    return draw.pick_weighted(_ORIGINS)(draw)


def _number_list(draw: Draw) -> Origin:
    name, element = draw.pick(_NUMBER_NAMES)
    return Origin(
        Parameter(name, "list[int]", draw.pick(("a list of integers", "a list of numbers"))),
        element,
        "int",
        "int",
        (f"for {element} in {name}",),
        "numbers",
        f"in `{name}`",
        f"goes through the numbers in `{name}`",
        lambda d, w: _list_of(d.shuffled([*w, *map(str, d.integers(d.integer(2, 4), -9, 40))])),
        "[]",
        ordered=True,
    )


def _number_range(draw: Draw) -> Origin:
    name = draw.pick(("n", "limit", "last", "upper"))
    element = draw.pick(("number", "i", "k", "value"))
    return Origin(
        Parameter(name, "int", "a given integer"),
        element,
        "natural",
        "int",
        (f"for {element} in range(1, {name} + 1)",),
        "numbers",
        f"from 1 to `{name}`",
        f"counts from 1 to `{name}`",
        lambda d, w: str(d.integer(6, 16)),
        "0",
    )


def _number_digits(draw: Draw) -> Origin:
    name = draw.pick(("number", "n", "value"))
    return Origin(
        Parameter(name, "int", "a non-negative integer"),
        "digit",
        "digit",
        "int",
        (f"for digit in map(int, str({name}))",),
        "digits",
        f"of `{name}`",
        f"goes through the digits of `{name}`",
        lambda d, w: str(d.integer(1, 9)) + "".join(map(str, d.integers(d.integer(4, 6), 0, 9))),
        "0",
        ordered=True,
    )


def _number_rows(draw: Draw) -> Origin:
    name, row = draw.pick(
        (("rows", "row"), ("grid", "row"), ("matrix", "row"), ("groups", "group"))
    )
    element = draw.pick(("number", "value", "cell"))

    def make(d: Draw, witnesses: tuple[str, ...]) -> str:
        values = d.shuffled([*witnesses, *map(str, d.integers(3, -9, 40))])
        return _list_of([_list_of(values[:2]), _list_of(values[2:4]), _list_of(values[4:])])

    return Origin(
        Parameter(name, "list[list[int]]", "a list of lists of integers"),
        element,
        "int",
        "int",
        (f"for {row} in {name}", f"for {element} in {row}"),
        "numbers",
        f"in `{name}`",
        f"goes through each {row} of `{name}` and each number in it",
        make,
        "[]",
    )


def _number_values(draw: Draw) -> Origin:
    name, element = draw.pick(
        (("scores", "score"), ("prices", "price"), ("ages", "age"), ("stock", "amount"))
    )

    def make(d: Draw, witnesses: tuple[str, ...]) -> str:
        values = d.shuffled([*witnesses, *map(str, d.integers(2, 0, 40))])
        keys = d.sample(NAMES, len(values))
        return _dictionary(keys, values)

    return Origin(
        Parameter(name, "dict[str, int]", "a dictionary from names to integers"),
        element,
        "int",
        "int",
        (f"for {element} in {name}.values()",),
        "values",
        f"of `{name}`",
        f"goes through the values of `{name}`",
        make,
        "{}",
    )


def _number_fields(draw: Draw) -> Origin:
    name = draw.pick(("text", "line", "record", "data"))
    element = draw.pick(("number", "value"))
    separator = draw.pick((",", ";", " "))
    split = f'{name}.split("{separator}")' if separator != " " else f"{name}.split()"
    joined = {",": "comma-separated", ";": "semicolon-separated", " ": "space-separated"}[separator]

    def make(d: Draw, witnesses: tuple[str, ...]) -> str:
        values = d.shuffled([*witnesses, *map(str, d.integers(3, -9, 40))])
        return quoted(separator.join(values))

    return Origin(
        Parameter(name, "str", "a string"),
        element,
        "int",
        "int",
        (f"for {element} in map(int, {split})",),
        f"{joined} integers",
        f"in `{name}`",
        f"splits `{name}` and converts the pieces to integers",
        make,
        # "".split(",") is [""], which is no integer: only white space splits into nothing.
        '""' if separator == " " else quoted("7"),
        ordered=True,
    )


def _word_list(draw: Draw) -> Origin:
    name, element = draw.pick(_WORD_NAMES)
    return Origin(
        Parameter(name, "list[str]", "a list of non-empty strings"),
        element,
        "str",
        "str",
        (f"for {element} in {name}",),
        draw.pick(("strings", "words")),
        f"in `{name}`",
        f"goes through `{name}`",
        lambda d, w: _list_of(d.shuffled([*w, *map(quoted, d.sample(WORDS, d.integer(2, 3)))])),
        "[]",
        ordered=True,
    )


def _word_text(draw: Draw) -> Origin:
    name = draw.pick(("text", "sentence", "line", "phrase"))

    def make(d: Draw, witnesses: tuple[str, ...]) -> str:
        words = [*(witness[1:-1] for witness in witnesses), *d.sample(WORDS, 2)]
        return quoted(" ".join(d.shuffled(words)))

    return Origin(
        Parameter(name, "str", "a text"),
        "word",
        "str",
        "str",
        (f"for word in {name}.split()",),
        "words",
        f"of `{name}`",
        f"splits `{name}` at white space and goes through the words",
        make,
        '""',
        ordered=True,
    )


def _word_keys(draw: Draw) -> Origin:
    name, element = draw.pick((("counts", "word"), ("prices", "product"), ("sizes", "name")))

    def make(d: Draw, witnesses: tuple[str, ...]) -> str:
        keys = {key[1:-1]: None for key in [*witnesses, *map(quoted, d.sample(WORDS, 2))]}
        return _dictionary(list(keys), [str(value) for value in d.integers(len(keys), 1, 30)])

    return Origin(
        Parameter(name, "dict[str, int]", "a dictionary from strings to integers"),
        element,
        "str",
        "str",
        (f"for {element} in {name}",),
        "keys",
        f"of `{name}`",
        f"goes through the keys of `{name}`",
        make,
        "{}",
    )


def _characters(draw: Draw) -> Origin:
    name = draw.pick(("text", "line", "string", "message", "code"))
    element = draw.pick(("char", "character", "symbol"))

    def make(d: Draw, witnesses: tuple[str, ...]) -> str:
        pieces = [d.pick(WORDS)[:4], d.pick(NAMES), *witnesses, str(d.integer(1, 99))]
        return quoted("".join(d.shuffled(pieces)))

    return Origin(
        Parameter(name, "str", "a string"),
        element,
        "char",
        "str",
        (f"for {element} in {name}",),
        "characters",
        f"of `{name}`",
        f"goes through the characters of `{name}`",
        make,
        '""',
        ordered=True,
    )


def _list_of(values: list[str]) -> str:
    return f"[{', '.join(values)}]"


def _dictionary(keys: list[str], values: list[str]) -> str:
    pairs = (f'"{key}": {value}' for key, value in zip(keys, values, strict=True))
    return "{" + ", ".join(pairs) + "}"


_NUMBER_NAMES = (
    ("numbers", "number"),
    ("values", "value"),
    ("scores", "score"),
    ("readings", "reading"),
    ("amounts", "amount"),
    ("samples", "sample"),
    ("data", "item"),
    ("points", "point"),
    ("costs", "cost"),
    ("levels", "level"),
    ("counts", "count"),
    ("nums", "num"),
    ("integers", "integer"),
    ("measurements", "measurement"),
    ("weights", "weight"),
)
_WORD_NAMES = (
    ("words", "word"),
    ("words", "word"),
    ("names", "name"),
    ("items", "item"),
    ("tokens", "token"),
    ("labels", "label"),
    ("tags", "tag"),
)
_ORIGINS: tuple[tuple[Callable[[Draw], Origin], int], ...] = (
    (_number_list, 6),
    (_number_range, 2),
    (_number_digits, 1),
    (_number_rows, 2),
    (_number_values, 2),
    (_number_fields, 2),
    (_word_list, 4),
    (_word_text, 3),
    (_word_keys, 1),
    (_characters, 2),
)
