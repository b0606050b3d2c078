"""A conversation in the making: its messages, and the checks that its claims can be held to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpusforge.dialogues import Message
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Style
from corpusforge.synthetic.trial import Outcome


@dataclass(frozen=True, slots=True)
class Persona:
    """A system message, and what it asks of the answers."""

    text: str
    code_only: bool = False
    hints: bool | None = None  # None: as it comes
    docstring: bool | None = None

    @property
    def wants_hints_or_docstrings(self) -> bool:
        """Whether a class, or a function in a function, would need more than its card gives."""
        return bool(self.hints or self.docstring)

    def style(self, draw: Draw, hints: float, docstring: float) -> Style:
        """Which optional parts a function has: by these chances, unless the persona decides."""
        by_chance = Style(draw.chance(hints), draw.chance(docstring))
        return self.adapted(by_chance)

    def adapted(self, style: Style) -> Style:
        """A style as the persona wants it."""
        hints = style.hints if self.hints is None else self.hints
        docstring = style.docstring if self.docstring is None else self.docstring
        return Style(hints, docstring)


@dataclass(slots=True)
class Conversation:
    """Messages so far. `checks` become part of the document's metadata.

    A check is a group of calls that run in order in one namespace: `code` names the messages whose
    Python blocks are run first, `replace` a change to make to them before, and each of `calls` has
    `run` and either `gives` (a repr), `raises` (the name of an exception) or neither (a
    statement). `prints` is what the code itself writes to standard output.
    """

    persona: Persona
    task: str = ""
    topic: str = ""
    language: str = "python"
    messages: list[Message] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)

    def user(self, *paragraphs: str) -> int:
        return self._say("user", paragraphs)

    def assistant(self, *paragraphs: str) -> int:
        return self._say("assistant", paragraphs)

    def check(
        self,
        messages: Sequence[int],
        outcomes: Iterable[Outcome],
        *,
        replacing: tuple[str, str] | None = None,
        prints: str | None = None,
    ) -> None:
        """Claim that the code in `messages` gives these outcomes, and perhaps that it prints."""
        check: dict[str, Any] = {"code": list(messages), "calls": [_call(o) for o in outcomes]}
        if replacing is not None:
            check["replace"] = list(replacing)
        if prints is not None:
            check["prints"] = prints
        self.checks.append(check)

    def _say(self, role: str, paragraphs: Sequence[str]) -> int:
        content = "\n\n".join(text for text in paragraphs if text)
        self.messages.append({"role": role, "content": content})
        return len(self.messages) - 1


def begin(draw: Draw, *, about_programs: bool) -> Conversation:
    """An empty conversation, or one with a system message; rules about code only where they fit."""
    if draw.chance(0.4):
        return Conversation(Persona(""))
    persona = _persona(draw, about_programs)
    conversation = Conversation(persona)
    conversation.messages.append({"role": "system", "content": persona.text})
    return conversation


def _call(outcome: Outcome) -> dict[str, str]:
    call = {"run": outcome.call}
    if outcome.raises is not None:
        call["raises"] = outcome.raises
    elif outcome.value is not None:
        call["gives"] = outcome.value
    return call


def _persona(draw: Draw, about_programs: bool) -> Persona:
    kind = draw.pick(
        ("helpful", "careful", "patient", "friendly", "concise", "precise", "experienced", "kind")
    )
    who = draw.pick(
        (
            "programming assistant",
            "Python tutor",
            "coding assistant",
            "software engineer",
            "assistant for Python programmers",
            "teacher of programming",
            "pair programmer",
            "code reviewer",
        )
    )
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
    rule, code_only, hints, docstring = draw.pick(_RULES)
    return Persona(f"{start} {rule}", code_only, hints, docstring)


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
# Rules about the code of answers: what they say, and what they mean for a function.
_RULES: tuple[tuple[str, bool, bool | None, bool | None], ...] = (
    ("Use type hints in the functions you write.", False, True, None),
    ("Functions you write have type hints.", False, True, None),
    ("Give the functions you write a docstring, except for tests.", False, None, True),
    (
        "Functions you write have type hints and, unless they are tests, a docstring.",
        False,
        True,
        True,
    ),
    ("Leave type hints out of the code you write.", False, False, None),
    (
        "When you are asked to write a function or a class, reply with the code alone.",
        True,
        None,
        None,
    ),
    (
        "Requests for a new function or class are answered with code and nothing else.",
        True,
        None,
        None,
    ),
)
