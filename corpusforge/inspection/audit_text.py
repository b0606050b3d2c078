"""The licence audit as text for a terminal."""

from corpusforge.licensing.audit import Audit


def audit_text(audit: Audit, shown: int = 12) -> str:
    """Format an audit: its largest groups of documents, choices, conflicts and idle rules."""
    lines = [f"licences, policy {audit.policy_hash[:8]}"]
    lines += [
        f"{row.documents:>10,}  {row.expression or 'unknown'}  by {row.rule or 'nothing'}: "
        f"{row.decision}"
        for row in audit.rows[:shown]
    ]
    if len(audit.rows) > shown:
        rest = sum(row.documents for row in audit.rows[shown:])
        lines.append(f"{rest:>10,}  in {len(audit.rows) - shown} other ways")
    lines += [f"{n:>10,}  took {choice}" for choice, n in list(audit.choices.items())[:shown]]
    if audit.conflicting_documents:
        lines.append(
            f"{audit.conflicting_documents:>10,}  documents with evidence that disagrees "
            "(both sides in corpus/licenses.json)"
        )
    idle = audit.without_effect
    lines += [f"{'without effect':>10}  {name}" for name in idle[:shown]]
    if len(idle) > shown:
        lines.append(f"{len(idle) - shown:>10,}  other opt-outs and overrides without effect")
    return "\n".join(lines)
