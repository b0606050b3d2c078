"""Follow-up questions about the program that the dialogue shows."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from corpusforge.synthetic.dialogue import Dialogue
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.execution import Outcome
from corpusforge.synthetic.phrases import code_block, joined
from corpusforge.synthetic.program import Style
from corpusforge.synthetic.tasks.explain import explain_cost
from corpusforge.synthetic.tasks.shown_program import ShownProgram
from corpusforge.synthetic.tasks.testing import answer_with_tests
from corpusforge.synthetic.worked_example import WorkedExample, work


@dataclass(frozen=True, slots=True)
class _FollowUp:
    """A question about the shown program, with its answer."""

    ask: Callable[[Draw, Dialogue, ShownProgram], ShownProgram]
    applies: Callable[[Dialogue, ShownProgram], bool]
    shows_code: bool = False
    for_classes: bool = False
    same_as: str | None = None  # the task that asks the same; the dialogue does not repeat it


def follow_up(draw: Draw, dialogue: Dialogue, shown: ShownProgram) -> None:
    """Add up to two follow-up questions, and perhaps a word of thanks."""
    asked = [kind for kind in _FOLLOW_UPS if kind.same_as == dialogue.task]
    opened = len(asked)
    for _ in range(draw.pick((0, 0, 0, 1, 1, 2))):
        possible = [
            kind for kind in _FOLLOW_UPS if kind not in asked and _fits(kind, dialogue, shown)
        ]
        if possible:
            kind = draw.pick(possible)
            asked.append(kind)
            shown = kind.ask(draw, dialogue, shown)
    if len(asked) > opened and draw.chance(0.15):
        dialogue.user_says(
            draw.pick(("Thanks!", "Thank you.", "Great, thanks.", "That helps, thank you!"))
        )
        dialogue.assistant_says(
            draw.pick(
                (
                    "You're welcome.",
                    "You're welcome! Ask again if something does not work.",
                    "Glad it helps.",
                    "My pleasure.",
                )
            )
        )


def _fits(kind: _FollowUp, dialogue: Dialogue, shown: ShownProgram) -> bool:
    program, form = shown.example.program, shown.example.form
    if program.is_class:
        return kind.for_classes
    # Nested functions have neither type hints nor docstrings.
    nested = any("def " in one.body for one in (form, *program.forms))
    if nested and dialogue.persona.wants_hints_or_docstrings and kind.shows_code:
        return False
    return kind.applies(dialogue, shown)


def _annotate(draw: Draw, dialogue: Dialogue, shown: ShownProgram) -> ShownProgram:
    wishes = []
    if not shown.style.hints:
        wishes.append("type hints")
    if not shown.style.docstring:
        wishes.append("a docstring")
    dialogue.user_says(
        draw.pick(
            (
                f"Can you add {joined(wishes)}?",
                f"Please add {joined(wishes)}.",
                f"Now with {joined(wishes)}, please.",
            )
        )
    )
    return _show(draw, dialogue, replace(shown, style=_FULL))


def _other_form(draw: Draw, dialogue: Dialogue, shown: ShownProgram) -> ShownProgram:
    other = shown.example.draw_other_form(draw)
    assert other is not None, "asked only of programs with several forms"
    dialogue.user_says(
        draw.pick(
            (
                f"Can it be done with {other.form.kind} too?",
                f"How would it look with {other.form.kind}?",
                f"Now write it with {other.form.kind}.",
            )
        )
    )
    return _show(draw, dialogue, replace(shown, example=other), " ".join(other.form.steps))


def _rename(draw: Draw, dialogue: Dialogue, shown: ShownProgram) -> ShownProgram:
    name = draw.pick(("solve", "calculate", "evaluate", "transform", "answer", "apply_rule"))
    dialogue.user_says(
        draw.pick(
            (
                f"Can you call the function `{name}`?",
                f"Rename it to `{name}`, please.",
                f"I would rather have it called `{name}`.",
            )
        )
    )
    return _show(draw, dialogue, replace(shown, example=shown.example.renamed(name)))


def _cost(draw: Draw, dialogue: Dialogue, shown: ShownProgram) -> ShownProgram:
    dialogue.user_says(
        draw.pick(
            ("What is its time complexity?", "How fast is it?", "And how does its cost grow?")
        )
    )
    dialogue.assistant_says(explain_cost(draw, shown.example))
    return shown


def _result(draw: Draw, dialogue: Dialogue, shown: ShownProgram) -> ShownProgram:
    outcome = draw.pick(_unmentioned(dialogue, shown))
    questions = (
        f"What does `{outcome.call}` return?",
        f"And what is the result of `{outcome.call}`?",
        f"What happens with `{outcome.call}`?",
    )
    dialogue.user_says(questions[2] if outcome.raises else draw.pick(questions))
    dialogue.assistant_says(f"`{outcome.call}` {outcome.result}.")
    return shown


def _unmentioned(dialogue: Dialogue, shown: ShownProgram) -> list[Outcome]:
    said = "\n".join(message["content"] for message in dialogue.messages)
    return [outcome for outcome in shown.example.outcomes if outcome.call not in said]


def _tests(draw: Draw, dialogue: Dialogue, shown: ShownProgram) -> ShownProgram:
    dialogue.user_says(
        draw.pick(
            (
                "Can you write a few tests for it?",
                "Now write tests for it, please.",
                "How would I test this?",
            )
        )
    )
    answer_with_tests(draw, dialogue, shown.example, shown.message)
    return shown


def _accept_none(draw: Draw, dialogue: Dialogue, shown: ShownProgram) -> ShownProgram:
    name, annotation = _only_parameter(shown)
    dialogue.user_says(
        draw.pick(
            (
                f"Can it also accept `None` for `{name}`?",
                f"Now let `None` stand for an empty `{name}`.",
                f"`{name}` is sometimes `None`. Can you handle that like an empty one?",
            )
        )
    )
    guard = f"if {name} is None:\n    {name} = {_EMPTY[annotation]}"
    guarded = _guarded(shown, guard, "None", f"{annotation} | None")
    note = f"`None` is replaced by an empty value first: `{guarded.outcomes[-1].call}` "
    return _show(
        draw, dialogue, replace(shown, example=guarded), note + guarded.outcomes[-1].result + "."
    )


def _refuse_empty(draw: Draw, dialogue: Dialogue, shown: ShownProgram) -> ShownProgram:
    name, annotation = _only_parameter(shown)
    dialogue.user_says(
        draw.pick(
            (
                f"Now make it raise a `ValueError` if `{name}` is empty.",
                f"An empty `{name}` should be an error. Can you add that?",
                f"Please handle an empty `{name}` with a `ValueError`.",
            )
        )
    )
    guard = f'if not {name}:\n    raise ValueError("{name} must not be empty")'
    guarded = _guarded(shown, guard, _EMPTY[annotation], annotation)
    note = f"The check comes before anything else, so `{guarded.outcomes[-1].call}` "
    return _show(
        draw, dialogue, replace(shown, example=guarded), note + guarded.outcomes[-1].result + "."
    )


def _guarded(shown: ShownProgram, guard: str, argument: str, annotation: str) -> WorkedExample:
    """Return the program with a guard at its start and one more call, which meets it."""
    program, form = shown.example.program, shown.example.form
    form = replace(form, body=f"{guard}\n{form.body}")
    parameters = tuple(replace(p, annotation=annotation) for p in program.parameters or ())
    call = f"{program.name}({argument})"
    calls = (*(old for old in program.calls if old != call), call)
    return work(replace(program, parameters=parameters, forms=(form,), calls=calls), form)


def _only_parameter(shown: ShownProgram) -> tuple[str, str]:
    (parameter,) = shown.example.program.parameters or ()
    return parameter.name, parameter.annotation


def _show(
    draw: Draw, dialogue: Dialogue, shown: ShownProgram, explanation: str = ""
) -> ShownProgram:
    lead = draw.pick(("", "Of course:", "Sure:", "Here it is:"))
    shown = replace(shown, style=dialogue.persona.adapted(shown.style))
    code = code_block(shown.example.code(shown.style))
    index = dialogue.assistant_says(lead, code, explanation)
    dialogue.check([index], shown.example.outcomes)
    return replace(shown, message=index)


def _takes_one_collection(_: Dialogue, shown: ShownProgram) -> bool:
    first, *more = shown.example.program.parameters or ()
    recursive = shown.example.form.kind == "recursion"
    return not more and first.annotation in _EMPTY and not recursive


_FULL = Style(hints=True, docstring=True)
_EMPTY = {
    "list[int]": "[]",
    "list[str]": "[]",
    "list[dict]": "[]",
    "list[list[int]]": "[]",
    "str": '""',
    "dict[str, int]": "{}",
}
_FOLLOW_UPS = (
    _FollowUp(
        _annotate,
        lambda dialogue, shown: dialogue.persona.hints is not False and shown.style != _FULL,
        shows_code=True,
        same_as="annotate",
    ),
    _FollowUp(
        _other_form,
        lambda _, shown: len(shown.example.program.forms) > 1,
        shows_code=True,
        same_as="convert",
    ),
    _FollowUp(_rename, lambda *_: True, shows_code=True),
    _FollowUp(_cost, lambda _, shown: shown.example.form.cost is not None, same_as="complexity"),
    _FollowUp(_result, lambda dialogue, shown: bool(_unmentioned(dialogue, shown))),
    _FollowUp(_tests, lambda *_: True, for_classes=True, same_as="test"),
    _FollowUp(_accept_none, _takes_one_collection, shows_code=True),
    _FollowUp(_refuse_empty, _takes_one_collection, shows_code=True),
)
