"""Cards about lists nested to any depth."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Cost, Form, Mutant, Parameter
from corpusforge.synthetic.programs.card import Card, code, one_of, variants
from corpusforge.synthetic.programs.cards.parameters import (
    RESULT_NAMES,
)

_NESTED = Parameter(name="$tree", annotation="list", noun="a nested list of integers")
_TREE = variants(
    {"tree": "nested", "x": "item"},
    {"tree": "tree", "x": "child"},
    {"tree": "data", "x": "element"},
    {"tree": "items", "x": "item"},
)
_ALL = Cost(
    time="O(n)", reason="n is the number of elements at all levels, and each is visited once"
)


def _nested(draw: Draw) -> list[str]:
    a, b, c, d, e = draw.integers(5, -4, 12)
    return [f"[{a}, [{b}, [{c}]], {d}]", f"[[[{e}]], {a}]", "[]"]


AGGREGATE_NESTED = Card(
    topic="recursion",
    name="$name",
    does="$does `$tree` at all levels",
    parameters=(_NESTED,),
    returns="int",
    choices=(
        _TREE,
        one_of(total=("total", "result")),
        variants(
            {
                "does": "adds up the integers in",
                "one": "$x",
                "adds": "its own value",
                "name": "nested_sum",
            },
            {"does": "counts the integers in", "one": "1", "adds": "1", "name": "count_leaves"},
            {
                "does": "adds up the absolute values of the integers in",
                "one": "abs($x)",
                "adds": "its absolute value",
                "name": "absolute_sum",
            },
            {
                "does": "adds up the squares of the integers in",
                "one": "$x * $x",
                "adds": "its square",
                "name": "sum_of_squares",
            },
            {
                "does": "counts the even integers in",
                "one": "$x % 2 == 0",
                "adds": "`True`, which counts as 1, if it is even, and `False`, which counts as "
                "0, if not",
                "name": "count_even",
            },
        ),
    ),
    arguments=_nested,
    forms=(
        Form(
            kind="recursion",
            body=code("""
                $total = 0
                for $x in $tree:
                    if isinstance($x, list):
                        $total += $name($x)
                    else:
                        $total += $one
                return $total
            """),
            steps=(
                "An element that is a list itself is handed to the same function.",
                "Any other element adds $adds.",
            ),
            cost=_ALL,
            mutants=(
                Mutant(
                    right="$total += $name($x)",
                    wrong="$total += len($x)",
                    fault="The length of an inner list is added instead of the result for it.",
                ),
                Mutant(
                    right="$total += $name($x)",
                    wrong="$name($x)",
                    fault="The result for the inner list is computed and thrown away.",
                ),
            ),
        ),
        Form(
            kind="a stack",
            body=code("""
                $total = 0
                stack = list($tree)
                while stack:
                    $x = stack.pop()
                    if isinstance($x, list):
                        stack.extend($x)
                    else:
                        $total += $one
                return $total
            """),
            steps=(
                "The stack holds what still has to be looked at.",
                "The elements of an inner list are put on the stack, and any other element adds "
                "$adds.",
            ),
            cost=_ALL,
            mutants=(
                Mutant(
                    right="        stack.extend($x)\n",
                    wrong="        $total += len($x)\n",
                    fault="An inner list is not opened; only its length is counted.",
                ),
            ),
        ),
    ),
)

FLATTEN = Card(
    topic="recursion",
    name="$name",
    does="flattens `$tree` into a single list of its integers, in order",
    parameters=(_NESTED,),
    returns="list[int]",
    choices=(_TREE, RESULT_NAMES, one_of(name=("flatten", "flattened", "unnest"))),
    arguments=_nested,
    forms=(
        Form(
            kind="recursion",
            body=code("""
                $result = []
                for $x in $tree:
                    if isinstance($x, list):
                        $result.extend($name($x))
                    else:
                        $result.append($x)
                return $result
            """),
            steps=(
                "An inner list is flattened by the function itself, and its elements are added.",
                "Any other element is appended as it is.",
            ),
            cost=_ALL,
            mutants=(
                Mutant(
                    right="$result.extend($name($x))",
                    wrong="$result.append($name($x))",
                    fault="`append` adds the flattened list as one element; `extend` adds its "
                    "elements.",
                ),
                Mutant(
                    right="$result.extend($name($x))",
                    wrong="$result.extend($x)",
                    fault="An inner list is opened by one level only.",
                ),
            ),
        ),
        Form(
            kind="a generator",
            body=code("""
                def walk(part):
                    for $x in part:
                        if isinstance($x, list):
                            yield from walk($x)
                        else:
                            yield $x

                return list(walk($tree))
            """),
            steps=(
                "The inner generator yields the elements of a list, and `yield from` those of a "
                "list inside it.",
                "`list` collects what it yields.",
            ),
            cost=_ALL,
            mutants=(
                Mutant(
                    right="yield from walk($x)",
                    wrong="yield from $x",
                    fault="An inner list is opened by one level only.",
                ),
            ),
        ),
    ),
)

NESTING_DEPTH = Card(
    topic="recursion",
    name="$name",
    does="returns the depth of `$tree`: 1 for a list without lists in it, and 1 more for each "
    "level",
    parameters=(_NESTED,),
    returns="int",
    choices=(_TREE, one_of(name=("depth", "nesting_depth", "count_levels"))),
    arguments=lambda draw: [*_nested(draw)[:2], "[[], [[]]]", "[1, 2]"],
    forms=(
        Form(
            kind="recursion",
            body=code("""
                inner = [$name($x) for $x in $tree if isinstance($x, list)]
                return 1 + max(inner, default=0)
            """),
            steps=(
                "The comprehension computes the depths of the lists inside.",
                "The list itself adds one level to the deepest of them; `default` stands in when "
                "there are none.",
            ),
            cost=_ALL,
            mutants=(
                Mutant(
                    right="1 + max(inner, default=0)",
                    wrong="max(inner, default=0)",
                    fault="The level of the list itself is not counted.",
                ),
                Mutant(
                    right="1 + max(inner, default=0)",
                    wrong="1 + sum(inner)",
                    fault="The depths of neighbours are added up, but only the deepest counts.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                depth = 0
                level = [$tree]
                while level:
                    depth += 1
                    level = [$x for part in level for $x in part if isinstance($x, list)]
                return depth
            """),
            steps=(
                "`level` holds all lists of one level, at first only the outermost.",
                "Each round replaces them by the lists inside them, until there are none.",
            ),
            cost=_ALL,
            mutants=(
                Mutant(
                    right="depth = 0", wrong="depth = 1", fault="The count starts one too high."
                ),
            ),
        ),
    ),
)
