"""Cards about searching, merging and comparing lists."""

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


BINARY_SEARCH = Card(
    topic="lists",
    name="$name",
    does="returns the first index at which `$values`, whose elements are in ascending order, has "
    "one $relation `$target`, or the length if there is none",
    parameters=(LIST, Parameter(name="$target", annotation="int", noun="a number")),
    returns="int",
    choices=(
        LIST_NAMES,
        one_of(target=("target", "wanted", "limit")),
        variants(
            {"low": "low", "high": "high"},
            {"low": "left", "high": "right"},
            {"low": "start", "high": "end"},
        ),
        one_of(mid=("mid", "middle")),
        variants(
            {
                "relation": "at least",
                "below": "<",
                "notbelow": "<=",
                "bisect": "bisect.bisect_left",
                "otherbisect": "bisect.bisect_right",
                "place": "before",
                "name": "first_at_least",
            },
            {
                "relation": "greater than",
                "below": "<=",
                "notbelow": "<",
                "bisect": "bisect.bisect_right",
                "otherbisect": "bisect.bisect_left",
                "place": "after",
                "name": "first_greater",
            },
        ),
    ),
    arguments=_ascending,
    forms=(
        Form(
            kind="a binary search",
            body=code("""
                $low, $high = 0, len($values)
                while $low < $high:
                    $mid = ($low + $high) // 2
                    if $values[$mid] $below $target:
                        $low = $mid + 1
                    else:
                        $high = $mid
                return $low
            """),
            steps=(
                "The answer always lies between `$low` and `$high`, both included.",
                "Each step looks at the middle element and drops the half that cannot hold the "
                "answer.",
            ),
            cost=Cost(
                time="O(log n)", reason="each step halves the part of `$values` that is left"
            ),
            mutants=(
                Mutant(
                    right="$values[$mid] $below $target",
                    wrong="$values[$mid] $notbelow $target",
                    fault="The comparison treats elements equal to `$target` the wrong way.",
                ),
            ),
        ),
        Form(
            kind="the `bisect` module",
            body="return $bisect($values, $target)",
            steps=(
                "`$bisect` makes a binary search for the place where `$target` could be inserted "
                "$place any equal elements.",
            ),
            cost=Cost(time="O(log n)", reason="a binary search halves what is left at each step"),
            imports=("import bisect",),
            mutants=(
                Mutant(
                    right="$bisect(",
                    wrong="$otherbisect(",
                    fault="`$otherbisect` goes to the other side of elements that equal `$target`.",
                ),
            ),
        ),
    ),
)

MERGE_SORTED = Card(
    topic="lists",
    name="$name",
    does="merges `$a` and `$b`, both in ascending order, into one list in ascending order",
    parameters=(
        Parameter(name="$a", annotation="list[int]", noun="a list of integers"),
        Parameter(name="$b", annotation="list[int]", noun="another list"),
    ),
    returns="list[int]",
    choices=(
        variants(
            {"a": "left", "b": "right"},
            {"a": "first", "b": "second"},
            {"a": "xs", "b": "ys"},
        ),
        RESULT_NAMES,
        one_of(name=("merge_sorted", "merge", "merge_lists")),
    ),
    arguments=_two_ascending,
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $result = []
                i = j = 0
                while i < len($a) and j < len($b):
                    if $a[i] <= $b[j]:
                        $result.append($a[i])
                        i += 1
                    else:
                        $result.append($b[j])
                        j += 1
                return $result + $a[i:] + $b[j:]
            """),
            steps=(
                "Two indices mark the first element of each list that is not merged yet.",
                "The smaller of the two goes to the result, and its index moves on.",
                "When one list is used up, the rest of the other one follows as it is.",
            ),
            cost=Cost(
                time="O(n + m)",
                reason="n and m are the lengths of the lists, and each element is moved once",
            ),
            mutants=(
                Mutant(
                    right="return $result + $a[i:] + $b[j:]",
                    wrong="return $result",
                    fault="When one list is used up, the rest of the other one is forgotten.",
                ),
                Mutant(
                    right="$a[i] <= $b[j]",
                    wrong="$a[i] >= $b[j]",
                    fault="The comparison takes the larger of the two first, so the result is not "
                    "sorted.",
                ),
            ),
        ),
        Form(
            kind="`heapq.merge`",
            body="return list(heapq.merge($a, $b))",
            steps=(
                "`heapq.merge` goes through sorted inputs side by side and yields the smallest "
                "element that is left.",
            ),
            cost=Cost(
                time="O(n + m)",
                reason="n and m are the lengths of the lists, and each element is moved once",
            ),
            imports=("import heapq",),
            mutants=(
                Mutant(
                    right="list(heapq.merge($a, $b))",
                    wrong="$a + $b",
                    fault="The lists are put one after the other, which is not a sorted merge.",
                ),
            ),
        ),
    ),
)

TWO_SUM = Card(
    topic="lists",
    name="$name",
    does="returns the indices of two elements of `$values` whose sum is `$target`, or `None` if "
    "there are none",
    parameters=(LIST, Parameter(name="$target", annotation="int", noun="a target")),
    returns="tuple[int, int] | None",
    choices=(
        LIST_NAMES,
        one_of(target=("target", "total", "goal")),
        one_of(seen=("seen", "index_of")),
        one_of(name=("two_sum", "find_pair", "pair_with_sum")),
    ),
    # One pair only: with several, the two forms could find different ones.
    arguments=lambda draw: [
        f"[2, {draw.integer(20, 29)}, 7, {draw.integer(40, 49)}], 9",
        f"[{draw.integer(10, 19)}, 3, 3], 6",
        "[4, 8], 8",
    ],
    forms=(
        Form(
            kind="a dictionary",
            body=code("""
                $seen = {}
                for i, $x in enumerate($values):
                    if $target - $x in $seen:
                        return $seen[$target - $x], i
                    $seen[$x] = i
                return None
            """),
            steps=(
                "The dictionary remembers at which index each element was seen.",
                "For each element, the partner it needs is looked up before the element itself is "
                "remembered, so none is paired with itself.",
            ),
            cost=Cost(
                time="O(n)",
                reason="each element needs one look-up in a dictionary, which takes constant time "
                "on average",
            ),
            mutants=(
                Mutant(
                    right="return $seen[$target - $x], i",
                    wrong="return $seen[$target - $x], $x",
                    fault="It returns the second element itself instead of its index.",
                ),
                Mutant(
                    right="$target - $x in $seen",
                    wrong="$target + $x in $seen",
                    fault="The partner of an element is the difference to the target, not the sum.",
                ),
            ),
        ),
        Form(
            kind="two nested loops",
            body=code("""
                for i in range(len($values)):
                    for j in range(i + 1, len($values)):
                        if $values[i] + $values[j] == $target:
                            return i, j
                return None
            """),
            steps=(
                "The inner loop starts behind the outer one, so every pair is tried once and no "
                "element is paired with itself.",
            ),
            cost=Cost(
                time="O(n²)", reason="n is the length of `$values`, and there are n(n - 1)/2 pairs"
            ),
            mutants=(
                Mutant(
                    right="range(i + 1, len($values))",
                    wrong="range(i, len($values))",
                    fault="The inner loop starts at `i`, so an element may be added to itself.",
                ),
                Mutant(
                    right="return i, j",
                    wrong="return $values[i], $values[j]",
                    fault="It returns the elements instead of their indices.",
                ),
            ),
        ),
    ),
)

NTH_LARGEST = Card(
    topic="lists",
    name="$name",
    does="returns the $ordinal $size of the distinct elements of `$values`, or `None` if there "
    "are too few",
    parameters=(LIST,),
    returns="int | None",
    choices=(
        LIST_NAMES,
        one_of(d=("distinct", "ordered", "ranking")),
        variants(
            {"ordinal": "second", "index": "1"},
            {"ordinal": "third", "index": "2"},
        ),
        variants(
            {"size": "largest", "order": ", reverse=True"},
            {"size": "smallest", "order": ""},
        ),
        one_of(name=("$ordinal_$size", "find_$ordinal_$size")),
    ),
    arguments=lambda draw: [
        f"[4, 9, 9, {draw.integer(1, 8)}, {draw.integer(10, 20)}, 4]",
        str(draw.integers(6, 0, 9)),
        "[5, 5]",
    ],
    forms=(
        Form(
            kind="`sorted`",
            body=code("""
                $d = sorted(set($values)$order)
                return $d[$index] if len($d) > $index else None
            """),
            steps=(
                "`set` drops repetitions, and `sorted` puts the $size one first.",
                "The condition makes sure that there is an element at index $index.",
            ),
            cost=Cost(time="O(n log n)", reason="sorting dominates; n is the length of `$values`"),
            mutants=(
                Mutant(
                    right="sorted(set($values)$order)",
                    wrong="sorted($values$order)",
                    fault="Without `set`, an element that occurs twice is counted twice.",
                ),
                Mutant(
                    right="return $d[$index] if len($d) > $index else None",
                    wrong="return $d[$index]",
                    fault="Nothing checks that there are enough elements, so short lists raise an "
                    "`IndexError`.",
                ),
                Mutant(
                    right="$d[$index] if",
                    wrong="$d[$index - 1] if",
                    fault="Indices start at 0, so the element wanted has index $index.",
                ),
            ),
        ),
    ),
)

IS_SORTED = Card(
    topic="lists",
    name="$name",
    does="checks whether the elements of `$values` are in $order order$strictly",
    parameters=(LIST,),
    returns="bool",
    choices=(
        LIST_NAMES,
        variants(
            {
                "order": "ascending",
                "strictly": "",
                "cmp": "<=",
                "wrong": "<",
                "fault": "`<` does not allow equal neighbours.",
                "name": "is_sorted",
            },
            {
                "order": "ascending",
                "strictly": ", without repetitions",
                "cmp": "<",
                "wrong": "<=",
                "fault": "`<=` lets repetitions through.",
                "name": "is_strictly_ascending",
            },
            {
                "order": "descending",
                "strictly": "",
                "cmp": ">=",
                "wrong": ">",
                "fault": "`>` does not allow equal neighbours.",
                "name": "is_descending",
            },
            {
                "order": "descending",
                "strictly": ", without repetitions",
                "cmp": ">",
                "wrong": ">=",
                "fault": "`>=` lets repetitions through.",
                "name": "is_strictly_descending",
            },
        ),
    ),
    arguments=lambda draw: [
        _sorted_numbers(draw, 5),
        str([2, 5, 5, draw.integer(6, 12)]),
        str([9, 4, 4, draw.integer(-3, 3)]),
        integer_list(draw, 4),
        "[]",
    ],
    forms=(
        Form(
            kind="`all`",
            body="return all(a $cmp b for a, b in zip($values, $values[1:]))",
            steps=(
                "`zip` gives every element with its right neighbour.",
                "`all` stops at the first pair in the wrong order; a list of one element or none "
                "has no pairs and is in order.",
            ),
            cost=LINEAR_IN_LIST,
            mutants=(Mutant(right="a $cmp b", wrong="a $wrong b", fault="$fault"),),
        ),
        Form(
            kind="a loop",
            body=code("""
                for i in range(1, len($values)):
                    if not $values[i - 1] $cmp $values[i]:
                        return False
                return True
            """),
            steps=(
                "The loop compares every element with the one before it.",
                "The first pair in the wrong order decides; if there is none, the list is in "
                "order.",
            ),
            cost=LINEAR_IN_LIST,
            mutants=(
                Mutant(
                    right="range(1, len($values))",
                    wrong="range(len($values))",
                    fault="At index 0 the element before is `$values[-1]`, the last one.",
                ),
                Mutant(
                    right="$values[i - 1] $cmp $values[i]",
                    wrong="$values[i - 1] $wrong $values[i]",
                    fault="$fault",
                ),
            ),
        ),
    ),
)

COMMON_ELEMENTS = Card(
    topic="lists",
    name="$name",
    does="returns the elements that `$a` and `$b` $relation, without repetitions and in the order "
    "of `$a`",
    parameters=(
        Parameter(name="$a", annotation="list[int]", noun="a list of integers"),
        Parameter(name="$b", annotation="list[int]", noun="another list"),
    ),
    returns="list[int]",
    choices=(
        variants(
            {"a": "first", "b": "second"},
            {"a": "left", "b": "right"},
            {"a": "ours", "b": "theirs"},
        ),
        one_of(x=("item", "value", "element")),
        RESULT_NAMES,
        one_of(wanted=("known", "members")),
        variants(
            {
                "relation": "have in common",
                "test": "in",
                "opposite": "not in",
                "name": "common_elements",
            },
            {
                "relation": "do not have in common, as far as they come from `$a`",
                "test": "not in",
                "opposite": "in",
                "name": "only_in_first",
            },
        ),
    ),
    arguments=lambda draw: [
        f"{draw.integers(6, 1, 6)}, {draw.integers(4, 1, 6)}",
        "[3, 3, 5, 8], [5, 3]",
        "[], [1]",
    ],
    forms=(
        Form(
            kind="a comprehension",
            body=code("""
                $wanted = set($b)
                return [$x for $x in dict.fromkeys($a) if $x $test $wanted]
            """),
            steps=(
                "The set makes each test for membership quick.",
                "`dict.fromkeys` drops repetitions and keeps the order.",
            ),
            cost=Cost(
                time="O(n + m)",
                reason="n and m are the lengths of the lists; looking an element up in a set "
                "takes constant time on average",
            ),
            mutants=(
                Mutant(
                    right="if $x $test $wanted",
                    wrong="if $x $opposite $wanted",
                    fault="The condition is the wrong way round.",
                ),
                Mutant(
                    right="dict.fromkeys($a)",
                    wrong="$a",
                    fault="An element that occurs twice in `$a` is listed twice.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $result = []
                for $x in $a:
                    if $x $test $b and $x not in $result:
                        $result.append($x)
                return $result
            """),
            steps=("An element is appended if it passes the test and is not in the result yet.",),
            cost=Cost(
                time="O(n·(n + m))",
                reason="n and m are the lengths of the lists; `in` searches a list from its start",
            ),
            mutants=(
                Mutant(
                    right=" and $x not in $result",
                    wrong="",
                    fault="Nothing keeps out an element that is in the result already.",
                ),
            ),
        ),
    ),
)
