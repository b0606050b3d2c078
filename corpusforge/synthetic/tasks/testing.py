"""The user shows code, the assistant writes tests that pass on it and fail on a mutant of it."""

from collections.abc import Sequence

from corpusforge.synthetic.conversation import Conversation
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.phrases import block, bulleted, noun
from corpusforge.synthetic.programs.catalog import draw_program
from corpusforge.synthetic.tasks.topic import Topic
from corpusforge.synthetic.trial import Outcome
from corpusforge.synthetic.worked import Broken, Worked, broken, work

_LINE = 72  # what `    assert … == …` leaves of 88 columns, about
_EMPTY = ("[]", '""', "{}")


def write_tests(draw: Draw, talk: Conversation) -> Topic:
    """Tests for a function or a class."""
    program = draw_program(draw)
    worked = work(program, program.forms[0])
    talk.task, talk.topic = "test", program.topic
    style = talk.persona.style(draw, hints=0.3, docstring=0.3)
    kind = noun(program)
    code = worked.code(style)
    asked = talk.user(
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
        block(code),
    )
    answer_with_tests(draw, talk, worked, asked)
    fault = broken(draw, worked)
    if fault:
        _check_that_they_can_fail(talk, worked, fault, asked, code)
    return Topic(worked, style, asked)


def answer_with_tests(draw: Draw, talk: Conversation, worked: Worked, code_message: int) -> None:
    """The assistant shows tests for the code that stands in a message."""
    names = test_names(worked)
    code, notes = _tests(worked, names, hints=bool(talk.persona.hints))
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
        tail = f"They cover:\n\n{bulleted(notes)}"
    end = draw.pick(
        (
            "All of them pass on the code above.",
            "The code above passes them.",
            "They pass as the code stands.",
        )
        if len(set(names)) > 1
        else ("It passes on the code above.", "The code above passes it.")
    )
    answered = talk.assistant(lead, block(code), tail, end)
    calls = [Outcome(f"{name}()", value="None") for name in dict.fromkeys(names)]
    talk.check([code_message, answered], calls)


def test_names(worked: Worked) -> list[str]:
    """The test function that each call of a program belongs to."""
    name = worked.program.name
    if worked.program.is_class:
        return [f"test_{name.lower()}"] * len(worked.outcomes)
    ordinary = iter(
        ("typical_input", "another_input", "third_input", "fourth_input", "fifth_input")
    )
    names = []
    for outcome in worked.outcomes:
        argument = outcome.call[len(name) + 1 : -1]
        case = "empty_input" if argument.startswith(_EMPTY) else None
        case = "zero" if argument == "0" else case
        names.append(f"test_{case or next(ordinary)}")
    return names


def _tests(worked: Worked, names: Sequence[str], *, hints: bool) -> tuple[str, list[str]]:
    bodies: dict[str, list[str]] = {}
    needs_pytest = False
    returns = " -> None" if hints else ""
    for name, outcome in zip(names, worked.outcomes, strict=True):
        lines = bodies.setdefault(name, [])
        if outcome.raises:
            needs_pytest = True
            lines += [f"with pytest.raises({outcome.raises}):", f"    {outcome.call}"]
        else:
            lines += _assertion(outcome, worked.program.is_class)
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
    """A repr as a formatter would write it; the strings here hold no quotes of either kind."""
    return value if '"' in value else value.replace("'", '"')


def _check_that_they_can_fail(
    talk: Conversation, worked: Worked, fault: Broken, asked: int, code: str
) -> None:
    expected, wrong = worked.outcomes[fault.index], fault.wrong
    if expected.raises:
        return  # `pytest.raises` fails with an exception of its own
    if worked.program.is_class and expected.value in (None, "None") and not wrong.raises:
        return  # the call is made, but its value is not looked at
    line_start = "\n" if worked.program.is_class else "\n    "
    before = fault.mutant.right.replace("\n", line_start)
    after = fault.mutant.wrong.replace("\n", line_start)
    if code.count(before) == 1:
        name = test_names(worked)[fault.index]
        failure = Outcome(f"{name}()", raises=wrong.raises or "AssertionError")
        talk.check([asked, asked + 1], [failure], replacing=(before, after))
