"""A dialogue under construction: its messages, and checks of what they claim."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpusforge.dialogues import Message
from corpusforge.synthetic.execution import Outcome
from corpusforge.synthetic.persona import Persona


@dataclass(slots=True)
class Dialogue:
    """The messages so far, and the checks that become metadata of the document.

    A check runs calls in order in one namespace:

    - `code`: indices of the messages whose Python blocks are executed first;
    - `replace`: a change made to that code before, as [old, new];
    - `calls`: each has `run`, and `gives` (a repr), `raises` (the name of an exception) or
      neither (a statement);
    - `prints`: what the code itself writes to standard output.

    A check of an SQL query has `sql` (the statements that create the table), `query` and `rows`.
    """

    persona: Persona
    task: str = ""
    topic: str = ""
    language: str = "python"
    messages: list[Message] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.persona.text:
            self._say("system", (self.persona.text,))

    def user_says(self, *paragraphs: str) -> int:
        """Append a message and return its index; empty paragraphs are left out."""
        return self._say("user", paragraphs)

    def assistant_says(self, *paragraphs: str) -> int:
        """Append a message and return its index; empty paragraphs are left out."""
        return self._say("assistant", paragraphs)

    def check(
        self,
        messages: Sequence[int],
        outcomes: Iterable[Outcome],
        *,
        replacing: tuple[str, str] | None = None,
        prints: str | None = None,
    ) -> None:
        """Add the check that the code in `messages` has these outcomes."""
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


def _call(outcome: Outcome) -> dict[str, str]:
    call = {"run": outcome.call}
    if outcome.raises is not None:
        call["raises"] = outcome.raises
    elif outcome.value is not None:
        call["gives"] = outcome.value
    return call
