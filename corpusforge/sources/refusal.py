"""Why something a source met is not a document."""

from corpusforge.storage.documents import Reject


class Refused(Exception):  # noqa: N818 -- a decision about a document, not an error
    """Raised deep inside a source where one document cannot be made; becomes a counted reject."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def at(self, path: str, line: int | None = None) -> Reject:
        """The reject, now that the place is known."""
        return Reject(path, self.reason, line, self.detail)
