"""The user asks for a function or a class; also: for the rest of one that was begun."""

from dataclasses import replace

from corpusforge.synthetic.conversation import Conversation
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.phrases import block, examples, noun, numbered, some_outcomes
from corpusforge.synthetic.program import Program, Style
from corpusforge.synthetic.programs.catalog import (
    draw_function,
    draw_plain_function,
    draw_program,
)
from corpusforge.synthetic.tasks.topic import Topic
from corpusforge.synthetic.worked import Worked, work


def write(draw: Draw, talk: Conversation) -> Topic:
    """The user describes a program, the assistant writes it."""
    strict = talk.persona.wants_hints_or_docstrings
    program = draw_plain_function(draw) if strict else draw_program(draw)
    worked = work(program, program.forms[0])
    talk.task, talk.topic = "write", program.topic
    with_form = len(program.forms) > 1 and draw.chance(0.35)
    request = _request(draw, program)
    if with_form:
        request += " " + draw.pick(
            (
                f"Use {worked.form.kind}.",
                f"Please use {worked.form.kind}.",
                f"It should use {worked.form.kind}.",
                f"I would like it with {worked.form.kind}.",
            )
        )
    sample = worked.outcomes[draw.integer(0, len(worked.outcomes) - 1)]
    named = f"`{program.name}`" in request or program.name + "(" in request
    needs_example = program.topic == "records"
    if named and not program.is_class and (needs_example or draw.chance(0.3)):
        request += " " + draw.pick(
            (
                f"For example, `{sample.call}` should return `{sample.value}`.",
                f"I expect `{sample.value}` from `{sample.call}`.",
                f"`{sample.call}` should give `{sample.value}`.",
            )
        )
    talk.user(request)
    return answer(draw, talk, worked, talk.persona.style(draw, hints=0.5, docstring=0.45))


def complete(draw: Draw, talk: Conversation) -> Topic:
    """The user shows the beginning of a function, the assistant finishes it."""
    program = draw_function(draw)
    worked = work(program, program.forms[0])
    talk.task, talk.topic = "complete", program.topic
    style = replace(talk.persona.style(draw, hints=0.6, docstring=1), docstring=True)
    code = worked.code(style)
    lines = worked.form.body.split("\n")
    keep = draw.integer(0, max(len(lines) - 1, 0) // 2)
    head = code[: len(code) - sum(len(line) + 5 if line else 1 for line in lines)]
    # The body stands at the end of the code, four columns to the right.
    begun = "\n".join(
        [head.rstrip("\n"), *(f"    {line}" if line else "" for line in lines[:keep])]
    )
    talk.user(
        draw.pick(
            (
                "Complete this function:",
                "Please finish this function.",
                "Fill in the rest of this function:",
                "I have started this function; can you complete it?",
                "What is missing here? Please write the whole function.",
                "Implement the body of this function:",
            )
        ),
        block(begun + "\n    ..."),
    )
    return answer(draw, talk, worked, style)


def answer(draw: Draw, talk: Conversation, worked: Worked, style: Style) -> Topic:
    """The assistant shows the program, and says how it works and what it gives."""
    shown = some_outcomes(draw, worked.program, worked.outcomes)
    code = block(worked.code(style))
    if talk.persona.code_only:
        index = talk.assistant(code)
    else:
        index = talk.assistant(
            _lead(draw, worked.program),
            code,
            _explanation(draw, worked),
            examples(draw, worked.program, shown) if draw.chance(0.8) else "",
        )
    talk.check([index], worked.outcomes)
    return Topic(worked, style, index)


def _request(draw: Draw, program: Program) -> str:
    does, name = program.does, program.name
    if program.is_class:
        return draw.pick(
            (
                f"Write a Python class `{name}` that {does}.",
                f"I need a class `{name}` that {does}. Can you write it?",
                f"Please write a class named `{name}` that {does}.",
                f"How would you write a class `{name}` that {does}?",
                f"Can you show me a class `{name}` that {does}?",
            )
        )
    signature = program.signature(hints=draw.chance(0.4))
    unnamed = program.does_unnamed
    return draw.pick(
        (
            f"Write a Python function `{signature}` that {does}.",
            f"Write a function `{signature}` that {does}.",
            f"Please implement `{signature}` in Python. It {does}.",
            f"I need a function `{signature}` that {does}.",
            f"Could you write `{signature}`? It {does}.",
            f"Implement a function named `{name}` that {unnamed}.",
            f"Write a Python function called `{name}` that {unnamed}.",
            f"Write a Python function that {unnamed}.",
            f"How do I write a function that {unnamed}?",
            f"Can you give me a Python function that {unnamed}?",
            f"I am looking for a function that {unnamed}. How would you write it?",
            f"Define `{signature}`, which {does}.",
            f"Show me how to write a function that {unnamed}.",
            f"My task: a function `{signature}` that {does}. How could it look?",
        )
        if program.topic != "records"
        else (
            f"Write a Python function `{signature}` that {does}.",
            f"Please implement `{signature}` in Python. It {does}.",
            f"I need a function `{signature}` that {does}. The records are dictionaries.",
            f"Could you write `{signature}`? It {does}.",
        )
    )


def _lead(draw: Draw, program: Program) -> str:
    kind = noun(program)
    return draw.pick(
        (
            "",
            "",
            "",
            f"Here is the {kind}:",
            f"Here is `{program.name}`:",
            f"This {kind} does it:",
            "Sure:",
            "Certainly. Here is one way:",
            f"You can write the {kind} like this:",
            "One way to do it:",
            "This should do it:",
        )
    )


def _explanation(draw: Draw, worked: Worked) -> str:
    steps = worked.form.steps
    shape = draw.pick(("prose", "prose", "list", "none"))
    if shape == "none":
        return ""
    if shape == "list" and len(steps) > 1:
        lead = draw.pick(("How it works:", "Step by step:", "What happens:"))
        return f"{lead}\n\n{numbered(steps)}"
    return " ".join(steps)
