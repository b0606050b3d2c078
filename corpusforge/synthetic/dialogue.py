"""Example number n: one conversation, which depends on the seed and on n alone."""

from collections.abc import Callable

from corpusforge.synthetic.conversation import Conversation, begin
from corpusforge.synthetic.draw import Draw
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
from corpusforge.synthetic.tasks.topic import Topic

VERSION = 1  # another one gives other conversations: raise it with every change of the grammar

_ABOUT_PROGRAMS: tuple[tuple[Callable[[Draw, Conversation], Topic], int], ...] = (
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
_OTHERS: tuple[tuple[Callable[[Draw, Conversation], None], int], ...] = (
    (refuse.refuse, 5),
    (questions.regular_expression, 2),
    (questions.sql, 2),
    (questions.json_value, 2),
    (questions.command_line, 2),
)
_SHARE_OF_PROGRAMS = 0.87


def dialogue(seed: int, number: int) -> Conversation:
    """The conversation with this number."""
    draw = Draw(f"corpusforge synthetic {VERSION}:{seed}:{number}")
    about_programs = draw.chance(_SHARE_OF_PROGRAMS)
    talk = begin(draw, about_programs=about_programs)
    if about_programs:
        topic = draw.pick_weighted(_ABOUT_PROGRAMS)(draw, talk)
        if not talk.persona.code_only:
            followups.follow_up(draw, talk, topic)
    else:
        draw.pick_weighted(_OTHERS)(draw, talk)
    return talk
