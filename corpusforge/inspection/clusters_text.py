"""Renders clusters of duplicates, and the difference of two documents, for a terminal."""

import difflib
from collections.abc import Mapping

from corpusforge.inspection.clusters import Cluster, ClusterSummary


def cluster_summary_text(summary: ClusterSummary) -> str:
    """Render the counts, the distributions and the largest clusters."""
    lines = [f"{summary.clusters:,} clusters, {summary.dropped:,} documents dropped from them"]
    if summary.cut:
        lines.append(
            "{cut_lines:,} repeated lines cut from {cut_documents:,} documents when tokenizing, "
            "{cut_bytes:,} bytes".format(**summary.cut)
        )
    if not summary.dropped:
        return "\n".join(lines)
    lines.append(f"{'cluster size':<14}{'clusters':>12}")
    lines += [f"  {name:<12}{count:>12,}" for name, count in summary.sizes.items()]
    lines.append(f"{'similarity':<14}{'documents':>12}{'a threshold here drops':>25}")
    for name, count in summary.similarities.items():
        lines.append(f"  {name:<12}{count:>12,}{summary.dropped_at[name]:>25,}")
    lines.append("largest clusters")
    lines += [f"{count:>14,}   {id}" for id, count in summary.largest.items()]
    return "\n".join(lines)


def cluster_text(cluster: Cluster) -> str:
    """Render a cluster, its most similar members first."""
    if not cluster.members:
        return f"kept: {cluster.survivor}\nno other document is like it"
    lines = [f"kept: {cluster.survivor}", f"dropped with it: {len(cluster.members):,}"]
    for member in cluster.members:
        via = "" if member.partner == cluster.survivor else f"   (like {member.partner})"
        lines.append(f"  {member.similarity:.3f}  {member.reason}: {member.id}{via}")
    return "\n".join(lines)


def diff_text(one: str, other: str, texts: Mapping[str, str]) -> str:
    """Render the unified diff of two documents, given by id; `texts` maps ids to texts."""
    before, after = texts[one].splitlines(), texts[other].splitlines()
    return "\n".join(difflib.unified_diff(before, after, one, other, lineterm=""))
