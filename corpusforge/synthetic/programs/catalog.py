"""All families of programs behind one draw."""

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Program
from corpusforge.synthetic.programs import (
    classes,
    grids,
    intervals,
    lists,
    numbers,
    records,
    recursions,
    searching,
    texts,
)
from corpusforge.synthetic.programs.pipelines import pipeline

_FAMILIES = (
    (None, 50),  # pipelines: by far the largest number of different programs
    (numbers.CARDS, 8),
    (lists.CARDS, 5),
    (searching.CARDS, 5),
    (texts.CARDS, 9),
    (grids.CARDS, 4),
    (intervals.CARDS, 3),
    (records.CARDS, 6),
    (recursions.CARDS, 5),
    (classes.CARDS, 5),
)


def draw_program(draw: Draw) -> Program:
    """A program of any family."""
    cards = draw.pick_weighted(_FAMILIES)
    return pipeline(draw) if cards is None else draw.pick(cards).program(draw)


def draw_function(draw: Draw) -> Program:
    """A program that is a function."""
    program = draw_program(draw)
    return pipeline(draw) if program.is_class else program


def draw_plain_function(draw: Draw) -> Program:
    """A program that is a function without functions inside."""
    program = draw_function(draw)
    return pipeline(draw) if any("def " in form.body for form in program.forms) else program
