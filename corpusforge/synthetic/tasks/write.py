"""Write a program from its description, or complete one."""

from dataclasses import replace

from corpusforge.synthetic.dialogue import Dialogue
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.phrases import code_block, draw_outcomes, examples, noun, numbered_list
from corpusforge.synthetic.program import Program, Style
from corpusforge.synthetic.programs.catalog import (
    draw_function,
    draw_plain_function,
    draw_program,
)
from corpusforge.synthetic.tasks.shown_program import ShownProgram
from corpusforge.synthetic.worked_example import WorkedExample, work


def write(draw: Draw, dialogue: Dialogue) -> ShownProgram:
    """The user describes a program."""
    strict = dialogue.persona.wants_hints_or_docstrings
    program = draw_plain_function(draw) if strict else draw_program(draw)
    example = work(program, program.forms[0])
    dialogue.task, dialogue.topic = "write", program.topic
    with_form = len(program.forms) > 1 and draw.chance(0.35)
    request = _request(draw, program)
    if with_form:
        request += " " + draw.pick(
            (
                f"Use {example.form.kind}.",
                f"Please use {example.form.kind}.",
                f"It should use {example.form.kind}.",
                f"I would like it with {example.form.kind}.",
            )
        )
    sample = example.outcomes[draw.integer(0, len(example.outcomes) - 1)]
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
    dialogue.user_says(request)
    return answer(
        draw, dialogue, example, dialogue.persona.draw_style(draw, hints=0.5, docstring=0.45)
    )


def complete(draw: Draw, dialogue: Dialogue) -> ShownProgram:
    """The user shows the beginning of a function."""
    program = draw_function(draw)
    example = work(program, program.forms[0])
    dialogue.task, dialogue.topic = "complete", program.topic
    style = replace(dialogue.persona.draw_style(draw, hints=0.6, docstring=1), docstring=True)
    code = example.code(style)
    lines = example.form.body.split("\n")
    keep = draw.integer(0, max(len(lines) - 1, 0) // 2)
    head = code[: len(code) - sum(len(line) + 5 if line else 1 for line in lines)]
    # The code ends with the body, indented by four columns.
    begun = "\n".join(
        [head.rstrip("\n"), *(f"    {line}" if line else "" for line in lines[:keep])]
    )
    dialogue.user_says(
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
        code_block(begun + "\n    ..."),
    )
    return answer(draw, dialogue, example, style)


def answer(draw: Draw, dialogue: Dialogue, example: WorkedExample, style: Style) -> ShownProgram:
    """Answer with code, an explanation and examples, or only with code if the persona says so."""
    shown = draw_outcomes(draw, example.program, example.outcomes)
    code = code_block(example.code(style))
    if dialogue.persona.code_only:
        index = dialogue.assistant_says(code)
    else:
        index = dialogue.assistant_says(
            _lead(draw, example.program),
            code,
            _explanation(draw, example),
            examples(draw, example.program, shown) if draw.chance(0.8) else "",
        )
    dialogue.check([index], example.outcomes)
    return ShownProgram(example, style, index)


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


def _explanation(draw: Draw, example: WorkedExample) -> str:
    steps = example.form.steps
    shape = draw.pick(("prose", "prose", "list", "none"))
    if shape == "none":
        return ""
    if shape == "list" and len(steps) > 1:
        lead = draw.pick(("How it works:", "Step by step:", "What happens:"))
        return f"{lead}\n\n{numbered_list(steps)}"
    return " ".join(steps)
