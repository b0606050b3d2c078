"""The clusters that deduplication found: how many, how large, how alike; and one in full."""

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from corpusforge.config import Frozen
from corpusforge.errors import InputError
from corpusforge.facts.lines import CUT
from corpusforge.inspection.documents import require_verdicts, unknown_document
from corpusforge.redaction.apply import LINES
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import load_manifest
from corpusforge.storage.parts import PartEntry, read_rows, read_some

_LARGEST = 10
_COLUMNS = ("id", "reason", "duplicate_of", "similarity", "partner")
_STEP = 0.05  # of thresholds and of the similarities' distribution


class Overview(Frozen):
    """All clusters of a corpus. A cluster's size counts its survivor."""

    threshold: float
    clusters: int
    dropped: int
    sizes: Mapping[str, int]  # "2", "3-4", "5-8", … → clusters
    similarities: Mapping[str, int]  # lower bound of a range → dropped documents
    dropped_at: Mapping[str, int]  # threshold → documents that it would drop
    largest: Mapping[str, int]  # id of the survivor → size
    cut: Mapping[str, int] | None  # repeated lines: cut_lines, cut_documents, cut_bytes


class Member(Frozen):
    """One document of a cluster that was dropped."""

    id: str
    reason: str
    similarity: float
    partner: str  # the document of this cluster that it is so similar to


class Cluster(Frozen):
    """One document's cluster; a document that is like no other has no members."""

    survivor: str
    members: tuple[Member, ...] = Field(default=())


def read_overview(layout: Layout) -> Overview:
    """The overview, from verdicts alone.

    Raises:
        RunError: deduplication has not been run.
    """
    manifest = require_verdicts(layout, "dedup")
    config = manifest.config["dedup"]
    threshold = 1.0 if config["exact_only"] else float(config["threshold"])
    sizes: Counter[str] = Counter()
    similarities: list[np.ndarray] = []
    for rows in _dropped(layout, manifest.outputs, ("duplicate_of", "similarity")):
        for entry in pc.value_counts(rows["duplicate_of"]).to_pylist():
            sizes[entry["values"]] += entry["counts"]
        similarities.append(rows["similarity"].to_numpy())
    values = np.sort(np.concatenate([np.empty(0, np.float32), *similarities]))
    bounds = [bound for bound in np.arange(threshold, 1 + _STEP / 2, _STEP).tolist() if bound < 1]
    bounds.append(1.0)
    # A float32 is compared with a float32, so that a pair at the threshold itself counts.
    at_least = [len(values) - int(np.searchsorted(values, np.float32(bound))) for bound in bounds]
    names = [f"{bound:.2f}" for bound in bounds]
    inside = [count - after for count, after in zip(at_least, [*at_least[1:], 0], strict=True)]
    ranges = Counter(_range_of(count + 1) for count in sizes.values())
    largest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:_LARGEST]
    return Overview(
        threshold=threshold,
        clusters=len(sizes),
        dropped=len(values),
        sizes={_range_name(exponent): ranges[exponent] for exponent in sorted(ranges)},
        similarities=dict(zip(names, inside, strict=True)),
        dropped_at=dict(zip(names, at_least, strict=True)),
        largest={id: count + 1 for id, count in largest},
        cut=_cut_lines(layout, config),
    )


def _cut_lines(layout: Layout, config: Mapping[str, object]) -> Mapping[str, int] | None:
    manifest = load_manifest(layout.fact_manifest(LINES)) if config["lines"] else None
    return {name: manifest.counts[name] for name in CUT} if manifest else None


def overview_text(overview: Overview) -> str:
    """The overview as lines for a terminal."""
    lines = [f"{overview.clusters:,} clusters, {overview.dropped:,} documents dropped from them"]
    if overview.cut:
        lines.append(
            "{cut_lines:,} repeated lines cut from {cut_documents:,} documents when tokenizing, "
            "{cut_bytes:,} bytes".format(**overview.cut)
        )
    if not overview.dropped:
        return "\n".join(lines)
    lines.append(f"{'cluster size':<14}{'clusters':>12}")
    lines += [f"  {name:<12}{count:>12,}" for name, count in overview.sizes.items()]
    lines.append(f"{'similarity':<14}{'documents':>12}{'a threshold here drops':>25}")
    for name, count in overview.similarities.items():
        lines.append(f"  {name:<12}{count:>12,}{overview.dropped_at[name]:>25,}")
    lines.append("largest clusters")
    lines += [f"{count:>14,}   {id}" for id, count in overview.largest.items()]
    return "\n".join(lines)


def read_cluster(layout: Layout, id: str) -> Cluster:
    """The cluster that a document is in.

    Raises:
        RunError: deduplication has not been run.
        InputError: there is no such document, or an earlier stage dropped it.
    """
    outputs = require_verdicts(layout, "dedup").outputs
    survivor = id
    found = False
    for part in outputs:
        path = layout.verdict("dedup") / f"{part.name}.parquet"
        rows = read_rows(path, ["id", "keep", "duplicate_of"])
        for row in rows.filter(pc.equal(rows["id"], id)).to_pylist():
            if row["keep"] is None:
                raise InputError(
                    "this document did not come as far as dedup",
                    where=str(layout.root),
                    got=id,
                    do="an earlier stage dropped it; its verdict says why",
                )
            found = True
            survivor = row["duplicate_of"] or id
    if not found:
        raise unknown_document(layout, id)
    members = []
    for rows in _dropped(layout, outputs, _COLUMNS):
        for row in rows.filter(pc.equal(rows["duplicate_of"], survivor)).to_pylist():
            members.append(
                Member(
                    id=row["id"],
                    reason=row["reason"],
                    similarity=row["similarity"],
                    partner=row["partner"] or survivor,
                )
            )
    members.sort(key=lambda member: (-member.similarity, member.id))
    return Cluster(survivor=survivor, members=tuple(members))


def find_cluster(layout: Layout, id: str) -> Cluster | None:
    """The cluster of a document, if there has been deduplication and the document came so far."""
    if load_manifest(layout.manifest("dedup")) is None:
        return None
    return read_cluster(layout, id)


def cluster_text(cluster: Cluster) -> str:
    """A cluster as lines for a terminal."""
    if not cluster.members:
        return f"kept: {cluster.survivor}\nno other document is like it"
    lines = [f"kept: {cluster.survivor}", f"dropped with it: {len(cluster.members):,}"]
    for member in cluster.members:
        via = "" if member.partner == cluster.survivor else f"   (like {member.partner})"
        lines.append(f"  {member.similarity:.3f}  {member.reason}: {member.id}{via}")
    return "\n".join(lines)


def diff(layout: Layout, one: str, other: str) -> str:
    """The unified diff of two documents of a corpus.

    Raises:
        InputError: there is no such document.
    """
    texts = _texts(layout, (one, other))
    for id in (one, other):
        if id not in texts:
            raise unknown_document(layout, id)
    before, after = texts[one].splitlines(), texts[other].splitlines()
    return "\n".join(difflib.unified_diff(before, after, one, other, lineterm=""))


def _texts(layout: Layout, ids: Sequence[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for part in require_verdicts(layout, "dedup").outputs:
        path = layout.documents / f"{part.name}.parquet"
        matches = pc.is_in(read_rows(path, ["id"])["id"], pa.array(ids))
        for rows in read_some(path, ["id", "text"], np.flatnonzero(matches.to_numpy())):
            texts |= dict(zip(rows["id"].to_pylist(), rows["text"].to_pylist(), strict=True))
    return texts


def _dropped(
    layout: Layout, outputs: Sequence[PartEntry], columns: Sequence[str]
) -> Iterator[pa.Table]:
    """Each part's dropped rows."""
    for part in outputs:
        rows = read_rows(layout.verdict("dedup") / f"{part.name}.parquet", columns)
        yield rows.filter(pc.is_valid(rows["duplicate_of"]))


def _range_of(size: int) -> int:
    """The power of two that a size is not above."""
    return (size - 1).bit_length()


def _range_name(exponent: int) -> str:
    first, last = 2 ** (exponent - 1) + 1, 2**exponent
    return f"{first}" if first == last else f"{first}-{last}"
