"""Write tests that pass on the shown code and fail on a mutant of it."""

from collections.abc import Sequence

from corpusforge.synthetic.dialogue import Dialogue
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.execution import Outcome
from corpusforge.synthetic.phrases import bullet_list, code_block, noun
from corpusforge.synthetic.programs.catalog import draw_program
from corpusforge.synthetic.tasks.shown_program import ShownProgram
from corpusforge.synthetic.worked_example import (
    ExposedMutant,
    WorkedExample,
    draw_exposed_mutant,
    work,
)

_LINE = 72  # call and value in one line of 88 columns, with `    assert … == …` around them
_EMPTY = ("[]", '""', "{}")


def write_tests(draw: Draw, dialogue: Dialogue) -> ShownProgram:
    """The user asks for tests of a function or class."""
    program = draw_program(draw)
    example = work(program, program.forms[0])
    dialogue.task, dialogue.topic = "test", program.topic
    style = dialogue.persona.draw_style(draw, hints=0.3, docstring=0.3)
    kind = noun(program)
    code = example.code(style)
    asked = dialogue.user_says(
        draw.pick(
            (
                f"Write tests for this {kind}.",
                f"Can you write some unit tests for this {kind}?",
                f"I need pytest tests for this {kind}:",
                f"How would you test this {kind}?",
                "Please write test functions for this code.",
                f"Add tests for `{program.name}`:",
            )
        ),
        code_block(code),
    )
    answer_with_tests(draw, dialogue, example, asked)
    exposed = draw_exposed_mutant(draw, example)
    if exposed:
        _check_that_they_can_fail(dialogue, example, exposed, asked, code)
    return ShownProgram(example, style, asked)


def answer_with_tests(
    draw: Draw, dialogue: Dialogue, example: WorkedExample, code_message: int
) -> None:
    """Answer with tests of the code in message `code_message`."""
    names = test_names(example)
    code, notes = _tests(example, names, hints=bool(dialogue.persona.hints))
    lead = draw.pick(
        (
            "Here are the tests:",
            "These tests cover it:",
            "With pytest, the tests could look like this:",
            "For example:",
            "",
        )
    )
    tail = ""
    if len(notes) > 1 and draw.chance(0.6):
        tail = f"They cover:\n\n{bullet_list(notes)}"
    end = draw.pick(
        (
            "All of them pass on the code above.",
            "The code above passes them.",
            "They pass as the code stands.",
        )
        if len(set(names)) > 1
        else ("It passes on the code above.", "The code above passes it.")
    )
    answered = dialogue.assistant_says(lead, code_block(code), tail, end)
    calls = [Outcome(f"{name}()", value="None") for name in dict.fromkeys(names)]
    dialogue.check([code_message, answered], calls)


def test_names(example: WorkedExample) -> list[str]:
    """Return, for each call of a program, the name of the test function that contains it."""
    name = example.program.name
    if example.program.is_class:
        return [f"test_{name.lower()}"] * len(example.outcomes)
    ordinary = iter(
        ("typical_input", "another_input", "third_input", "fourth_input", "fifth_input")
    )
    names = []
    for outcome in example.outcomes:
        argument = outcome.call[len(name) + 1 : -1]
        case = "empty_input" if argument.startswith(_EMPTY) else None
        case = "zero" if argument == "0" else case
        names.append(f"test_{case or next(ordinary)}")
    return names


def _tests(example: WorkedExample, names: Sequence[str], *, hints: bool) -> tuple[str, list[str]]:
    bodies: dict[str, list[str]] = {}
    needs_pytest = False
    returns = " -> None" if hints else ""
    for name, outcome in zip(names, example.outcomes, strict=True):
        lines = bodies.setdefault(name, [])
        if outcome.raises:
            needs_pytest = True
            lines += [f"with pytest.raises({outcome.raises}):", f"    {outcome.call}"]
        else:
            lines += _assertion(outcome, example.program.is_class)
    functions = [
        "\n".join([f"def {name}(){returns}:", *(f"    {line}" for line in lines)])
        for name, lines in bodies.items()
    ]
    head = ["import pytest"] if needs_pytest else []
    notes = [f"`{name}`: {_NOTES[name]}" for name in bodies if name in _NOTES]
    return "\n\n\n".join([*head, *functions]), notes


_NOTES = {
    "test_typical_input": "an ordinary case",
    "test_another_input": "a second case with other values",
    "test_third_input": "a third case",
    "test_fourth_input": "a fourth case",
    "test_fifth_input": "a fifth case",
    "test_empty_input": "input with nothing in it",
    "test_zero": "zero",
}


def _assertion(outcome: Outcome, in_class: bool) -> list[str]:
    if outcome.value is None or (in_class and outcome.value == "None"):
        return [outcome.call]
    if outcome.value in ("True", "False", "None"):
        return [f"assert {_parenthesised(outcome.call)} is {outcome.value}"]
    value = _double_quoted(outcome.value)
    if len(outcome.call) + len(value) > _LINE:
        return [f"expected = {value}", f"assert {outcome.call} == expected"]
    return [f"assert {outcome.call} == {value}"]


def _parenthesised(call: str) -> str:
    return f"({call})" if " == " in call or " is " in call else call


def _double_quoted(value: str) -> str:
    """Return a repr in double quotes, as formatters write it. Strings here contain no quotes."""
    return value if '"' in value else value.replace("'", '"')


def _check_that_they_can_fail(
    dialogue: Dialogue, example: WorkedExample, exposed: ExposedMutant, asked: int, code: str
) -> None:
    expected, wrong = example.outcomes[exposed.call_index], exposed.outcome
    if expected.raises:
        return  # `pytest.raises` fails with its own exception
    if example.program.is_class and expected.value in (None, "None") and not wrong.raises:
        return  # the test makes this call without comparing its value
    line_start = "\n" if example.program.is_class else "\n    "
    before = exposed.mutant.right.replace("\n", line_start)
    after = exposed.mutant.wrong.replace("\n", line_start)
    if code.count(before) == 1:
        name = test_names(example)[exposed.call_index]
        failure = Outcome(f"{name}()", raises=wrong.raises or "AssertionError")
        dialogue.check([asked, asked + 1], [failure], replacing=(before, after))
