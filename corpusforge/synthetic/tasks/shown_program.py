"""The program that a dialogue is about."""

from dataclasses import dataclass

from corpusforge.synthetic.program import Style
from corpusforge.synthetic.worked_example import WorkedExample


@dataclass(frozen=True, slots=True)
class ShownProgram:
    """A program that one of the messages shows, for follow-up questions."""

    example: WorkedExample
    style: Style
    message: int  # the index of that message
