"""Why a document is kept or dropped by its licence: from the evidence to the decision."""

from collections import Counter
from collections.abc import Mapping

import pyarrow.compute as pc

from corpusforge.config import Frozen
from corpusforge.engine.run import load_config
from corpusforge.inspection.documents import require_verdicts, unknown_document
from corpusforge.redaction.apply import SECRETS, redacting_facts
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import read_rows

_FACT = ("expression", "evidence", "words", "confidence", "conflict", "copyright")
_VERDICT = ("id", "keep", "reason", "taken", "override")


class Chain(Frozen):
    """One document's row of the license fact and of its verdict."""

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
    secrets: Mapping[str, int]  # what is replaced in it when tokenizing, by kind


def read_chain(layout: Layout, id: str) -> Chain:
    """The chain of one document.

    Raises:
        RunError: licences have not been decided about.
        InputError: there is no such document.
    """
    for part in require_verdicts(layout, "license").outputs:
        name = f"{part.name}.parquet"
        verdict = read_rows(layout.verdict("license") / name, _VERDICT)
        place = pc.index(verdict["id"], id).as_py()
        if place >= 0:
            fact = read_rows(layout.fact("license") / name, _FACT).slice(place, 1).to_pylist()
            return Chain(
                **fact[0],
                **verdict.slice(place, 1).to_pylist()[0],
                secrets=_secrets(layout, part.name, place),
            )
    raise unknown_document(layout, id)


def _secrets(layout: Layout, part: str, row: int) -> Mapping[str, int]:
    path = layout.fact(SECRETS) / f"{part}.parquet"
    if SECRETS not in redacting_facts(load_config(layout).corpus) or not path.is_file():
        return {}
    return Counter(span["kind"] for span in read_rows(path, ["spans"])["spans"][row].as_py())


def chain_text(chain: Chain) -> str:
    """A chain as lines for a terminal."""
    facts = {
        "licence": chain.expression or "unknown",
        "by": chain.evidence or "nothing says",
        "words": f'"{chain.words}"' if chain.words else None,
        "confidence": f"{chain.confidence:.2f}",
        "against": chain.conflict,
        "override": chain.override,
        "taken": chain.taken if chain.taken != chain.expression else None,
        "decision": "kept" if chain.keep else chain.reason,
        "secrets": ", ".join(f"{name} {count:,}" for name, count in chain.secrets.items()),
        "copyright": (chain.copyright or "").replace("\n", f"\n{'':<12}"),
    }
    return "\n".join(f"{name + ':':<12}{fact}" for name, fact in facts.items() if fact)
