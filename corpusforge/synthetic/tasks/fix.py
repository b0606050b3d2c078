"""The user shows code that misbehaves, and how; the assistant finds the fault and mends it."""

from corpusforge.synthetic.conversation import Conversation
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.phrases import block, joined, noun, transcript
from corpusforge.synthetic.program import imperative, source
from corpusforge.synthetic.programs.catalog import draw_plain_function, draw_program
from corpusforge.synthetic.tasks.topic import Topic
from corpusforge.synthetic.worked import Broken, Worked, broken, work

_INLINE = 140  # what is longer than a line or two does not read well in a sentence


def fix(draw: Draw, talk: Conversation) -> Topic:
    """Code, a call, what it gives and what it should give."""
    strict = talk.persona.wants_hints_or_docstrings
    while True:
        program = draw_plain_function(draw) if strict else draw_program(draw)
        worked = work(program, program.forms[0])
        if (fault := broken(draw, worked)) is not None:
            break
    talk.task, talk.topic = "fix", program.topic
    style = talk.persona.style(draw, hints=0.4, docstring=0.3)
    asked = talk.user(*_complaint(draw, worked, fault, source(program, fault.form, style)))
    result = _result(draw, worked, fault)
    answered = talk.assistant(
        fault.mutant.fault, _change(draw, fault), block(worked.code(style)), result
    )
    before = worked.outcomes[: fault.index] if program.is_class else ()
    talk.check([asked], [*before, fault.wrong])
    talk.check([answered], worked.outcomes)
    return Topic(worked, style, answered)


def _complaint(draw: Draw, worked: Worked, fault: Broken, code: str) -> tuple[str, ...]:
    program, expected, wrong = worked.program, worked.outcomes[fault.index], fault.wrong
    shown = block(code)
    if program.is_class:
        session = transcript([*worked.outcomes[: fault.index], wrong])
        wanted = (
            f"The last line should raise `{expected.raises}`."
            if expected.raises
            else f"The last line should give `{expected.value}`."
        )
        lead = draw.pick(
            (
                "Something is wrong with this class:",
                "There is a bug in this class:",
                "This class does not do what it should:",
            )
        )
        return lead, shown, session, wanted
    if len(wrong.call) + len(expected.value or "") > _INLINE:
        lead = draw.pick(("There is a bug in this function:", "Please fix this function:"))
        wanted = f"I expect:\n\n{block(expected.value or '', 'text')}"
        return lead, shown, f"It gives:\n\n{transcript([wrong])}", wanted
    if wrong.raises:
        got = f"`{wrong.call}` raises `{wrong.raises}`"
    elif wrong.value == "None":
        got = f"`{wrong.call}` returns `None`"
    else:
        got = f"`{wrong.call}` {draw.pick(('returns', 'gives'))} `{wrong.value}`"
    symptom = draw.pick(
        (
            f"{got}, but I expect `{expected.value}`.",
            f"{got} instead of `{expected.value}`.",
            f"{got}; it should be `{expected.value}`.",
        )
    )
    purpose = f"This function should {_infinitive(program.does)}, but it has a bug:"
    lead = draw.pick(
        (
            purpose,
            purpose,
            "There is a bug in this function:",
            "Can you find the bug in this code?",
            "This does not work as it should:",
            "Please fix this function:",
            "Why does this give a wrong result?" if not wrong.raises else "Why does this fail?",
        )
    )
    if draw.chance(0.2):
        return symptom, "What is wrong?", shown
    return lead, shown, symptom


def _infinitive(does: str) -> str:
    verb, _, rest = does.partition(" ")
    return f"{imperative(verb)} {rest}"


def _change(draw: Draw, fault: Broken) -> str:
    right, wrong = fault.mutant.right.strip(), fault.mutant.wrong.strip()
    corrected = draw.pick(
        ("Corrected:", "Here is the corrected code:", "The fixed version:", "This version works:")
    )
    if not (_can_be_quoted(right) and _can_be_quoted(wrong)):
        return corrected
    return draw.pick(
        (
            f"Change `{wrong}` to `{right}`:",
            f"It should be `{right}` instead of `{wrong}`:",
            f"Replace `{wrong}` by `{right}`:",
            corrected,
        )
    )


def _can_be_quoted(fragment: str) -> bool:
    """Whether a piece of code can be spoken of: a line or less, with its brackets closed."""
    pairs = ("()", "[]", "{}")
    closed = all(fragment.count(pair[0]) == fragment.count(pair[1]) for pair in pairs)
    return closed and "\n" not in fragment and len(fragment) > 4


def _result(draw: Draw, worked: Worked, fault: Broken) -> str:
    if worked.program.is_class:
        lead = f"With this {noun(worked.program)} the session goes as it should:"
        return f"{lead}\n\n{transcript(worked.outcomes)}"
    expected = worked.outcomes[fault.index]
    if len(expected.call) + len(expected.value or "") > _INLINE:
        return f"Now the result is right:\n\n{transcript([expected])}"
    others = [o for i, o in enumerate(worked.outcomes) if i != fault.index]
    shown = [expected, *draw.sample(others, 1)] if others and draw.chance(0.4) else [expected]
    claims = joined([f"`{outcome.call}` {outcome.result}" for outcome in shown])
    return draw.pick((f"Now {claims}.", f"With this change, {claims}."))
