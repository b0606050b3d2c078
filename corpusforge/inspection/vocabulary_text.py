"""Renders the report on a vocabulary for a terminal."""

from corpusforge.inspection.vocabulary import TokenCounts, VocabularyReport

_UNUSED_SHOWN = 20


def vocabulary_text(report: VocabularyReport) -> str:
    """Render the table of sources and languages, the fallbacks and the unused pieces."""
    heading = f"{'':<24}{'documents':>11}{'MB':>9}{'tokens':>13}{'bytes/token':>13}"
    lines = [
        heading + (f"   {report.against}" if report.against else ""),
        _line("all", report.total),
    ]
    for title, kinds in (("source", report.sources), ("language", report.languages)):
        lines += [title, *(_line(f"  {name}", counts) for name, counts in kinds.items())]
    share = report.byte_tokens / max(report.total.tokens, 1)
    lines.append(f"\nbyte fallback: {report.byte_tokens:,} tokens, {share:.2%}")
    lines.append(f"never used: {len(report.unused):,} of {report.vocab_size:,} pieces")
    if report.unused:
        lines.append(f"  {', '.join(map(repr, report.unused[:_UNUSED_SHOWN]))}")
    return "\n".join(lines)


def _line(name: str, counts: TokenCounts) -> str:
    line = f"{name:<24}{counts.documents:>11,}{counts.num_bytes / 1e6:>9,.1f}"
    line += f"{counts.tokens:>13,}{counts.num_bytes / max(counts.tokens, 1):>13.2f}"
    if counts.tokens_against is None:
        return line
    return f"{line}   {counts.num_bytes / max(counts.tokens_against, 1):.2f}"
