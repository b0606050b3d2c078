"""Cards about the digits of an integer."""

from corpusforge.synthetic.program import Cost, Form, Mutant, Parameter
from corpusforge.synthetic.programs.card import Card, code, one_of, variants
from corpusforge.synthetic.programs.cards.parameters import INTEGER_NAMES, some_integers

TO_BASE = Card(
    topic="numbers",
    name="$name",
    does="returns the digits of `$n`, which is not negative, in base $base as a string",
    parameters=(Parameter(name="$n", annotation="int", noun="a given integer"),),
    returns="str",
    choices=(
        INTEGER_NAMES,
        variants(
            {"base": "2", "name": "to_binary"},
            {"base": "3", "name": "to_ternary"},
            {"base": "8", "name": "to_octal"},
            {"base": "5", "name": "to_base_5"},
            {"base": "7", "name": "to_base_7"},
            {"base": "4", "name": "to_base_4"},
        ),
        one_of(digits=("digits", "parts")),
    ),
    arguments=lambda draw: some_integers(draw, 5, 200, 0),
    forms=(
        Form(
            kind="a loop",
            body=code("""
                if $n == 0:
                    return "0"
                $digits = []
                while $n > 0:
                    $n, remainder = divmod($n, $base)
                    $digits.append(str(remainder))
                return "".join(reversed($digits))
            """),
            steps=(
                "`divmod` gives quotient and remainder at once; the remainder is the next digit "
                "from the right.",
                "The digits come out last one first, so they are reversed at the end.",
                "Zero needs a case of its own, because the loop would give it no digits.",
            ),
            cost=Cost(time="O(log n)", reason="the loop runs once for each digit"),
            mutants=(
                Mutant(
                    right='"".join(reversed($digits))',
                    wrong='"".join($digits)',
                    fault="The digits come out in reverse order and are not turned round.",
                ),
                Mutant(
                    right='if $n == 0:\n    return "0"\n',
                    wrong="",
                    fault="Zero gives no digits at all, so the result for 0 is an empty string.",
                ),
            ),
        ),
        Form(
            kind="recursion",
            body=code("""
                if $n < $base:
                    return str($n)
                return $name($n // $base) + str($n % $base)
            """),
            steps=(
                "A number below $base is its own single digit: that is the base case.",
                "Otherwise the digits of the quotient come first and the remainder is the last "
                "digit.",
            ),
            cost=Cost(time="O(log n)", reason="there is one call for each digit"),
            mutants=(
                Mutant(
                    right="$name($n // $base) + str($n % $base)",
                    wrong="str($n % $base) + $name($n // $base)",
                    fault="The last digit is put in front, so the digits come out in reverse "
                    "order.",
                ),
            ),
        ),
    ),
)

DIGITAL_ROOT = Card(
    topic="numbers",
    name="$name",
    does="returns the digital root of `$n`: its digits are summed again and again until one digit "
    "is left",
    parameters=(Parameter(name="$n", annotation="int", noun="a non-negative integer"),),
    returns="int",
    choices=(INTEGER_NAMES, one_of(name=("digital_root", "reduce_digits", "repeated_digit_sum"))),
    arguments=lambda draw: [str(draw.integer(500, 9999)), str(draw.integer(87, 99)), "0"],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                while $n > 9:
                    $n = sum(int(digit) for digit in str($n))
                return $n
            """),
            steps=(
                "As long as the number has more than one digit, it is replaced by the sum of its "
                "digits.",
            ),
            mutants=(
                Mutant(
                    right="while $n > 9:",
                    wrong="if $n > 9:",
                    fault="`if` sums the digits only once, and the sum may still have two digits.",
                ),
            ),
        ),
        Form(
            kind="recursion",
            body=code("""
                if $n < 10:
                    return $n
                return $name(sum(int(digit) for digit in str($n)))
            """),
            steps=(
                "A single digit is its own digital root: that is the base case.",
                "Otherwise the function goes on with the sum of the digits.",
            ),
            mutants=(
                Mutant(
                    right="$name(sum(int(digit) for digit in str($n)))",
                    wrong="sum(int(digit) for digit in str($n))",
                    fault="The sum of the digits is returned even if it has two digits itself.",
                ),
            ),
        ),
    ),
)

EQUALS_SUM_OF_PARTS = Card(
    topic="numbers",
    name="$name",
    does="checks whether `$n` $what",
    parameters=(Parameter(name="$n", annotation="int", noun="a given integer"),),
    returns="bool",
    choices=(
        INTEGER_NAMES,
        variants(
            {
                "what": "is a perfect number, that is, the sum of its divisors other than itself",
                "parts": "its divisors other than itself",
                "expression": "sum(d for d in range(1, $n) if $n % d == 0)",
                "loop": "for d in range(1, $n):\n    if $n % d == 0:\n        total += d",
                "name": "is_perfect",
                "good": "28",
            },
            {
                "what": "is positive and equals the sum of the cubes of its digits",
                "parts": "the cubes of its digits",
                "expression": "sum(int(digit) ** 3 for digit in str(abs($n)))",
                "loop": "for digit in str($n):\n    total += int(digit) ** 3",
                "name": "equals_digit_cubes",
                "good": "153",
            },
            {
                "what": "is positive and equals the sum of its half, third and sixth, all rounded "
                "down",
                "parts": "the quotients of `$n` by 2, 3 and 6, rounded down",
                "expression": "sum($n // d for d in (2, 3, 6))",
                "loop": "for d in (2, 3, 6):\n    total += $n // d",
                "name": "is_sum_of_parts",
                "good": "36",
            },
        ),
    ),
    arguments=lambda draw: ["$good", str(draw.integer(10, 60)), "0"],
    forms=(
        Form(
            kind="a generator expression",
            body="return $n > 0 and $n == $expression",
            steps=(
                "The generator expression goes through $parts, and `sum` adds them up.",
                "The comparison `$n > 0` keeps out 0 and negative numbers.",
            ),
            mutants=(
                Mutant(
                    right="$n > 0 and $n == ",
                    wrong="$n > 0 and $n != ",
                    fault="`!=` gives `True` exactly when the sum is not the number.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                if $n <= 0:
                    return False
                total = 0
                $loop
                return total == $n
            """),
            steps=(
                "Numbers that are not positive are ruled out first.",
                "The loop adds up $parts, and the total is compared with `$n`.",
            ),
            mutants=(
                Mutant(
                    right="total = 0",
                    wrong="total = 1",
                    fault="The total starts at 1 instead of 0.",
                ),
            ),
        ),
    ),
)
