"""Renders the explanation of a document for a terminal."""

from collections.abc import Mapping
from typing import Any

from corpusforge.inspection.clusters_text import cluster_text
from corpusforge.inspection.explanation import Explanation
from corpusforge.inspection.license_chain_text import license_chain_text


def explanation_text(explanation: Explanation) -> str:
    """Render the licence, a line for each stage, and the cluster."""
    width = max((len(name) for name in explanation.verdicts), default=0)
    lines = [
        f"{name:<{width}}  {_verdict_text(verdict)}"
        for name, verdict in explanation.verdicts.items()
    ]
    pieces = [license_chain_text(explanation.license)]
    pieces[0] += f"\n{'stages:':<12}" + f"\n{'':<12}".join(lines)
    if explanation.cluster is not None:
        pieces.append(cluster_text(explanation.cluster))
    return "\n\n".join(pieces)


def _verdict_text(verdict: Mapping[str, Any]) -> str:
    if not verdict["keep"]:
        return f"dropped: {verdict['reason']}"
    return f"kept, {verdict['split']}" if "split" in verdict else "kept"
