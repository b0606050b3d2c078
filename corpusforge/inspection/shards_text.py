"""Renders shards for a terminal: summary tables, and documents with coloured tokens."""

from collections.abc import Iterator, Mapping, Sequence

from corpusforge.inspection.shards import (
    DocumentView,
    Inspector,
    LicenseCounts,
    ShardSummary,
    TokenView,
)
from corpusforge.shards.lookup import Document
from corpusforge.terminal import harmless

_RESET = "\x1b[0m"
# Black on light blue, light orange and red is readable on dark and on light terminals.
_ALTERNATING = ("\x1b[30;48;5;153m", "\x1b[30;48;5;223m")
_CONTROL = "\x1b[30;48;5;210m"
_MARKED = "\x1b[1;7m"
_BAR_WIDTH = 40
_MAX_LICENSES = 12
_LICENSE_WIDTH = 36
_TOKENS_BEFORE, _TOKENS_AFTER = 24, 40  # shown around the token that a search has found


def shard_summary_text(summary: ShardSummary) -> str:
    """Render the tables of sources and licences, and the histogram of lengths."""
    lines = [
        f"{summary.tokenizer.type} tokenizer, {summary.tokenizer.vocab_size:,} pieces",
        "",
        f"{'split':<12}{'source':<24}{'documents':>11}{'tokens':>16}{'bytes/token':>13}"
        f"{'weight':>9}{'shards':>8}",
    ]
    for split, sources in summary.splits.items():
        for name, entry in sources.items():
            lines.append(
                f"{split:<12}{name:<24}{entry.num_documents:>11,}{entry.num_tokens:>16,}"
                f"{entry.num_bytes / max(entry.num_tokens, 1):>13.2f}{entry.weight:>9g}"
                f"{len(entry.shards):>8,}"
            )
    return "\n".join([*lines, "", *_licenses(summary.licenses), "", *_histogram(summary.lengths)])


def view_text(inspector: Inspector, view: DocumentView, colour: bool) -> str:
    """Render a document, a token with its neighbours, or a search result.

    With `colour`, adjacent tokens get different colours.
    """
    if view.around:
        return "\n".join([*_origin(view), "", *_neighbours(inspector, view)])
    if view.token is not None:
        return _match(inspector, view, view.token, colour)
    text = _coloured(inspector.token_views(view.document, view.ids)) if colour else view.text
    return "\n".join([*_origin(view), "", text])


def _neighbours(inspector: Inspector, view: DocumentView) -> Iterator[str]:
    number = None
    for token in view.around:
        if token.document != number:
            number = token.document
            document = inspector.lookup.document(number)
            yield f"-- document {number:,}: {document.id} ({document.license})"
        mark = ">" if token.token == view.token else " "
        text = token.text if token.is_control else repr(token.text)
        yield f"{mark}{token.token:>14,}{token.id:>8}  {text}"


def _match(inspector: Inspector, view: DocumentView, token: int, colour: bool) -> str:
    document = view.document
    start = max(0, token - document.token - _TOKENS_BEFORE)
    ids = view.ids[start : token - document.token + _TOKENS_AFTER]
    tokens = inspector.token_views(document, ids, start)
    text = _coloured(tokens, token) if colour else "".join(view.text for view in tokens)
    head = f"{document.id}  {document.license}  document {document.number:,}, token {token:,}"
    return "\n".join([head, *(f"    {line}" for line in text.splitlines())])


def _origin(view: DocumentView) -> Iterator[str]:
    yield from _fields(view.document)
    for name, row in view.history.items():
        label = "evidence" if name == "license_evidence" else f"  {name}"
        yield f"{label + ':':<12}{_values(row)}"


def _fields(document: Document) -> Iterator[str]:
    end = document.token + document.num_tokens - 1
    fields = {
        "id": document.id,
        "path": document.path,
        "repository": document.repository,
        "license": document.license,
        "file": f"{document.file}, row {document.row:,}",
        "shard": f"{document.split}/{document.source}/{document.shard}",
        "document": f"{document.number:,}",
        "tokens": f"{document.token:,} to {end:,}: {document.num_tokens:,} for "
        f"{document.num_bytes:,} bytes",
    }
    for name, value in fields.items():
        if value is not None:
            yield f"{name + ':':<12}{value}"


def _values(row: dict[str, object]) -> str:
    shown = dict(row)
    kept = {True: "kept", False: "dropped"}.get(shown.pop("keep", None))  # type: ignore[call-overload]
    values = (
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in shown.items()
    )
    return ", ".join([*([kept] if kept else []), *values])


def _licenses(licenses: Mapping[str, LicenseCounts]) -> Iterator[str]:
    yield f"{'license':<{_LICENSE_WIDTH}}{'documents':>11}{'tokens':>16}{'share':>9}"
    total = sum(counts.tokens for counts in licenses.values())
    rows = [(name, counts.documents, counts.tokens) for name, counts in licenses.items()]
    if rest := rows[_MAX_LICENSES:]:
        _, documents, tokens = zip(*rest, strict=True)
        rows[_MAX_LICENSES:] = [(f"{len(rest):,} others", sum(documents), sum(tokens))]
    for name, num_documents, num_tokens in rows:
        name = name if len(name) < _LICENSE_WIDTH else f"{name[: _LICENSE_WIDTH - 2]}…"
        share = num_tokens / max(total, 1)
        yield f"{name:<{_LICENSE_WIDTH}}{num_documents:>11,}{num_tokens:>16,}{share:>9.1%}"


def _histogram(lengths: Mapping[int, int]) -> Iterator[str]:
    yield f"{'tokens per document':<24}{'documents':>11}"
    highest = max(lengths.values(), default=0)
    shortest = next((bound for bound, count in lengths.items() if count), 0)
    for bound, count in lengths.items():
        if bound < shortest:
            continue
        bar = "█" * -(-count * _BAR_WIDTH // max(highest, 1))
        low, high = bound // 2, bound - 1
        yield f"{f'{low:,}' if low == high else f'{low:,} to {high:,}':<24}{count:>11,}  {bar}"


def _coloured(tokens: Sequence[TokenView], marked: int | None = None) -> str:
    texts = []
    for index, token in enumerate(tokens):
        style = _CONTROL if token.is_control else _ALTERNATING[index % 2]
        if token.token == marked:
            style += _MARKED
        # A colour that is not reset before a line end would fill the line to the terminal's edge.
        text = harmless(token.text).replace("\n", f"↵{_RESET}\n{style}")
        texts.append(f"{style}{text}{_RESET}")
    return "".join(texts)
