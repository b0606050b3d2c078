"""The grammar of programs: forms agree, mutants fit, templates are filled."""

import pytest

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import (
    BARE,
    Program,
    Style,
    definite,
    imperative,
    source,
    wrapped,
)
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
from corpusforge.synthetic.programs.card import Card
from corpusforge.synthetic.programs.pipelines import pipeline
from corpusforge.synthetic.trial import run
from corpusforge.synthetic.worked import broken, work

_MODULES = (classes, grids, intervals, lists, numbers, records, recursions, searching, texts)
_CARDS = [
    pytest.param(card, id=f"{module.__name__.rpartition('.')[2]}-{index}")
    for module in _MODULES
    for index, card in enumerate(module.CARDS)
]


def assert_sound(program: Program) -> None:
    """All forms give the same on all calls, and the calls of functions raise nothing."""
    results = [run(source(program, form, BARE), program.calls) for form in program.forms]
    assert all(result == results[0] for result in results), program
    if not program.is_class:
        assert not any(outcome.raises for outcome in results[0]), program
    for form in program.forms:
        assert all(mutant.right in form.body for mutant in form.mutants), form
        assert form.steps
        assert "$" not in "".join((form.body, form.kind, form.time_reason, *form.steps))
    assert "$" not in "".join((program.name, program.does, *program.calls))
    assert program.name.isidentifier()


@pytest.mark.parametrize("card", _CARDS)
def test_forms_of_a_card_agree(card: Card) -> None:
    """Whatever is drawn for a card, each of its forms computes the same."""
    for number in range(12):
        assert_sound(card.program(Draw(f"card {number}")))


@pytest.mark.parametrize("card", _CARDS)
def test_every_mutant_of_a_card_can_show(card: Card) -> None:
    """Each mistake of a card changes what some call gives, for some of the choices."""
    listed, showing = set(), set()
    for number in range(150):
        program = card.program(Draw(f"mutants {number}"))
        for form in program.forms:
            expected = run(source(program, form, BARE), program.calls)
            for index, mutant in enumerate(form.mutants):
                listed.add((form.kind, index))
                if (form.kind, index) in showing:
                    continue
                body = form.body.replace(mutant.right, mutant.wrong, 1)
                wrong = type(form)(form.kind, body, form.steps, imports=form.imports)
                if run(source(program, wrong, BARE), program.calls) != expected:
                    showing.add((form.kind, index))
        if number > 10 and listed == showing:
            break
    assert listed == showing


def test_forms_of_pipelines_agree() -> None:
    """Whatever pipeline is drawn, its expression and its loop compute the same."""
    for number in range(1_500):
        assert_sound(pipeline(Draw(f"pipeline {number}")))


def test_most_pipelines_have_a_mistake_that_shows() -> None:
    """Nine in ten pipelines can be broken so that one of their calls gives it away."""
    shown = 0
    for number in range(300):
        draw = Draw(f"broken {number}")
        program = pipeline(draw)
        shown += broken(draw, work(program, program.forms[0])) is not None
    assert shown >= 270


def test_source_of_a_function_with_everything() -> None:
    """Imports, hints, a docstring and examples stand where PEP 8 and PEP 257 want them."""
    program = next(
        program
        for number in range(1_000)
        if (program := pipeline(Draw(f"source {number}"))).forms[0].imports == ("import math",)
        and program.name.startswith("product_of")
    )
    text = source(
        program, program.forms[0], Style(hints=True, docstring=True), doctests=[("f(1)", "2")]
    )
    lines = text.split("\n")
    assert lines[:3] == ["import math", "", ""]
    assert lines[3].startswith(f"def {program.name}(")
    assert lines[3].endswith("-> int:")
    assert lines[4].startswith('    """Return the product of ')
    assert '    >>> f(1)\n    2\n    """' in text


def test_words_of_a_grammar() -> None:
    """Verbs lose their ending, second mentions get an article, text wraps at words."""
    assert [imperative(verb) for verb in ("returns", "checks", "merges", "applies", "pushes")] == [
        "return",
        "check",
        "merge",
        "apply",
        "push",
    ]
    assert definite("a list of integers") == "the list"
    assert definite("a given integer") == "the given integer"
    assert wrapped("one two three", 7) == ["one two", "three"]


def test_draws_do_not_depend_on_the_version_of_python() -> None:
    """The same key gives these choices for ever."""
    draw = Draw("key")
    assert draw.integers(6, 0, 99) == [86, 90, 93, 48, 39, 77]
    assert draw.shuffled("abcdef") == ["f", "b", "c", "d", "a", "e"]
    assert draw.sample(range(10), 3) == [4, 0, 3]
    assert draw.pick_weighted((("a", 1), ("b", 3))) == "b"
