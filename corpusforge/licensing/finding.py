"""What was found about a document's licence: an expression, what says so, what says otherwise."""

from dataclasses import dataclass, replace

from corpusforge.licensing.expression import identifiers, read_declaration


@dataclass(frozen=True)
class Finding:
    """An answer, and where it stands: the row of the license fact."""

    expression: str | None  # None: nothing says, or nobody can read it
    evidence: str | None  # "<rule>: <file>, line <number>"
    confidence: float
    conflict: str | None = None  # what weaker evidence says, where it says otherwise
    leading: str | None = None  # what a licence file begins with

    def over(self, weaker: "Finding") -> "Finding":
        """This finding; what weaker evidence says instead is kept as a conflict."""
        if self.conflict or weaker.expression is None or agree(self.expression, weaker.expression):
            return self
        return replace(self, conflict=weaker.quoted())

    def beside(self, declared: "Finding") -> "Finding":
        """A licence text with the metadata beside it, which may say more exactly what it means."""
        if not agree(self.expression, declared.expression):
            leads = self.leading and agree(self.leading, declared.expression)
            if not leads or _is_vague(declared.expression):
                return self.over(declared)
            # The declared licence, and after it those of what is bundled with the package.
            evidence = f"{self.evidence} begins with it; {declared.evidence}"
            return replace(declared, evidence=evidence, conflict=self.quoted())
        if _is_vague(declared.expression) or not _within(self.expression, declared.expression):
            return self
        return replace(
            self,
            expression=declared.expression,
            evidence=f"{self.evidence}; {declared.evidence}",
        )

    def both(self, other: "Finding") -> "Finding":
        """Two that hold together, where neither is known to be the stronger."""
        if agree(self.expression, other.expression):
            return self if not _is_vague(self.expression) else other
        whole = None
        if self.expression and other.expression:
            whole = read_declaration(f"({self.expression}) AND ({other.expression})")
        confidence = min(self.confidence, other.confidence) if whole else 0.0
        return Finding(whole, f"{self.evidence}; {other.evidence}", confidence, other.quoted())

    def quoted(self) -> str:
        return f"{self.expression or 'unknown'} by {self.evidence}"


NOTHING = Finding(None, None, 0.0)


def agree(one: str | None, other: str | None) -> bool:
    """Whether two expressions can be said of the same files: each names what the other does.

    A text rarely says "or later", and metadata often name no version; neither is a contradiction.
    """
    if one is None or other is None:
        return one == other
    return _within(one, other) or (_is_vague(other) and _families(one) <= _families(other))


def _within(text: str | None, declared: str | None) -> bool:
    return bool(text and declared and identifiers(text) <= identifiers(declared))


def _is_vague(expression: str | None) -> bool:
    return expression is None or "LicenseRef-unspecified-" in expression


def _families(expression: str) -> set[str]:
    return {
        id.removeprefix("LicenseRef-unspecified-").partition("-")[0]
        for id in identifiers(expression)
    }
