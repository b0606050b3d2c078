"""System messages: who the assistant is, and the rules that its answers follow."""

from dataclasses import dataclass, replace

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Style


@dataclass(frozen=True, slots=True)
class Persona:
    """A system message, and what it requires of the code in answers."""

    text: str
    code_only: bool = False  # answers to a request for a program are code without prose
    hints: bool | None = None  # None: functions may have type hints or not
    docstring: bool | None = None  # None: functions may have a docstring or not

    @property
    def wants_hints_or_docstrings(self) -> bool:
        """Whether classes and nested functions, which come without them, break the rules."""
        return bool(self.hints or self.docstring)

    def draw_style(self, draw: Draw, hints: float, docstring: float) -> Style:
        """Draw the style of a function with these probabilities, within the rules."""
        return self.adapted(Style(draw.chance(hints), draw.chance(docstring)))

    def adapted(self, style: Style) -> Style:
        """Return the style changed to obey the rules."""
        hints = style.hints if self.hints is None else self.hints
        docstring = style.docstring if self.docstring is None else self.docstring
        return Style(hints, docstring)


NO_PERSONA = Persona("")


def draw_persona(draw: Draw, *, about_programs: bool) -> Persona:
    """Draw a system message, or none at all; rules about code only in dialogues about programs."""
    if draw.chance(0.4):
        return NO_PERSONA
    kind, who = draw.pick(_ADJECTIVES), draw.pick(_ROLES)
    article = "an" if kind[0] in "aeiou" else "a"
    start = draw.pick(
        (
            f"You are {article} {kind} {who}.",
            f"You are {article} {kind} {who}.",
            f"Act as {article} {kind} {who}.",
            f"You work as {article} {kind} {who}.",
        )
    )
    if not about_programs or draw.chance(0.5):
        return Persona(f"{start} {draw.pick(_MANNERS)}".strip())
    rule = draw.pick(_RULES)
    return replace(rule, text=f"{start} {rule.text}")


_ADJECTIVES = (
    "helpful",
    "careful",
    "patient",
    "friendly",
    "concise",
    "precise",
    "experienced",
    "kind",
)
_ROLES = (
    "programming assistant",
    "Python tutor",
    "coding assistant",
    "software engineer",
    "assistant for Python programmers",
    "teacher of programming",
    "pair programmer",
    "code reviewer",
)
_MANNERS = (
    "",
    "",
    "Answer in plain English.",
    "Keep explanations short.",
    "Say so when you are not able to do something.",
    "Never claim anything that you are not sure of.",
    "Write for beginners.",
    "Be honest about what you do not know.",
)
_RULES = (
    Persona("Use type hints in the functions you write.", hints=True),
    Persona("Functions you write have type hints.", hints=True),
    Persona("Give the functions you write a docstring, except for tests.", docstring=True),
    Persona(
        "Functions you write have type hints and, unless they are tests, a docstring.",
        hints=True,
        docstring=True,
    ),
    Persona("Leave type hints out of the code you write.", hints=False),
    Persona(
        "When you are asked to write a function or a class, reply with the code alone.",
        code_only=True,
    ),
    Persona(
        "Requests for a new function or class are answered with code and nothing else.",
        code_only=True,
    ),
)
