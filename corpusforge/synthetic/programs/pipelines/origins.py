"""Origins of the elements of a pipeline."""

from collections.abc import Callable

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Parameter
from corpusforge.synthetic.programs.pipelines.building_blocks import Origin
from corpusforge.synthetic.vocabulary import NAMES, WORDS, quoted


def draw_origin(draw: Draw) -> Origin:
    """Draw an origin and the names that its code uses."""
    return draw.pick_weighted(_ORIGINS)(draw)


def _number_list(draw: Draw) -> Origin:
    name, element = draw.pick(_NUMBER_NAMES)
    return Origin(
        parameter=Parameter(
            name=name,
            annotation="list[int]",
            noun=draw.pick(("a list of integers", "a list of numbers")),
        ),
        variable=element,
        element_kind="int",
        element_annotation="int",
        loops=(f"for {element} in {name}",),
        noun="numbers",
        place=f"in `{name}`",
        walk=f"goes through the numbers in `{name}`",
        draw_argument=lambda d, w: _list_of(
            d.shuffled([*w, *map(str, d.integers(d.integer(2, 4), -9, 40))])
        ),
        empty_argument="[]",
        ordered=True,
    )


def _number_range(draw: Draw) -> Origin:
    name = draw.pick(("n", "limit", "last", "upper"))
    element = draw.pick(("number", "i", "k", "value"))
    return Origin(
        parameter=Parameter(name=name, annotation="int", noun="a given integer"),
        variable=element,
        element_kind="natural",
        element_annotation="int",
        loops=(f"for {element} in range(1, {name} + 1)",),
        noun="numbers",
        place=f"from 1 to `{name}`",
        walk=f"counts from 1 to `{name}`",
        draw_argument=lambda d, w: str(d.integer(6, 16)),
        empty_argument="0",
    )


def _number_digits(draw: Draw) -> Origin:
    name = draw.pick(("number", "n", "value"))
    return Origin(
        parameter=Parameter(name=name, annotation="int", noun="a non-negative integer"),
        variable="digit",
        element_kind="digit",
        element_annotation="int",
        loops=(f"for digit in map(int, str({name}))",),
        noun="digits",
        place=f"of `{name}`",
        walk=f"goes through the digits of `{name}`",
        draw_argument=lambda d, w: (
            str(d.integer(1, 9)) + "".join(map(str, d.integers(d.integer(4, 6), 0, 9)))
        ),
        empty_argument="0",
        ordered=True,
    )


def _number_rows(draw: Draw) -> Origin:
    name, row = draw.pick(
        (("rows", "row"), ("grid", "row"), ("matrix", "row"), ("groups", "group"))
    )
    element = draw.pick(("number", "value", "cell"))

    def draw_argument(d: Draw, witnesses: tuple[str, ...]) -> str:
        values = d.shuffled([*witnesses, *map(str, d.integers(3, -9, 40))])
        return _list_of([_list_of(values[:2]), _list_of(values[2:4]), _list_of(values[4:])])

    return Origin(
        parameter=Parameter(
            name=name, annotation="list[list[int]]", noun="a list of lists of integers"
        ),
        variable=element,
        element_kind="int",
        element_annotation="int",
        loops=(f"for {row} in {name}", f"for {element} in {row}"),
        noun="numbers",
        place=f"in `{name}`",
        walk=f"goes through each {row} of `{name}` and each number in it",
        draw_argument=draw_argument,
        empty_argument="[]",
    )


def _number_values(draw: Draw) -> Origin:
    name, element = draw.pick(
        (("scores", "score"), ("prices", "price"), ("ages", "age"), ("stock", "amount"))
    )

    def draw_argument(d: Draw, witnesses: tuple[str, ...]) -> str:
        values = d.shuffled([*witnesses, *map(str, d.integers(2, 0, 40))])
        keys = d.sample(NAMES, len(values))
        return _dictionary(keys, values)

    return Origin(
        parameter=Parameter(
            name=name, annotation="dict[str, int]", noun="a dictionary from names to integers"
        ),
        variable=element,
        element_kind="int",
        element_annotation="int",
        loops=(f"for {element} in {name}.values()",),
        noun="values",
        place=f"of `{name}`",
        walk=f"goes through the values of `{name}`",
        draw_argument=draw_argument,
        empty_argument="{}",
    )


def _number_fields(draw: Draw) -> Origin:
    name = draw.pick(("text", "line", "record", "data"))
    element = draw.pick(("number", "value"))
    separator = draw.pick((",", ";", " "))
    split = f'{name}.split("{separator}")' if separator != " " else f"{name}.split()"
    joined = {",": "comma-separated", ";": "semicolon-separated", " ": "space-separated"}[separator]

    def draw_argument(d: Draw, witnesses: tuple[str, ...]) -> str:
        values = d.shuffled([*witnesses, *map(str, d.integers(3, -9, 40))])
        return quoted(separator.join(values))

    return Origin(
        parameter=Parameter(name=name, annotation="str", noun="a string"),
        variable=element,
        element_kind="int",
        element_annotation="int",
        loops=(f"for {element} in map(int, {split})",),
        noun=f"{joined} integers",
        place=f"in `{name}`",
        walk=f"splits `{name}` and converts the pieces to integers",
        draw_argument=draw_argument,
        # "".split(",") is [""], and "" is no integer. "".split() is empty.
        empty_argument='""' if separator == " " else quoted("7"),
        ordered=True,
    )


def _word_list(draw: Draw) -> Origin:
    name, element = draw.pick(_WORD_NAMES)
    return Origin(
        parameter=Parameter(name=name, annotation="list[str]", noun="a list of non-empty strings"),
        variable=element,
        element_kind="str",
        element_annotation="str",
        loops=(f"for {element} in {name}",),
        noun=draw.pick(("strings", "words")),
        place=f"in `{name}`",
        walk=f"goes through `{name}`",
        draw_argument=lambda d, w: _list_of(
            d.shuffled([*w, *map(quoted, d.sample(WORDS, d.integer(2, 3)))])
        ),
        empty_argument="[]",
        ordered=True,
    )


def _word_text(draw: Draw) -> Origin:
    name = draw.pick(("text", "sentence", "line", "phrase"))

    def draw_argument(d: Draw, witnesses: tuple[str, ...]) -> str:
        words = [*(witness[1:-1] for witness in witnesses), *d.sample(WORDS, 2)]
        return quoted(" ".join(d.shuffled(words)))

    return Origin(
        parameter=Parameter(name=name, annotation="str", noun="a text"),
        variable="word",
        element_kind="str",
        element_annotation="str",
        loops=(f"for word in {name}.split()",),
        noun="words",
        place=f"of `{name}`",
        walk=f"splits `{name}` at white space and goes through the words",
        draw_argument=draw_argument,
        empty_argument='""',
        ordered=True,
    )


def _word_keys(draw: Draw) -> Origin:
    name, element = draw.pick((("counts", "word"), ("prices", "product"), ("sizes", "name")))

    def draw_argument(d: Draw, witnesses: tuple[str, ...]) -> str:
        keys = {key[1:-1]: None for key in [*witnesses, *map(quoted, d.sample(WORDS, 2))]}
        return _dictionary(list(keys), [str(value) for value in d.integers(len(keys), 1, 30)])

    return Origin(
        parameter=Parameter(
            name=name, annotation="dict[str, int]", noun="a dictionary from strings to integers"
        ),
        variable=element,
        element_kind="str",
        element_annotation="str",
        loops=(f"for {element} in {name}",),
        noun="keys",
        place=f"of `{name}`",
        walk=f"goes through the keys of `{name}`",
        draw_argument=draw_argument,
        empty_argument="{}",
    )


def _characters(draw: Draw) -> Origin:
    name = draw.pick(("text", "line", "string", "message", "code"))
    element = draw.pick(("char", "character", "symbol"))

    def draw_argument(d: Draw, witnesses: tuple[str, ...]) -> str:
        pieces = [d.pick(WORDS)[:4], d.pick(NAMES), *witnesses, str(d.integer(1, 99))]
        return quoted("".join(d.shuffled(pieces)))

    return Origin(
        parameter=Parameter(name=name, annotation="str", noun="a string"),
        variable=element,
        element_kind="char",
        element_annotation="str",
        loops=(f"for {element} in {name}",),
        noun="characters",
        place=f"of `{name}`",
        walk=f"goes through the characters of `{name}`",
        draw_argument=draw_argument,
        empty_argument='""',
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
