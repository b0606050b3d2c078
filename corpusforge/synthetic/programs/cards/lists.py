"""Cards about pieces and neighbours in a list."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Cost, Form, Mutant, Parameter
from corpusforge.synthetic.programs.card import Card, code, one_of, variants
from corpusforge.synthetic.programs.cards.parameters import (
    LINEAR_IN_LIST,
    LIST,
    LIST_NAMES,
    RESULT_NAMES,
    integer_list,
)


def _one_list(draw: Draw) -> list[str]:
    return [integer_list(draw, draw.integer(5, 7)), integer_list(draw, draw.integer(3, 5)), "[]"]


def _with_size(draw: Draw) -> list[str]:
    return [
        f"{integer_list(draw, draw.integer(6, 8))}, {draw.integer(2, 3)}",
        f"{integer_list(draw, 4)}, 4",
        f"[], {draw.integer(2, 4)}",
    ]


CHUNKS = Card(
    topic="lists",
    name="$name",
    does="splits `$values` into consecutive lists of `$k` elements, the last of which may be "
    "shorter",
    parameters=(LIST, Parameter(name="$k", annotation="int", noun="a positive size")),
    returns="list[list[int]]",
    choices=(
        LIST_NAMES,
        RESULT_NAMES,
        one_of(k=("size", "length", "n", "width")),
        one_of(i=("start", "i", "index")),
        one_of(name=("chunks", "split_into_chunks", "batches", "in_groups_of")),
    ),
    arguments=_with_size,
    forms=(
        Form(
            kind="a comprehension",
            body="return [$values[$i : $i + $k] for $i in range(0, len($values), $k)]",
            steps=(
                "`range` steps through the positions where a piece begins.",
                "A slice may reach beyond the end of the list, so the last piece is simply "
                "shorter.",
            ),
            cost=LINEAR_IN_LIST,
            mutants=(
                Mutant(
                    right="$values[$i : $i + $k]",
                    wrong="$values[$i:$k]",
                    fault="The slice must end `$k` places after its start; `[$i:$k]` is right for "
                    "the first piece only.",
                ),
                Mutant(
                    right="range(0, len($values), $k)",
                    wrong="range(0, len($values))",
                    fault="Without a step, a piece begins at every position and the pieces "
                    "overlap.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $result = []
                for $x in $values:
                    if not $result or len($result[-1]) == $k:
                        $result.append([])
                    $result[-1].append($x)
                return $result
            """),
            steps=(
                "A new piece begins when there is none yet or the last one is full.",
                "Each element goes to the last piece.",
            ),
            cost=LINEAR_IN_LIST,
            mutants=(
                Mutant(
                    right="len($result[-1]) == $k",
                    wrong="len($result) == $k",
                    fault="It compares the number of pieces with `$k`, not the length of the last "
                    "piece.",
                ),
            ),
        ),
    ),
)

WINDOWS = Card(
    topic="lists",
    name="$name",
    does="returns the $word of every window of `$k` consecutive elements of `$values`",
    parameters=(LIST, Parameter(name="$k", annotation="int", noun="a positive size")),
    returns="list[$type]",
    choices=(
        LIST_NAMES,
        RESULT_NAMES,
        one_of(k=("size", "width", "length")),
        one_of(w=("window", "part")),
        one_of(i=("start", "i", "position")),
        variants(
            {"function": "sum", "over": "", "word": "sum", "type": "int", "name": "window_sums"},
            {
                "function": "sum",
                "over": " / $k",
                "word": "average",
                "type": "float",
                "name": "moving_average",
            },
            {
                "function": "max",
                "over": "",
                "word": "maximum",
                "type": "int",
                "name": "sliding_maximum",
            },
            {
                "function": "min",
                "over": "",
                "word": "minimum",
                "type": "int",
                "name": "sliding_minimum",
            },
        ),
    ),
    arguments=lambda draw: [*_with_size(draw)[:2], f"{integer_list(draw, 2)}, 3"],
    forms=(
        Form(
            kind="a comprehension",
            body=code("""
                return [
                    $function($values[$i : $i + $k])$over
                    for $i in range(len($values) - $k + 1)
                ]
            """),
            steps=(
                "There are `len($values) - $k + 1` windows, and a slice gives each of them.",
                "If the list is shorter than `$k`, `range` is empty and so is the result.",
            ),
            cost=Cost(
                time="O(n·k)",
                reason="n is the length of `$values` and k is `$k`: each of about n windows is "
                "computed from k elements",
            ),
            mutants=(
                Mutant(
                    right="len($values) - $k + 1",
                    wrong="len($values) - $k",
                    fault="The `+ 1` is missing, so the last window is never looked at.",
                ),
                Mutant(
                    right="len($values) - $k + 1",
                    wrong="len($values)",
                    fault="The windows that begin near the end are incomplete and must not be "
                    "counted.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $result = []
                for $i in range($k, len($values) + 1):
                    $w = $values[$i - $k : $i]
                    $result.append($function($w)$over)
                return $result
            """),
            steps=(
                "The loop variable is the end of a window, so it starts at `$k`.",
                "Each window is a slice of the `$k` elements before that end.",
            ),
            cost=Cost(
                time="O(n·k)",
                reason="n is the length of `$values` and k is `$k`: each of about n windows is "
                "computed from k elements",
            ),
            mutants=(
                Mutant(
                    right="len($values) + 1",
                    wrong="len($values)",
                    fault="The upper end of `range` is exclusive, so the last window is left out.",
                ),
            ),
        ),
    ),
)

NEIGHBOURS = Card(
    topic="lists",
    name="$name",
    does="returns $what of every two neighbours in `$values`",
    parameters=(LIST,),
    returns="list[int]",
    choices=(
        LIST_NAMES,
        RESULT_NAMES,
        variants(
            {
                "what": "the differences (the later minus the earlier)",
                "expression": "b - a",
                "swapped": "a - b",
                "fault": "The operands are swapped, so every difference has the wrong sign.",
                "name": "differences",
            },
            {
                "what": "the distances",
                "expression": "abs(b - a)",
                "swapped": "b - a",
                "fault": "Without `abs`, a distance becomes negative where the list descends.",
                "name": "neighbour_distances",
            },
            {
                "what": "the sums",
                "expression": "a + b",
                "swapped": "a - b",
                "fault": "`-` subtracts where it should add.",
                "name": "neighbour_sums",
            },
            {
                "what": "the larger ones",
                "expression": "max(a, b)",
                "swapped": "min(a, b)",
                "fault": "`min` takes the smaller one of the two.",
                "name": "neighbour_maxima",
            },
            {
                "what": "the products",
                "expression": "a * b",
                "swapped": "a + b",
                "fault": "`+` adds where it should multiply.",
                "name": "neighbour_products",
            },
        ),
    ),
    arguments=_one_list,
    forms=(
        Form(
            kind="`zip`",
            body="return [$expression for a, b in zip($values, $values[1:])]",
            steps=(
                "`zip` pairs the list with itself shifted by one, which gives all neighbours.",
                "It stops with the shorter one, so the last element has no partner of its own.",
            ),
            cost=LINEAR_IN_LIST,
            mutants=(
                Mutant(
                    right="zip($values, $values[1:])",
                    wrong="zip($values[::2], $values[1::2])",
                    fault="The steps of 2 take the pairs apart, so every second neighbourhood is "
                    "missed.",
                ),
                Mutant(right="$expression for", wrong="$swapped for", fault="$fault"),
            ),
        ),
        Form(
            kind="a loop over indices",
            body=code("""
                $result = []
                for i in range(1, len($values)):
                    a = $values[i - 1]
                    b = $values[i]
                    $result.append($expression)
                return $result
            """),
            steps=(
                "The index starts at 1, so that every element has one before it.",
                "The two neighbours are combined and the result is appended.",
            ),
            cost=LINEAR_IN_LIST,
            mutants=(
                Mutant(
                    right="range(1, len($values))",
                    wrong="range(len($values))",
                    fault="The index starts at 0, where `$values[-1]` is the last element and not "
                    "a neighbour.",
                ),
            ),
        ),
    ),
)

ROTATE_LIST = Card(
    topic="lists",
    name="$name",
    does="returns `$values` rotated by `$k` places to the $side",
    parameters=(LIST, Parameter(name="$k", annotation="int", noun="a non-negative number")),
    returns="list[int]",
    choices=(
        LIST_NAMES,
        one_of(k=("k", "shift", "steps", "places")),
        one_of(size=("size", "length")),
        variants(
            {
                "side": "left",
                "sign": "+",
                "opposite": "-",
                "cut": "$k",
                "wrong": "-$k",
                "name": "rotate_left",
            },
            {
                "side": "right",
                "sign": "-",
                "opposite": "+",
                "cut": "-$k",
                "wrong": "$k",
                "name": "rotate_right",
            },
        ),
    ),
    arguments=lambda draw: [
        f"{integer_list(draw, 5)}, {draw.integer(1, 2)}",
        f"{integer_list(draw, 5)}, {draw.integer(6, 8)}",
        "[], 2",
    ],
    forms=(
        Form(
            kind="slices",
            body=code("""
                if not $values:
                    return []
                $k %= len($values)
                return $values[$cut:] + $values[:$cut]
            """),
            steps=(
                "The remainder takes care of shifts that are longer than the list.",
                "The list is cut in two, and the parts change places.",
                "An empty list is returned at once, because the remainder by 0 is not defined.",
            ),
            cost=LINEAR_IN_LIST,
            mutants=(
                Mutant(
                    right="if not $values:\n    return []\n",
                    wrong="",
                    fault="An empty list has length 0, and the remainder by 0 is not defined.",
                ),
                Mutant(
                    right="$values[$cut:] + $values[:$cut]",
                    wrong="$values[$wrong:] + $values[:$wrong]",
                    fault="The cut is counted from the wrong end, so the rotation goes the other "
                    "way.",
                ),
            ),
        ),
        Form(
            kind="a comprehension",
            body=code("""
                $size = len($values)
                return [$values[(i $sign $k) % $size] for i in range($size)]
            """),
            steps=(
                "Each position takes the element that is `$k` places away; the remainder makes "
                "the index start over at the end.",
                "For an empty list the range is empty, so no remainder is computed.",
            ),
            cost=LINEAR_IN_LIST,
            mutants=(
                Mutant(
                    right="(i $sign $k) % $size",
                    wrong="(i $opposite $k) % $size",
                    fault="The sign is wrong, so the rotation goes the other way.",
                ),
            ),
        ),
    ),
)
