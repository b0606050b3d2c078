"""The batch of a training step as text, with documents, licences, boundaries and learned tokens."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from corpusforge.inspection.shards import Inspector
from corpusforge.shards.lookup import Document
from corpusforge.shards.reader import ShardSet, Tokens
from corpusforge.tokenizer.chat import loss_mask
from trainer.inspection.provenance import Sample, TrainedRun


@dataclass(frozen=True)
class Part:
    """The part of a document in a row of a batch."""

    document: Document
    first: int  # token of the document
    num_tokens: int
    num_learned: int  # tokens that are counted targets; the first token of a row is no target
    text: str


@dataclass(frozen=True)
class Row:
    """One slot of a batch."""

    step: int
    slot: int
    source: str
    parts: tuple[Part, ...]


def read_batch(run: Path, step: int) -> Iterator[Row]:
    """Read the rows of a step's batch; the first step is 1.

    Raises:
        UserError: the run has not taken the step, or its shards are missing.
    """
    trained = TrainedRun(run)
    shards = ShardSet(trained.layout.shards)
    inspector_of = cache(partial(Inspector, shards, "train"))
    for sample in trained.batch(step):
        window = trained.window(sample.step, sample.slot)
        yield _row(sample, window, inspector_of(sample.source))


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
    """A row as text: a heading for each document, then its tokens."""
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
