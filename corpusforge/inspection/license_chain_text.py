"""Renders the licence of a document and the evidence for it, for a terminal."""

from corpusforge.inspection.license_chain import LicenseChain


def license_chain_text(chain: LicenseChain) -> str:
    """Render a line for each part of the chain that is not empty."""
    facts = {
        "licence": chain.expression or "unknown",
        "by": chain.evidence or "no evidence",
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
