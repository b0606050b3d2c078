"""The user shows code and wants to understand it: its purpose, its output, its cost."""

from corpusforge.synthetic.conversation import Conversation
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.phrases import block, examples, numbered, some_outcomes
from corpusforge.synthetic.program import Style
from corpusforge.synthetic.programs.catalog import draw_function, draw_program
from corpusforge.synthetic.tasks.topic import Topic
from corpusforge.synthetic.trial import Outcome
from corpusforge.synthetic.worked import Worked, work

VAGUE_NAMES = ("f", "func", "mystery", "process", "compute", "helper", "do_it", "run", "work", "g")


def explain(draw: Draw, talk: Conversation) -> Topic:
    """What does this code do?"""
    program = draw_program(draw)
    worked = work(program, program.forms[0])
    if not program.is_class and draw.chance(0.35):
        worked = worked.renamed(draw.pick(VAGUE_NAMES))
    talk.task, talk.topic = "explain", program.topic
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
    shown = block(worked.code(style))
    asked = talk.user(question, shown) if draw.chance(0.8) else talk.user(shown, question)
    steps = worked.form.steps
    told = numbered(steps) if len(steps) > 1 and draw.chance(0.35) else " ".join(steps)
    outcomes = some_outcomes(draw, program, worked.outcomes)
    talk.assistant(_purpose(draw, worked), told, examples(draw, worked.program, outcomes))
    talk.check([asked], worked.outcomes)
    return Topic(worked, style, asked)


def predict(draw: Draw, talk: Conversation) -> Topic:
    """What does this code print?"""
    program = draw_function(draw)
    worked = work(program, program.forms[0])
    if draw.chance(0.5):
        worked = worked.renamed(draw.pick(VAGUE_NAMES))
    talk.task, talk.topic = "predict", program.topic
    style = Style(hints=draw.chance(0.3))
    outcomes = draw.sample(worked.outcomes, draw.pick((1, 1, 2)))
    prints = "\n".join(f"print({outcome.call})" for outcome in outcomes)
    output = "\n".join(_printed(outcome) for outcome in outcomes)
    asked = talk.user(
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
        block(f"{worked.code(style)}\n\n\n{prints}"),
    )
    result = "It prints" if draw.chance(0.7) else "The output is"
    shown = f"{result}:\n\n{block(output, 'text')}"
    why = " ".join([_purpose(draw, worked), *worked.form.steps])
    talk.assistant(*((shown, why) if draw.chance(0.4) else (why, shown)))
    talk.check([asked], worked.outcomes, prints=output + "\n")
    return Topic(worked, style, asked)


def complexity(draw: Draw, talk: Conversation) -> Topic:
    """How does the running time grow?"""
    program = draw_function(draw)
    form = program.forms[0]
    while not form.time:
        program = draw_function(draw)
        form = program.forms[0]
    worked = work(program, form)
    talk.task, talk.topic = "complexity", program.topic
    style = Style(hints=draw.chance(0.3), docstring=draw.chance(0.2))
    asked = talk.user(
        draw.pick(
            (
                "What is the time complexity of this function?",
                "How does the running time of this function grow?",
                "What is the running time of this in big O notation?",
                "Is this efficient? What is its time complexity?",
                "How expensive is this function for large inputs?",
            )
        ),
        block(worked.code(style)),
    )
    other = worked.other_form(draw)
    comparison = ""
    if other and other.form.time and other.form.time != form.time:
        comparison = (
            f"The same can be written with {other.form.kind}, which takes {other.form.time}: "
            f"{other.form.time_reason}."
        )
    talk.assistant(cost(draw, worked), comparison)
    talk.check([asked], worked.outcomes)
    return Topic(worked, style, asked)


def cost(draw: Draw, worked: Worked) -> str:
    """A paragraph about the running time."""
    form = worked.form
    return draw.pick(
        (
            f"Its time complexity is {form.time}: {form.time_reason}.",
            f"It takes {form.time} time. Here {form.time_reason}."
            if form.time_reason.startswith("n ") or form.time_reason.startswith("e ")
            else f"It takes {form.time} time: {form.time_reason}.",
            f"`{worked.program.name}` runs in {form.time}: {form.time_reason}.",
        )
    )


def _purpose(draw: Draw, worked: Worked) -> str:
    program = worked.program
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
    """What `print` shows for a value: its repr, unless it is a string (none here has escapes)."""
    assert outcome.value is not None, f"{outcome.call} has no value to print"
    return outcome.value[1:-1] if outcome.value[0] in "'\"" else outcome.value
