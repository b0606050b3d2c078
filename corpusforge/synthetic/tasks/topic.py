"""What a conversation is about at one point, for a follow-up to take up."""

from dataclasses import dataclass

from corpusforge.synthetic.program import Style
from corpusforge.synthetic.worked import Worked


@dataclass(frozen=True, slots=True)
class Topic:
    """A program that stands in one of the messages."""

    worked: Worked
    style: Style
    message: int
