"""Cards about divisors and prime numbers."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Cost, Form, Mutant, Parameter
from corpusforge.synthetic.programs.card import Card, code, one_of, variants
from corpusforge.synthetic.programs.cards.parameters import (
    INTEGER_NAMES,
    some_integers,
)


def _pairs(draw: Draw) -> list[str]:
    k = draw.integer(2, 9)
    return [
        f"{k * draw.integer(2, 9)}, {k * draw.integer(2, 9)}",
        f"{draw.integer(10, 60)}, {draw.integer(2, 9)}",
        f"{draw.integer(3, 30)}, 0",
    ]


GREATEST_COMMON_DIVISOR = Card(
    topic="numbers",
    name="$gcd",
    does="returns the greatest common divisor of `a` and `b`",
    parameters=(
        Parameter(name="a", annotation="int", noun="a non-negative integer"),
        Parameter(name="b", annotation="int", noun="another non-negative integer"),
    ),
    returns="int",
    choices=(one_of(gcd=("gcd", "greatest_common_divisor", "common_divisor")),),
    arguments=_pairs,
    forms=(
        Form(
            kind="a loop",
            body=code("""
                while b:
                    a, b = b, a % b
                return a
            """),
            steps=(
                "Euclid's algorithm: the greatest common divisor of `a` and `b` is that of `b` "
                "and the remainder `a % b`.",
                "When `b` has become 0, `a` is the answer.",
            ),
            cost=Cost(
                time="O(log n)",
                reason="n is the smaller of the two numbers; the remainder at least halves every "
                "two steps",
            ),
            mutants=(
                Mutant(
                    right="a, b = b, a % b",
                    wrong="a, b = b, a // b",
                    fault="`//` gives the quotient, but Euclid's algorithm goes on with the "
                    "remainder, `a % b`.",
                ),
            ),
        ),
        Form(
            kind="recursion",
            body=code("""
                if b == 0:
                    return a
                return $gcd(b, a % b)
            """),
            steps=(
                "The base case is `b == 0`: every number divides 0, so the answer is `a`.",
                "Otherwise the function calls itself with `b` and the remainder `a % b`, which "
                "have the same common divisors.",
            ),
            cost=Cost(
                time="O(log n)",
                reason="n is the smaller of the two numbers; the remainder at least halves every "
                "two calls",
            ),
            mutants=(
                Mutant(
                    right="return a\n",
                    wrong="return b\n",
                    fault="In the base case `b` is 0; the answer is `a`.",
                ),
            ),
        ),
    ),
)

IS_PRIME = Card(
    topic="numbers",
    name="$name",
    does="checks whether `$n` is a prime number",
    parameters=(Parameter(name="$n", annotation="int", noun="a given integer"),),
    returns="bool",
    choices=(
        INTEGER_NAMES,
        one_of(d=("divisor", "d", "candidate")),
        one_of(name=("is_prime", "prime")),
    ),
    arguments=lambda draw: [
        *map(str, draw.sample((7, 11, 13, 29, 37, 53, 97), 1)),
        *map(str, draw.sample((9, 25, 49, 121), 1)),
        "1",
        str(draw.integer(6, 60)),
    ],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                if $n < 2:
                    return False
                $d = 2
                while $d * $d <= $n:
                    if $n % $d == 0:
                        return False
                    $d += 1
                return True
            """),
            steps=(
                "Numbers below 2 are not prime.",
                "The loop tries every divisor whose square is at most `$n`: a larger one would "
                "have a smaller partner that was tried before.",
                "If none divides `$n`, it is prime.",
            ),
            cost=Cost(time="O(√n)", reason="only divisors up to the square root are tried"),
            mutants=(
                Mutant(
                    right="$d * $d <= $n",
                    wrong="$d * $d < $n",
                    fault="The strict comparison never tries the square root itself, so squares "
                    "of primes such as 9 or 25 pass as primes.",
                ),
                Mutant(
                    right="if $n < 2:\n    return False\n",
                    wrong="",
                    fault="Nothing handles numbers below 2, so 0 and 1 pass as primes.",
                ),
            ),
        ),
        Form(
            kind="`all`",
            body=code("""
                if $n < 2:
                    return False
                return all($n % $d != 0 for $d in range(2, math.isqrt($n) + 1))
            """),
            steps=(
                "Numbers below 2 are not prime.",
                "`math.isqrt` gives the integer part of the square root, and `all` checks that "
                "nothing from 2 up to it divides `$n`.",
            ),
            cost=Cost(time="O(√n)", reason="only divisors up to the square root are tried"),
            imports=("import math",),
            mutants=(
                Mutant(
                    right="math.isqrt($n) + 1",
                    wrong="math.isqrt($n)",
                    fault="The upper end of `range` is exclusive, so the square root itself is "
                    "never tried and squares of primes pass as primes.",
                ),
            ),
        ),
    ),
)

SIEVE_OF_ERATOSTHENES = Card(
    topic="numbers",
    name="$name",
    does="returns a list of all prime numbers up to `$n`, with the sieve of Eratosthenes",
    parameters=(Parameter(name="$n", annotation="int", noun="a given integer"),),
    returns="list[int]",
    choices=(
        one_of(n=("n", "limit", "last")),
        one_of(p=("p", "number", "candidate")),
        one_of(marks=("is_prime", "marks", "sieve")),
        one_of(primes=("primes", "result")),
        one_of(name=("primes_up_to", "sieve_primes", "list_primes")),
    ),
    arguments=lambda draw: some_integers(draw, 10, 40, 2),
    forms=(
        Form(
            kind="a sieve",
            body=code("""
                $marks = [True] * ($n + 1)
                $primes = []
                for $p in range(2, $n + 1):
                    if $marks[$p]:
                        $primes.append($p)
                        for multiple in range($p * $p, $n + 1, $p):
                            $marks[multiple] = False
                return $primes
            """),
            steps=(
                "`$marks` says of every number whether it may still be prime.",
                "A number whose mark is left when the loop reaches it is prime, and all its "
                "multiples from its square on are struck out.",
            ),
            cost=Cost(
                time="O(n log log n)",
                reason="striking out takes n/2 + n/3 + n/5 + … steps over the primes, a sum that "
                "grows like n log log n",
            ),
            mutants=(
                Mutant(
                    right="$marks = [True] * ($n + 1)",
                    wrong="$marks = [True] * $n",
                    fault="The list has no place for `$n` itself: its last index is `$n - 1`.",
                ),
                Mutant(
                    right="range(2, $n + 1)",
                    wrong="range(1, $n + 1)",
                    fault="The loop starts at 1, which is taken for a prime and strikes out "
                    "everything else.",
                ),
            ),
        ),
    ),
)

PRIME_FACTORS = Card(
    topic="numbers",
    name="$name",
    does="returns the prime factors of `$n` in ascending order, repeated as often as they divide "
    "it",
    parameters=(Parameter(name="$n", annotation="int", noun="a positive integer"),),
    returns="list[int]",
    choices=(
        INTEGER_NAMES,
        one_of(d=("divisor", "d", "factor")),
        one_of(factors=("factors", "result")),
        one_of(name=("prime_factors", "factorize", "factors_of")),
    ),
    arguments=lambda draw: [
        str(2 ** draw.integer(2, 4) * draw.pick((3, 5, 7))),
        str(draw.integer(30, 200)),
        "1",
    ],
    forms=(
        Form(
            kind="a loop",
            body=code("""
                $factors = []
                $d = 2
                while $d * $d <= $n:
                    while $n % $d == 0:
                        $factors.append($d)
                        $n //= $d
                    $d += 1
                if $n > 1:
                    $factors.append($n)
                return $factors
            """),
            steps=(
                "Each divisor is taken out as often as it divides, so only primes are ever found.",
                "What is left at the end, if it is more than 1, is a prime factor itself.",
            ),
            cost=Cost(
                time="O(√n)",
                reason="at worst, when `$n` is prime, all divisors up to its square root are tried",
            ),
            mutants=(
                Mutant(
                    right="if $n > 1:\n    $factors.append($n)\n",
                    wrong="",
                    fault="What is left after the loop is thrown away, so the largest prime "
                    "factor is missing.",
                ),
                Mutant(
                    right="    while $n % $d == 0:",
                    wrong="    if $n % $d == 0:",
                    fault="`if` takes a divisor out only once; a repeated factor stays in the "
                    "remaining number.",
                ),
            ),
        ),
    ),
)

DIVISORS = Card(
    topic="numbers",
    name="$name",
    does="returns all positive divisors of `$n` in ascending order",
    parameters=(Parameter(name="$n", annotation="int", noun="a positive integer"),),
    returns="list[int]",
    choices=(
        INTEGER_NAMES,
        one_of(d=("divisor", "d", "candidate")),
        variants(
            {"small": "small", "large": "large"},
            {"small": "lower", "large": "upper"},
        ),
        one_of(name=("divisors", "divisors_of", "all_divisors")),
    ),
    arguments=lambda draw: [str(draw.integer(4, 8) ** 2), str(draw.integer(12, 90)), "1"],
    forms=(
        Form(
            kind="a comprehension",
            body="return [$d for $d in range(1, $n + 1) if $n % $d == 0]",
            steps=(
                "Every number from 1 to `$n` is tried, and those that leave no remainder are kept.",
            ),
            cost=Cost(time="O(n)", reason="every number up to `$n` is tried"),
            mutants=(
                Mutant(
                    right="range(1, $n + 1)",
                    wrong="range(1, $n)",
                    fault="The upper end of `range` is exclusive, so `$n`, which divides itself, "
                    "is left out.",
                ),
                Mutant(
                    right="$n % $d == 0",
                    wrong="$d % $n == 0",
                    fault="The operands of `%` are swapped: it must be `$n` that is divided.",
                ),
            ),
        ),
        Form(
            kind="a loop",
            body=code("""
                $small, $large = [], []
                $d = 1
                while $d * $d <= $n:
                    if $n % $d == 0:
                        $small.append($d)
                        if $d * $d != $n:
                            $large.append($n // $d)
                    $d += 1
                return $small + $large[::-1]
            """),
            steps=(
                "Divisors come in pairs whose product is `$n`, so it is enough to look for the "
                "smaller of each pair.",
                "The larger ones are found in descending order and turned round at the end.",
                "A square root pairs with itself and is counted once.",
            ),
            cost=Cost(time="O(√n)", reason="only numbers up to the square root are tried"),
            mutants=(
                Mutant(
                    right="if $d * $d != $n:",
                    wrong="if $d != $n:",
                    fault="A square root is its own partner and must not be listed twice.",
                ),
            ),
        ),
    ),
)
