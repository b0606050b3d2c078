"""Parameters, names, costs and arguments that cards of several modules share."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Cost, Parameter
from corpusforge.synthetic.programs.card import one_of, variants
from corpusforge.synthetic.vocabulary import WORDS

INTEGER_NAMES = one_of(n=("n", "number", "value"))
RESULT_NAMES = one_of(result=("result", "output", "collected"))
LIST = Parameter(name="$values", annotation="list[int]", noun="a list of integers")
LIST_NAMES = variants(
    {"values": "values", "x": "value"},
    {"values": "numbers", "x": "number"},
    {"values": "items", "x": "item"},
    {"values": "data", "x": "entry"},
    {"values": "readings", "x": "reading"},
    {"values": "samples", "x": "sample"},
)
LINEAR_IN_LIST = Cost(
    time="O(n)", reason="n is the length of `$values`, and each element is visited once"
)
TEXT = Parameter(name="$text", annotation="str", noun="a string")
TEXT_NAMES = one_of(text=("text", "s", "string", "line"))
LINEAR_IN_TEXT = Cost(
    time="O(n)", reason="n is the length of `$text`, and each character is handled once"
)
THREE_NUMBERS = variants(
    *({"a": str(a), "b": str(a + d), "c": str(a * 2 + d)} for a in range(2, 9) for d in (1, 3, 4))
)


def some_integers(draw: Draw, low: int, high: int, *edges: int) -> list[str]:
    """Draw two integers and add the edge cases."""
    return [*map(str, draw.integers(2, low, high)), *map(str, edges)]


def integer_list(draw: Draw, count: int, low: int = -5, high: int = 20) -> str:
    return str(draw.integers(count, low, high))


def sentence(draw: Draw, count: int) -> str:
    return " ".join(draw.sample(WORDS, count))
