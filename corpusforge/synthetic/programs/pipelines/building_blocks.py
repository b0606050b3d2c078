"""The parts of a pipeline. In their code, `$` is replaced by the loop's variable."""

from collections.abc import Callable
from dataclasses import dataclass

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """A condition on an element."""

    code: str
    singular: str  # "is greater than 10"
    tag: str  # part of the function's name: "even", "large"
    wrong: str  # a near miss of `code`
    fault: str  # a sentence that explains what is wrong about it
    witnesses: tuple[str, ...]  # literals at the boundary of the condition; some satisfy it
    adjective: str = ""  # "even", if English has one to put before the noun
    imports: tuple[str, ...] = ()

    @property
    def plural(self) -> str:
        """`singular` about several elements: "are greater than 10"."""
        return plural_verb(self.singular)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """What an element becomes."""

    code: str
    plural: str  # "the squares of {}" or "{}, each doubled"
    singular: str  # "its square"
    verb_phrase: str  # "squares each of them"
    tag: str  # part of the function's name: "squares"
    annotation: str  # of the new value
    wrong: str  # a near miss of `code`
    fault: str  # a sentence that explains what is wrong about it


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the elements come from."""

    parameter: Parameter
    variable: str  # of the innermost loop
    element_kind: str  # int, natural (1 or more), digit, str (a word) or char
    element_annotation: str
    loops: tuple[str, ...]  # the `for … in …` clauses, outermost first
    noun: str  # plural: "numbers", "words"
    place: str  # "in `values`"
    walk: str  # "goes through the numbers in `values`"
    draw_argument: Callable[[Draw, tuple[str, ...]], str]  # a literal that contains the witnesses
    empty_argument: str  # a literal without elements
    ordered: bool = False  # whether the position of an element means something


def plural_verb(phrase: str) -> str:
    """Put a clause about one thing into the plural: "is even" → "are even"."""
    verb, _, rest = phrase.partition(" ")
    if rest.startswith(("a ", "an ")):
        noun, preposition, more = _first_split(rest.partition(" ")[2], (" of ", " in "))
        rest = f"{noun}s{preposition}{more}"
    plural = {"is": "are", "has": "have", "does": "do"}.get(verb, verb[:-1])
    return f"{plural} {rest}"


def negated(code: str) -> str:
    """Negate a condition the way one would write it by hand."""
    if " and " in code or " or " in code:
        return f"not ({code})"
    if code.startswith("not "):
        return code.removeprefix("not ")
    operators = [operator for operator in _OPPOSITES if f" {operator} " in code]
    if "not in" in operators:
        operators = ["not in"]
    if len(operators) == 1 and code.count(f" {operators[0]} ") == 1:
        return code.replace(f" {operators[0]} ", f" {_OPPOSITES[operators[0]]} ")
    return f"not {code}"


def _first_split(text: str, separators: tuple[str, ...]) -> tuple[str, str, str]:
    for separator in separators:
        if separator in text:
            return text.partition(separator)
    return text, "", ""


_OPPOSITES = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "not in",
    "not in": "in",
}
