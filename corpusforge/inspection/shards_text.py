"""What `corpusforge inspect` prints: tables, bars, and documents with their tokens in colours."""

from collections.abc import Iterator, Sequence

from corpusforge.inspection.shards import Inspector, Piece, Summary, View
from corpusforge.shards.lookup import Document
from corpusforge.terminal import harmless

_RESET = "\x1b[0m"
# Black on light blue and light orange by turns, and on red: readable on dark and light terminals.
_TURNS = ("\x1b[30;48;5;153m", "\x1b[30;48;5;223m")
_CONTROL = "\x1b[30;48;5;210m"
_MARKED = "\x1b[1;7m"
_BAR = 40  # characters
_LICENSES = 12  # lines
_NAME = 36  # characters of a licence
_BEFORE, _BEHIND = 24, 40  # tokens shown of a place that was found


def summary_text(summary: Summary) -> str:
    """The tables of sources and licences, and the histogram of lengths."""
    manifest = summary.manifest
    described = manifest.tokenizer
    lines = [
        f"{described.type} tokenizer, {described.vocab_size:,} pieces",
        "",
        f"{'split':<12}{'source':<24}{'documents':>11}{'tokens':>16}{'bytes/token':>13}"
        f"{'weight':>9}{'shards':>8}",
    ]
    for split, sources in manifest.splits.items():
        for name, entry in sources.items():
            lines.append(
                f"{split:<12}{name:<24}{entry.num_documents:>11,}{entry.num_tokens:>16,}"
                f"{entry.num_bytes / max(entry.num_tokens, 1):>13.2f}{entry.weight:>9g}"
                f"{len(entry.shards):>8,}"
            )
    return "\n".join([*lines, "", *_licenses(summary), "", *_histogram(summary.lengths)])


def view_text(inspector: Inspector, view: View, colour: bool) -> str:
    """A document, a token among its neighbours, or the place that a search has found.

    With `colour`, tokens can be told apart.
    """
    if view.around:
        return "\n".join([*_origin(view), "", *_neighbours(inspector, view)])
    if view.token is not None:
        return _match(inspector, view, view.token, colour)
    pieces = inspector.pieces(view.document, view.ids) if colour else []
    return "\n".join([*_origin(view), "", _painted(pieces) if colour else view.text])


def _neighbours(inspector: Inspector, view: View) -> Iterator[str]:
    number = None
    for piece in view.around:
        if piece.document != number:
            number = piece.document
            document = inspector.lookup.document(number)
            yield f"-- document {number:,}: {document.id} ({document.license})"
        mark = ">" if piece.token == view.token else " "
        text = piece.text if piece.is_control else repr(piece.text)
        yield f"{mark}{piece.token:>14,}{piece.id:>8}  {text}"


def _match(inspector: Inspector, view: View, token: int, colour: bool) -> str:
    document = view.document
    start = max(0, token - document.token - _BEFORE)
    ids = view.ids[start : token - document.token + _BEHIND]
    pieces = inspector.pieces(document, ids, start)
    text = _painted(pieces, token) if colour else "".join(piece.text for piece in pieces)
    head = f"{document.id}  {document.license}  document {document.number:,}, token {token:,}"
    return "\n".join([head, *(f"    {line}" for line in text.splitlines())])


def _origin(view: View) -> list[str]:
    return [
        *_facts(view.document),
        *(f"{name + ':':<12}{_values(row)}" for name, row in _named(view)),
    ]


def _facts(document: Document) -> Iterator[str]:
    end = document.token + document.num_tokens - 1
    facts = {
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
    for name, value in facts.items():
        if value is not None:
            yield f"{name + ':':<12}{value}"


def _named(view: View) -> Iterator[tuple[str, dict[str, object]]]:
    for name, row in view.history.items():
        yield ("evidence" if name == "license_evidence" else f"  {name}"), row


def _values(row: dict[str, object]) -> str:
    shown = dict(row)
    kept = {True: "kept", False: "dropped"}.get(shown.pop("keep", None))  # type: ignore[call-overload]
    values = (
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in shown.items()
    )
    return ", ".join([*([kept] if kept else []), *values])


def _licenses(summary: Summary) -> Iterator[str]:
    yield f"{'license':<{_NAME}}{'documents':>11}{'tokens':>16}{'share':>9}"
    total = sum(tokens for _, tokens in summary.licenses.values())
    rows = list(summary.licenses.items())
    if len(rows) > _LICENSES:
        rest = rows[_LICENSES:]
        counts = tuple(sum(row[1][which] for row in rest) for which in (0, 1))
        rows = [*rows[:_LICENSES], (f"{len(rest):,} others", (counts[0], counts[1]))]
    for name, (documents, tokens) in rows:
        name = name if len(name) < _NAME else f"{name[: _NAME - 2]}…"
        yield f"{name:<{_NAME}}{documents:>11,}{tokens:>16,}{tokens / max(total, 1):>9.1%}"


def _histogram(lengths: Sequence[int]) -> Iterator[str]:
    yield f"{'tokens a document':<24}{'documents':>11}"
    highest = max(lengths, default=0)
    first = next((power for power, count in enumerate(lengths) if count), 0)
    for power, count in list(enumerate(lengths))[first:]:
        bar = "█" * -(-count * _BAR // max(highest, 1))
        low, high = 1 << power, (2 << power) - 1
        yield f"{f'{low:,}' if low == high else f'{low:,} to {high:,}':<24}{count:>11,}  {bar}"


def _painted(pieces: Sequence[Piece], marked: int | None = None) -> str:
    painted = []
    for turn, piece in enumerate(pieces):
        style = _CONTROL if piece.is_control else _TURNS[turn % 2]
        if piece.token == marked:
            style += _MARKED
        # A colour that is open at a line's end would run to the terminal's edge.
        text = harmless(piece.text).replace("\n", f"↵{_RESET}\n{style}")
        painted.append(f"{style}{text}{_RESET}")
    return "".join(painted)
