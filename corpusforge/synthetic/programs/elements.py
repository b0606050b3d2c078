"""What a pipeline is made of; in code, `$` stands for the element."""

from collections.abc import Callable
from dataclasses import dataclass

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Parameter


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition on an element."""

    code: str
    singular: str  # "is greater than 10"
    tag: str  # for names: "even", "large"
    wrong: str  # a near miss of `code`
    fault: str
    witnesses: tuple[str, ...]  # literals around its edge, some of which satisfy it
    adjective: str = ""  # "even", where English has one that goes before the noun
    imports: tuple[str, ...] = ()

    @property
    def plural(self) -> str:
        return plural_verb(self.singular)


@dataclass(frozen=True, slots=True)
class Mapping:
    """What becomes of an element."""

    code: str
    of: str  # "the squares of {}" or "{}, each doubled"
    its: str  # "its square"
    verb: str  # "squares each of them"
    tag: str  # for names: "squares"
    out: str  # the annotation of the result
    wrong: str
    fault: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the elements come from."""

    parameter: Parameter
    element: str  # the loop's variable
    kind: str  # int, natural (from 1 on), digit, str (a word) or char
    annotation: str  # of an element
    loops: tuple[str, ...]  # the `for … in …` clauses, outermost first
    noun: str  # plural: "numbers", "words"
    place: str  # "in `values`"
    walk: str  # "goes through the numbers in `values`"
    make: Callable[[Draw, tuple[str, ...]], str]  # a literal argument that holds the witnesses
    empty: str  # a literal argument without elements
    ordered: bool = False  # whether a position in it means something


def plural_verb(phrase: str) -> str:
    """A clause about one thing, said of many: "is even" → "are even"."""
    verb, _, rest = phrase.partition(" ")
    if rest.startswith(("a ", "an ")):
        noun, preposition, more = _first_split(rest.partition(" ")[2], (" of ", " in "))
        rest = f"{noun}s{preposition}{more}"
    plural = {"is": "are", "has": "have", "does": "do"}.get(verb, verb[:-1])
    return f"{plural} {rest}"


def negated(code: str) -> str:
    """The opposite of a condition, the way one would write it by hand."""
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
