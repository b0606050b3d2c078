"""The clusters that deduplication found: how many, how large, how similar; and one in full."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import Frozen
from corpusforge.errors import InputError
from corpusforge.inspection.documents import find_document
from corpusforge.redaction.facts import CUT, LINES
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import load_manifest, require_manifest
from corpusforge.storage.parts import PartEntry, read_records, read_rows

_NUM_LARGEST = 10
_COLUMNS = ("id", "reason", "duplicate_of", "similarity", "partner")
_STEP = 0.05  # between two thresholds, and the width of a range of similarities


class ClusterSummary(Frozen):
    """All clusters of a corpus. The size of a cluster includes its survivor."""

    threshold: float
    clusters: int
    dropped: int
    sizes: Mapping[str, int]  # "2", "3-4", "5-8", … → clusters
    similarities: Mapping[str, int]  # lower bound of a range → dropped documents
    dropped_at: Mapping[str, int]  # threshold → documents that it would drop
    largest: Mapping[str, int]  # id of the survivor → size
    cut: Mapping[str, int] | None  # repeated lines: cut_lines, cut_documents, cut_bytes


class Member(Frozen):
    """A document of a cluster that was dropped."""

    id: str
    reason: str
    similarity: float
    partner: str  # the document of the cluster that `similarity` compares it with


class Cluster(Frozen):
    """The cluster of a document. A document without duplicates is a cluster without members."""

    survivor: str
    members: tuple[Member, ...]


def read_cluster_summary(layout: Layout) -> ClusterSummary:
    """Summarise the clusters from the verdicts; no text is read.

    Raises:
        RunError: deduplication has not been run.
    """
    manifest = require_manifest(layout.manifest("dedup"))
    config = manifest.config["dedup"]
    threshold = 1.0 if config["exact_only"] else float(config["threshold"])
    sizes: Counter[str] = Counter()
    similarities: list[np.ndarray] = []
    for rows in _dropped_rows(layout, manifest.outputs, ("duplicate_of", "similarity")):
        for entry in pc.value_counts(rows["duplicate_of"]).to_pylist():
            sizes[entry["values"]] += entry["counts"]
        similarities.append(rows["similarity"].to_numpy())
    values = np.sort(np.concatenate([np.empty(0, np.float32), *similarities]))
    bounds = [bound for bound in np.arange(threshold, 1 + _STEP / 2, _STEP).tolist() if bound < 1]
    bounds.append(1.0)
    # Bounds are compared as float32, like the values, so that a pair at the threshold counts.
    at_least = [len(values) - int(np.searchsorted(values, np.float32(bound))) for bound in bounds]
    names = [f"{bound:.2f}" for bound in bounds]
    inside = [count - after for count, after in zip(at_least, [*at_least[1:], 0], strict=True)]
    # By the smallest power of two that a size does not exceed.
    exponents = Counter(count.bit_length() for count in sizes.values())
    largest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:_NUM_LARGEST]
    return ClusterSummary(
        threshold=threshold,
        clusters=len(sizes),
        dropped=len(values),
        sizes={_size_range(exponent): exponents[exponent] for exponent in sorted(exponents)},
        similarities=dict(zip(names, inside, strict=True)),
        dropped_at=dict(zip(names, at_least, strict=True)),
        largest={id: count + 1 for id, count in largest},
        cut=_cut_lines(layout) if config["lines"] else None,
    )


def read_cluster(layout: Layout, id: str) -> Cluster:
    """Read the cluster of a document.

    Raises:
        RunError: deduplication has not been run.
        InputError: there is no such document, or an earlier stage dropped it.
    """
    outputs = require_manifest(layout.manifest("dedup")).outputs
    part, row = find_document(layout, id)
    (verdict,) = read_records(layout.verdict_file("dedup", part), [row])
    if verdict["keep"] is None:
        raise InputError(
            "this document did not reach deduplication",
            where=str(layout.root),
            got=id,
            do="see the verdict of the earlier stage that dropped it",
        )
    survivor = verdict["duplicate_of"] or id
    members = [
        Member(
            id=row["id"],
            reason=row["reason"],
            similarity=row["similarity"],
            partner=row["partner"] or survivor,
        )
        for rows in _dropped_rows(layout, outputs, _COLUMNS)
        for row in rows.filter(pc.equal(rows["duplicate_of"], survivor)).to_pylist()
    ]
    members.sort(key=lambda member: (-member.similarity, member.id))
    return Cluster(survivor=survivor, members=tuple(members))


def _cut_lines(layout: Layout) -> Mapping[str, int] | None:
    manifest = load_manifest(layout.fact_manifest(LINES))
    return {name: manifest.counts[name] for name in CUT} if manifest else None


def _dropped_rows(
    layout: Layout, outputs: Sequence[PartEntry], columns: Sequence[str]
) -> Iterator[pa.Table]:
    """The dropped rows of each part."""
    for part in outputs:
        rows = read_rows(layout.verdict_file("dedup", part.name), columns)
        yield rows.filter(pc.is_valid(rows["duplicate_of"]))


def _size_range(exponent: int) -> str:
    first, last = 2 ** (exponent - 1) + 1, 2**exponent
    return f"{first}" if first == last else f"{first}-{last}"
