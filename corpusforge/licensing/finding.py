"""A finding: the licence of a document, the evidence for it, and the evidence against it."""

from dataclasses import dataclass, replace

from corpusforge.license_families import UNSPECIFIED
from corpusforge.licensing.expression import identifiers, is_vague, read_declaration


@dataclass(frozen=True)
class Finding:
    """A licence and its evidence; a row of the license fact."""

    expression: str | None  # None: there is no evidence, or none that can be read
    evidence: str | None  # "<rule>: <file>, line <number>"
    confidence: float
    conflict: str | None = None  # weaker evidence that disagrees
    leading: str | None = None  # the licence that a licence file begins with
    covers_bundled: bool = False  # declared for a distribution with all it bundles (PEP 639)
    # Each licence that the evidence names, with the words that name it.
    words: tuple[tuple[str | None, str], ...] = ()

    def overriding(self, weaker: "Finding") -> "Finding":
        """Keep this finding, and record weaker evidence that disagrees as its conflict."""
        if self.conflict or weaker.expression is None or agree(self.expression, weaker.expression):
            return self
        conflict = weaker.against(self.expression)
        return replace(self, conflict=conflict, words=self._words_unlike(weaker.expression))

    def with_metadata(self, declared: "Finding") -> "Finding":
        """Combine a licence file with the metadata next to it, which may be more exact."""
        if not agree(self.expression, declared.expression):
            leads = self.leading and agree(self.leading, declared.expression)
            holds = declared.covers_bundled and _within(declared.expression, self.expression)
            if not (leads or holds) or is_vague(declared.expression):
                return self.overriding(declared)
            # The file has the declared licence, and those of the libraries that are bundled.
            how = "begins with it" if leads else "has it"
            evidence = f"{self.evidence} {how}; {declared.evidence}"
            conflict = self.against(declared.expression)
            return replace(declared, evidence=evidence, conflict=conflict, words=self.words[:1])
        if is_vague(declared.expression) or not _within(self.expression, declared.expression):
            return self
        return replace(
            self,
            expression=declared.expression,
            evidence=f"{self.evidence}; {declared.evidence}",
        )

    def joined_with(self, other: "Finding") -> "Finding":
        """Join two findings that both hold (AND), neither being the stronger."""
        if agree(self.expression, other.expression):
            return other if is_vague(self.expression) else self
        both = None
        if self.expression and other.expression:
            both = read_declaration(f"({self.expression}) AND ({other.expression})")
        confidence = min(self.confidence, other.confidence) if both else 0.0
        evidence = f"{self.evidence}; {other.evidence}"
        conflict = other.against(self.expression)
        words = self._words_unlike(other.expression)
        return Finding(both, evidence, confidence, conflict, words=words)

    def with_part(self, part: "Finding") -> "Finding":
        """Add the licence of a part of the document; that is no conflict."""
        if agree(part.expression, self.expression):
            return self
        return replace(self.joined_with(part), conflict=self.conflict, words=self.words)

    def against(self, other: str | None) -> str:
        """Describe this finding as evidence against another expression, in its words."""
        words = next((words for _, words in self._words_unlike(other)), None)
        return describe_evidence(self.expression, self.evidence, words)

    def _words_unlike(self, other: str | None) -> tuple[tuple[str | None, str], ...]:
        """The first words for a licence that another expression lacks, else the first words."""
        unlike = [(one, words) for one, words in self.words if not _within(one, other)]
        return tuple(unlike[:1]) or self.words[:1]


NO_FINDING = Finding(None, None, 0.0)


def describe_evidence(expression: str | None, evidence: str | None, words: str | None) -> str:
    """Describe one side of a conflict; `words` is None where the evidence is itself a quotation."""
    said = f"{expression or 'unknown'} by {evidence or 'nothing'}"
    return f'{said}: "{words}"' if words else said


def agree(one: str | None, other: str | None) -> bool:
    """Whether `other` names every licence of `one`; a vague name (BSD) stands for its family.

    "Only" and "or later" are ignored: texts rarely say either, and metadata often do not.
    """
    if one is None or other is None:
        return one == other
    return _within(one, other) or (is_vague(other) and _families(one) <= _families(other))


def _within(text: str | None, declared: str | None) -> bool:
    return bool(text and declared and identifiers(text) <= identifiers(declared))


def _families(expression: str) -> set[str]:
    return {id.removeprefix(UNSPECIFIED).partition("-")[0] for id in identifiers(expression)}
