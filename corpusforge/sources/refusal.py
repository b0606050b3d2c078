"""The reason why an input is not a document."""

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
