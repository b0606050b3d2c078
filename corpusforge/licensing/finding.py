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
    of_all: bool = False  # declared of a whole distribution, bundled files included (PEP 639)
    # The licences that are named, each with the words that name it.
    words: tuple[tuple[str | None, str], ...] = ()

    def over(self, weaker: "Finding") -> "Finding":
        """This finding; what weaker evidence says instead is kept as a conflict."""
        if self.conflict or weaker.expression is None or agree(self.expression, weaker.expression):
            return self
        conflict = weaker.quoted(self.expression)
        return replace(self, conflict=conflict, words=self._unlike(weaker.expression))

    def beside(self, declared: "Finding") -> "Finding":
        """A licence text with the metadata beside it, which may say more exactly what it means."""
        if not agree(self.expression, declared.expression):
            leads = self.leading and agree(self.leading, declared.expression)
            holds = declared.of_all and _within(declared.expression, self.expression)
            if not (leads or holds) or _is_vague(declared.expression):
                return self.over(declared)
            # The declared licence, and beside it those of what is bundled with the package.
            how = "begins with it" if leads else "has it"
            evidence = f"{self.evidence} {how}; {declared.evidence}"
            conflict = self.quoted(declared.expression)
            return replace(declared, evidence=evidence, conflict=conflict, words=self.words[:1])
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
        evidence = f"{self.evidence}; {other.evidence}"
        conflict = other.quoted(self.expression)
        return Finding(whole, evidence, confidence, conflict, words=self._unlike(other.expression))

    def with_part(self, part: "Finding") -> "Finding":
        """This finding, and the licence of a part besides; that both hold is no contradiction."""
        if agree(part.expression, self.expression):
            return self
        return replace(self.both(part), conflict=self.conflict, words=self.words)

    def quoted(self, other: str | None) -> str:
        """What is said, by what, and in which words it says otherwise than another expression."""
        words = next((words for _, words in self._unlike(other)), None)
        return in_words(self.expression, self.evidence, words)

    def _unlike(self, other: str | None) -> tuple[tuple[str | None, str], ...]:
        """The words that say what another expression does not; the first ones, if none do."""
        unlike = [(one, words) for one, words in self.words if not _within(one, other)]
        return tuple(unlike[:1]) or self.words[:1]


NOTHING = Finding(None, None, 0.0)


def in_words(expression: str | None, evidence: str | None, words: str | None) -> str:
    """One side of a conflict; evidence that is itself a declaration needs no more words."""
    said = f"{expression or 'unknown'} by {evidence or 'nothing'}"
    return f'{said}: "{words}"' if words else said


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
