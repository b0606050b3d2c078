"""Rewrite working code: in another form, with annotations, with better names."""

import re
from dataclasses import replace

from corpusforge.synthetic.dialogue import Dialogue
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.phrases import bullet_list, code_block, joined
from corpusforge.synthetic.program import BARE, Style, source_code
from corpusforge.synthetic.programs.catalog import draw_function, draw_plain_function
from corpusforge.synthetic.tasks.explain import VAGUE_NAMES
from corpusforge.synthetic.tasks.shown_program import ShownProgram
from corpusforge.synthetic.worked_example import WorkedExample, work

_WORD = re.compile(r"\w+")
_NAME = re.compile(r"(?<![\w.\"])[a-z_]\w*(?![\w\"(])")  # no attribute, string or call
_LOCAL = re.compile(r"(?m)^ *(?:for )?([a-z_]\w+)(?:, ([a-z_]\w+))?(?= = | in .*:$)")


def convert(draw: Draw, dialogue: Dialogue) -> ShownProgram:
    """The user asks for another form of a function, such as a comprehension instead of a loop."""
    while True:
        program = draw_plain_function(draw)
        example = work(program, program.forms[0])
        if (other := example.draw_other_form(draw)) is not None:
            break
    dialogue.task, dialogue.topic = "convert", program.topic
    style = dialogue.persona.draw_style(draw, hints=0.4, docstring=0.2)
    goal = other.form.kind
    asked = dialogue.user_says(
        draw.pick(
            (
                f"Rewrite this function with {goal}.",
                f"Can you rewrite this so that it uses {goal}?",
                f"How would this look with {goal}?",
                f"Please convert this function: I would like {goal} instead of "
                f"{example.form.kind}.",
                f"I wrote this with {example.form.kind}. How do I do it with {goal}?",
            )
        ),
        code_block(example.code(style)),
    )
    shown = example.outcomes[0]
    lead = draw.pick(
        (
            f"With {other.form.kind} it looks like this:",
            "Here is the same function in the other form:",
            "",
            f"Using {other.form.kind}:",
        )
    )
    same = draw.pick(
        (
            f"Both versions give the same: `{shown.call}` {shown.result}.",
            f"The results stay the same; for example, `{shown.call}` {shown.result}.",
            f"As before, `{shown.call}` {shown.result}.",
        )
    )
    answered = dialogue.assistant_says(
        lead, code_block(other.code(style)), " ".join(other.form.steps), same
    )
    dialogue.check([asked], example.outcomes)
    dialogue.check([answered], example.outcomes)
    return ShownProgram(other, style, answered)


_WISHES = (
    (Style(hints=True), "type hints"),
    (Style(hints=True, docstring=True), "type hints and a docstring"),
    (Style(docstring=True), "a docstring"),
    (Style(docstring=True), "a docstring with examples that doctest can run"),
    (Style(hints=True, docstring=True), "type hints and a docstring with doctests"),
)


def annotate(draw: Draw, dialogue: Dialogue) -> ShownProgram:
    """The user asks to add type hints, a docstring or doctests."""
    program = draw_function(draw)
    example = work(program, program.forms[0])
    dialogue.task, dialogue.topic = "annotate", program.topic
    possible = [pair for pair in _WISHES if dialogue.persona.adapted(pair[0]) == pair[0]]
    style, wish = draw.pick(possible)
    dialogue.user_says(
        draw.pick(
            (
                f"Add {wish} to this function.",
                f"Please add {wish}:",
                f"Can you give this function {wish}?",
                f"This function needs {wish}. Can you add them?"
                if wish == "type hints"
                else f"This function lacks {wish}. Can you help?",
            )
        ),
        code_block(example.code(BARE)),
    )
    doctests = _doctests(example) if "doctest" in wish else []
    code = source_code(program, example.form, style, doctests=doctests)
    answered = dialogue.assistant_says(
        draw.pick(("Here it is:", "With that added:", "")),
        code_block(code),
        _annotation_note(draw, example, style, bool(doctests)),
    )
    dialogue.check([answered], example.outcomes)
    return ShownProgram(example, style, answered)


def _doctests(example: WorkedExample) -> list[tuple[str, str]]:
    # The prompt prints nothing for `None`, and a long line does not fit a docstring.
    return [
        (outcome.call, outcome.value)
        for outcome in example.outcomes
        if outcome.value not in (None, "None") and len(outcome.call) < 76
    ][:3]


def _annotation_note(draw: Draw, example: WorkedExample, style: Style, doctests: bool) -> str:
    program = example.program
    notes = []
    if style.hints:
        kinds = [f"`{p.name}` is `{p.annotation}`" for p in program.parameters or ()]
        notes.append(f"{joined(kinds)}, and the function returns `{program.returns}`.")
    if doctests:
        notes.append("`python -m doctest` runs the examples and compares their results.")
    elif style.docstring:
        notes.append("The docstring says in one sentence what the function does.")
    return " ".join(notes) if draw.chance(0.7) else ""


def review(draw: Draw, dialogue: Dialogue) -> ShownProgram:
    """The user asks for a review of a function with meaningless names."""
    program = draw_function(draw)
    example = work(program, program.forms[0])
    while example.form.imports or "def " in example.form.body:
        program = draw_function(draw)  # `_with_vague_names` handles no modules or nested functions
        example = work(program, program.forms[0])
    dialogue.task, dialogue.topic = "review", program.topic
    vague = example.renamed(draw.pick(VAGUE_NAMES))
    code, renamed = _with_vague_names(source_code(vague.program, vague.form, BARE), example)
    asked = dialogue.user_says(
        draw.pick(
            (
                "Please review this function.",
                "How can I improve this code?",
                "What would you change about this function?",
                "Can you make this code easier to read?",
                "This works, but I am not happy with it. What would you do?",
                "Review, please:",
            )
        ),
        code_block(code),
    )
    style = replace(dialogue.persona.draw_style(draw, hints=0.7, docstring=1), docstring=True)
    remarks = [
        f"`{vague.program.name}` says nothing about what the function does; `{program.name}` does.",
    ]
    if renamed:
        pairs = [f"`{new}` for `{old}`" for old, new in renamed]
        remarks.append(f"The other names can be clearer too: {joined(pairs)}.")
    if style.hints:
        remarks.append("Type hints say what goes in and what comes out.")
    remarks.append("A docstring saves the reader from working the purpose out.")
    answered = dialogue.assistant_says(
        draw.pick(
            (
                "The code works. What I would change:",
                "It does what it should; these things would make it easier to read:",
                "Some suggestions:",
            )
        ),
        bullet_list(remarks),
        code_block(example.code(style)),
        f"The behaviour is the same: `{example.outcomes[0].call}` {example.outcomes[0].result}.",
    )
    dialogue.check([asked], vague.outcomes)
    dialogue.check([answered], example.outcomes)
    return ShownProgram(example, style, answered)


def _with_vague_names(code: str, example: WorkedExample) -> tuple[str, list[tuple[str, str]]]:
    """Replace the names of parameters and variables by letters.

    Returns:
        The new code, and the pairs (letter, name).
    """
    clear = [parameter.name for parameter in example.program.parameters or ()]
    for match in _LOCAL.finditer(example.form.body):
        clear += [name for name in match.groups() if name and name != "_"]
    used = set(_WORD.findall(code))
    free = [letter for letter in "xyabcdpqrtuvw" if letter not in used]
    names = dict.fromkeys(name for name in clear if len(name) > 1)
    vague = dict(zip(names, free, strict=False))
    code = _NAME.sub(lambda match: vague.get(match[0], match[0]), code)
    return code, [(letter, name) for name, letter in vague.items()]
