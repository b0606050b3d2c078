"""Programs about single numbers: divisors, digits, sequences, bases."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.programs.card import Card, form

_N = ("n", ("n", "number", "value"))
_INT = "a given integer"


def _some(draw: Draw, low: int, high: int, *edges: int) -> list[str]:
    return [*map(str, draw.integers(2, low, high)), *map(str, edges)]


def _pairs(draw: Draw) -> list[str]:
    k = draw.integer(2, 9)
    return [
        f"{k * draw.integer(2, 9)}, {k * draw.integer(2, 9)}",
        f"{draw.integer(10, 60)}, {draw.integer(2, 9)}",
        f"{draw.integer(3, 30)}, 0",
    ]


CARDS = (
    Card(
        "numbers",
        "$gcd",
        "returns the greatest common divisor of `a` and `b`",
        (
            form(
                "a loop",
                "while b:\n    a, b = b, a % b\nreturn a",
                "Euclid's algorithm: the greatest common divisor of `a` and `b` is that of `b` "
                "and the remainder `a % b`.",
                "When `b` has become 0, `a` is the answer.",
                time=(
                    "O(log n)",
                    "n is the smaller of the two numbers; the remainder at least "
                    "halves every two steps",
                ),
                mutants=(
                    (
                        "a, b = b, a % b",
                        "a, b = b, a // b",
                        "`//` gives the quotient, but Euclid's algorithm goes on with the "
                        "remainder, `a % b`.",
                    ),
                ),
            ),
            form(
                "recursion",
                "if b == 0:\n    return a\nreturn $gcd(b, a % b)",
                "The base case is `b == 0`: every number divides 0, so the answer is `a`.",
                "Otherwise the function calls itself with `b` and the remainder `a % b`, which "
                "have the same common divisors.",
                time=(
                    "O(log n)",
                    "n is the smaller of the two numbers; the remainder at least "
                    "halves every two calls",
                ),
                mutants=(
                    ("return a\n", "return b\n", "In the base case `b` is 0; the answer is `a`."),
                ),
            ),
        ),
        (("a", "int", "a non-negative integer"), ("b", "int", "another non-negative integer")),
        "int",
        (("gcd", ("gcd", "greatest_common_divisor", "common_divisor")),),
        _pairs,
    ),
    Card(
        "numbers",
        "$factorial",
        "returns the factorial of `$n`",
        (
            form(
                "a loop",
                "$result = 1\nfor $i in range(2, $n + 1):\n    $result *= $i\nreturn $result",
                "The product starts at 1 and is multiplied by every number from 2 to `$n`.",
                "For 0 and 1 the loop does not run at all, and the result is 1.",
                time=("O(n)", "the loop makes n - 1 multiplications"),
                mutants=(
                    (
                        "range(2, $n + 1)",
                        "range(2, $n)",
                        "The upper end of `range` is exclusive, so the factor `$n` is missing.",
                    ),
                    (
                        "$result = 1",
                        "$result = 0",
                        "The product starts at 0, and 0 times anything stays 0.",
                    ),
                ),
            ),
            form(
                "recursion",
                "if $n < 2:\n    return 1\nreturn $n * $factorial($n - 1)",
                "The base case: the factorial of 0 and of 1 is 1.",
                "Any other number is multiplied by the factorial of the number before it.",
                time=("O(n)", "there is one call for each number from `$n` down to 1"),
                mutants=(
                    (
                        "$n * $factorial($n - 1)",
                        "$n + $factorial($n - 1)",
                        "`+` adds the numbers up; a factorial multiplies them.",
                    ),
                    (
                        "return 1",
                        "return 0",
                        "The base case returns 0, and every product that contains it is 0.",
                    ),
                ),
            ),
        ),
        (("$n", "int", "a non-negative integer"),),
        "int",
        (
            _N,
            ("factorial", ("factorial", "fact")),
            ("i", ("i", "factor", "k")),
            ("result", ("result", "product")),
        ),
        lambda draw: _some(draw, 3, 9, 0),
    ),
    Card(
        "numbers",
        "$name",
        "returns the element with index `$n` of the sequence that starts with $a, $b and goes on "
        "with $rule",
        (
            form(
                "a loop",
                "$x, $y = $a, $b\nfor _ in range($n):\n    $x, $y = $y, $nextx\nreturn $x",
                "Two variables hold neighbouring elements of the sequence, first $a and $b.",
                "Each round moves both one place on; after `$n` rounds, `$x` holds the answer.",
                time=("O(n)", "the loop runs n times and does the same small work each time"),
                mutants=(
                    (
                        "range($n)",
                        "range($n - 1)",
                        "The loop runs once too little, so the element before the right one is "
                        "returned.",
                    ),
                    (
                        "return $x",
                        "return $y",
                        "`$y` is already one element further; the answer is in `$x`.",
                    ),
                ),
            ),
            form(
                "recursion",
                "if $n == 0:\n    return $a\nif $n == 1:\n    return $b\nreturn $recursive",
                "The two base cases give the first elements, $a and $b.",
                "Any other element follows from the two before it, which the function computes by "
                "calling itself.",
                time=(
                    "O(2ⁿ)",
                    "each call makes two more, and the same elements are computed again "
                    "and again; that bound is generous, but the growth is exponential",
                ),
                mutants=(
                    (
                        "if $n == 1:\n    return $b",
                        "if $n == 1:\n    return $n0b",
                        "The second base case returns the wrong number: the element with index 1 "
                        "is $b.",
                    ),
                ),
            ),
        ),
        (("$n", "int", "a non-negative index"),),
        "int",
        (
            ("n", ("n", "index", "position")),
            (
                "x y nextx recursive rule name",
                (
                    (
                        "a",
                        "b",
                        "a + b",
                        "$name($n - 1) + $name($n - 2)",
                        "the sum of the two elements before",
                        "sequence",
                    ),
                    (
                        "first",
                        "second",
                        "first + second",
                        "$name($n - 1) + $name($n - 2)",
                        "the sum of the two elements before",
                        "series_element",
                    ),
                    (
                        "current",
                        "following",
                        "following + 2 * current",
                        "$name($n - 1) + 2 * $name($n - 2)",
                        "the element before plus twice the one before that",
                        "nth_element",
                    ),
                    (
                        "a",
                        "b",
                        "2 * b + a",
                        "2 * $name($n - 1) + $name($n - 2)",
                        "twice the element before plus the one before that",
                        "element",
                    ),
                    (
                        "previous",
                        "current",
                        "current - previous",
                        "$name($n - 1) - $name($n - 2)",
                        "the difference of the two elements before (the later minus the earlier)",
                        "difference_element",
                    ),
                ),
            ),
            (
                "a b n0b",
                (
                    ("0", "1", "0"),
                    ("2", "1", "2"),
                    ("1", "1", "0"),
                    ("1", "2", "1"),
                    ("3", "4", "3"),
                    ("1", "3", "1"),
                    ("2", "5", "2"),
                ),
            ),
        ),
        lambda draw: [str(draw.integer(2, 6)), str(draw.integer(7, 11)), "0", "1"],
    ),
    Card(
        "numbers",
        "$name",
        "checks whether `$n` is a prime number",
        (
            form(
                "a loop",
                "if $n < 2:\n    return False\n$d = 2\nwhile $d * $d <= $n:\n"
                "    if $n % $d == 0:\n        return False\n    $d += 1\nreturn True",
                "Numbers below 2 are not prime.",
                "The loop tries every divisor whose square is at most `$n`: a larger one would "
                "have a smaller partner that was tried before.",
                "If none divides `$n`, it is prime.",
                time=("O(√n)", "only divisors up to the square root are tried"),
                mutants=(
                    (
                        "$d * $d <= $n",
                        "$d * $d < $n",
                        "The strict comparison never tries the square root itself, so squares of "
                        "primes such as 9 or 25 pass as primes.",
                    ),
                    (
                        "if $n < 2:\n    return False\n",
                        "",
                        "Nothing handles numbers below 2, so 0 and 1 pass as primes.",
                    ),
                ),
            ),
            form(
                "`all`",
                "if $n < 2:\n    return False\n"
                "return all($n % $d != 0 for $d in range(2, math.isqrt($n) + 1))",
                "Numbers below 2 are not prime.",
                "`math.isqrt` gives the integer part of the square root, and `all` checks that "
                "nothing from 2 up to it divides `$n`.",
                time=("O(√n)", "only divisors up to the square root are tried"),
                imports=("import math",),
                mutants=(
                    (
                        "math.isqrt($n) + 1",
                        "math.isqrt($n)",
                        "The upper end of `range` is exclusive, so the square root itself is never "
                        "tried and squares of primes pass as primes.",
                    ),
                ),
            ),
        ),
        (("$n", "int", _INT),),
        "bool",
        (_N, ("d", ("divisor", "d", "candidate")), ("name", ("is_prime", "prime"))),
        lambda draw: [
            *map(str, draw.sample((7, 11, 13, 29, 37, 53, 97), 1)),
            *map(str, draw.sample((9, 25, 49, 121), 1)),
            "1",
            str(draw.integer(6, 60)),
        ],
    ),
    Card(
        "numbers",
        "$name",
        "returns a list of all prime numbers up to `$n`, with the sieve of Eratosthenes",
        (
            form(
                "a sieve",
                "$marks = [True] * ($n + 1)\n$primes = []\nfor $p in range(2, $n + 1):\n"
                "    if $marks[$p]:\n        $primes.append($p)\n"
                "        for multiple in range($p * $p, $n + 1, $p):\n"
                "            $marks[multiple] = False\nreturn $primes",
                "`$marks` says of every number whether it may still be prime.",
                "A number whose mark is left when the loop reaches it is prime, and all its "
                "multiples from its square on are struck out.",
                time=(
                    "O(n log log n)",
                    "striking out takes n/2 + n/3 + n/5 + … steps over the "
                    "primes, a sum that grows like n log log n",
                ),
                mutants=(
                    (
                        "$marks = [True] * ($n + 1)",
                        "$marks = [True] * $n",
                        "The list has no place for `$n` itself: its last index is `$n - 1`.",
                    ),
                    (
                        "range(2, $n + 1)",
                        "range(1, $n + 1)",
                        "The loop starts at 1, which is taken for a prime and strikes out "
                        "everything else.",
                    ),
                ),
            ),
        ),
        (("$n", "int", _INT),),
        "list[int]",
        (
            ("n", ("n", "limit", "last")),
            ("p", ("p", "number", "candidate")),
            ("marks", ("is_prime", "marks", "sieve")),
            ("primes", ("primes", "result")),
            ("name", ("primes_up_to", "sieve_primes", "list_primes")),
        ),
        lambda draw: _some(draw, 10, 40, 2),
    ),
    Card(
        "numbers",
        "$name",
        "returns the prime factors of `$n` in ascending order, repeated as often as they divide it",
        (
            form(
                "a loop",
                "$factors = []\n$d = 2\nwhile $d * $d <= $n:\n    while $n % $d == 0:\n"
                "        $factors.append($d)\n        $n //= $d\n    $d += 1\n"
                "if $n > 1:\n    $factors.append($n)\nreturn $factors",
                "Each divisor is taken out as often as it divides, so only primes are ever found.",
                "What is left at the end, if it is more than 1, is a prime factor itself.",
                time=(
                    "O(√n)",
                    "at worst, when `$n` is prime, all divisors up to its square root are tried",
                ),
                mutants=(
                    (
                        "if $n > 1:\n    $factors.append($n)\n",
                        "",
                        "What is left after the loop is thrown away, so the largest prime "
                        "factor is missing.",
                    ),
                    (
                        "    while $n % $d == 0:",
                        "    if $n % $d == 0:",
                        "`if` takes a divisor out only once; a repeated factor stays in the "
                        "remaining number.",
                    ),
                ),
            ),
        ),
        (("$n", "int", "a positive integer"),),
        "list[int]",
        (
            _N,
            ("d", ("divisor", "d", "factor")),
            ("factors", ("factors", "result")),
            ("name", ("prime_factors", "factorize", "factors_of")),
        ),
        lambda draw: [
            str(2 ** draw.integer(2, 4) * draw.pick((3, 5, 7))),
            str(draw.integer(30, 200)),
            "1",
        ],
    ),
    Card(
        "numbers",
        "$name",
        "returns all positive divisors of `$n` in ascending order",
        (
            form(
                "a comprehension",
                "return [$d for $d in range(1, $n + 1) if $n % $d == 0]",
                "Every number from 1 to `$n` is tried, and those that leave no remainder are kept.",
                time=("O(n)", "every number up to `$n` is tried"),
                mutants=(
                    (
                        "range(1, $n + 1)",
                        "range(1, $n)",
                        "The upper end of `range` is exclusive, so `$n`, which divides itself, is "
                        "left out.",
                    ),
                    (
                        "$n % $d == 0",
                        "$d % $n == 0",
                        "The operands of `%` are swapped: it must be `$n` that is divided.",
                    ),
                ),
            ),
            form(
                "a loop",
                "$small, $large = [], []\n$d = 1\nwhile $d * $d <= $n:\n    if $n % $d == 0:\n"
                "        $small.append($d)\n        if $d * $d != $n:\n"
                "            $large.append($n // $d)\n    $d += 1\n"
                "return $small + $large[::-1]",
                "Divisors come in pairs whose product is `$n`, so it is enough to look for the "
                "smaller of each pair.",
                "The larger ones are found in descending order and turned round at the end.",
                "A square root pairs with itself and is counted once.",
                time=("O(√n)", "only numbers up to the square root are tried"),
                mutants=(
                    (
                        "if $d * $d != $n:",
                        "if $d != $n:",
                        "A square root is its own partner and must not be listed twice.",
                    ),
                ),
            ),
        ),
        (("$n", "int", "a positive integer"),),
        "list[int]",
        (
            _N,
            ("d", ("divisor", "d", "candidate")),
            ("small large", (("small", "large"), ("lower", "upper"))),
            ("name", ("divisors", "divisors_of", "all_divisors")),
        ),
        lambda draw: [str(draw.integer(4, 8) ** 2), str(draw.integer(12, 90)), "1"],
    ),
    Card(
        "numbers",
        "$name",
        "counts the steps that the Collatz sequence takes from `$n` to 1",
        (
            form(
                "a loop",
                "$steps = 0\nwhile $n != 1:\n    $n = $n // 2 if $n % 2 == 0 else 3 * $n + 1\n"
                "    $steps += 1\nreturn $steps",
                "An even number is halved; an odd one is tripled and increased by 1.",
                "The counter goes up with every step until the number is 1.",
                mutants=(
                    (
                        "$steps = 0",
                        "$steps = 1",
                        "The counter starts at 1, so it counts the elements rather than the steps "
                        "between them.",
                    ),
                ),
            ),
            form(
                "recursion",
                "if $n == 1:\n    return 0\nif $n % 2 == 0:\n    return 1 + $name($n // 2)\n"
                "return 1 + $name(3 * $n + 1)",
                "From 1 there are no steps to take: that is the base case.",
                "Otherwise there is one step, to half the number or to three times it plus 1, and "
                "the steps from there.",
                mutants=(
                    (
                        "return 0\n",
                        "return 1\n",
                        "From 1 it takes no step at all, so the base case must return 0.",
                    ),
                ),
            ),
        ),
        (("$n", "int", "a positive integer"),),
        "int",
        (
            _N,
            ("steps", ("steps", "count", "length")),
            ("name", ("collatz_steps", "collatz_length", "steps_to_one")),
        ),
        lambda draw: _some(draw, 3, 30, 1),
    ),
    Card(
        "numbers",
        "$name",
        "returns the digits of `$n`, which is not negative, in base $base as a string",
        (
            form(
                "a loop",
                'if $n == 0:\n    return "0"\n$digits = []\nwhile $n > 0:\n'
                "    $n, remainder = divmod($n, $base)\n    $digits.append(str(remainder))\n"
                'return "".join(reversed($digits))',
                "`divmod` gives quotient and remainder at once; the remainder is the next digit "
                "from the right.",
                "The digits come out last one first, so they are reversed at the end.",
                "Zero needs a case of its own, because the loop would give it no digits.",
                time=("O(log n)", "the loop runs once for each digit"),
                mutants=(
                    (
                        '"".join(reversed($digits))',
                        '"".join($digits)',
                        "The digits come out in reverse order and are not turned round.",
                    ),
                    (
                        'if $n == 0:\n    return "0"\n',
                        "",
                        "Zero gives no digits at all, so the result for 0 is an empty string.",
                    ),
                ),
            ),
            form(
                "recursion",
                "if $n < $base:\n    return str($n)\nreturn $name($n // $base) + str($n % $base)",
                "A number below $base is its own single digit: that is the base case.",
                "Otherwise the digits of the quotient come first and the remainder is the last "
                "digit.",
                time=("O(log n)", "there is one call for each digit"),
                mutants=(
                    (
                        "$name($n // $base) + str($n % $base)",
                        "str($n % $base) + $name($n // $base)",
                        "The last digit is put in front, so the digits come out in reverse order.",
                    ),
                ),
            ),
        ),
        (("$n", "int", _INT),),
        "str",
        (
            _N,
            (
                "base name",
                (
                    ("2", "to_binary"),
                    ("3", "to_ternary"),
                    ("8", "to_octal"),
                    ("5", "to_base_5"),
                    ("7", "to_base_7"),
                    ("4", "to_base_4"),
                ),
            ),
            ("digits", ("digits", "parts")),
        ),
        lambda draw: _some(draw, 5, 200, 0),
    ),
    Card(
        "numbers",
        "$name",
        "returns the digital root of `$n`: its digits are summed again and again until one digit "
        "is left",
        (
            form(
                "a loop",
                "while $n > 9:\n    $n = sum(int(digit) for digit in str($n))\nreturn $n",
                "As long as the number has more than one digit, it is replaced by the sum of its "
                "digits.",
                mutants=(
                    (
                        "while $n > 9:",
                        "if $n > 9:",
                        "`if` sums the digits only once, and the sum may still have two digits.",
                    ),
                ),
            ),
            form(
                "recursion",
                "if $n < 10:\n    return $n\nreturn $name(sum(int(digit) for digit in str($n)))",
                "A single digit is its own digital root: that is the base case.",
                "Otherwise the function goes on with the sum of the digits.",
                mutants=(
                    (
                        "$name(sum(int(digit) for digit in str($n)))",
                        "sum(int(digit) for digit in str($n))",
                        "The sum of the digits is returned even if it has two digits itself.",
                    ),
                ),
            ),
        ),
        (("$n", "int", "a non-negative integer"),),
        "int",
        (_N, ("name", ("digital_root", "reduce_digits", "repeated_digit_sum"))),
        lambda draw: [str(draw.integer(500, 9999)), str(draw.integer(87, 99)), "0"],
    ),
    Card(
        "numbers",
        "$name",
        "returns `$b` raised to the non-negative power `$e` without using `**`",
        (
            form(
                "a loop",
                "$result = 1\nfor _ in range($e):\n    $result *= $b\nreturn $result",
                "The result starts at 1 and is multiplied by `$b` exactly `$e` times.",
                time=(
                    "O(e)",
                    "e is the exponent: there is one multiplication for each of its units",
                ),
                mutants=(
                    (
                        "$result = 1",
                        "$result = $b",
                        "The result starts with one factor too many, so the power is one too high.",
                    ),
                ),
            ),
            form(
                "repeated squaring",
                "$result = 1\nwhile $e > 0:\n    if $e % 2 == 1:\n        $result *= $b\n"
                "    $b *= $b\n    $e //= 2\nreturn $result",
                "The exponent is read bit by bit, from the lowest one.",
                "The base is squared at each step, and multiplied into the result where the bit "
                "is 1.",
                time=("O(log e)", "e is the exponent, which is halved at each step"),
                mutants=(
                    (
                        "if $e % 2 == 1:",
                        "if $e % 2 == 0:",
                        "The test is the wrong way round: a factor belongs to the bits that are 1.",
                    ),
                ),
            ),
            form(
                "recursion",
                "if $e == 0:\n    return 1\nreturn $b * $name($b, $e - 1)",
                "Anything to the power 0 is 1: that is the base case.",
                "Otherwise the power is the base times the next lower power.",
                time=("O(e)", "e is the exponent: there is one call for each of its units"),
                mutants=(
                    (
                        "return 1\n",
                        "return 0\n",
                        "The base case returns 0, which makes every product 0.",
                    ),
                ),
            ),
        ),
        (("$b", "int", _INT), ("$e", "int", "a non-negative exponent")),
        "int",
        (
            ("b e", (("base", "exponent"), ("x", "n"), ("number", "power"))),
            ("result", ("result", "product")),
            ("name", ("power_of", "raise_to", "int_pow")),
        ),
        lambda draw: [
            f"{draw.integer(2, 5)}, {draw.integer(3, 6)}",
            f"{draw.integer(-4, -2)}, {draw.integer(2, 5)}",
            f"{draw.integer(2, 9)}, 0",
        ],
    ),
    Card(
        "numbers",
        "$name",
        "limits `$n` to the range from `low` to `high`",
        (
            form(
                "`min` and `max`",
                "return max(low, min($n, high))",
                "`min` cuts off what is above `high`, then `max` raises what is below `low`.",
                time=("O(1)", "there are two comparisons, whatever the numbers are"),
                mutants=(
                    (
                        "max(low, min($n, high))",
                        "min(low, max($n, high))",
                        "`min` and `max` are swapped, so the result is `low` for every input.",
                    ),
                ),
            ),
            form(
                "`if` statements",
                "if $n < low:\n    return low\nif $n > high:\n    return high\nreturn $n",
                "Too small a number becomes `low`, too large a one becomes `high`, and any other "
                "is returned as it is.",
                time=("O(1)", "there are at most two comparisons, whatever the numbers are"),
                mutants=(
                    (
                        "return high",
                        "return low",
                        "A number above the range must become `high`, not `low`.",
                    ),
                ),
            ),
        ),
        (("$n", "int", _INT), ("low", "int", "a lower bound"), ("high", "int", "an upper bound")),
        "int",
        (_N, ("name", ("clamp", "clip", "limit_to_range", "bound"))),
        lambda draw: [
            f"{draw.integer(20, 40)}, 0, {draw.integer(8, 15)}",
            f"-{draw.integer(1, 9)}, 0, 10",
            f"{draw.integer(3, 7)}, 1, 9",
        ],
    ),
    Card(
        "numbers",
        "$name",
        "checks whether `$n` $what",
        (
            form(
                "a generator expression",
                "return $n > 0 and $n == $expression",
                "The generator expression goes through $parts, and `sum` adds them up.",
                "The comparison `$n > 0` keeps out 0 and negative numbers.",
                mutants=(
                    (
                        "$n > 0 and $n == ",
                        "$n > 0 and $n != ",
                        "`!=` gives `True` exactly when the sum is not the number.",
                    ),
                ),
            ),
            form(
                "a loop",
                "if $n <= 0:\n    return False\ntotal = 0\n$loop\nreturn total == $n",
                "Numbers that are not positive are ruled out first.",
                "The loop adds up $parts, and the total is compared with `$n`.",
                mutants=(("total = 0", "total = 1", "The total starts at 1 instead of 0."),),
            ),
        ),
        (("$n", "int", _INT),),
        "bool",
        (
            _N,
            (
                "what parts expression loop name good",
                (
                    (
                        "is a perfect number, that is, the sum of its divisors other than itself",
                        "its divisors other than itself",
                        "sum(d for d in range(1, $n) if $n % d == 0)",
                        "for d in range(1, $n):\n    if $n % d == 0:\n        total += d",
                        "is_perfect",
                        "28",
                    ),
                    (
                        "is positive and equals the sum of the cubes of its digits",
                        "the cubes of its digits",
                        "sum(int(digit) ** 3 for digit in str(abs($n)))",
                        "for digit in str($n):\n    total += int(digit) ** 3",
                        "equals_digit_cubes",
                        "153",
                    ),
                    (
                        "is positive and equals the sum of its half, third and sixth, all rounded "
                        "down",
                        "the quotients of `$n` by 2, 3 and 6, rounded down",
                        "sum($n // d for d in (2, 3, 6))",
                        "for d in (2, 3, 6):\n    total += $n // d",
                        "is_sum_of_parts",
                        "36",
                    ),
                ),
            ),
        ),
        lambda draw: ["$good", str(draw.integer(10, 60)), "0"],
    ),
)
