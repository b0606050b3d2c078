"""Programs as cards: templates whose names, bounds and operators are drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import Form, Mutant, Parameter, Program


@dataclass(frozen=True, slots=True)
class Card:
    """A program in which `$word` stands for a choice.

    A key of `choices` that holds several words takes its values together, from one tuple.
    """

    topic: str
    name: str
    does: str
    forms: tuple[Form, ...]
    parameters: tuple[tuple[str, str, str], ...] | None = None
    returns: str = ""
    choices: tuple[tuple[str, Sequence[str | tuple[str, ...]]], ...] = ()
    arguments: Callable[[Draw], Sequence[str]] | None = None  # of three calls or so
    calls: tuple[str, ...] = ()  # whole calls, instead of arguments

    def program(self, draw: Draw) -> Program:
        chosen: list[tuple[str, str]] = []
        for keys, values in self.choices:
            value = draw.pick(values)
            parts = (value,) if isinstance(value, str) else value
            chosen += zip(("$" + key for key in keys.split(" ")), parts, strict=True)
        # A longer word first: `$key` must not be filled inside `$keys`.
        chosen.sort(key=lambda pair: -len(pair[0]))

        def fill(text: str) -> str:
            if "$" in text:
                for key, value in chosen:
                    text = text.replace(key, value)
            return text

        # A value may speak of other choices.
        chosen = [(key, fill(value)) for key, value in chosen]
        name = fill(self.name)
        calls = tuple(fill(call) for call in self.calls)
        if self.arguments is not None:
            calls = tuple(f"{name}({fill(argument)})" for argument in self.arguments(draw))
        parameters = None
        if self.parameters is not None:
            parameters = tuple(Parameter(*map(fill, one)) for one in self.parameters)
        forms = tuple(_filled(form, fill) for form in self.forms)
        if len(forms) > 1:
            forms = tuple(draw.shuffled(forms))
        return Program(
            self.topic, name, fill(self.does), parameters, fill(self.returns), forms, calls
        )


def form(
    kind: str,
    body: str,
    *steps: str,
    time: tuple[str, str] = ("", ""),
    imports: tuple[str, ...] = (),
    mutants: tuple[tuple[str, str, str], ...] = (),
) -> Form:
    """A form whose body may begin with a line feed, and whose mutants are plain tuples."""
    found = tuple(Mutant(*mutant) for mutant in mutants)
    return Form(kind, body.strip("\n"), steps, *time, imports, found)


def _filled(form: Form, fill: Callable[[str], str]) -> Form:
    return Form(
        kind=fill(form.kind),
        body=fill(form.body),
        steps=tuple(map(fill, form.steps)),
        time=form.time,
        time_reason=fill(form.time_reason),
        imports=form.imports,
        mutants=tuple(Mutant(fill(m.right), fill(m.wrong), fill(m.fault)) for m in form.mutants),
    )
