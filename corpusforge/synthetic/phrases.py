"""Wordings that several tasks share: code blocks, examples, lists."""

from collections.abc import Sequence

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.execution import Outcome
from corpusforge.synthetic.program import Program

_SENTENCE_WIDTH = 72  # a longer call is shown as a transcript


def code_block(code: str, language: str = "python") -> str:
    return f"```{language}\n{code}\n```"


def transcript(outcomes: Sequence[Outcome]) -> str:
    """Return a session at the Python prompt, without what depends on Python's version."""
    lines = []
    for outcome in outcomes:
        lines.append(f">>> {outcome.call}")
        if outcome.raises:
            message = outcome.message or "..."
            error = f"{outcome.raises}: {message}"
            lines += ["Traceback (most recent call last):", "    ...", error]
        elif outcome.value not in (None, "None"):
            lines.append(str(outcome.value))
    return code_block("\n".join(lines), "pycon")


def examples(draw: Draw, program: Program, outcomes: Sequence[Outcome]) -> str:
    """Return a paragraph that shows the results of calls."""
    if program.is_class:
        lead = draw.pick(("In use:", "For example:", "This is how it is used:", "A short session:"))
        return f"{lead}\n\n{transcript(outcomes)}"
    short = all(len(o.call) + len(o.value or "") < _SENTENCE_WIDTH for o in outcomes)
    if short and draw.chance(0.6):
        claims = joined([f"`{outcome.call}` {outcome.result}" for outcome in outcomes])
        lead = draw.pick(
            ("For example, ", "For instance, ", "So ", "With this, ", "As an example, ")
        )
        return f"{lead}{claims}."
    lead = draw.pick(("For example:", "Some results:", "Examples:", "It gives:"))
    if len(outcomes) == 1:
        lead = "For example:"
    return f"{lead}\n\n{transcript(outcomes)}"


def draw_outcomes(draw: Draw, program: Program, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    """Draw outcomes to show: one to three, or all of a class, whose calls depend on each other."""
    if program.is_class:
        return outcomes
    count = draw.pick((1, 2, 2, 3))
    return outcomes[:count] if draw.chance(0.7) else draw.sample(outcomes, count)


def joined(items: Sequence[str], last: str = "and") -> str:
    """Join items to an enumeration: "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def numbered_list(sentences: Sequence[str]) -> str:
    return "\n".join(f"{number}. {text}" for number, text in enumerate(sentences, 1))


def bullet_list(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {text}" for text in sentences)


def noun(program: Program) -> str:
    return "class" if program.is_class else "function"
