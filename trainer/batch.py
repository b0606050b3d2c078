"""The batch of a training step as text: documents, licences, boundaries, and what is learned."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpusforge.chat import loss_mask
from corpusforge.shards.inspect import Inspector
from corpusforge.shards.lookup import Document
from corpusforge.shards.reader import ShardSet
from trainer.provenance import Sample, TrainedRun


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
        yield _row(sample, inspectors[sample.source])


def _row(sample: Sample, inspector: Inspector) -> Row:
    runs = []
    for fragment in sample.fragments:
        ids = inspector.lookup.tokens_of(fragment.document)
        runs.append(ids[fragment.first : fragment.first + fragment.num_tokens])
    learned = loss_mask(np.concatenate(runs), inspector.tokenizer.control)
    learned[0] = False
    ends = np.cumsum([len(ids) for ids in runs])
    parts = []
    for fragment, ids, counted in zip(
        sample.fragments, runs, np.split(learned, ends[:-1]), strict=True
    ):
        pieces = inspector.pieces(fragment.document, ids, fragment.first)
        text = "".join(piece.text for piece in pieces)
        parts.append(Part(fragment.document, fragment.first, len(ids), int(counted.sum()), text))
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
