"""Run generated programs, so that answers claim only results that were observed."""

import builtins
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from types import CodeType
from typing import Any

# The results come from running the very code that an answer shows: a second description of what
# it computes could drift from it. Our own grammar generates the code, so this restriction is no
# security boundary. It keeps a program from touching anything outside itself by mistake.
_FORBIDDEN = ("open", "input", "eval", "exec", "compile", "breakpoint", "exit", "quit", "help")
_BUILTINS = {name: value for name, value in vars(builtins).items() if name not in _FORBIDDEN}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a call: a value, an exception, or neither for a statement."""

    call: str
    value: str | None = None  # its repr
    raises: str | None = None  # the name of the exception
    message: str = ""  # the exception's message, if the program itself raises it

    @property
    def result(self) -> str:
        """The result as a verb phrase: "returns `3`" or "raises `IndexError`"."""
        return f"raises `{self.raises}`" if self.raises else f"returns `{self.value}`"


def run_calls(code: str, calls: tuple[str, ...]) -> tuple[Outcome, ...]:
    """Execute `code`, then run the calls in order in the same namespace."""
    namespace: dict[str, Any] = {"__builtins__": _BUILTINS, "__name__": "program"}
    exec(compile(code, "<program>", "exec", dont_inherit=True), namespace)
    if any(map(is_statement, calls)):
        functions = [partial(eval, _compiled(call), namespace) for call in calls]
    else:
        functions = eval(_compiled_functions(calls), namespace)
    return tuple(_outcome(*pair, code) for pair in zip(calls, functions, strict=True))


def is_statement(call: str) -> bool:
    """Whether a call is an assignment such as `stack = Stack()`."""
    target, equals, _ = call.partition(" = ")
    return bool(equals) and target.isidentifier()


@lru_cache(maxsize=16)
def _compiled_functions(calls: tuple[str, ...]) -> CodeType:
    # Compiling all calls together is cheaper than one by one, and the mutants of a program run
    # the same calls again.
    text = "".join(f"lambda: {call}, " for call in calls)
    return compile(f"({text})", "<calls>", "eval", dont_inherit=True)


@lru_cache(maxsize=64)
def _compiled(call: str) -> CodeType:
    return compile(call, "<call>", "exec" if is_statement(call) else "eval", dont_inherit=True)


def _outcome(call: str, function: Callable[[], object], code: str) -> Outcome:
    try:
        value = function()
    except Exception as error:
        name = type(error).__name__
        # The messages of Python's own exceptions differ between versions.
        own = f"raise {name}(" in code
        return Outcome(call, raises=name, message=str(error) if own else "")
    return Outcome(call) if is_statement(call) else Outcome(call, value=repr(value))
