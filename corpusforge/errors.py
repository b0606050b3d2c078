"""Errors a user can act on: what happened, where, what was met, what was expected, what to do."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """A mistake in the input, the configuration or the machine: one message, no traceback, exit 1.

    `str(error)` is the whole message, one fact a line. Every field but `what` may be empty.
    """

    def __init__(
        self, what: str, *, where: str = "", got: str = "", expected: str = "", do: str = ""
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.got = got
        self.expected = expected
        self.do = do

    def __str__(self) -> str:
        facts = {"where": self.where, "got": self.got, "expected": self.expected, "do": self.do}
        lines = [f"  {name + ':':<10}{fact}" for name, fact in facts.items() if fact]
        return "\n".join([self.what, *lines])

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions pickle by their positional arguments; a worker's error must arrive whole.
        return (_rebuild, (type(self), self.__dict__.copy()))


class ConfigError(UserError):
    """A configuration that cannot be read, or says something that is not possible."""


class InputError(UserError):
    """Raw data, a token file or a checkpoint that cannot be used as it is."""


class RunError(UserError):
    """A run's files contradict one another, or another process is at work in them."""


@contextmanager
def exit_on_user_error(debug: bool) -> Iterator[None]:
    """End the process with the message of a user's error: exit 1, and no traceback unless `debug`.

    For the outermost call of a command. Ctrl-C exits 130, a closed pipe quietly.
    """
    try:
        yield
    except UserError as error:
        if debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        if debug:
            raise
        print("interrupted; the same command goes on where it stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody to tell.
        sys.stderr.close()
        sys.exit(1)


def _rebuild(kind: type[UserError], fields: dict[str, str]) -> UserError:
    return kind(**fields)
