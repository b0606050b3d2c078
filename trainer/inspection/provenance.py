"""The documents that a training step has read, and the steps that have read a document."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from pathlib import Path

import numpy as np

from corpusforge.errors import InputError, RunError
from corpusforge.inspection.history import Row, read_histories
from corpusforge.shards.lookup import Document, Lookup
from corpusforge.shards.reader import ShardSet, Tokens
from corpusforge.storage.layout import Layout
from trainer.checkpoints.files import newest
from trainer.data.sampler import Sampler
from trainer.data.windows import Run


@dataclass(frozen=True)
class Fragment:
    """The part of a document in a window."""

    document: Document  # numbered in its source
    first: int  # token of the document
    num_tokens: int
    column: int  # first column in the window
    history: dict[str, Row]


@dataclass(frozen=True)
class Sample:
    """Tokens of one source that a step has read in one slot of its batch."""

    step: int
    slot: int
    source: str
    token: int  # the first token in the source
    fragments: tuple[Fragment, ...]


@dataclass(frozen=True)
class Use:
    """A step and slot that have read a part of a document."""

    step: int
    slot: int
    first: int  # token of the document
    num_tokens: int


class TrainedRun:
    """A trained run: its sampler at the last step, and the indexes of its shards.

    Steps are counted as in metrics.jsonl: the first update is step 1. Slots, the rows of a batch,
    are counted from 0.
    """

    def __init__(self, output_dir: Path) -> None:
        """Read the newest checkpoint of a run.

        Raises:
            RunError: the run was trained on other shards.
            InputError: there is no checkpoint, or there are no shards.
        """
        checkpoints = Layout(output_dir).checkpoints
        found = newest(checkpoints)
        if found is None:
            raise InputError(
                "no checkpoint here",
                where=str(checkpoints),
                do="name the output_dir of a run that was trained",
            )
        _, checkpoint = found
        experiment = checkpoint.experiment
        self.layout = experiment.layout_in(output_dir)
        self._shards = ShardSet(self.layout.shards)
        if self._shards.manifest.fingerprint != checkpoint.shards:
            raise RunError(
                "the run was trained on other shards",
                where=str(self.layout.shards),
                got=f"shards {self._shards.manifest.fingerprint}",
                expected=f"shards {checkpoint.shards}",
                do="build the corpus again as it was: the same configuration gives the same shards",
            )
        self.num_steps = checkpoint.step
        self._batch_size = experiment.training.batch_size
        self._sampler = Sampler.over(
            self._shards,
            "train",
            checkpoint.stages,
            window=experiment.model.context,
            seed=experiment.training.seed,
            packing=experiment.training.data.packing,
        )
        self._sampler.position = checkpoint.sampler["position"]
        self._lookup = cache(partial(Lookup, self._shards, "train"))

    def batch(self, step: int) -> Iterator[Sample]:
        """Yield the samples of a step, slot by slot.

        Raises:
            InputError: the run has not taken the step.
        """
        return (self.sample(step, slot) for slot in range(self._batch_size))

    def sample(self, step: int, slot: int) -> Sample:
        """Return the sample of a step in one slot.

        Raises:
            InputError: the run has not taken the step, or its batches do not have the slot.
        """
        for name, value, first, last in (
            ("step", step, 1, self.num_steps),
            ("slot", slot, 0, self._batch_size - 1),
        ):
            if not first <= value <= last:
                raise InputError(
                    f"the run has no such {name}",
                    where=str(self.layout.root),
                    got=f"{name} {value:,}",
                    expected=f"{first} to {last:,}",
                )
        number = (step - 1) * self._batch_size + slot
        ((source, runs),) = self._sampler.runs_of(np.array([number]))
        return Sample(step, slot, source, runs[0].first, tuple(self._fragments(source, runs)))

    def window(self, step: int, slot: int) -> Tokens:
        """The tokens of a sample, including padding: uint16[context + 1]."""
        return self._sampler.read((step - 1) * self._batch_size + slot)

    def document(self, id: str) -> Document:
        """Find a train document by its id; it is numbered in its source.

        Raises:
            InputError: there is no such document.
        """
        document = Lookup(self._shards, "train").by_id(id)
        return self._lookup(document.source).by_id(id)

    def uses(self, document: Document) -> Iterator[Use]:
        """The steps that have read a document, in order."""
        end = document.token + document.num_tokens
        samples = self._sampler.samples_of(document.source, document.token, end)
        if not len(samples):
            return
        for sample, (_, runs) in zip(samples.tolist(), self._sampler.runs_of(samples), strict=True):
            step, slot = divmod(sample, self._batch_size)
            for run in runs:
                first, last = max(run.first, document.token), min(run.end, end)
                if first < last:
                    yield Use(step + 1, slot, first - document.token, last - first)

    def _fragments(self, source: str, runs: Sequence[Run]) -> Iterator[Fragment]:
        parts = [
            (document, max(run.first, document.token), run)
            for run in runs
            for document in self._lookup(source).between(run.first, run.end)
        ]
        # Consecutive documents often come from the same file, whose histories are read together.
        for file, of_file in groupby(parts, key=lambda part: part[0].file):
            together = list(of_file)
            rows = [document.row for document, _, _ in together]
            histories = read_histories(self.layout, file, rows)
            for (document, first, run), history in zip(together, histories, strict=True):
                yield Fragment(
                    document,
                    first=first - document.token,
                    num_tokens=min(run.end, document.token + document.num_tokens) - first,
                    column=run.column + first - run.first,
                    history=history,
                )


def sample_text(sample: Sample) -> str:
    """A sample as text: a line for each document, then its evidence and verdicts."""
    num_tokens = sum(fragment.num_tokens for fragment in sample.fragments)
    lines = [f"step {sample.step:,}, slot {sample.slot}: {num_tokens:,} tokens of {sample.source}"]
    for fragment in sample.fragments:
        document = fragment.document
        lines.append(
            f"  {fragment.num_tokens:,} tokens from {fragment.first:,} on, of {document.id}: "
            f"{document.license}"
        )
        evidence = fragment.history.get("license_evidence", {}).get("evidence")
        lines += [f"    {evidence}"] if evidence else []
        for stage, row in fragment.history.items():
            if "keep" in row:
                verdict = "kept" if row["keep"] else f"dropped: {row.get('reason')}"
                lines.append(f"    {stage}: {verdict}")
    return "\n".join(lines)


def uses_text(document: Document, uses: Sequence[Use]) -> str:
    """The steps that have read a document, as text."""
    head = f"{document.id}: {document.num_tokens:,} tokens, {document.license}"
    if not uses:
        return f"{head}\nno step has read it"
    lines = [
        f"  step {use.step:,}, slot {use.slot}: {use.num_tokens:,} tokens from {use.first:,} on"
        for use in uses
    ]
    return "\n".join([head, *lines])
