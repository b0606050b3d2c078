"""Program templates: a drawn value replaces each `$word`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Cost, Form, Mutant, Parameter, Program

# Alternatives, one of which is drawn. Each maps `$words` to values.
Choice = tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A template for a program. Values may themselves contain `$words`."""

    topic: str
    name: str
    does: str
    parameters: tuple[Parameter, ...] | None = None  # None: a class
    returns: str = ""
    choices: tuple[Choice, ...] = ()
    arguments: Callable[[Draw], Sequence[str]] | None = None  # of about three calls
    calls: tuple[str, ...] = ()  # complete calls, instead of arguments
    forms: tuple[Form, ...]

    def draw_program(self, draw: Draw) -> Program:
        """Draw one of the programs that this card describes."""
        fill = _filler(draw, self.choices)
        name = fill(self.name)
        calls = tuple(fill(call) for call in self.calls)
        if self.arguments is not None:
            calls = tuple(f"{name}({fill(argument)})" for argument in self.arguments(draw))
        parameters = None
        if self.parameters is not None:
            parameters = tuple(_filled_parameter(one, fill) for one in self.parameters)
        forms = tuple(_filled_form(form, fill) for form in self.forms)
        if len(forms) > 1:
            forms = tuple(draw.shuffled(forms))
        return Program(
            topic=self.topic,
            name=name,
            does=fill(self.does),
            parameters=parameters,
            returns=fill(self.returns),
            forms=forms,
            calls=calls,
        )


def one_of(**values: Sequence[str]) -> Choice:
    """Return a choice among the values of one word: `one_of(n=("n", "number"))`."""
    ((word, alternatives),) = values.items()
    return tuple({f"${word}": value} for value in alternatives)


def variants(*rows: Mapping[str, str]) -> Choice:
    """Return a choice among rows of values that belong together; all have the same words."""
    assert all(row.keys() == rows[0].keys() for row in rows), rows
    return tuple({f"${word}": value for word, value in row.items()} for row in rows)


def code(text: str) -> str:
    """Remove the common indentation and the surrounding line feeds of a block of code."""
    return dedent(text).strip("\n")


def _filler(draw: Draw, choices: Sequence[Choice]) -> Callable[[str], str]:
    """Draw the values of all words and return the function that inserts them into a text."""
    values = [pair for choice in choices for pair in draw.pick(choice).items()]
    # Longer words first: `$key` must not be replaced inside `$keys`.
    values.sort(key=lambda pair: -len(pair[0]))

    def fill(text: str) -> str:
        if "$" in text:
            for word, value in values:
                text = text.replace(word, value)
        return text

    values = [(word, fill(value)) for word, value in values]
    return fill


def _filled_parameter(parameter: Parameter, fill: Callable[[str], str]) -> Parameter:
    return Parameter(
        name=fill(parameter.name),
        annotation=fill(parameter.annotation),
        noun=fill(parameter.noun),
    )


def _filled_form(form: Form, fill: Callable[[str], str]) -> Form:
    cost = form.cost
    return Form(
        kind=fill(form.kind),
        body=fill(form.body),
        steps=tuple(map(fill, form.steps)),
        cost=cost and Cost(time=cost.time, reason=fill(cost.reason)),
        imports=form.imports,
        mutants=tuple(
            Mutant(right=fill(one.right), wrong=fill(one.wrong), fault=fill(one.fault))
            for one in form.mutants
        ),
    )
