"""A small program: what it does, ways to write it, and calls that demonstrate it."""

from collections.abc import Sequence
from dataclasses import dataclass

_CODE_WIDTH = 88
_DOCSTRING_WIDTH = 76


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A plausible mistake: `wrong` replaces `right` in the code."""

    right: str
    wrong: str
    fault: str  # one full sentence: why the code misbehaves


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The running time of a form."""

    time: str  # "O(n)"
    reason: str  # a clause that defines n: "n is the length of `values`, and …"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to write a program."""

    kind: str  # what a request calls it: "a loop", "a comprehension", "recursion"
    body: str  # the unindented body of a function, or a complete class
    steps: tuple[str, ...]  # sentences that explain how it works
    cost: Cost | None = None  # None where asking for it would be unfair
    imports: tuple[str, ...] = ()
    mutants: tuple[Mutant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a function."""

    name: str
    annotation: str
    noun: str  # "a list of integers", for requests that do not name the parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A function, or a class if `parameters` is None."""

    topic: str
    name: str
    does: str  # "returns the largest of the numbers in `values`"; parameters in backticks
    parameters: tuple[Parameter, ...] | None
    returns: str
    forms: tuple[Form, ...]
    calls: tuple[str, ...]  # run in this order; calls of a function are independent

    @property
    def is_class(self) -> bool:
        return self.parameters is None

    @property
    def does_unnamed(self) -> str:
        """`does` with every parameter described instead of named."""
        text = self.does
        for parameter in self.parameters or ():
            name = f"`{parameter.name}`"
            text = text.replace(name, parameter.noun, 1)
            text = text.replace(name, definite(parameter.noun))
        return text

    @property
    def summary(self) -> str:
        """`does` as the first line of a docstring: in the imperative, with a full stop."""
        verb, _, rest = self.does.partition(" ")
        return f"{imperative(verb).capitalize()} {rest}."

    def signature(self, hints: bool) -> str:
        parameters = self.parameters or ()
        if not hints:
            return f"{self.name}({', '.join(parameter.name for parameter in parameters)})"
        inside = ", ".join(f"{parameter.name}: {parameter.annotation}" for parameter in parameters)
        return f"{self.name}({inside}) -> {self.returns}"


@dataclass(frozen=True, slots=True)
class Style:
    """The optional parts of a function."""

    hints: bool = False
    docstring: bool = False


BARE = Style()


def source_code(
    program: Program,
    form: Form,
    style: Style,
    doctests: Sequence[tuple[str, str]] = (),
) -> str:
    """Return the code of a program in one form, without a final line feed.

    `doctests` are pairs of a call and its printed value; they need `style.docstring`.
    """
    imports = form.imports
    if program.parameters is None:
        return "\n".join([*imports, "", "", form.body]) if imports else form.body
    lines = [*sorted(imports), "", ""] if imports else []
    lines += _header(program.signature(style.hints))
    if style.docstring:
        lines += _docstring(program.summary, doctests)
        if form.body.startswith(("def ", "@")):
            lines.append("")
    lines.append(indented(form.body))
    return "\n".join(lines)


def indented(text: str, by: str = "    ") -> str:
    return "\n".join(by + line if line else line for line in text.split("\n"))


def imperative(verb: str) -> str:
    """Return the imperative of a verb in the third person: "returns" → "return"."""
    if verb.endswith(("sses", "shes", "ches", "xes")):
        return verb[:-2]
    return verb[:-3] + "y" if verb.endswith("ies") else verb[:-1]


def definite(noun: str) -> str:
    """Return the second mention of a noun phrase: "a list of integers" → "the list"."""
    words = noun.split(" ")
    for index, word in enumerate(words):
        if word in ("of", "that", "with", "in", "from", "to") or word.startswith("("):
            words = words[:index]
            break
    return " ".join(["the", *words[1:]])


def wrapped(text: str, width: int) -> list[str]:
    """Break text at spaces into lines of at most `width` characters, longer words excepted."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines


def _header(signature: str) -> list[str]:
    line = f"def {signature}:"
    if len(line) <= _CODE_WIDTH:
        return [line]
    name, _, rest = line.partition("(")
    inside, _, end = rest.rpartition(")")
    return [f"{name}(", f"    {inside}", f"){end}"]


def _docstring(summary: str, doctests: Sequence[tuple[str, str]]) -> list[str]:
    first, *more = wrapped(summary, _DOCSTRING_WIDTH)
    if not more and not doctests:
        return [f'    """{first}"""']
    lines = [f'    """{first}', *(f"    {line}" for line in more)]
    if doctests:
        lines.append("")
    for call, value in doctests:
        lines += [f"    >>> {call}", f"    {value}"]
    return [*lines, '    """']
