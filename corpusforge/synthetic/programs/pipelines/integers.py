"""Predicates and transforms of integers."""

from collections.abc import Callable

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.programs.pipelines.building_blocks import Predicate, Transform


def draw_integer_predicate(draw: Draw, kind: str) -> Predicate:
    """Draw a predicate of elements of a kind: int, natural or digit."""
    makers = _PREDICATES_OF_DIGITS
    if kind != "digit":
        makers += _PREDICATES_OF_NATURALS
    if kind == "int":
        makers += _PREDICATES_OF_SIGNS
    limit = draw.integer(*_LIMITS[kind])
    return draw.pick(makers)(draw, limit)


def _even(draw: Draw, k: int) -> Predicate:
    return Predicate(
        code="$ % 2 == 0",
        singular="is even",
        tag="even",
        wrong="$ % 2 == 1",
        fault="The condition `% 2 == 1` is true for odd numbers, so exactly the wrong ones are "
        "kept.",
        witnesses=("4", "8", "2", "7"),
        adjective="even",
    )


def _odd(draw: Draw, k: int) -> Predicate:
    return Predicate(
        code=draw.pick(("$ % 2 == 1", "$ % 2 != 0")),
        singular="is odd",
        tag="odd",
        wrong="$ % 2 == 0",
        fault="The condition `% 2 == 0` is true for even numbers, so exactly the wrong ones are "
        "kept.",
        witnesses=("3", "9", "5", "6"),
        adjective="odd",
    )


def _multiple(draw: Draw, k: int) -> Predicate:
    k = draw.integer(3, 9)
    k = min(k, 4) if draw.chance(0.4) else k
    return Predicate(
        code=f"$ % {k} == 0",
        singular=f"is {draw.pick(('divisible by', 'a multiple of'))} {k}",
        tag="divisible",
        wrong=f"$ // {k} == 0",
        fault="`//` is floor division and gives the quotient; divisibility is about the remainder, "
        "which is `%`.",
        witnesses=(str(k), str(2 * k), str(k + 1)),
    )


def _not_multiple(draw: Draw, k: int) -> Predicate:
    k = draw.integer(2, 5)
    return Predicate(
        code=f"$ % {k} != 0",
        singular=f"is not {draw.pick(('divisible by', 'a multiple of'))} {k}",
        tag="indivisible",
        wrong=f"$ % {k} == 0",
        fault=f"The comparison is the wrong way round: `== 0` keeps the multiples of {k}.",
        witnesses=(str(k), str(k + 1), str(2 * k + 1)),
    )


def _greater(draw: Draw, k: int) -> Predicate:
    return Predicate(
        code=f"$ > {k}",
        singular=f"is {draw.pick(('greater than', 'larger than', 'above'))} {k}",
        tag="large",
        wrong=f"$ >= {k}",
        fault=f"`>=` also lets {k} itself through; the comparison must be strict.",
        witnesses=(str(k), str(k + 1), str(k + 2)),
    )


def _at_least(draw: Draw, k: int) -> Predicate:
    return Predicate(
        code=f"$ >= {k}",
        singular=f"is at least {k}",
        tag="large",
        wrong=f"$ > {k}",
        fault=f"`>` leaves out {k} itself, which is at least {k} too.",
        witnesses=(str(k), str(k + 2), str(k - 1)),
    )


def _less(draw: Draw, k: int) -> Predicate:
    return Predicate(
        code=f"$ < {k}",
        singular=f"is {draw.pick(('less than', 'smaller than', 'below'))} {k}",
        tag="small",
        wrong=f"$ <= {k}",
        fault=f"`<=` also lets {k} itself through; the comparison must be strict.",
        witnesses=(str(k), str(k - 1), "1"),
    )


def _at_most(draw: Draw, k: int) -> Predicate:
    return Predicate(
        code=f"$ <= {k}",
        singular=f"is at most {k}",
        tag="small",
        wrong=f"$ < {k}",
        fault=f"`<` leaves out {k} itself, which is at most {k} too.",
        witnesses=(str(k), str(k - 1), str(k + 1)),
    )


def _different(draw: Draw, k: int) -> Predicate:
    return Predicate(
        code=f"$ != {k}",
        singular=f"is not equal to {k}",
        tag="other",
        wrong=f"$ == {k}",
        fault=f"The comparison is the wrong way round: `== {k}` keeps nothing but {k}.",
        witnesses=(str(k), str(k + 1)),
    )


def _between(draw: Draw, k: int) -> Predicate:
    high = k + draw.integer(5, 25)
    return Predicate(
        code=f"{k} <= $ <= {high}",
        singular=f"is between {k} and {high} (both included)",
        tag=draw.pick(("middle", "bounded")),
        wrong=f"{k} < $ < {high}",
        fault=f"The strict comparisons leave out the bounds {k} and {high} themselves.",
        witnesses=(str(k), str(high), str(k + 2), str(high + 1)),
    )


def _positive(draw: Draw, k: int) -> Predicate:
    return Predicate(
        code="$ > 0",
        singular="is positive",
        tag="positive",
        wrong="$ >= 0",
        fault="`>=` also lets 0 through, and 0 is not positive.",
        witnesses=("0", str(k), "-" + str(k)),
        adjective="positive",
    )


def _negative(draw: Draw, k: int) -> Predicate:
    return Predicate(
        code="$ < 0",
        singular="is negative",
        tag="negative",
        wrong="$ <= 0",
        fault="`<=` also lets 0 through, and 0 is not negative.",
        witnesses=("0", f"-{k}", f"-{k + 3}"),
        adjective="negative",
    )


def _last_digit(draw: Draw, k: int) -> Predicate:
    k = draw.integer(1, 9)
    return Predicate(
        code=f"abs($) % 10 == {k}",
        singular=f"ends in the digit {k}",
        tag="matching",
        wrong=f"abs($) // 10 == {k}",
        fault="`// 10` removes the last digit; `% 10` is what gives it.",
        witnesses=(str(k), str(30 + k), str(10 * k)),
    )


def _digits(draw: Draw, k: int) -> Predicate:
    k = draw.integer(1, 3)
    return Predicate(
        code=f"len(str(abs($))) == {k}",
        singular=f"has {('one digit', 'two digits', 'three digits')[k - 1]}",
        tag=("one_digit", "two_digit", "three_digit")[k - 1],
        wrong=f"len(str($)) == {k}",
        fault="The minus sign of a negative number is counted as a digit.",
        witnesses=(f"-{'5' * k}", "3" * k, "7" * (k + 1)),
        adjective=("one-digit", "two-digit", "three-digit")[k - 1],
    )


def _square_number(draw: Draw, k: int) -> Predicate:
    return Predicate(
        code="$ >= 0 and math.isqrt($) ** 2 == $",
        singular="is a perfect square",
        tag="square",
        wrong="$ >= 0 and math.isqrt($) * 2 == $",
        fault="`* 2` doubles the root; it must be squared with `** 2`.",
        witnesses=("9", "16", "25", "8"),
        imports=("import math",),
    )


_Maker = Callable[[Draw, int], Predicate]
_LIMITS = {"int": (3, 30), "natural": (3, 9), "digit": (2, 7)}
_PREDICATES_OF_DIGITS: tuple[_Maker, ...] = (
    _even,
    _odd,
    _multiple,
    _not_multiple,
    _greater,
    _at_least,
    _less,
    _at_most,
    _different,
)
_PREDICATES_OF_NATURALS: tuple[_Maker, ...] = (_between, _last_digit, _digits, _square_number)
_PREDICATES_OF_SIGNS: tuple[_Maker, ...] = (_positive, _negative)


def draw_integer_transform(draw: Draw) -> Transform:
    k = draw.integer(2, 12)
    return draw.pick(
        (
            Transform(
                code=draw.pick(("$ * $", "$**2")),
                plural="the squares of {}",
                singular="its square",
                verb_phrase="squares each of them",
                tag="squares",
                annotation="int",
                wrong="$ * 2",
                fault="`* 2` doubles the number instead of squaring it.",
            ),
            Transform(
                code="$**3",
                plural="the cubes of {}",
                singular="its cube",
                verb_phrase="cubes each of them",
                tag="cubes",
                annotation="int",
                wrong="$ * 3",
                fault="`* 3` triples the number instead of cubing it.",
            ),
            Transform(
                code=draw.pick(("$ * 2", "2 * $")),
                plural="{}, each doubled",
                singular="its double",
                verb_phrase="doubles each of them",
                tag="doubles",
                annotation="int",
                wrong="$**2",
                fault="`**2` squares the number instead of doubling it.",
            ),
            Transform(
                code=f"$ * {k + 1}",
                plural=f"{{}}, each multiplied by {k + 1}",
                singular=f"{k + 1} times itself",
                verb_phrase=f"multiplies each of them by {k + 1}",
                tag="multiples",
                annotation="int",
                wrong=f"$ + {k + 1}",
                fault=f"`+ {k + 1}` adds where it should multiply.",
            ),
            Transform(
                code=f"$ + {k}",
                plural=f"{{}}, each increased by {k}",
                singular=f"itself plus {k}",
                verb_phrase=f"adds {k} to each of them",
                tag="shifted",
                annotation="int",
                wrong=f"$ - {k}",
                fault=f"`- {k}` subtracts where it should add.",
            ),
            Transform(
                code=f"$ - {k}",
                plural=f"{{}}, each decreased by {k}",
                singular=f"itself minus {k}",
                verb_phrase=f"subtracts {k} from each of them",
                tag="shifted",
                annotation="int",
                wrong=f"{k} - $",
                fault="The operands of the subtraction are swapped, which turns the sign round.",
            ),
            Transform(
                code=f"$ % {k}",
                plural=f"the remainders of {{}} when divided by {k}",
                singular=f"its remainder when divided by {k}",
                verb_phrase=f"takes the remainder of each when divided by {k}",
                tag="remainders",
                annotation="int",
                wrong=f"$ // {k}",
                fault="`//` gives the quotient; the remainder is `%`.",
            ),
            Transform(
                code=f"$ // {k}",
                plural=f"{{}}, each divided by {k} and rounded down",
                singular=f"itself divided by {k}, rounded down",
                verb_phrase=f"divides each of them by {k}, rounding down",
                tag="quotients",
                annotation="int",
                wrong=f"$ % {k}",
                fault="`%` gives the remainder; the quotient is `//`.",
            ),
            Transform(
                code="abs($)",
                plural="the absolute values of {}",
                singular="its absolute value",
                verb_phrase="takes the absolute value of each",
                tag="magnitudes",
                annotation="int",
                wrong="-$",
                fault="`-` flips every sign, so positive numbers become negative; `abs` only drops "
                "it.",
            ),
            Transform(
                code=f"abs($ - {k})",
                plural=f"the distances of {{}} from {k}",
                singular=f"its distance from {k}",
                verb_phrase=f"takes the distance of each from {k}",
                tag="distances",
                annotation="int",
                wrong=f"$ - {k}",
                fault=f"Without `abs`, numbers below {k} give a negative distance.",
            ),
            Transform(
                code=f"min($, {k})",
                plural=f"{{}}, each capped at {k}",
                singular=f"itself capped at {k}",
                verb_phrase=f"caps each of them at {k}",
                tag="capped",
                annotation="int",
                wrong=f"max($, {k})",
                fault=f"`max` raises small numbers to {k}; a cap is what `min` gives.",
            ),
            Transform(
                code=f"max($, {k})",
                plural=f"{{}}, each raised to at least {k}",
                singular=f"itself raised to at least {k}",
                verb_phrase=f"raises each of them to at least {k}",
                tag="raised",
                annotation="int",
                wrong=f"min($, {k})",
                fault=f"`min` caps the numbers at {k}; a lower bound is what `max` gives.",
            ),
            Transform(
                code="-$",
                plural="{}, each with its sign flipped",
                singular="its negative",
                verb_phrase="flips the sign of each",
                tag="negatives",
                annotation="int",
                wrong="abs($)",
                fault="`abs` drops the sign; it does not flip it.",
            ),
            Transform(
                code="len(str(abs($)))",
                plural="the digit counts of {}",
                singular="its number of digits",
                verb_phrase="counts the digits of each",
                tag="lengths",
                annotation="int",
                wrong="len(str($))",
                fault="`str` of a negative number includes the minus sign, which is counted as a "
                "digit.",
            ),
            Transform(
                code="sum(int(digit) for digit in str(abs($)))",
                plural="the digit sums of {}",
                singular="its digit sum",
                verb_phrase="adds up the digits of each",
                tag="digit_sums",
                annotation="int",
                wrong="len(str(abs($)))",
                fault="`len` counts the digits instead of adding them up.",
            ),
            Transform(
                code="str($)",
                plural="the decimal strings of {}",
                singular="its decimal string",
                verb_phrase="turns each of them into a string",
                tag="strings",
                annotation="str",
                wrong="repr(str($))",
                fault="`repr` puts quotation marks into the string.",
            ),
        )
    )
