"""Conditions on integers, and what integers become."""

from collections.abc import Callable

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.programs.elements import Mapping, Predicate


def number_predicate(draw: Draw, kind: str) -> Predicate:
    """A condition on an integer, a natural number or a digit."""
    makers = _PREDICATES_OF_DIGITS
    if kind != "digit":
        makers += _PREDICATES_OF_NATURALS
    if kind == "int":
        makers += _PREDICATES_OF_SIGNS
    limit = draw.integer(*_LIMITS[kind])
    return draw.pick(makers)(draw, limit)


def _even(draw: Draw, k: int) -> Predicate:
    return Predicate(
        "$ % 2 == 0",
        "is even",
        "even",
        "$ % 2 == 1",
        "The condition `% 2 == 1` is true for odd numbers, so exactly the wrong ones are kept.",
        ("4", "8", "2", "7"),
        "even",
    )


def _odd(draw: Draw, k: int) -> Predicate:
    return Predicate(
        draw.pick(("$ % 2 == 1", "$ % 2 != 0")),
        "is odd",
        "odd",
        "$ % 2 == 0",
        "The condition `% 2 == 0` is true for even numbers, so exactly the wrong ones are kept.",
        ("3", "9", "5", "6"),
        "odd",
    )


def _multiple(draw: Draw, k: int) -> Predicate:
    k = draw.integer(3, 9)
    k = min(k, 4) if draw.chance(0.4) else k
    return Predicate(
        f"$ % {k} == 0",
        f"is {draw.pick(('divisible by', 'a multiple of'))} {k}",
        "divisible",
        f"$ // {k} == 0",
        "`//` is floor division and gives the quotient; divisibility is about the remainder, "
        "which is `%`.",
        (str(k), str(2 * k), str(k + 1)),
    )


def _not_multiple(draw: Draw, k: int) -> Predicate:
    k = draw.integer(2, 5)
    return Predicate(
        f"$ % {k} != 0",
        f"is not {draw.pick(('divisible by', 'a multiple of'))} {k}",
        "indivisible",
        f"$ % {k} == 0",
        f"The comparison is the wrong way round: `== 0` keeps the multiples of {k}.",
        (str(k), str(k + 1), str(2 * k + 1)),
    )


def _greater(draw: Draw, k: int) -> Predicate:
    return Predicate(
        f"$ > {k}",
        f"is {draw.pick(('greater than', 'larger than', 'above'))} {k}",
        "large",
        f"$ >= {k}",
        f"`>=` also lets {k} itself through; the comparison must be strict.",
        (str(k), str(k + 1), str(k + 2)),
    )


def _at_least(draw: Draw, k: int) -> Predicate:
    return Predicate(
        f"$ >= {k}",
        f"is at least {k}",
        "large",
        f"$ > {k}",
        f"`>` leaves out {k} itself, which is at least {k} too.",
        (str(k), str(k + 2), str(k - 1)),
    )


def _less(draw: Draw, k: int) -> Predicate:
    return Predicate(
        f"$ < {k}",
        f"is {draw.pick(('less than', 'smaller than', 'below'))} {k}",
        "small",
        f"$ <= {k}",
        f"`<=` also lets {k} itself through; the comparison must be strict.",
        (str(k), str(k - 1), "1"),
    )


def _at_most(draw: Draw, k: int) -> Predicate:
    return Predicate(
        f"$ <= {k}",
        f"is at most {k}",
        "small",
        f"$ < {k}",
        f"`<` leaves out {k} itself, which is at most {k} too.",
        (str(k), str(k - 1), str(k + 1)),
    )


def _different(draw: Draw, k: int) -> Predicate:
    return Predicate(
        f"$ != {k}",
        f"is not equal to {k}",
        "other",
        f"$ == {k}",
        f"The comparison is the wrong way round: `== {k}` keeps nothing but {k}.",
        (str(k), str(k + 1)),
    )


def _between(draw: Draw, k: int) -> Predicate:
    high = k + draw.integer(5, 25)
    return Predicate(
        f"{k} <= $ <= {high}",
        f"is between {k} and {high} (both included)",
        draw.pick(("middle", "bounded")),
        f"{k} < $ < {high}",
        f"The strict comparisons leave out the bounds {k} and {high} themselves.",
        (str(k), str(high), str(k + 2), str(high + 1)),
    )


def _positive(draw: Draw, k: int) -> Predicate:
    return Predicate(
        "$ > 0",
        "is positive",
        "positive",
        "$ >= 0",
        "`>=` also lets 0 through, and 0 is not positive.",
        ("0", str(k), "-" + str(k)),
        "positive",
    )


def _negative(draw: Draw, k: int) -> Predicate:
    return Predicate(
        "$ < 0",
        "is negative",
        "negative",
        "$ <= 0",
        "`<=` also lets 0 through, and 0 is not negative.",
        ("0", f"-{k}", f"-{k + 3}"),
        "negative",
    )


def _last_digit(draw: Draw, k: int) -> Predicate:
    k = draw.integer(1, 9)
    return Predicate(
        f"abs($) % 10 == {k}",
        f"ends in the digit {k}",
        "matching",
        f"abs($) // 10 == {k}",
        "`// 10` removes the last digit; `% 10` is what gives it.",
        (str(k), str(30 + k), str(10 * k)),
    )


def _digits(draw: Draw, k: int) -> Predicate:
    k = draw.integer(1, 3)
    return Predicate(
        f"len(str(abs($))) == {k}",
        f"has {('one digit', 'two digits', 'three digits')[k - 1]}",
        ("one_digit", "two_digit", "three_digit")[k - 1],
        f"len(str($)) == {k}",
        "The minus sign of a negative number is counted as a digit.",
        (f"-{'5' * k}", "3" * k, "7" * (k + 1)),
        ("one-digit", "two-digit", "three-digit")[k - 1],
    )


def _square_number(draw: Draw, k: int) -> Predicate:
    return Predicate(
        "$ >= 0 and math.isqrt($) ** 2 == $",
        "is a perfect square",
        "square",
        "$ >= 0 and math.isqrt($) * 2 == $",
        "`* 2` doubles the root; it must be squared with `** 2`.",
        ("9", "16", "25", "8"),
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


def number_mapping(draw: Draw) -> Mapping:
    """What becomes of an integer."""
    k = draw.integer(2, 12)
    return draw.pick(
        (
            Mapping(
                draw.pick(("$ * $", "$**2")),
                "the squares of {}",
                "its square",
                "squares each of them",
                "squares",
                "int",
                "$ * 2",
                "`* 2` doubles the number instead of squaring it.",
            ),
            Mapping(
                "$**3",
                "the cubes of {}",
                "its cube",
                "cubes each of them",
                "cubes",
                "int",
                "$ * 3",
                "`* 3` triples the number instead of cubing it.",
            ),
            Mapping(
                draw.pick(("$ * 2", "2 * $")),
                "{}, each doubled",
                "its double",
                "doubles each of them",
                "doubles",
                "int",
                "$**2",
                "`**2` squares the number instead of doubling it.",
            ),
            Mapping(
                f"$ * {k + 1}",
                f"{{}}, each multiplied by {k + 1}",
                f"{k + 1} times itself",
                f"multiplies each of them by {k + 1}",
                "multiples",
                "int",
                f"$ + {k + 1}",
                f"`+ {k + 1}` adds where it should multiply.",
            ),
            Mapping(
                f"$ + {k}",
                f"{{}}, each increased by {k}",
                f"itself plus {k}",
                f"adds {k} to each of them",
                "shifted",
                "int",
                f"$ - {k}",
                f"`- {k}` subtracts where it should add.",
            ),
            Mapping(
                f"$ - {k}",
                f"{{}}, each decreased by {k}",
                f"itself minus {k}",
                f"subtracts {k} from each of them",
                "shifted",
                "int",
                f"{k} - $",
                "The operands of the subtraction are swapped, which turns the sign round.",
            ),
            Mapping(
                f"$ % {k}",
                f"the remainders of {{}} when divided by {k}",
                f"its remainder when divided by {k}",
                f"takes the remainder of each when divided by {k}",
                "remainders",
                "int",
                f"$ // {k}",
                "`//` gives the quotient; the remainder is `%`.",
            ),
            Mapping(
                f"$ // {k}",
                f"{{}}, each divided by {k} and rounded down",
                f"itself divided by {k}, rounded down",
                f"divides each of them by {k}, rounding down",
                "quotients",
                "int",
                f"$ % {k}",
                "`%` gives the remainder; the quotient is `//`.",
            ),
            Mapping(
                "abs($)",
                "the absolute values of {}",
                "its absolute value",
                "takes the absolute value of each",
                "magnitudes",
                "int",
                "-$",
                "`-` flips every sign, so positive numbers become negative; `abs` only drops it.",
            ),
            Mapping(
                f"abs($ - {k})",
                f"the distances of {{}} from {k}",
                f"its distance from {k}",
                f"takes the distance of each from {k}",
                "distances",
                "int",
                f"$ - {k}",
                f"Without `abs`, numbers below {k} give a negative distance.",
            ),
            Mapping(
                f"min($, {k})",
                f"{{}}, each capped at {k}",
                f"itself capped at {k}",
                f"caps each of them at {k}",
                "capped",
                "int",
                f"max($, {k})",
                f"`max` raises small numbers to {k}; a cap is what `min` gives.",
            ),
            Mapping(
                f"max($, {k})",
                f"{{}}, each raised to at least {k}",
                f"itself raised to at least {k}",
                f"raises each of them to at least {k}",
                "raised",
                "int",
                f"min($, {k})",
                f"`min` caps the numbers at {k}; a lower bound is what `max` gives.",
            ),
            Mapping(
                "-$",
                "{}, each with its sign flipped",
                "its negative",
                "flips the sign of each",
                "negatives",
                "int",
                "abs($)",
                "`abs` drops the sign; it does not flip it.",
            ),
            Mapping(
                "len(str(abs($)))",
                "the digit counts of {}",
                "its number of digits",
                "counts the digits of each",
                "lengths",
                "int",
                "len(str($))",
                "`str` of a negative number includes the minus sign, which is counted as a digit.",
            ),
            Mapping(
                "sum(int(digit) for digit in str(abs($)))",
                "the digit sums of {}",
                "its digit sum",
                "adds up the digits of each",
                "digit_sums",
                "int",
                "len(str(abs($)))",
                "`len` counts the digits instead of adding them up.",
            ),
            Mapping(
                "str($)",
                "the decimal strings of {}",
                "its decimal string",
                "turns each of them into a string",
                "strings",
                "str",
                "repr(str($))",
                "`repr` puts quotation marks into the string.",
            ),
        )
    )
