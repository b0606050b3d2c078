"""How a pipeline ends."""

from dataclasses import dataclass

from corpusforge.synthetic.program import Mutant


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the values of a pipeline become, written as an expression and as a loop."""

    verbs: tuple[str, ...]  # that begin the function's name
    does: str
    returns: str
    expression: str  # complete body of the function
    expression_kind: str = "a comprehension"
    expression_step: str  # what the expression does with the values
    expression_imports: tuple[str, ...] = ()
    loop: str  # complete body of the function in its other form
    loop_step: str
    loop_mutants: tuple[Mutant, ...] = ()
    tag: str = ""  # the rest of the function's name; "": the stream's tag
    linear: bool = True
    explains_transform: bool = True  # the transform is a step of its own
    explains_predicates: bool = True  # the predicates are part of the first step
