"""Generated programs: forms agree, mutants fit, no placeholder is left."""

import importlib
import pkgutil
from dataclasses import replace

import pytest

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.execution import run_calls
from corpusforge.synthetic.program import (
    BARE,
    Program,
    Style,
    definite,
    imperative,
    source_code,
    wrapped,
)
from corpusforge.synthetic.programs import cards
from corpusforge.synthetic.programs.card import Card
from corpusforge.synthetic.programs.catalog import CARDS
from corpusforge.synthetic.programs.pipelines.pipeline import draw_pipeline
from corpusforge.synthetic.worked_example import draw_exposed_mutant, work

_CARDS = [
    pytest.param(card, id=f"{family}-{index}")
    for family, members in CARDS.items()
    for index, card in enumerate(members)
]


def assert_sound(program: Program) -> None:
    """All forms have the same outcomes, and calls of functions raise nothing."""
    results = [run_calls(source_code(program, form, BARE), program.calls) for form in program.forms]
    assert all(result == results[0] for result in results), program
    if not program.is_class:
        assert not any(outcome.raises for outcome in results[0]), program
    for form in program.forms:
        assert all(mutant.right in form.body for mutant in form.mutants), form
        assert form.steps
        assert "$" not in "".join(
            (form.body, form.kind, form.cost.reason if form.cost else "", *form.steps)
        )
    assert "$" not in "".join((program.name, program.does, *program.calls))
    assert program.name.isidentifier()


@pytest.mark.parametrize("card", _CARDS)
def test_forms_of_a_card_agree(card: Card) -> None:
    """Whatever values are drawn for a card, all its forms compute the same."""
    for number in range(12):
        assert_sound(card.draw_program(Draw(f"card {number}")))


@pytest.mark.parametrize("card", _CARDS)
def test_every_mutant_of_a_card_can_show(card: Card) -> None:
    """Each mutant of a card changes the outcome of a call, for some of the drawn values."""
    listed, showing = set(), set()
    for number in range(150):
        program = card.draw_program(Draw(f"mutants {number}"))
        for form in program.forms:
            expected = run_calls(source_code(program, form, BARE), program.calls)
            for index, mutant in enumerate(form.mutants):
                listed.add((form.kind, index))
                if (form.kind, index) in showing:
                    continue
                body = form.body.replace(mutant.right, mutant.wrong, 1)
                wrong = replace(form, body=body)
                if run_calls(source_code(program, wrong, BARE), program.calls) != expected:
                    showing.add((form.kind, index))
        if number > 10 and listed == showing:
            break
    assert listed == showing


def test_every_card_is_in_the_catalog_once() -> None:
    """No card of a module is missing or listed twice."""
    modules = [
        importlib.import_module(f"{cards.__name__}.{module.name}")
        for module in pkgutil.iter_modules(cards.__path__)
    ]
    written = [value for m in modules for value in vars(m).values() if isinstance(value, Card)]
    listed = [card for members in CARDS.values() for card in members]
    assert sorted(map(id, written)) == sorted(map(id, listed))


def test_forms_of_pipelines_agree() -> None:
    """The expression and the loop of a pipeline compute the same."""
    for number in range(1_500):
        assert_sound(draw_pipeline(Draw(f"pipeline {number}")))


def test_most_pipelines_have_a_mistake_that_shows() -> None:
    """Nine in ten pipelines have a mutant that one of their calls exposes."""
    shown = 0
    for number in range(300):
        draw = Draw(f"broken {number}")
        program = draw_pipeline(draw)
        shown += draw_exposed_mutant(draw, work(program, program.forms[0])) is not None
    assert shown >= 270


def test_source_of_a_function_with_everything() -> None:
    """Imports, hints, a docstring and examples are where PEP 8 and PEP 257 want them."""
    program = next(
        program
        for number in range(1_000)
        if (program := draw_pipeline(Draw(f"source {number}"))).forms[0].imports == ("import math",)
        and program.name.startswith("product_of")
    )
    text = source_code(
        program, program.forms[0], Style(hints=True, docstring=True), doctests=[("f(1)", "2")]
    )
    lines = text.split("\n")
    assert lines[:3] == ["import math", "", ""]
    assert lines[3].startswith(f"def {program.name}(")
    assert lines[3].endswith("-> int:")
    assert lines[4].startswith('    """Return the product of ')
    assert '    >>> f(1)\n    2\n    """' in text


def test_words_of_a_grammar() -> None:
    """Verbs become imperatives, second mentions get an article, text wraps at words."""
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
    """The same key always gives these choices."""
    draw = Draw("key")
    assert draw.integers(6, 0, 99) == [86, 90, 93, 48, 39, 77]
    assert draw.shuffled("abcdef") == ["f", "b", "c", "d", "a", "e"]
    assert draw.sample(range(10), 3) == [4, 0, 3]
    assert draw.pick_weighted((("a", 1), ("b", 3))) == "b"
