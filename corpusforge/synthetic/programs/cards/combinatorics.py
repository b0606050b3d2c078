"""Cards about combinations: subsets, orders, ways to a total."""

from corpusforge.synthetic.program import Cost, Form, Mutant, Parameter
from corpusforge.synthetic.programs.card import Card, code, one_of, variants
from corpusforge.synthetic.programs.cards.parameters import RESULT_NAMES

SUBSETS = Card(
    topic="recursion",
    name="$name",
    does="returns all $what of `$values`$order",
    parameters=(Parameter(name="$values", annotation="list[int]", noun="a list of integers"),),
    returns="list[list[int]]",
    choices=(
        variants(
            {"values": "values", "x": "value"},
            {"values": "items", "x": "item"},
            {"values": "numbers", "x": "number"},
        ),
        variants(
            {"first": "first", "rest": "rest", "part": "part"},
            {"first": "head", "rest": "tail", "part": "sublist"},
        ),
        RESULT_NAMES,
        variants(
            {"what": "sublists", "order": " that keep its order", "name": "sublists"},
            {"what": "subsets", "order": ", as lists in its order", "name": "subsets"},
            {"what": "selections", "order": ", as lists in its order", "name": "selections"},
        ),
    ),
    arguments=lambda draw: [
        str(draw.sample(range(1, 9), 2)),
        str(draw.sample(range(1, 9), 3)),
        "[]",
    ],
    forms=(
        Form(
            kind="recursion",
            body=code("""
                if not $values:
                    return [[]]
                $first, *$rest = $values
                without = $name($rest)
                return without + [[$first, *$part] for $part in without]
            """),
            steps=(
                "The empty list has one sublist, the empty one: that is the base case.",
                "Every other list has the sublists of its rest, and each of them once more with "
                "the first element in front.",
            ),
            cost=Cost(time="O(n·2ⁿ)", reason="there are 2ⁿ results of up to n elements"),
            mutants=(
                Mutant(
                    right="return [[]]",
                    wrong="return []",
                    fault="The empty list has one sublist, itself; with none to start from, "
                    "nothing is ever found.",
                ),
                Mutant(
                    right="without + [[$first",
                    wrong="[[$first",
                    fault="The sublists that leave the first element out are missing.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $result = [[]]
                for $x in reversed($values):
                    $result += [[$x, *$part] for $part in $result]
                return $result
            """),
            steps=(
                "The result starts with the empty sublist.",
                "Each element doubles it: every sublist so far is kept, and a copy with the "
                "element in front is added.",
            ),
            cost=Cost(time="O(n·2ⁿ)", reason="there are 2ⁿ results of up to n elements"),
            mutants=(
                Mutant(
                    right="$result += ",
                    wrong="$result = ",
                    fault="The sublists without the element are thrown away.",
                ),
            ),
        ),
    ),
)

PERMUTATIONS = Card(
    topic="recursion",
    name="$name",
    does="returns all orders of the elements of `$values`",
    parameters=(Parameter(name="$values", annotation="list[int]", noun="a list of integers"),),
    returns="list[list[int]]",
    choices=(
        variants(
            {"values": "values", "x": "value"},
            {"values": "items", "x": "item"},
        ),
        RESULT_NAMES,
        one_of(rest=("rest", "others")),
        one_of(name=("permute", "all_orders", "orderings")),
    ),
    arguments=lambda draw: [
        str(draw.sample(range(1, 9), 2)),
        str(draw.sample(range(1, 9), 3)),
        "[]",
    ],
    forms=(
        Form(
            kind="recursion",
            body=code("""
                if not $values:
                    return [[]]
                $result = []
                for i, $x in enumerate($values):
                    $rest = $values[:i] + $values[i + 1 :]
                    for order in $name($rest):
                        $result.append([$x, *order])
                return $result
            """),
            steps=(
                "No elements have one order, the empty one: that is the base case.",
                "Otherwise each element comes first once, followed by every order of the others.",
            ),
            cost=Cost(time="O(n·n!)", reason="there are n! orders of n elements"),
            mutants=(
                Mutant(
                    right="return [[]]",
                    wrong="return []",
                    fault="No elements have one order, the empty one; without it nothing is ever "
                    "found.",
                ),
            ),
        ),
        Form(
            kind="`itertools.permutations`",
            body="return [list(order) for order in permutations($values)]",
            steps=("`permutations` yields the orders as tuples, which are turned into lists.",),
            cost=Cost(time="O(n·n!)", reason="there are n! orders of n elements"),
            imports=("from itertools import permutations",),
            mutants=(
                Mutant(
                    right="permutations($values)",
                    wrong="permutations($values, 2)",
                    fault="The second argument limits the orders to two elements.",
                ),
            ),
        ),
    ),
)

CLIMB_STAIRS = Card(
    topic="recursion",
    name="$name",
    does="counts the ways to climb `$n` stairs when each step takes $choices",
    parameters=(Parameter(name="$n", annotation="int", noun="a given number of"),),
    returns="int",
    choices=(
        one_of(n=("n", "stairs", "height")),
        one_of(ways=("ways", "counts")),
        variants(
            {"choices": "1 or 2 of them", "steps": "(1, 2)", "name": "count_climbs"},
            {"choices": "1, 2 or 3 of them", "steps": "(1, 2, 3)", "name": "climb_ways"},
            {"choices": "1 or 3 of them", "steps": "(1, 3)", "name": "stair_ways"},
            {"choices": "2 or 3 of them", "steps": "(2, 3)", "name": "ways_to_climb"},
        ),
    ),
    arguments=lambda draw: [str(draw.integer(3, 7)), str(draw.integer(8, 12)), "0"],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $ways = [1]
                for i in range(1, $n + 1):
                    $ways.append(sum($ways[i - step] for step in $steps if step <= i))
                return $ways[$n]
            """),
            steps=(
                "`$ways[i]` is the number of ways to climb `i` stairs; there is one way to climb "
                "none.",
                "The last step is one of those allowed, so the ways to what was below it are "
                "added up.",
            ),
            cost=Cost(
                time="O(n)",
                reason="each of the n numbers is a sum of a fixed number of earlier ones",
            ),
            mutants=(
                Mutant(
                    right=" if step <= i",
                    wrong="",
                    fault="A step longer than the stairs so far gives a negative index, which "
                    "counts from the end of the list.",
                ),
                Mutant(
                    right="$ways = [1]",
                    wrong="$ways = [0]",
                    fault="There is one way to climb no stairs; starting from 0, every sum stays "
                    "0.",
                ),
            ),
        ),
        Form(
            kind="memoised recursion",
            body=code("""
                @cache
                def ways(stairs):
                    if stairs == 0:
                        return 1
                    return sum(ways(stairs - step) for step in $steps if step <= stairs)

                return ways($n)
            """),
            steps=(
                "The inner function calls itself for what is left after each possible step.",
                "`cache` remembers its results, so each number of stairs is computed once.",
            ),
            cost=Cost(
                time="O(n)", reason="thanks to the cache, each number of stairs is computed once"
            ),
            imports=("from functools import cache",),
            mutants=(
                Mutant(
                    right="return 1",
                    wrong="return 0",
                    fault="There is one way to climb no stairs; starting from 0, every sum stays "
                    "0.",
                ),
            ),
        ),
    ),
)

FEWEST_COINS = Card(
    topic="recursion",
    name="$name",
    does="returns the smallest number of coins from `$coins` that add up to `$amount`, or `None` "
    "if it cannot be done",
    parameters=(
        Parameter(name="$coins", annotation="list[int]", noun="a list of coins"),
        Parameter(name="$amount", annotation="int", noun="an amount"),
    ),
    returns="int | None",
    choices=(
        one_of(coins=("coins", "denominations")),
        one_of(amount=("amount", "target")),
        one_of(best=("best", "fewest")),
        one_of(count=("count", "number")),
        one_of(name=("min_coins", "fewest_coins", "coin_change")),
    ),
    arguments=lambda draw: [
        f"[1, 2, 5], {draw.integer(8, 14)}",
        f"[1, 3, 4], {draw.integer(6, 10)}",
        "[4, 6], 7",
        "[3], 0",
    ],
    forms=(
        Form(
            kind="a table",
            body=code("""
                $best = [0] + [None] * $amount
                for total in range(1, $amount + 1):
                    for coin in $coins:
                        if coin <= total and $best[total - coin] is not None:
                            $count = $best[total - coin] + 1
                            if $best[total] is None or $count < $best[total]:
                                $best[total] = $count
                return $best[$amount]
            """),
            steps=(
                "`$best[total]` is the smallest number of coins for a total, and `None` where "
                "there is no way.",
                "Each total is reached by a last coin from a smaller total, which is already "
                "known.",
            ),
            cost=Cost(
                time="O(n·k)",
                reason="n is the amount and k the number of coins; each total tries every coin",
            ),
            mutants=(
                Mutant(
                    right="$best[total - coin] + 1",
                    wrong="$best[total - coin]",
                    fault="The last coin is not counted.",
                ),
            ),
        ),
    ),
)
