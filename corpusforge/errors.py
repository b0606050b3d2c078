"""Errors that a user can act on: what happened, where, got and expected values, what to do."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """A problem with the input, the configuration or the machine: one message and exit code 1.

    `str(error)` is the whole message, with one fact per line. Every field but `what` may be empty.
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
        # Exceptions pickle only their positional arguments, but errors of workers need all fields.
        return (_rebuild, (type(self), self.__dict__.copy()))


class ConfigError(UserError):
    """The configuration cannot be read or has an invalid value."""


class InputError(UserError):
    """Raw data, a token file or a checkpoint cannot be used."""


class RunError(UserError):
    """The files of a run are inconsistent, or another process is using them."""


@contextmanager
def exit_on_user_error(debug: bool) -> Iterator[None]:
    """Print a user error as a message and exit with code 1, or with a traceback if `debug`.

    Ctrl-C exits with code 130. A closed output pipe exits with code 1 and no message.
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
        print("interrupted; run the same command to continue", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # At exit, Python flushes stdout again and would report the failure on stderr.
        sys.stderr.close()
        sys.exit(1)


def _rebuild(kind: type[UserError], fields: dict[str, str]) -> UserError:
    return kind(**fields)
