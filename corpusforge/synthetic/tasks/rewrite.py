"""The user shows code that works and wants it in another form: converted, annotated, tidied."""

import re
from dataclasses import replace

from corpusforge.synthetic.conversation import Conversation
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.phrases import block, bulleted, joined
from corpusforge.synthetic.program import BARE, Style, source
from corpusforge.synthetic.programs.catalog import draw_function, draw_plain_function
from corpusforge.synthetic.tasks.explain import VAGUE_NAMES
from corpusforge.synthetic.tasks.topic import Topic
from corpusforge.synthetic.worked import Worked, work

_WORD = re.compile(r"\w+")
_NAME = re.compile(r"(?<![\w.\"])[a-z_]\w*(?![\w\"(])")  # no attribute, no string, no call
_LOCAL = re.compile(r"(?m)^ *(?:for )?([a-z_]\w+)(?:, ([a-z_]\w+))?(?= = | in .*:$)")


def convert(draw: Draw, talk: Conversation) -> Topic:
    """From a loop to a comprehension, from recursion to a loop, and so on."""
    while True:
        program = draw_plain_function(draw)
        worked = work(program, program.forms[0])
        if (other := worked.other_form(draw)) is not None:
            break
    talk.task, talk.topic = "convert", program.topic
    style = talk.persona.style(draw, hints=0.4, docstring=0.2)
    goal = other.form.kind
    asked = talk.user(
        draw.pick(
            (
                f"Rewrite this function with {goal}.",
                f"Can you rewrite this so that it uses {goal}?",
                f"How would this look with {goal}?",
                f"Please convert this function: I would like {goal} instead of {worked.form.kind}.",
                f"I wrote this with {worked.form.kind}. How do I do it with {goal}?",
            )
        ),
        block(worked.code(style)),
    )
    shown = worked.outcomes[0]
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
    answered = talk.assistant(lead, block(other.code(style)), " ".join(other.form.steps), same)
    talk.check([asked], worked.outcomes)
    talk.check([answered], worked.outcomes)
    return Topic(other, style, answered)


_WISHES = (
    (Style(hints=True), "type hints"),
    (Style(hints=True, docstring=True), "type hints and a docstring"),
    (Style(docstring=True), "a docstring"),
    (Style(docstring=True), "a docstring with examples that doctest can run"),
    (Style(hints=True, docstring=True), "type hints and a docstring with doctests"),
)


def annotate(draw: Draw, talk: Conversation) -> Topic:
    """Type hints, a docstring, examples in it."""
    program = draw_function(draw)
    worked = work(program, program.forms[0])
    talk.task, talk.topic = "annotate", program.topic
    possible = [pair for pair in _WISHES if talk.persona.adapted(pair[0]) == pair[0]]
    style, wish = draw.pick(possible)
    talk.user(
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
        block(worked.code(BARE)),
    )
    doctests = _doctests(worked) if "doctest" in wish else []
    code = source(program, worked.form, style, doctests=doctests)
    answered = talk.assistant(
        draw.pick(("Here it is:", "With that added:", "")),
        block(code),
        _annotation_note(draw, worked, style, bool(doctests)),
    )
    talk.check([answered], worked.outcomes)
    return Topic(worked, style, answered)


def _doctests(worked: Worked) -> list[tuple[str, str]]:
    # `None` prints nothing at a prompt, and a long line is no help in a docstring.
    return [
        (outcome.call, outcome.value)
        for outcome in worked.outcomes
        if outcome.value not in (None, "None") and len(outcome.call) < 76
    ][:3]


def _annotation_note(draw: Draw, worked: Worked, style: Style, doctests: bool) -> str:
    program = worked.program
    notes = []
    if style.hints:
        kinds = [f"`{p.name}` is `{p.annotation}`" for p in program.parameters or ()]
        notes.append(f"{joined(kinds)}, and the function returns `{program.returns}`.")
    if doctests:
        notes.append("`python -m doctest` runs the examples and compares their results.")
    elif style.docstring:
        notes.append("The docstring says in one sentence what the function does.")
    return " ".join(notes) if draw.chance(0.7) else ""


def review(draw: Draw, talk: Conversation) -> Topic:
    """Working code with names that say nothing: what would you change?"""
    program = draw_function(draw)
    worked = work(program, program.forms[0])
    while worked.form.imports or "def " in worked.form.body:
        program = draw_function(draw)  # names in nested functions and modules would need care
        worked = work(program, program.forms[0])
    talk.task, talk.topic = "review", program.topic
    vague = worked.renamed(draw.pick(VAGUE_NAMES))
    code, renamed = _with_vague_names(source(vague.program, vague.form, BARE), worked)
    asked = talk.user(
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
        block(code),
    )
    style = replace(talk.persona.style(draw, hints=0.7, docstring=1), docstring=True)
    remarks = [
        f"`{vague.program.name}` says nothing about what the function does; `{program.name}` does.",
    ]
    if renamed:
        pairs = [f"`{new}` for `{old}`" for old, new in renamed]
        remarks.append(f"The other names can be clearer too: {joined(pairs)}.")
    if style.hints:
        remarks.append("Type hints say what goes in and what comes out.")
    remarks.append("A docstring saves the reader from working the purpose out.")
    answered = talk.assistant(
        draw.pick(
            (
                "The code works. What I would change:",
                "It does what it should; these things would make it easier to read:",
                "Some suggestions:",
            )
        ),
        bulleted(remarks),
        block(worked.code(style)),
        f"The behaviour is the same: `{worked.outcomes[0].call}` {worked.outcomes[0].result}.",
    )
    talk.check([asked], vague.outcomes)
    talk.check([answered], worked.outcomes)
    return Topic(worked, style, answered)


def _with_vague_names(code: str, worked: Worked) -> tuple[str, list[tuple[str, str]]]:
    """The code with one-letter parameters and assigned names, and the pairs (vague, clear)."""
    clear = [parameter.name for parameter in worked.program.parameters or ()]
    for match in _LOCAL.finditer(worked.form.body):
        clear += [name for name in match.groups() if name and name != "_"]
    used = set(_WORD.findall(code))
    free = [letter for letter in "xyabcdpqrtuvw" if letter not in used]
    names = dict.fromkeys(name for name in clear if len(name) > 1)
    vague = dict(zip(names, free, strict=False))
    code = _NAME.sub(lambda match: vague.get(match[0], match[0]), code)
    return code, [(letter, name) for name, letter in vague.items()]
