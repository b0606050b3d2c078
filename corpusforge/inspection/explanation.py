"""Why a document is kept or dropped: its licence, the verdict of every stage, its duplicates."""

from collections.abc import Mapping
from typing import Any

from corpusforge.config import Frozen
from corpusforge.inspection.clusters import Cluster, read_cluster
from corpusforge.inspection.documents import find_document
from corpusforge.inspection.history import read_verdicts
from corpusforge.inspection.license_chain import LicenseChain, read_license_chain
from corpusforge.storage.layout import Layout


class Explanation(Frozen):
    """Everything that the corpus says about one document."""

    license: LicenseChain
    verdicts: Mapping[str, Mapping[str, Any]]  # by stage, up to the one that drops it
    cluster: Cluster | None  # None if the document was dropped before dedup


def read_explanation(layout: Layout, id: str) -> Explanation:
    """Read the explanation of a document.

    Raises:
        RunError: the license stage has not been run.
        InputError: there is no such document.
    """
    part, row = find_document(layout, id)
    (decided,) = read_verdicts(layout, part, [row])
    verdicts = {stage: verdict for stage, verdict in decided.items() if "keep" in verdict}
    chain = read_license_chain(layout, id)
    return Explanation(
        license=chain,
        verdicts=verdicts,
        cluster=read_cluster(layout, id) if chain.keep and "dedup" in verdicts else None,
    )


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation as JSON-able values."""
    tree = explanation.model_dump(mode="json")
    return {**(tree.pop("cluster") or {}), **tree}
