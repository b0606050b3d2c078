"""Worked examples: a program in one form, with the outcomes of its calls."""

import re
from dataclasses import dataclass, replace

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.execution import Outcome, run_calls
from corpusforge.synthetic.program import BARE, Form, Mutant, Program, Style, source_code

_CALL = re.compile(r"(?<![\w.])[a-z_]\w*(?=\()")


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """A program in one form, and the outcomes of its calls in order."""

    program: Program
    form: Form
    outcomes: tuple[Outcome, ...]

    def code(self, style: Style) -> str:
        return source_code(self.program, self.form, style)

    def draw_other_form(self, draw: Draw) -> "WorkedExample | None":
        """Return the same program written in another way, or None if it has only one form."""
        others = [form for form in self.program.forms if form is not self.form]
        return replace(self, form=draw.pick(others)) if others else None

    def renamed(self, name: str) -> "WorkedExample":
        """Return the same function under another name."""

        def rename(text: str) -> str:
            return _CALL.sub(
                lambda match: name if match[0] == self.program.name else match[0], text
            )

        form = replace(self.form, body=rename(self.form.body))
        program = replace(
            self.program, name=name, calls=tuple(map(rename, self.program.calls)), forms=(form,)
        )
        outcomes = tuple(replace(one, call=rename(one.call)) for one in self.outcomes)
        return WorkedExample(program, form, outcomes)


@dataclass(frozen=True, slots=True)
class ExposedMutant:
    """A mutant of a worked example, and the first call whose outcome exposes it."""

    mutant: Mutant
    form: Form
    call_index: int
    outcome: Outcome  # of that call


def work(program: Program, form: Form) -> WorkedExample:
    """Run the calls of a program in one of its forms."""
    outcomes = run_calls(source_code(program, form, BARE), program.calls)
    return WorkedExample(program, form, outcomes)


def draw_exposed_mutant(draw: Draw, example: WorkedExample) -> ExposedMutant | None:
    """Draw a mutant of the form that changes the outcome of a call, or None if there is none."""
    for mutant in draw.shuffled(example.form.mutants):
        body = example.form.body
        if body.count(mutant.right) != 1:
            continue  # "replace this by that" must mean one place
        form = replace(example.form, body=body.replace(mutant.right, mutant.wrong))
        code = source_code(example.program, form, BARE)
        for index, outcome in enumerate(run_calls(code, example.program.calls)):
            if outcome != example.outcomes[index]:
                return ExposedMutant(mutant, form, index, outcome)
    return None
