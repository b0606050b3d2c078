"""What a user asks next, about the code that is on the table."""

from collections.abc import Callable
from dataclasses import replace

from corpusforge.synthetic.conversation import Conversation
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.phrases import block, joined
from corpusforge.synthetic.program import Style
from corpusforge.synthetic.tasks.explain import cost
from corpusforge.synthetic.tasks.testing import answer_with_tests
from corpusforge.synthetic.tasks.topic import Topic
from corpusforge.synthetic.trial import Outcome
from corpusforge.synthetic.worked import Worked, work


def follow_up(draw: Draw, talk: Conversation, topic: Topic) -> None:
    """Up to two more questions, and perhaps a word of thanks."""
    # What the conversation began with is not asked again.
    opening = _OPENING.get(talk.task)
    asked: list[_FollowUp] = [opening] if opening else []
    opened = len(asked)
    for _ in range(draw.pick((0, 0, 0, 1, 1, 2))):
        possible = [kind for kind in _KINDS if kind not in asked and _applies(kind, talk, topic)]
        if possible:
            kind = draw.pick(possible)
            asked.append(kind)
            topic = kind(draw, talk, topic)
    if len(asked) > opened and draw.chance(0.15):
        talk.user(draw.pick(("Thanks!", "Thank you.", "Great, thanks.", "That helps, thank you!")))
        talk.assistant(
            draw.pick(
                (
                    "You're welcome.",
                    "You're welcome! Ask again if something does not work.",
                    "Glad it helps.",
                    "My pleasure.",
                )
            )
        )


_FULL = Style(hints=True, docstring=True)
_FollowUp = Callable[[Draw, Conversation, Topic], Topic]


def _applies(kind: _FollowUp, talk: Conversation, topic: Topic) -> bool:
    program, form = topic.worked.program, topic.worked.form
    if program.is_class:
        return kind is _tests
    nested = any("def " in one.body for one in (form, *program.forms))
    if nested and talk.persona.wants_hints_or_docstrings and kind in _SHOWING:
        return False
    if kind is _annotate:
        return talk.persona.hints is not False and topic.style != _FULL
    if kind is _other_form:
        return len(program.forms) > 1
    if kind is _result:
        return bool(_not_shown(talk, topic))
    if kind is _cost:
        return bool(form.time)
    if kind in (_accept_none, _refuse_empty):
        first, *more = program.parameters or ()
        return not more and first.annotation in _EMPTY and form.kind != "recursion"
    return True


def _annotate(draw: Draw, talk: Conversation, topic: Topic) -> Topic:
    wishes = []
    if not topic.style.hints:
        wishes.append("type hints")
    if not topic.style.docstring:
        wishes.append("a docstring")
    talk.user(
        draw.pick(
            (
                f"Can you add {joined(wishes)}?",
                f"Please add {joined(wishes)}.",
                f"Now with {joined(wishes)}, please.",
            )
        )
    )
    return _show(draw, talk, replace(topic, style=_FULL))


def _other_form(draw: Draw, talk: Conversation, topic: Topic) -> Topic:
    other = topic.worked.other_form(draw)
    assert other is not None, "asked only of programs with several forms"
    talk.user(
        draw.pick(
            (
                f"Can it be done with {other.form.kind} too?",
                f"How would it look with {other.form.kind}?",
                f"Now write it with {other.form.kind}.",
            )
        )
    )
    return _show(draw, talk, replace(topic, worked=other), " ".join(other.form.steps))


def _rename(draw: Draw, talk: Conversation, topic: Topic) -> Topic:
    name = draw.pick(("solve", "calculate", "evaluate", "transform", "answer", "apply_rule"))
    talk.user(
        draw.pick(
            (
                f"Can you call the function `{name}`?",
                f"Rename it to `{name}`, please.",
                f"I would rather have it called `{name}`.",
            )
        )
    )
    return _show(draw, talk, replace(topic, worked=topic.worked.renamed(name)))


def _cost(draw: Draw, talk: Conversation, topic: Topic) -> Topic:
    talk.user(
        draw.pick(
            ("What is its time complexity?", "How fast is it?", "And how does its cost grow?")
        )
    )
    talk.assistant(cost(draw, topic.worked))
    return topic


def _result(draw: Draw, talk: Conversation, topic: Topic) -> Topic:
    outcome = draw.pick(_not_shown(talk, topic))
    questions = (
        f"What does `{outcome.call}` return?",
        f"And what is the result of `{outcome.call}`?",
        f"What happens with `{outcome.call}`?",
    )
    talk.user(questions[2] if outcome.raises else draw.pick(questions))
    talk.assistant(f"`{outcome.call}` {outcome.result}.")
    return topic


def _not_shown(talk: Conversation, topic: Topic) -> list[Outcome]:
    said = "\n".join(message["content"] for message in talk.messages)
    return [outcome for outcome in topic.worked.outcomes if outcome.call not in said]


def _tests(draw: Draw, talk: Conversation, topic: Topic) -> Topic:
    talk.user(
        draw.pick(
            (
                "Can you write a few tests for it?",
                "Now write tests for it, please.",
                "How would I test this?",
            )
        )
    )
    answer_with_tests(draw, talk, topic.worked, topic.message)
    return topic


def _accept_none(draw: Draw, talk: Conversation, topic: Topic) -> Topic:
    name, annotation = _only_parameter(topic)
    talk.user(
        draw.pick(
            (
                f"Can it also accept `None` for `{name}`?",
                f"Now let `None` stand for an empty `{name}`.",
                f"`{name}` is sometimes `None`. Can you handle that like an empty one?",
            )
        )
    )
    guard = f"if {name} is None:\n    {name} = {_EMPTY[annotation]}"
    guarded = _guarded(topic, guard, "None", f"{annotation} | None")
    note = f"`None` is replaced by an empty value first: `{guarded.outcomes[-1].call}` "
    return _show(
        draw, talk, replace(topic, worked=guarded), note + guarded.outcomes[-1].result + "."
    )


def _refuse_empty(draw: Draw, talk: Conversation, topic: Topic) -> Topic:
    name, annotation = _only_parameter(topic)
    talk.user(
        draw.pick(
            (
                f"Now make it raise a `ValueError` if `{name}` is empty.",
                f"An empty `{name}` should be an error. Can you add that?",
                f"Please handle an empty `{name}` with a `ValueError`.",
            )
        )
    )
    guard = f'if not {name}:\n    raise ValueError("{name} must not be empty")'
    guarded = _guarded(topic, guard, _EMPTY[annotation], annotation)
    note = f"The check comes before anything else, so `{guarded.outcomes[-1].call}` "
    return _show(
        draw, talk, replace(topic, worked=guarded), note + guarded.outcomes[-1].result + "."
    )


def _guarded(topic: Topic, guard: str, argument: str, annotation: str) -> Worked:
    """The program with a guard at its start, and one more call that meets it."""
    program, form = topic.worked.program, topic.worked.form
    form = replace(form, body=f"{guard}\n{form.body}")
    parameters = tuple(replace(p, annotation=annotation) for p in program.parameters or ())
    call = f"{program.name}({argument})"
    calls = (*(old for old in program.calls if old != call), call)
    return work(replace(program, parameters=parameters, forms=(form,), calls=calls), form)


def _only_parameter(topic: Topic) -> tuple[str, str]:
    (parameter,) = topic.worked.program.parameters or ()
    return parameter.name, parameter.annotation


def _show(draw: Draw, talk: Conversation, topic: Topic, explanation: str = "") -> Topic:
    lead = draw.pick(("", "Of course:", "Sure:", "Here it is:"))
    topic = replace(topic, style=talk.persona.adapted(topic.style))
    code = block(topic.worked.code(topic.style))
    index = talk.assistant(lead, code, explanation)
    talk.check([index], topic.worked.outcomes)
    return replace(topic, message=index)


_EMPTY = {
    "list[int]": "[]",
    "list[str]": "[]",
    "list[dict]": "[]",
    "list[list[int]]": "[]",
    "str": '""',
    "dict[str, int]": "{}",
}
_SHOWING = (_annotate, _other_form, _rename, _accept_none, _refuse_empty)  # code is shown again
_OPENING: dict[str, _FollowUp] = {
    "complexity": _cost,
    "test": _tests,
    "convert": _other_form,
    "annotate": _annotate,
}
_KINDS: tuple[_FollowUp, ...] = (
    _annotate,
    _other_form,
    _rename,
    _cost,
    _result,
    _tests,
    _accept_none,
    _refuse_empty,
)
