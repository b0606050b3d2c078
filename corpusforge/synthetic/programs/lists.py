"""Programs about sequences as a whole: pieces, windows, neighbours, runs."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.programs.card import Card, form

_LIST = ("$values", "list[int]", "a list of integers")
_VALUES = (
    "values x",
    (
        ("values", "value"),
        ("numbers", "number"),
        ("items", "item"),
        ("data", "entry"),
        ("readings", "reading"),
        ("samples", "sample"),
    ),
)
_RESULT = ("result", ("result", "output", "collected"))
_LINEAR = ("O(n)", "n is the length of `$values`, and each element is visited once")


def _numbers(draw: Draw, count: int, low: int = -5, high: int = 20) -> str:
    return str(draw.integers(count, low, high))


def _one_list(draw: Draw) -> list[str]:
    return [_numbers(draw, draw.integer(5, 7)), _numbers(draw, draw.integer(3, 5)), "[]"]


def _repetitive(draw: Draw) -> list[str]:
    runs = [[draw.integer(0, 3)] * draw.integer(1, 3) for _ in range(5)]
    return [str([x for run in runs for x in run]), _numbers(draw, 6, 0, 2), "[]"]


def _with_size(draw: Draw) -> list[str]:
    return [
        f"{_numbers(draw, draw.integer(6, 8))}, {draw.integer(2, 3)}",
        f"{_numbers(draw, 4)}, 4",
        f"[], {draw.integer(2, 4)}",
    ]


CARDS = (
    Card(
        "lists",
        "$name",
        "splits `$values` into consecutive lists of `$k` elements, the last of which may be "
        "shorter",
        (
            form(
                "a comprehension",
                "return [$values[$i : $i + $k] for $i in range(0, len($values), $k)]",
                "`range` steps through the positions where a piece begins.",
                "A slice may reach beyond the end of the list, so the last piece is simply "
                "shorter.",
                time=_LINEAR,
                mutants=(
                    (
                        "$values[$i : $i + $k]",
                        "$values[$i:$k]",
                        "The slice must end `$k` places after its start; `[$i:$k]` is right for "
                        "the first piece only.",
                    ),
                    (
                        "range(0, len($values), $k)",
                        "range(0, len($values))",
                        "Without a step, a piece begins at every position and the pieces overlap.",
                    ),
                ),
            ),
            form(
                "a loop",
                "$result = []\nfor $x in $values:\n"
                "    if not $result or len($result[-1]) == $k:\n        $result.append([])\n"
                "    $result[-1].append($x)\nreturn $result",
                "A new piece begins when there is none yet or the last one is full.",
                "Each element goes to the last piece.",
                time=_LINEAR,
                mutants=(
                    (
                        "len($result[-1]) == $k",
                        "len($result) == $k",
                        "It compares the number of pieces with `$k`, not the length of the last "
                        "piece.",
                    ),
                ),
            ),
        ),
        (_LIST, ("$k", "int", "a positive size")),
        "list[list[int]]",
        (
            _VALUES,
            _RESULT,
            ("k", ("size", "length", "n", "width")),
            ("i", ("start", "i", "index")),
            ("name", ("chunks", "split_into_chunks", "batches", "in_groups_of")),
        ),
        _with_size,
    ),
    Card(
        "lists",
        "$name",
        "returns the $word of every window of `$k` consecutive elements of `$values`",
        (
            form(
                "a comprehension",
                "return [\n    $function($values[$i : $i + $k])$over\n"
                "    for $i in range(len($values) - $k + 1)\n]",
                "There are `len($values) - $k + 1` windows, and a slice gives each of them.",
                "If the list is shorter than `$k`, `range` is empty and so is the result.",
                time=(
                    "O(n·k)",
                    "n is the length of `$values` and k is `$k`: each of about n "
                    "windows is computed from k elements",
                ),
                mutants=(
                    (
                        "len($values) - $k + 1",
                        "len($values) - $k",
                        "The `+ 1` is missing, so the last window is never looked at.",
                    ),
                    (
                        "len($values) - $k + 1",
                        "len($values)",
                        "The windows that begin near the end are incomplete and must not be "
                        "counted.",
                    ),
                ),
            ),
            form(
                "a loop",
                "$result = []\nfor $i in range($k, len($values) + 1):\n"
                "    $w = $values[$i - $k : $i]\n    $result.append($function($w)$over)\n"
                "return $result",
                "The loop variable is the end of a window, so it starts at `$k`.",
                "Each window is a slice of the `$k` elements before that end.",
                time=(
                    "O(n·k)",
                    "n is the length of `$values` and k is `$k`: each of about n "
                    "windows is computed from k elements",
                ),
                mutants=(
                    (
                        "len($values) + 1",
                        "len($values)",
                        "The upper end of `range` is exclusive, so the last window is left out.",
                    ),
                ),
            ),
        ),
        (_LIST, ("$k", "int", "a positive size")),
        "list[$type]",
        (
            _VALUES,
            _RESULT,
            ("k", ("size", "width", "length")),
            ("w", ("window", "part")),
            ("i", ("start", "i", "position")),
            (
                "function over word type name",
                (
                    ("sum", "", "sum", "int", "window_sums"),
                    ("sum", " / $k", "average", "float", "moving_average"),
                    ("max", "", "maximum", "int", "sliding_maximum"),
                    ("min", "", "minimum", "int", "sliding_minimum"),
                ),
            ),
        ),
        lambda draw: [*_with_size(draw)[:2], f"{_numbers(draw, 2)}, 3"],
    ),
    Card(
        "lists",
        "$name",
        "returns $what of every two neighbours in `$values`",
        (
            form(
                "`zip`",
                "return [$expression for a, b in zip($values, $values[1:])]",
                "`zip` pairs the list with itself shifted by one, which gives all neighbours.",
                "It stops with the shorter one, so the last element has no partner of its own.",
                time=_LINEAR,
                mutants=(
                    (
                        "zip($values, $values[1:])",
                        "zip($values[::2], $values[1::2])",
                        "The steps of 2 take the pairs apart, so every second neighbourhood is "
                        "missed.",
                    ),
                    ("$expression for", "$swapped for", "$fault"),
                ),
            ),
            form(
                "a loop over indices",
                "$result = []\nfor i in range(1, len($values)):\n    a = $values[i - 1]\n"
                "    b = $values[i]\n    $result.append($expression)\nreturn $result",
                "The index starts at 1, so that every element has one before it.",
                "The two neighbours are combined and the result is appended.",
                time=_LINEAR,
                mutants=(
                    (
                        "range(1, len($values))",
                        "range(len($values))",
                        "The index starts at 0, where `$values[-1]` is the last element and not a "
                        "neighbour.",
                    ),
                ),
            ),
        ),
        (_LIST,),
        "list[int]",
        (
            _VALUES,
            _RESULT,
            (
                "what expression swapped fault name",
                (
                    (
                        "the differences (the later minus the earlier)",
                        "b - a",
                        "a - b",
                        "The operands are swapped, so every difference has the wrong sign.",
                        "differences",
                    ),
                    (
                        "the distances",
                        "abs(b - a)",
                        "b - a",
                        "Without `abs`, a distance becomes negative where the list descends.",
                        "neighbour_distances",
                    ),
                    (
                        "the sums",
                        "a + b",
                        "a - b",
                        "`-` subtracts where it should add.",
                        "neighbour_sums",
                    ),
                    (
                        "the larger ones",
                        "max(a, b)",
                        "min(a, b)",
                        "`min` takes the smaller one of the two.",
                        "neighbour_maxima",
                    ),
                    (
                        "the products",
                        "a * b",
                        "a + b",
                        "`+` adds where it should multiply.",
                        "neighbour_products",
                    ),
                ),
            ),
        ),
        _one_list,
    ),
    Card(
        "lists",
        "$name",
        "returns `$values` rotated by `$k` places to the $side",
        (
            form(
                "slices",
                "if not $values:\n    return []\n$k %= len($values)\n"
                "return $values[$cut:] + $values[:$cut]",
                "The remainder takes care of shifts that are longer than the list.",
                "The list is cut in two, and the parts change places.",
                "An empty list is returned at once, because the remainder by 0 is not defined.",
                time=_LINEAR,
                mutants=(
                    (
                        "if not $values:\n    return []\n",
                        "",
                        "An empty list has length 0, and the remainder by 0 is not defined.",
                    ),
                    (
                        "$values[$cut:] + $values[:$cut]",
                        "$values[$wrong:] + $values[:$wrong]",
                        "The cut is counted from the wrong end, so the rotation goes the other "
                        "way.",
                    ),
                ),
            ),
            form(
                "a comprehension",
                "$size = len($values)\n"
                "return [$values[(i $sign $k) % $size] for i in range($size)]",
                "Each position takes the element that is `$k` places away; the remainder makes "
                "the index start over at the end.",
                "For an empty list the range is empty, so no remainder is computed.",
                time=_LINEAR,
                mutants=(
                    (
                        "(i $sign $k) % $size",
                        "(i $opposite $k) % $size",
                        "The sign is wrong, so the rotation goes the other way.",
                    ),
                ),
            ),
        ),
        (_LIST, ("$k", "int", "a non-negative number")),
        "list[int]",
        (
            _VALUES,
            ("k", ("k", "shift", "steps", "places")),
            ("size", ("size", "length")),
            (
                "side sign opposite cut wrong name",
                (
                    ("left", "+", "-", "$k", "-$k", "rotate_left"),
                    ("right", "-", "+", "-$k", "$k", "rotate_right"),
                ),
            ),
        ),
        lambda draw: [
            f"{_numbers(draw, 5)}, {draw.integer(1, 2)}",
            f"{_numbers(draw, 5)}, {draw.integer(6, 8)}",
            "[], 2",
        ],
    ),
    Card(
        "lists",
        "$name",
        "groups `$values` into runs of equal neighbours and returns them as pairs of an element "
        "and its number",
        (
            form(
                "`itertools.groupby`",
                "return [($x, len(list(run))) for $x, run in groupby($values)]",
                "`groupby` starts a new group whenever the element changes.",
                "The length of a group is that of the list made of it.",
                time=_LINEAR,
                imports=("from itertools import groupby",),
                mutants=(
                    (
                        "groupby($values)",
                        "groupby(sorted($values))",
                        "Sorting brings equal elements together that were not neighbours.",
                    ),
                ),
            ),
            form(
                "a loop",
                "$result = []\nfor $x in $values:\n"
                "    if $result and $result[-1][0] == $x:\n"
                "        $result[-1] = ($x, $result[-1][1] + 1)\n    else:\n"
                "        $result.append(($x, 1))\nreturn $result",
                "An element that equals the one of the last pair makes its number larger by 1.",
                "Any other element starts a new pair with the number 1.",
                time=_LINEAR,
                mutants=(
                    (
                        "$result.append(($x, 1))",
                        "$result.append(($x, 0))",
                        "A new run is counted from 0, although its first element is already there.",
                    ),
                    (
                        "if $result and $result[-1][0] == $x:",
                        "if $result[-1][0] == $x:",
                        "At the first element the list is still empty and has no last pair.",
                    ),
                ),
            ),
        ),
        (_LIST,),
        "list[tuple[int, int]]",
        (_VALUES, _RESULT, ("name", ("run_lengths", "encode_runs", "count_runs"))),
        _repetitive,
    ),
    Card(
        "lists",
        "$name",
        "returns the length of the longest run of $what in `$values`",
        (
            form(
                "a loop",
                "$best = $current = 0\nfor $i, $x in enumerate($values):\n"
                "    if $i > 0 and $x $cmp $values[$i - 1]:\n        $current += 1\n    else:\n"
                "        $current = 1\n    $best = max($best, $current)\nreturn $best",
                "`$current` is the length of the run that ends at the element the loop is at.",
                "An element that does not continue the run starts a new one of length 1.",
                "`$best` keeps the largest length; for an empty list it stays 0.",
                time=_LINEAR,
                mutants=(
                    (
                        "$current = 1",
                        "$current = 0",
                        "A new run is counted from 0, although its first element belongs to it.",
                    ),
                    (
                        "$best = max($best, $current)\nreturn $best",
                        "$best = $current\nreturn $best",
                        "`$best` follows the current run instead of keeping the longest one.",
                    ),
                ),
            ),
        ),
        (_LIST,),
        "int",
        (
            _VALUES,
            ("i", ("i", "index")),
            ("best current", (("best", "current"), ("longest", "length"), ("record", "run"))),
            (
                "what cmp name",
                (
                    ("equal elements", "==", "longest_run"),
                    ("strictly ascending elements", ">", "longest_ascent"),
                    ("strictly descending elements", "<", "longest_descent"),
                    ("elements that never descend", ">=", "longest_climb"),
                ),
            ),
        ),
        _repetitive,
    ),
    Card(
        "lists",
        "$name",
        "returns the largest sum of a run of consecutive elements of `$values`, or 0 if the list "
        "is empty",
        (
            form(
                "a loop",
                "if not $values:\n    return 0\n$best = $current = $values[0]\n"
                "for $x in $values[1:]:\n    $current = max($x, $current + $x)\n"
                "    $best = max($best, $current)\nreturn $best",
                "This is Kadane's algorithm: `$current` is the largest sum of a run that ends "
                "here.",
                "A run is continued only if what came before it is worth keeping.",
                time=_LINEAR,
                mutants=(
                    (
                        "$current = max($x, $current + $x)",
                        "$current = $current + $x",
                        "A run can never start anew, so negative elements at the front are dragged "
                        "along.",
                    ),
                    (
                        "$best = $current = $values[0]",
                        "$best = $current = 0",
                        "Starting at 0 allows the empty run, which gives 0 for a list of negative "
                        "numbers.",
                    ),
                ),
            ),
            form(
                "`itertools.accumulate`",
                "if not $values:\n    return 0\n"
                "return max(accumulate($values, lambda run, x: max(x, run + x)))",
                "`accumulate` carries the largest sum of a run that ends at each element.",
                "The largest of them is the answer.",
                time=_LINEAR,
                imports=("from itertools import accumulate",),
                mutants=(
                    (
                        "max(x, run + x)",
                        "run + x",
                        "A run can never start anew, so these are plain running totals.",
                    ),
                ),
            ),
        ),
        (_LIST,),
        "int",
        (
            _VALUES,
            ("best current", (("best", "current"), ("largest", "running"))),
            ("name", ("max_subarray_sum", "largest_run_sum", "best_streak")),
        ),
        lambda draw: [str([-3, *draw.integers(5, -6, 9), 4]), str(draw.integers(4, -9, -1)), "[]"],
    ),
)
