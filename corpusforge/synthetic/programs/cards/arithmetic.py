"""Cards about arithmetic: products, powers, recurrences, bounds."""

from corpusforge.synthetic.program import Cost, Form, Mutant, Parameter
from corpusforge.synthetic.programs.card import Card, code, one_of, variants
from corpusforge.synthetic.programs.cards.parameters import INTEGER_NAMES, some_integers

FACTORIAL = Card(
    topic="numbers",
    name="$factorial",
    does="returns the factorial of `$n`",
    parameters=(Parameter(name="$n", annotation="int", noun="a non-negative integer"),),
    returns="int",
    choices=(
        INTEGER_NAMES,
        one_of(factorial=("factorial", "fact")),
        one_of(i=("i", "factor", "k")),
        one_of(result=("result", "product")),
    ),
    arguments=lambda draw: some_integers(draw, 3, 9, 0),
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $result = 1
                for $i in range(2, $n + 1):
                    $result *= $i
                return $result
            """),
            steps=(
                "The product starts at 1 and is multiplied by every number from 2 to `$n`.",
                "For 0 and 1 the loop does not run at all, and the result is 1.",
            ),
            cost=Cost(time="O(n)", reason="the loop makes n - 1 multiplications"),
            mutants=(
                Mutant(
                    right="range(2, $n + 1)",
                    wrong="range(2, $n)",
                    fault="The upper end of `range` is exclusive, so the factor `$n` is missing.",
                ),
                Mutant(
                    right="$result = 1",
                    wrong="$result = 0",
                    fault="The product starts at 0, and 0 times anything stays 0.",
                ),
            ),
        ),
        Form(
            kind="recursion",
            body=code("""
                if $n < 2:
                    return 1
                return $n * $factorial($n - 1)
            """),
            steps=(
                "The base case: the factorial of 0 and of 1 is 1.",
                "Any other number is multiplied by the factorial of the number before it.",
            ),
            cost=Cost(time="O(n)", reason="there is one call for each number from `$n` down to 1"),
            mutants=(
                Mutant(
                    right="$n * $factorial($n - 1)",
                    wrong="$n + $factorial($n - 1)",
                    fault="`+` adds the numbers up; a factorial multiplies them.",
                ),
                Mutant(
                    right="return 1",
                    wrong="return 0",
                    fault="The base case returns 0, and every product that contains it is 0.",
                ),
            ),
        ),
    ),
)

LINEAR_RECURRENCE = Card(
    topic="numbers",
    name="$name",
    does="returns the element with index `$n` of the sequence that starts with $a, $b and goes on "
    "with $rule",
    parameters=(Parameter(name="$n", annotation="int", noun="a non-negative index"),),
    returns="int",
    choices=(
        one_of(n=("n", "index", "position")),
        variants(
            {
                "x": "a",
                "y": "b",
                "nextx": "a + b",
                "recursive": "$name($n - 1) + $name($n - 2)",
                "rule": "the sum of the two elements before",
                "name": "sequence",
            },
            {
                "x": "first",
                "y": "second",
                "nextx": "first + second",
                "recursive": "$name($n - 1) + $name($n - 2)",
                "rule": "the sum of the two elements before",
                "name": "series_element",
            },
            {
                "x": "current",
                "y": "following",
                "nextx": "following + 2 * current",
                "recursive": "$name($n - 1) + 2 * $name($n - 2)",
                "rule": "the element before plus twice the one before that",
                "name": "nth_element",
            },
            {
                "x": "a",
                "y": "b",
                "nextx": "2 * b + a",
                "recursive": "2 * $name($n - 1) + $name($n - 2)",
                "rule": "twice the element before plus the one before that",
                "name": "element",
            },
            {
                "x": "previous",
                "y": "current",
                "nextx": "current - previous",
                "recursive": "$name($n - 1) - $name($n - 2)",
                "rule": "the difference of the two elements before (the later minus the earlier)",
                "name": "difference_element",
            },
        ),
        variants(
            {"a": "0", "b": "1", "n0b": "0"},
            {"a": "2", "b": "1", "n0b": "2"},
            {"a": "1", "b": "1", "n0b": "0"},
            {"a": "1", "b": "2", "n0b": "1"},
            {"a": "3", "b": "4", "n0b": "3"},
            {"a": "1", "b": "3", "n0b": "1"},
            {"a": "2", "b": "5", "n0b": "2"},
        ),
    ),
    arguments=lambda draw: [str(draw.integer(2, 6)), str(draw.integer(7, 11)), "0", "1"],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $x, $y = $a, $b
                for _ in range($n):
                    $x, $y = $y, $nextx
                return $x
            """),
            steps=(
                "Two variables hold neighbouring elements of the sequence, first $a and $b.",
                "Each round moves both one place on; after `$n` rounds, `$x` holds the answer.",
            ),
            cost=Cost(
                time="O(n)", reason="the loop runs n times and does the same small work each time"
            ),
            mutants=(
                Mutant(
                    right="range($n)",
                    wrong="range($n - 1)",
                    fault="The loop runs once too little, so the element before the right one is "
                    "returned.",
                ),
                Mutant(
                    right="return $x",
                    wrong="return $y",
                    fault="`$y` is already one element further; the answer is in `$x`.",
                ),
            ),
        ),
        Form(
            kind="recursion",
            body=code("""
                if $n == 0:
                    return $a
                if $n == 1:
                    return $b
                return $recursive
            """),
            steps=(
                "The two base cases give the first elements, $a and $b.",
                "Any other element follows from the two before it, which the function computes by "
                "calling itself.",
            ),
            cost=Cost(
                time="O(2ⁿ)",
                reason="each call makes two more, and the same elements are computed again and "
                "again; that bound is generous, but the growth is exponential",
            ),
            mutants=(
                Mutant(
                    right="if $n == 1:\n    return $b",
                    wrong="if $n == 1:\n    return $n0b",
                    fault="The second base case returns the wrong number: the element with index "
                    "1 is $b.",
                ),
            ),
        ),
    ),
)

COLLATZ_STEPS = Card(
    topic="numbers",
    name="$name",
    does="counts the steps that the Collatz sequence takes from `$n` to 1",
    parameters=(Parameter(name="$n", annotation="int", noun="a positive integer"),),
    returns="int",
    choices=(
        INTEGER_NAMES,
        one_of(steps=("steps", "count", "length")),
        one_of(name=("collatz_steps", "collatz_length", "steps_to_one")),
    ),
    arguments=lambda draw: some_integers(draw, 3, 30, 1),
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $steps = 0
                while $n != 1:
                    $n = $n // 2 if $n % 2 == 0 else 3 * $n + 1
                    $steps += 1
                return $steps
            """),
            steps=(
                "An even number is halved; an odd one is tripled and increased by 1.",
                "The counter goes up with every step until the number is 1.",
            ),
            mutants=(
                Mutant(
                    right="$steps = 0",
                    wrong="$steps = 1",
                    fault="The counter starts at 1, so it counts the elements rather than the "
                    "steps between them.",
                ),
            ),
        ),
        Form(
            kind="recursion",
            body=code("""
                if $n == 1:
                    return 0
                if $n % 2 == 0:
                    return 1 + $name($n // 2)
                return 1 + $name(3 * $n + 1)
            """),
            steps=(
                "From 1 there are no steps to take: that is the base case.",
                "Otherwise there is one step, to half the number or to three times it plus 1, and "
                "the steps from there.",
            ),
            mutants=(
                Mutant(
                    right="return 0\n",
                    wrong="return 1\n",
                    fault="From 1 it takes no step at all, so the base case must return 0.",
                ),
            ),
        ),
    ),
)

POWER = Card(
    topic="numbers",
    name="$name",
    does="returns `$b` raised to the non-negative power `$e` without using `**`",
    parameters=(
        Parameter(name="$b", annotation="int", noun="a given integer"),
        Parameter(name="$e", annotation="int", noun="a non-negative exponent"),
    ),
    returns="int",
    choices=(
        variants(
            {"b": "base", "e": "exponent"},
            {"b": "x", "e": "n"},
            {"b": "number", "e": "power"},
        ),
        one_of(result=("result", "product")),
        one_of(name=("power_of", "raise_to", "int_pow")),
    ),
    arguments=lambda draw: [
        f"{draw.integer(2, 5)}, {draw.integer(3, 6)}",
        f"{draw.integer(-4, -2)}, {draw.integer(2, 5)}",
        f"{draw.integer(2, 9)}, 0",
    ],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $result = 1
                for _ in range($e):
                    $result *= $b
                return $result
            """),
            steps=("The result starts at 1 and is multiplied by `$b` exactly `$e` times.",),
            cost=Cost(
                time="O(e)",
                reason="e is the exponent: there is one multiplication for each of its units",
            ),
            mutants=(
                Mutant(
                    right="$result = 1",
                    wrong="$result = $b",
                    fault="The result starts with one factor too many, so the power is one too "
                    "high.",
                ),
            ),
        ),
        Form(
            kind="repeated squaring",
            body=code("""
                $result = 1
                while $e > 0:
                    if $e % 2 == 1:
                        $result *= $b
                    $b *= $b
                    $e //= 2
                return $result
            """),
            steps=(
                "The exponent is read bit by bit, from the lowest one.",
                "The base is squared at each step, and multiplied into the result where the bit "
                "is 1.",
            ),
            cost=Cost(time="O(log e)", reason="e is the exponent, which is halved at each step"),
            mutants=(
                Mutant(
                    right="if $e % 2 == 1:",
                    wrong="if $e % 2 == 0:",
                    fault="The test is the wrong way round: a factor belongs to the bits that are "
                    "1.",
                ),
            ),
        ),
        Form(
            kind="recursion",
            body=code("""
                if $e == 0:
                    return 1
                return $b * $name($b, $e - 1)
            """),
            steps=(
                "Anything to the power 0 is 1: that is the base case.",
                "Otherwise the power is the base times the next lower power.",
            ),
            cost=Cost(
                time="O(e)", reason="e is the exponent: there is one call for each of its units"
            ),
            mutants=(
                Mutant(
                    right="return 1\n",
                    wrong="return 0\n",
                    fault="The base case returns 0, which makes every product 0.",
                ),
            ),
        ),
    ),
)

CLAMP = Card(
    topic="numbers",
    name="$name",
    does="limits `$n` to the range from `low` to `high`",
    parameters=(
        Parameter(name="$n", annotation="int", noun="a given integer"),
        Parameter(name="low", annotation="int", noun="a lower bound"),
        Parameter(name="high", annotation="int", noun="an upper bound"),
    ),
    returns="int",
    choices=(INTEGER_NAMES, one_of(name=("clamp", "clip", "limit_to_range", "bound"))),
    arguments=lambda draw: [
        f"{draw.integer(20, 40)}, 0, {draw.integer(8, 15)}",
        f"-{draw.integer(1, 9)}, 0, 10",
        f"{draw.integer(3, 7)}, 1, 9",
    ],
    forms=(
        Form(
            kind="`min` and `max`",
            body="return max(low, min($n, high))",
            steps=("`min` cuts off what is above `high`, then `max` raises what is below `low`.",),
            cost=Cost(time="O(1)", reason="there are two comparisons, whatever the numbers are"),
            mutants=(
                Mutant(
                    right="max(low, min($n, high))",
                    wrong="min(low, max($n, high))",
                    fault="`min` and `max` are swapped, so the result is `low` for every input.",
                ),
            ),
        ),
        Form(
            kind="`if` statements",
            body=code("""
                if $n < low:
                    return low
                if $n > high:
                    return high
                return $n
            """),
            steps=(
                "Too small a number becomes `low`, too large a one becomes `high`, and any other "
                "is returned as it is.",
            ),
            cost=Cost(
                time="O(1)", reason="there are at most two comparisons, whatever the numbers are"
            ),
            mutants=(
                Mutant(
                    right="return high",
                    wrong="return low",
                    fault="A number above the range must become `high`, not `low`.",
                ),
            ),
        ),
    ),
)
