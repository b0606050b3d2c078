"""A program worked through: one form of it, what its calls gave, and how mistakes show in them."""

import re
from dataclasses import dataclass, replace

from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.program import BARE, Form, Mutant, Program, Style, source
from corpusforge.synthetic.trial import Outcome, run

_CALL = re.compile(r"(?<![\w.])[a-z_]\w*(?=\()")


@dataclass(frozen=True, slots=True)
class Worked:
    """A program in one form, and the outcomes of its calls, in their order."""

    program: Program
    form: Form
    outcomes: tuple[Outcome, ...]

    def code(self, style: Style) -> str:
        return source(self.program, self.form, style)

    def other_form(self, draw: Draw) -> "Worked | None":
        """The same program written in another way, if it has one."""
        others = [form for form in self.program.forms if form is not self.form]
        return replace(self, form=draw.pick(others)) if others else None

    def renamed(self, name: str) -> "Worked":
        """The same function under another name."""

        def rename(text: str) -> str:
            return _CALL.sub(
                lambda match: name if match[0] == self.program.name else match[0], text
            )

        form = replace(self.form, body=rename(self.form.body))
        program = replace(
            self.program, name=name, calls=tuple(map(rename, self.program.calls)), forms=(form,)
        )
        outcomes = tuple(replace(one, call=rename(one.call)) for one in self.outcomes)
        return Worked(program, form, outcomes)


@dataclass(frozen=True, slots=True)
class Broken:
    """A mutant of a worked program, and the first call that gives it away."""

    mutant: Mutant
    form: Form
    index: int  # of the call
    wrong: Outcome


def work(program: Program, form: Form) -> Worked:
    """Run a program's calls on one of its forms."""
    return Worked(program, form, run(source(program, form, BARE), program.calls))


def broken(draw: Draw, worked: Worked) -> Broken | None:
    """One of the form's mutants that really misbehaves on one of the calls, if there is one."""
    for mutant in draw.shuffled(worked.form.mutants):
        body = worked.form.body
        if body.count(mutant.right) != 1:
            continue  # "replace this by that" must mean one place
        form = replace(worked.form, body=body.replace(mutant.right, mutant.wrong))
        code = source(worked.program, form, BARE)
        for index, wrong in enumerate(run(code, worked.program.calls)):
            if wrong != worked.outcomes[index]:
                return Broken(mutant, form, index, wrong)
    return None
