"""What becomes of a pipeline's values: the same thing said as an expression and as a loop."""

from dataclasses import dataclass

from corpusforge.synthetic.program import Mutant


@dataclass(frozen=True, slots=True)
class Result:
    """One way to end a pipeline."""

    verb: tuple[str, ...]  # for names
    does: str
    returns: str
    expression: str  # complete code
    loop: str  # complete code of the other form
    how: str  # what the expression does with the values
    loop_how: str
    mutants: tuple[Mutant, ...] = ()  # of the loop
    imports: tuple[str, ...] = ()
    kind: str = "a comprehension"  # of the expression
    tag: str = ""  # for names; the pipeline's own when empty
    linear: bool = True
    maps: bool = True  # the mapping is a step of its own
    selects: bool = True  # the conditions are a step of their own
