"""Renders the funnel of a corpus for a terminal."""

from collections.abc import Mapping

from corpusforge.inspection.funnel import Funnel
from corpusforge.stages.split import VALIDATION, SplitStage

_REASONS_SHOWN = 6


def funnel_text(funnel: Funnel) -> str:
    """Render the funnel for a terminal."""
    lines = [f"{'':<20}{'documents':>13}{'text':>14}"]
    lines.append(_line("ingested", funnel.ingested, funnel.ingested_bytes))
    lines += [f"  {source:<18}{count:>13,}" for source, count in funnel.by_source.items()]
    for loss in funnel.losses:
        if loss.stage == SplitStage.name:
            continue  # it labels documents and drops none
        lines.append(_line(loss.stage, -loss.dropped, -loss.dropped_bytes))
        lines += _reason_lines(loss.reasons)
    lines.append(_line("kept", funnel.kept, funnel.kept_bytes))
    if funnel.rejects:
        total = sum(funnel.rejects.values())
        lines.append(f"{'rejects':<20}{total:>13,}   (in corpus/rejects/)")
        lines += _reason_lines(funnel.rejects)
    if funnel.secrets and funnel.secrets.documents:
        lines.append(
            f"{'secrets in':<20}{funnel.secrets.documents:>13,}   (replaced when tokenizing)"
        )
        lines += _reason_lines(funnel.secrets.kinds)
    if funnel.tokens:
        lines.append("")
        lines.append(
            f"{'split':<12}{'source':<22}{'documents':>10}{'tokens':>13}{'bytes/token':>13}"
        )
        for entry in funnel.tokens:
            lines.append(
                f"{entry.split:<12}{entry.source:<22}{entry.documents:>10,}{entry.tokens:>13,}"
                f"{entry.bytes / max(entry.tokens, 1):>13.2f}"
            )
        if not any(entry.split == VALIDATION for entry in funnel.tokens):
            lines.append(
                "no document is held out: a repository goes to one side whole; raise "
                "split.validation, try another split.seed, or name val_sources"
            )
    return "\n".join(lines)


def _line(name: str, documents: int, num_bytes: int) -> str:
    return f"{name:<20}{documents:>13,}{size_text(num_bytes):>14}"


def size_text(num_bytes: int) -> str:
    """Format a number of bytes with a readable unit."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(num_bytes) >= size:
            return f"{num_bytes / size:,.1f} {unit}"
    return f"{num_bytes:,} B"


def _reason_lines(reasons: Mapping[str, int]) -> list[str]:
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    lines = [f"{count:>33,}   {reason}" for reason, count in ordered[:_REASONS_SHOWN]]
    rest = ordered[_REASONS_SHOWN:]
    if len(rest) == 1:
        return [*lines, f"{rest[0][1]:>33,}   {rest[0][0]}"]
    if rest:
        lines.append(f"{sum(n for _, n in rest):>33,}   {len(rest)} other reasons")
    return lines
