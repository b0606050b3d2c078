"""What a vocabulary is worth on the corpus: bytes a token, by source and by language."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import Frozen
from corpusforge.engine.run import load_config
from corpusforge.errors import InputError, RunError
from corpusforge.redaction.apply import read_spans, redact
from corpusforge.redaction.facts import redacting_facts
from corpusforge.storage.documents import draws
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import load_manifest
from corpusforge.storage.parts import read_batches
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.sample import source_bytes, train_rows
from corpusforge.tokenizer.sentencepiece_model import SentencePieceTokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer

_MEASURED_BYTES = 64 << 20  # about so much of the kept train text, drawn evenly
_NAMED = 20  # unused pieces that are shown


class Measure(Frozen):
    """Text of one kind, and the tokens it becomes."""

    documents: int
    num_bytes: int
    tokens: int
    tokens_against: int | None  # of the vocabulary that it is compared with


class TokenizerReport(Frozen):
    """A vocabulary measured on a sample of the kept train documents."""

    vocab_size: int
    against: str | None
    total: Measure
    sources: dict[str, Measure]
    languages: dict[str, Measure]
    byte_tokens: int  # tokens that stand for one byte of a character that is no piece
    unused: tuple[str, ...]  # pieces that no sampled text needs, in the order of their ids


def measure(layout: Layout, against: Path | None, seed: int = 0) -> TokenizerReport:
    """Encode a sample, with another SentencePiece model beside it where one is named.

    Raises:
        InputError: the other model cannot be read.
        RunError: nothing has been ingested, or no document is kept.
    """
    tokenizer = load_tokenizer(layout.root)
    other = _other(against)
    ingest = load_manifest(layout.manifest("ingest"))
    sizes = source_bytes(layout, ingest.outputs) if ingest else {}
    if ingest is None or not sizes:
        raise RunError(
            "there are no kept train documents to measure on",
            where=str(layout.root),
            do="run `corpusforge build`, or see `corpusforge report` for why they were dropped",
        )
    redacting = redacting_facts(load_config(layout).corpus)
    share = _MEASURED_BYTES / sum(sizes.values())
    counts = np.zeros(tokenizer.vocab_size, np.int64)
    sources: dict[str, list[int]] = defaultdict(lambda: [0] * 4)
    languages: dict[str, list[int]] = defaultdict(lambda: [0] * 4)
    for part in ingest.outputs:
        if part.source not in sizes:
            continue
        train = train_rows(layout, part)
        first = 0
        path = layout.documents / f"{part.name}.parquet"
        spans = read_spans(layout, part.name, redacting)
        for rows in read_batches(path, ["text", "language", "num_bytes", "content_hash"]):
            rows = redact(rows, [some.slice(first, rows.num_rows) for some in spans])
            drawn = draws(rows["content_hash"].combine_chunks(), "tokenizer report", seed) < share
            rows = rows.filter(pc.and_(train.slice(first, rows.num_rows), pa.array(drawn)))
            first += len(drawn)
            texts = rows["text"].combine_chunks()
            ids, lengths = tokenizer.encode_column(texts)
            counts += np.bincount(ids, minlength=len(counts))
            lengths_against = other.encode_column(texts)[1] if other else np.zeros_like(lengths)
            columns = [
                np.ones_like(lengths),
                rows["num_bytes"].to_numpy(),
                lengths,
                lengths_against,
            ]
            named = pc.fill_null(rows["language"], "unknown").combine_chunks().dictionary_encode()
            for place, column in enumerate(columns):
                sources[part.source][place] += int(column.sum())
                sums = np.bincount(named.indices.to_numpy(), column, len(named.dictionary))
                for language, number in zip(named.dictionary.to_pylist(), sums, strict=True):
                    languages[language][place] += int(number)
    is_byte = tokenizer.is_byte()
    spelled = np.flatnonzero((counts == 0) & ~is_byte & (tokenizer.token_bytes() > 0))
    return TokenizerReport(
        vocab_size=tokenizer.vocab_size,
        against=against.name if against else None,
        total=_measure([sum(column) for column in zip(*sources.values(), strict=True)], other),
        sources={name: _measure(sums, other) for name, sums in sources.items()},
        languages={
            name: _measure(sums, other)
            for name, sums in sorted(languages.items(), key=lambda entry: -entry[1][1])
        },
        byte_tokens=int(counts[is_byte].sum()),
        unused=tuple(tokenizer.decode([id]) for id in spelled),
    )


def report_text(report: TokenizerReport) -> str:
    """The report as lines for a terminal."""
    heading = f"{'':<24}{'documents':>11}{'MB':>9}{'tokens':>13}{'bytes/token':>13}"
    lines = [heading + (f"   {report.against}" if report.against else "")]
    for title, measures in (
        ("", {"all": report.total}),
        ("source", report.sources),
        ("language", report.languages),
    ):
        lines += [title] if title else []
        lines += [_line(f"  {name}" if title else name, one) for name, one in measures.items()]
    share = report.byte_tokens / max(report.total.tokens, 1)
    lines.append(f"\nbyte fallback: {report.byte_tokens:,} tokens, {share:.2%}")
    unused = len(report.unused)
    lines.append(f"never used: {unused:,} of {report.vocab_size:,} pieces")
    lines += [f"  {', '.join(map(repr, report.unused[:_NAMED]))}"] if unused else []
    return "\n".join(lines)


def _line(name: str, measure: Measure) -> str:
    line = f"{name:<24}{measure.documents:>11,}{measure.num_bytes / 1e6:>9,.1f}"
    line += f"{measure.tokens:>13,}{measure.num_bytes / max(measure.tokens, 1):>13.2f}"
    if measure.tokens_against is None:
        return line
    return f"{line}   {measure.num_bytes / max(measure.tokens_against, 1):.2f}"


def _measure(sums: list[int], other: Tokenizer | None) -> Measure:
    documents, num_bytes, tokens, tokens_against = sums
    return Measure(
        documents=documents,
        num_bytes=num_bytes,
        tokens=tokens,
        tokens_against=tokens_against if other else None,
    )


def _other(path: Path | None) -> Tokenizer | None:
    if path is None:
        return None
    if not path.is_file():
        raise InputError("the SentencePiece model is not there", where=str(path))
    try:
        return SentencePieceTokenizer(path.read_bytes())
    except InputError as error:
        error.where = str(path)
        raise
