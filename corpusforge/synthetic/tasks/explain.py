"""Explain code: its purpose, its output, its running time."""

from corpusforge.synthetic.dialogue import Dialogue
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.execution import Outcome
from corpusforge.synthetic.phrases import code_block, draw_outcomes, examples, numbered_list
from corpusforge.synthetic.program import Style
from corpusforge.synthetic.programs.catalog import draw_function, draw_program
from corpusforge.synthetic.tasks.shown_program import ShownProgram
from corpusforge.synthetic.worked_example import WorkedExample, work

VAGUE_NAMES = ("f", "func", "mystery", "process", "compute", "helper", "do_it", "run", "work", "g")


def explain(draw: Draw, dialogue: Dialogue) -> ShownProgram:
    """The user asks what a program does."""
    program = draw_program(draw)
    example = work(program, program.forms[0])
    if not program.is_class and draw.chance(0.35):
        example = example.renamed(draw.pick(VAGUE_NAMES))
    dialogue.task, dialogue.topic = "explain", program.topic
    style = Style(hints=draw.chance(0.35))
    question = draw.pick(
        (
            "What does this code do?",
            "Can you explain this code?",
            "Explain what this does, please.",
            "I found this in a code base. What is it for?",
            "Please walk me through this code.",
            "How does this work?",
            "I don't understand this code. Can you help?",
            "Describe in a few words what happens here.",
            "Could you explain the following code step by step?",
        )
    )
    shown = code_block(example.code(style))
    asked = (
        dialogue.user_says(question, shown)
        if draw.chance(0.8)
        else dialogue.user_says(shown, question)
    )
    steps = example.form.steps
    told = numbered_list(steps) if len(steps) > 1 and draw.chance(0.35) else " ".join(steps)
    outcomes = draw_outcomes(draw, program, example.outcomes)
    dialogue.assistant_says(
        _purpose(draw, example), told, examples(draw, example.program, outcomes)
    )
    dialogue.check([asked], example.outcomes)
    return ShownProgram(example, style, asked)


def predict(draw: Draw, dialogue: Dialogue) -> ShownProgram:
    """The user asks what a program prints."""
    program = draw_function(draw)
    example = work(program, program.forms[0])
    if draw.chance(0.5):
        example = example.renamed(draw.pick(VAGUE_NAMES))
    dialogue.task, dialogue.topic = "predict", program.topic
    style = Style(hints=draw.chance(0.3))
    outcomes = draw.sample(example.outcomes, draw.pick((1, 1, 2)))
    prints = "\n".join(f"print({outcome.call})" for outcome in outcomes)
    output = "\n".join(_printed(outcome) for outcome in outcomes)
    asked = dialogue.user_says(
        draw.pick(
            (
                "What does this program print?",
                "What is the output of this code?",
                "Without running it: what does this print?",
                "Predict the output:",
                "What will I see when I run this?",
                "Which output do you expect from this program?",
            )
        ),
        code_block(f"{example.code(style)}\n\n\n{prints}"),
    )
    result = "It prints" if draw.chance(0.7) else "The output is"
    shown = f"{result}:\n\n{code_block(output, 'text')}"
    why = " ".join([_purpose(draw, example), *example.form.steps])
    dialogue.assistant_says(*((shown, why) if draw.chance(0.4) else (why, shown)))
    dialogue.check([asked], example.outcomes, prints=output + "\n")
    return ShownProgram(example, style, asked)


def complexity(draw: Draw, dialogue: Dialogue) -> ShownProgram:
    """The user asks for the time complexity of a function."""
    program = draw_function(draw)
    while (cost := program.forms[0].cost) is None:
        program = draw_function(draw)
    example = work(program, program.forms[0])
    dialogue.task, dialogue.topic = "complexity", program.topic
    style = Style(hints=draw.chance(0.3), docstring=draw.chance(0.2))
    asked = dialogue.user_says(
        draw.pick(
            (
                "What is the time complexity of this function?",
                "How does the running time of this function grow?",
                "What is the running time of this in big O notation?",
                "Is this efficient? What is its time complexity?",
                "How expensive is this function for large inputs?",
            )
        ),
        code_block(example.code(style)),
    )
    other = example.draw_other_form(draw)
    comparison = ""
    if other and other.form.cost and other.form.cost.time != cost.time:
        comparison = (
            f"The same can be written with {other.form.kind}, which takes {other.form.cost.time}: "
            f"{other.form.cost.reason}."
        )
    dialogue.assistant_says(explain_cost(draw, example), comparison)
    dialogue.check([asked], example.outcomes)
    return ShownProgram(example, style, asked)


def explain_cost(draw: Draw, example: WorkedExample) -> str:
    """Return a paragraph about the running time of a form whose cost is known."""
    cost = example.form.cost
    assert cost is not None
    return draw.pick(
        (
            f"Its time complexity is {cost.time}: {cost.reason}.",
            f"It takes {cost.time} time. Here {cost.reason}."
            if cost.reason.startswith(("n ", "e "))
            else f"It takes {cost.time} time: {cost.reason}.",
            f"`{example.program.name}` runs in {cost.time}: {cost.reason}.",
        )
    )


def _purpose(draw: Draw, example: WorkedExample) -> str:
    program = example.program
    if program.is_class:
        return f"`{program.name}` {program.does}."
    return draw.pick(
        (
            f"`{program.name}` {program.does}.",
            f"The function `{program.name}` {program.does}.",
            f"This function {program.does}.",
        )
    )


def _printed(outcome: Outcome) -> str:
    """Return what `print` writes for a value. Strings here have no escapes in their repr."""
    assert outcome.value is not None, f"{outcome.call} has no value to print"
    return outcome.value[1:-1] if outcome.value[0] in "'\"" else outcome.value
