"""The exception that turns an input into a counted reject."""

from collections.abc import Iterator
from contextlib import contextmanager

from corpusforge.storage.documents import Reject


class Refused(Exception):  # noqa: N818 -- a decision about a document, not an error
    """Raised inside a source if an input cannot become a document. Becomes a counted reject."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def at(self, path: str, line: int | None = None) -> Reject:
        """Return the reject for a place."""
        return Reject(path, self.reason, line, self.detail)


@contextmanager
def refusing_unreadable() -> Iterator[None]:
    """Refuse, as "unreadable", a file that the system cannot open or read."""
    try:
        yield
    except OSError as error:
        raise Refused("unreadable", error.strerror or str(error)) from error
