"""Why a document is kept or dropped by its licence: from the evidence to the decision."""

from collections import Counter
from collections.abc import Mapping

from corpusforge.config import Frozen
from corpusforge.engine.run import load_config
from corpusforge.inspection.documents import find_document
from corpusforge.redaction.facts import SECRETS, redacting_facts
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import read_records


class LicenseChain(Frozen):
    """A document's rows of the license fact and of the license verdict."""

    id: str
    expression: str | None
    evidence: str | None
    words: str | None
    confidence: float
    conflict: str | None
    copyright: str | None
    override: str | None
    keep: bool
    reason: str | None
    taken: str | None
    secrets: Mapping[str, int]  # kind → secrets that are replaced when tokenizing


def read_license_chain(layout: Layout, id: str) -> LicenseChain:
    """Read the license fact and verdict of a document.

    Raises:
        RunError: the license stage has not been run.
        InputError: there is no such document.
    """
    part, row = find_document(layout, id)
    (fact,) = read_records(layout.fact_file("license", part), [row])
    (verdict,) = read_records(layout.verdict_file("license", part), [row])
    return LicenseChain(**fact, **verdict, secrets=_count_secrets(layout, part, row))


def _count_secrets(layout: Layout, part: str, row: int) -> Mapping[str, int]:
    path = layout.fact_file(SECRETS, part)
    if SECRETS not in redacting_facts(load_config(layout).corpus) or not path.is_file():
        return {}
    return Counter(span["kind"] for span in read_records(path, [row])[0]["spans"])
