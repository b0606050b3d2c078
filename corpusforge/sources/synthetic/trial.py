"""Runs composed programs, so that every result an answer claims is one that was seen."""

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# The claims come from running the very code that the answer shows: a second description of what
# it computes could drift from it. The code is our own grammar's, so this fence is no security
# boundary; it keeps a program from touching anything outside itself by mistake.
_FORBIDDEN = ("open", "input", "eval", "exec", "compile", "breakpoint", "exit", "quit", "help")
_BUILTINS = {name: value for name, value in vars(builtins).items() if name not in _FORBIDDEN}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gave: a value, an exception, or (a statement) neither."""

    call: str
    value: str | None = None  # its repr
    raises: str | None = None  # the name of the exception; messages differ between versions

    @property
    def result(self) -> str:
        """ "returns `3`" or "raises `IndexError`"."""
        return f"raises `{self.raises}`" if self.raises else f"returns `{self.value}`"


def run(code: str, calls: Sequence[str]) -> tuple[Outcome, ...]:
    """Define `code`, then run the calls in order, in one namespace."""
    namespace: dict[str, Any] = {"__builtins__": _BUILTINS, "__name__": "program"}
    exec(compile(code, "<program>", "exec", dont_inherit=True), namespace)
    return tuple(_outcome(call, namespace) for call in calls)


def is_statement(call: str) -> bool:
    """Whether a call is an assignment such as `stack = Stack()`."""
    return call.partition(" = ")[0].isidentifier()


def _outcome(call: str, namespace: dict[str, Any]) -> Outcome:
    try:
        if is_statement(call):
            exec(compile(call, "<call>", "exec", dont_inherit=True), namespace)
            return Outcome(call)
        value = eval(compile(call, "<call>", "eval", dont_inherit=True), namespace)
    except Exception as error:
        return Outcome(call, raises=type(error).__name__)
    return Outcome(call, value=repr(value))
