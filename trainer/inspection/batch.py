"""The batch of a training step as text: documents, licences, boundaries, and what is learned."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpusforge.inspection.shards import Inspector
from corpusforge.shards.lookup import Document
from corpusforge.shards.reader import ShardSet, Tokens
from corpusforge.tokenizer.chat import loss_mask
from trainer.inspection.provenance import Sample, TrainedRun


@dataclass(frozen=True)
class Part:
    """What one document gives to a row of a batch."""

    document: Document
    first: int  # token of the document
    num_tokens: int
    num_learned: int  # of them, targets that count; the first token of a row is none
    text: str


@dataclass(frozen=True)
class Row:
    """One slot of a batch, from its first token to its last."""

    step: int
    slot: int
    source: str
    parts: tuple[Part, ...]


def read_batch(run: Path, step: int) -> Iterator[Row]:
    """The rows of a step's batch; the first step is 1.

    Raises:
        UserError: the run was not trained so far, or has lost its shards.
    """
    trained = TrainedRun(run)
    shards = ShardSet(trained.layout.shards)
    inspectors: dict[str, Inspector] = {}
    for sample in trained.batch(step):
        if sample.source not in inspectors:
            inspectors[sample.source] = Inspector(shards, "train", sample.source)
        window = trained.window(sample.step, sample.slot)
        yield _row(sample, window, inspectors[sample.source])


def _row(sample: Sample, window: Tokens, inspector: Inspector) -> Row:
    learned = loss_mask(window, inspector.tokenizer.control)
    learned[0] = False
    parts = []
    for fragment in sample.fragments:
        columns = slice(fragment.column, fragment.column + fragment.num_tokens)
        tokens = inspector.token_views(fragment.document, window[columns], fragment.first)
        text = "".join(token.text for token in tokens)
        num_learned = int(learned[columns].sum())
        parts.append(
            Part(fragment.document, fragment.first, fragment.num_tokens, num_learned, text)
        )
    return Row(sample.step, sample.slot, sample.source, tuple(parts))


def row_text(row: Row) -> str:
    """A row for a terminal: a heading for each document, then the tokens of it as text."""
    lines = [f"=== step {row.step:,}, slot {row.slot}, {row.source}"]
    for part in row.parts:
        document = part.document
        last = part.first + part.num_tokens
        lines += [
            f"--- {document.id} ({document.license or 'no licence declared'}): tokens "
            f"{part.first:,} to {last:,} of {document.num_tokens:,}, {part.num_learned:,} learned",
            part.text,
        ]
    return "\n".join(lines)
