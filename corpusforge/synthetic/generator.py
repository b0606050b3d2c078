"""Generate dialogue number n of a seed."""

from collections.abc import Callable

from corpusforge.synthetic.dialogue import Dialogue
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.persona import draw_persona
from corpusforge.synthetic.tasks import (
    explain,
    fix,
    followups,
    questions,
    refuse,
    rewrite,
    testing,
    write,
)
from corpusforge.synthetic.tasks.shown_program import ShownProgram

# Part of the seed, so another version generates other dialogues. Raise it with every change that
# alters what is drawn or what the messages say.
VERSION = 1

# Tasks with their weights.
_ABOUT_PROGRAMS: tuple[tuple[Callable[[Draw, Dialogue], ShownProgram], int], ...] = (
    (write.write, 24),
    (write.complete, 8),
    (explain.explain, 11),
    (explain.predict, 6),
    (explain.complexity, 4),
    (fix.fix, 13),
    (testing.write_tests, 7),
    (rewrite.convert, 6),
    (rewrite.annotate, 4),
    (rewrite.review, 4),
)
_OTHERS: tuple[tuple[Callable[[Draw, Dialogue], None], int], ...] = (
    (refuse.refuse, 5),
    (questions.regular_expression, 2),
    (questions.sql, 2),
    (questions.json_value, 2),
    (questions.command_line, 2),
)
_SHARE_ABOUT_PROGRAMS = 0.87


def generate_dialogue(seed: int, number: int) -> Dialogue:
    """Generate one dialogue, which depends only on the seed and its number."""
    draw = Draw(f"corpusforge synthetic {VERSION}:{seed}:{number}")
    about_programs = draw.chance(_SHARE_ABOUT_PROGRAMS)
    dialogue = Dialogue(draw_persona(draw, about_programs=about_programs))
    if about_programs:
        shown = draw.pick_weighted(_ABOUT_PROGRAMS)(draw, dialogue)
        if not dialogue.persona.code_only:
            followups.follow_up(draw, dialogue, shown)
    else:
        draw.pick_weighted(_OTHERS)(draw, dialogue)
    return dialogue
