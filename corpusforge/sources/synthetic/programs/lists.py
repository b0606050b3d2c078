"""Programs about sequences as a whole: windows, pairs, searching, merging."""

from corpusforge.sources.synthetic.draw import Draw
from corpusforge.sources.synthetic.programs.card import Card, form

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


def _sorted_numbers(draw: Draw, count: int) -> str:
    return str(sorted(draw.integers(count, 0, 25)))


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


def _ascending(draw: Draw) -> list[str]:
    values = sorted(draw.integers(7, 0, 25))
    return [f"{values}, {draw.pick(values)}", f"{values}, {draw.integer(0, 30)}", "[], 3"]


def _two_ascending(draw: Draw) -> list[str]:
    return [
        f"{_sorted_numbers(draw, 4)}, {_sorted_numbers(draw, 3)}",
        f"{_sorted_numbers(draw, 2)}, {_sorted_numbers(draw, 4)}",
        f"[], {_sorted_numbers(draw, 3)}",
    ]


def _with_target(draw: Draw) -> list[str]:
    values = draw.sample(range(1, 20), 6)
    return [
        f"{values}, {values[1] + values[4]}",
        f"{values}, {values[0] + values[2]}",
        f"{values}, 99",
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
        "returns the first index at which `$values`, whose elements are in ascending order, has "
        "one $relation `$target`, or the length if there is none",
        (
            form(
                "a binary search",
                "$low, $high = 0, len($values)\nwhile $low < $high:\n"
                "    $mid = ($low + $high) // 2\n    if $values[$mid] $below $target:\n"
                "        $low = $mid + 1\n    else:\n        $high = $mid\nreturn $low",
                "The answer always lies between `$low` and `$high`, both included.",
                "Each step looks at the middle element and drops the half that cannot hold the "
                "answer.",
                time=("O(log n)", "each step halves the part of `$values` that is left"),
                mutants=(
                    (
                        "$values[$mid] $below $target",
                        "$values[$mid] $notbelow $target",
                        "The comparison treats elements equal to `$target` the wrong way.",
                    ),
                ),
            ),
            form(
                "the `bisect` module",
                "return $bisect($values, $target)",
                "`$bisect` makes a binary search for the place where `$target` could be inserted "
                "$place any equal elements.",
                time=("O(log n)", "a binary search halves what is left at each step"),
                imports=("import bisect",),
                mutants=(
                    (
                        "$bisect(",
                        "$otherbisect(",
                        "`$otherbisect` goes to the other side of elements that equal `$target`.",
                    ),
                ),
            ),
        ),
        (_LIST, ("$target", "int", "a number")),
        "int",
        (
            _VALUES,
            ("target", ("target", "wanted", "limit")),
            ("low high", (("low", "high"), ("left", "right"), ("start", "end"))),
            ("mid", ("mid", "middle")),
            (
                "relation below notbelow bisect otherbisect place name",
                (
                    (
                        "at least",
                        "<",
                        "<=",
                        "bisect.bisect_left",
                        "bisect.bisect_right",
                        "before",
                        "first_at_least",
                    ),
                    (
                        "greater than",
                        "<=",
                        "<",
                        "bisect.bisect_right",
                        "bisect.bisect_left",
                        "after",
                        "first_greater",
                    ),
                ),
            ),
        ),
        _ascending,
    ),
    Card(
        "lists",
        "$name",
        "merges `$a` and `$b`, both in ascending order, into one list in ascending order",
        (
            form(
                "a loop",
                "$result = []\ni = j = 0\nwhile i < len($a) and j < len($b):\n"
                "    if $a[i] <= $b[j]:\n        $result.append($a[i])\n        i += 1\n"
                "    else:\n        $result.append($b[j])\n        j += 1\n"
                "return $result + $a[i:] + $b[j:]",
                "Two indices mark the first element of each list that is not merged yet.",
                "The smaller of the two goes to the result, and its index moves on.",
                "When one list is used up, the rest of the other one follows as it is.",
                time=(
                    "O(n + m)",
                    "n and m are the lengths of the lists, and each element is moved once",
                ),
                mutants=(
                    (
                        "return $result + $a[i:] + $b[j:]",
                        "return $result",
                        "When one list is used up, the rest of the other one is forgotten.",
                    ),
                    (
                        "$a[i] <= $b[j]",
                        "$a[i] >= $b[j]",
                        "The comparison takes the larger of the two first, so the result is not "
                        "sorted.",
                    ),
                ),
            ),
            form(
                "`heapq.merge`",
                "return list(heapq.merge($a, $b))",
                "`heapq.merge` goes through sorted inputs side by side and yields the smallest "
                "element that is left.",
                time=(
                    "O(n + m)",
                    "n and m are the lengths of the lists, and each element is moved once",
                ),
                imports=("import heapq",),
                mutants=(
                    (
                        "list(heapq.merge($a, $b))",
                        "$a + $b",
                        "The lists are put one after the other, which is not a sorted merge.",
                    ),
                ),
            ),
        ),
        (
            ("$a", "list[int]", "a list of integers"),
            ("$b", "list[int]", "another list"),
        ),
        "list[int]",
        (
            ("a b", (("left", "right"), ("first", "second"), ("xs", "ys"))),
            _RESULT,
            ("name", ("merge_sorted", "merge", "merge_lists")),
        ),
        _two_ascending,
    ),
    Card(
        "lists",
        "$name",
        "returns the indices of two elements of `$values` whose sum is `$target`, or `None` if "
        "there are none",
        (
            form(
                "a dictionary",
                "$seen = {}\nfor i, $x in enumerate($values):\n"
                "    if $target - $x in $seen:\n        return $seen[$target - $x], i\n"
                "    $seen[$x] = i\nreturn None",
                "The dictionary remembers at which index each element was seen.",
                "For each element, the partner it needs is looked up before the element itself "
                "is remembered, so none is paired with itself.",
                time=(
                    "O(n)",
                    "each element needs one look-up in a dictionary, which takes "
                    "constant time on average",
                ),
                mutants=(
                    (
                        "return $seen[$target - $x], i",
                        "return $seen[$target - $x], $x",
                        "It returns the second element itself instead of its index.",
                    ),
                    (
                        "$target - $x in $seen",
                        "$target + $x in $seen",
                        "The partner of an element is the difference to the target, not the sum.",
                    ),
                ),
            ),
            form(
                "two nested loops",
                "for i in range(len($values)):\n    for j in range(i + 1, len($values)):\n"
                "        if $values[i] + $values[j] == $target:\n            return i, j\n"
                "return None",
                "The inner loop starts behind the outer one, so every pair is tried once and no "
                "element is paired with itself.",
                time=("O(n²)", "n is the length of `$values`, and there are n(n - 1)/2 pairs"),
                mutants=(
                    (
                        "range(i + 1, len($values))",
                        "range(i, len($values))",
                        "The inner loop starts at `i`, so an element may be added to itself.",
                    ),
                    (
                        "return i, j",
                        "return $values[i], $values[j]",
                        "It returns the elements instead of their indices.",
                    ),
                ),
            ),
        ),
        (_LIST, ("$target", "int", "a target")),
        "tuple[int, int] | None",
        (
            _VALUES,
            ("target", ("target", "total", "goal")),
            ("seen", ("seen", "index_of")),
            ("name", ("two_sum", "find_pair", "pair_with_sum")),
        ),
        # One pair only: several would let the two forms find different ones.
        lambda draw: [
            f"[2, {draw.integer(20, 29)}, 7, {draw.integer(40, 49)}], 9",
            f"[{draw.integer(10, 19)}, 3, 3], 6",
            "[4, 8], 8",
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
    Card(
        "lists",
        "$name",
        "returns the $ordinal $size of the distinct elements of `$values`, or `None` if there are "
        "too few",
        (
            form(
                "`sorted`",
                "$d = sorted(set($values)$order)\nreturn $d[$index] if len($d) > $index else None",
                "`set` drops repetitions, and `sorted` puts the $size one first.",
                "The condition makes sure that there is an element at index $index.",
                time=("O(n log n)", "sorting dominates; n is the length of `$values`"),
                mutants=(
                    (
                        "sorted(set($values)$order)",
                        "sorted($values$order)",
                        "Without `set`, an element that occurs twice is counted twice.",
                    ),
                    (
                        "return $d[$index] if len($d) > $index else None",
                        "return $d[$index]",
                        "Nothing checks that there are enough elements, so short lists raise an "
                        "`IndexError`.",
                    ),
                    (
                        "$d[$index] if",
                        "$d[$index - 1] if",
                        "Indices start at 0, so the element wanted has index $index.",
                    ),
                ),
            ),
        ),
        (_LIST,),
        "int | None",
        (
            _VALUES,
            ("d", ("distinct", "ordered", "ranking")),
            ("ordinal index", (("second", "1"), ("third", "2"))),
            ("size order", (("largest", ", reverse=True"), ("smallest", ""))),
            ("name", ("$ordinal_$size", "find_$ordinal_$size")),
        ),
        lambda draw: [
            f"[4, 9, 9, {draw.integer(1, 8)}, {draw.integer(10, 20)}, 4]",
            str(draw.integers(6, 0, 9)),
            "[5, 5]",
        ],
    ),
    Card(
        "lists",
        "$name",
        "checks whether the elements of `$values` are in $order order$strictly",
        (
            form(
                "`all`",
                "return all(a $cmp b for a, b in zip($values, $values[1:]))",
                "`zip` gives every element with its right neighbour.",
                "`all` stops at the first pair in the wrong order; a list of one element or none "
                "has no pairs and is in order.",
                time=_LINEAR,
                mutants=(("a $cmp b", "a $wrong b", "$fault"),),
            ),
            form(
                "a loop",
                "for i in range(1, len($values)):\n"
                "    if not $values[i - 1] $cmp $values[i]:\n        return False\nreturn True",
                "The loop compares every element with the one before it.",
                "The first pair in the wrong order decides; if there is none, the list is in "
                "order.",
                time=_LINEAR,
                mutants=(
                    (
                        "range(1, len($values))",
                        "range(len($values))",
                        "At index 0 the element before is `$values[-1]`, the last one.",
                    ),
                    (
                        "$values[i - 1] $cmp $values[i]",
                        "$values[i - 1] $wrong $values[i]",
                        "$fault",
                    ),
                ),
            ),
        ),
        (_LIST,),
        "bool",
        (
            _VALUES,
            (
                "order strictly cmp wrong fault name",
                (
                    (
                        "ascending",
                        "",
                        "<=",
                        "<",
                        "`<` does not allow equal neighbours.",
                        "is_sorted",
                    ),
                    (
                        "ascending",
                        ", without repetitions",
                        "<",
                        "<=",
                        "`<=` lets repetitions through.",
                        "is_strictly_ascending",
                    ),
                    (
                        "descending",
                        "",
                        ">=",
                        ">",
                        "`>` does not allow equal neighbours.",
                        "is_descending",
                    ),
                    (
                        "descending",
                        ", without repetitions",
                        ">",
                        ">=",
                        "`>=` lets repetitions through.",
                        "is_strictly_descending",
                    ),
                ),
            ),
        ),
        lambda draw: [
            _sorted_numbers(draw, 5),
            str([2, 5, 5, draw.integer(6, 12)]),
            str([9, 4, 4, draw.integer(-3, 3)]),
            _numbers(draw, 4),
            "[]",
        ],
    ),
    Card(
        "lists",
        "$name",
        "returns the elements that `$a` and `$b` $relation, without repetitions and in the order "
        "of `$a`",
        (
            form(
                "a comprehension",
                "$wanted = set($b)\nreturn [$x for $x in dict.fromkeys($a) if $x $test $wanted]",
                "The set makes each test for membership quick.",
                "`dict.fromkeys` drops repetitions and keeps the order.",
                time=(
                    "O(n + m)",
                    "n and m are the lengths of the lists; looking an element up in "
                    "a set takes constant time on average",
                ),
                mutants=(
                    (
                        "if $x $test $wanted",
                        "if $x $opposite $wanted",
                        "The condition is the wrong way round.",
                    ),
                    (
                        "dict.fromkeys($a)",
                        "$a",
                        "An element that occurs twice in `$a` is listed twice.",
                    ),
                ),
            ),
            form(
                "a loop",
                "$result = []\nfor $x in $a:\n    if $x $test $b and $x not in $result:\n"
                "        $result.append($x)\nreturn $result",
                "An element is appended if it passes the test and is not in the result yet.",
                time=(
                    "O(n·(n + m))",
                    "n and m are the lengths of the lists; `in` searches a list from its start",
                ),
                mutants=(
                    (
                        " and $x not in $result",
                        "",
                        "Nothing keeps out an element that is in the result already.",
                    ),
                ),
            ),
        ),
        (("$a", "list[int]", "a list of integers"), ("$b", "list[int]", "another list")),
        "list[int]",
        (
            ("a b", (("first", "second"), ("left", "right"), ("ours", "theirs"))),
            ("x", ("item", "value", "element")),
            _RESULT,
            ("wanted", ("known", "members")),
            (
                "relation test opposite name",
                (
                    ("have in common", "in", "not in", "common_elements"),
                    (
                        "do not have in common, as far as they come from `$a`",
                        "not in",
                        "in",
                        "only_in_first",
                    ),
                ),
            ),
        ),
        lambda draw: [
            f"{draw.integers(6, 1, 6)}, {draw.integers(4, 1, 6)}",
            "[3, 3, 5, 8], [5, 3]",
            "[], [1]",
        ],
    ),
)
