"""Fix code: the user shows a bug and its symptom, the assistant explains and fixes it."""

from corpusforge.synthetic.dialogue import Dialogue
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.phrases import code_block, joined, noun, transcript
from corpusforge.synthetic.program import imperative, source_code
from corpusforge.synthetic.programs.catalog import draw_plain_function, draw_program
from corpusforge.synthetic.tasks.shown_program import ShownProgram
from corpusforge.synthetic.worked_example import (
    ExposedMutant,
    WorkedExample,
    draw_exposed_mutant,
    work,
)

_INLINE = 140  # a longer call and value are shown in a block instead of a sentence


def fix(draw: Draw, dialogue: Dialogue) -> ShownProgram:
    """The user shows a mutant, a call, its outcome and the expected one."""
    strict = dialogue.persona.wants_hints_or_docstrings
    while True:
        program = draw_plain_function(draw) if strict else draw_program(draw)
        example = work(program, program.forms[0])
        if (exposed := draw_exposed_mutant(draw, example)) is not None:
            break
    dialogue.task, dialogue.topic = "fix", program.topic
    style = dialogue.persona.draw_style(draw, hints=0.4, docstring=0.3)
    asked = dialogue.user_says(
        *_complaint(draw, example, exposed, source_code(program, exposed.form, style))
    )
    result = _result(draw, example, exposed)
    answered = dialogue.assistant_says(
        exposed.mutant.fault, _change(draw, exposed), code_block(example.code(style)), result
    )
    before = example.outcomes[: exposed.call_index] if program.is_class else ()
    dialogue.check([asked], [*before, exposed.outcome])
    dialogue.check([answered], example.outcomes)
    return ShownProgram(example, style, answered)


def _complaint(
    draw: Draw, example: WorkedExample, exposed: ExposedMutant, code: str
) -> tuple[str, ...]:
    program, wrong = example.program, exposed.outcome
    expected = example.outcomes[exposed.call_index]
    shown = code_block(code)
    if program.is_class:
        session = transcript([*example.outcomes[: exposed.call_index], wrong])
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
        wanted = f"I expect:\n\n{code_block(expected.value or '', 'text')}"
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


def _change(draw: Draw, exposed: ExposedMutant) -> str:
    right, wrong = exposed.mutant.right.strip(), exposed.mutant.wrong.strip()
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
    """Whether a fragment reads well in a sentence: in one line, with balanced brackets."""
    pairs = ("()", "[]", "{}")
    closed = all(fragment.count(pair[0]) == fragment.count(pair[1]) for pair in pairs)
    return closed and "\n" not in fragment and len(fragment) > 4


def _result(draw: Draw, example: WorkedExample, exposed: ExposedMutant) -> str:
    if example.program.is_class:
        lead = f"With this {noun(example.program)} the session goes as it should:"
        return f"{lead}\n\n{transcript(example.outcomes)}"
    expected = example.outcomes[exposed.call_index]
    if len(expected.call) + len(expected.value or "") > _INLINE:
        return f"Now the result is right:\n\n{transcript([expected])}"
    others = [o for i, o in enumerate(example.outcomes) if i != exposed.call_index]
    shown = [expected, *draw.sample(others, 1)] if others and draw.chance(0.4) else [expected]
    claims = joined([f"`{outcome.call}` {outcome.result}" for outcome in shown])
    return draw.pick((f"Now {claims}.", f"With this change, {claims}."))
