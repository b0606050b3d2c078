"""Programs that search lists, compare them, or bring them in order."""

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


def _sorted_numbers(draw: Draw, count: int) -> str:
    return str(sorted(draw.integers(count, 0, 25)))


def _ascending(draw: Draw) -> list[str]:
    values = sorted(draw.integers(7, 0, 25))
    return [f"{values}, {draw.pick(values)}", f"{values}, {draw.integer(0, 30)}", "[], 3"]


def _two_ascending(draw: Draw) -> list[str]:
    return [
        f"{_sorted_numbers(draw, 4)}, {_sorted_numbers(draw, 3)}",
        f"{_sorted_numbers(draw, 2)}, {_sorted_numbers(draw, 4)}",
        f"[], {_sorted_numbers(draw, 3)}",
    ]


CARDS = (
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
