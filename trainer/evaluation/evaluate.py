"""Held-out loss by source, in nats per token and bits per byte."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from corpusforge.errors import InputError
from corpusforge.shards.manifest import load_shard_manifest
from corpusforge.shards.reader import ShardSet, Tokens, TokenStream
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoints.checkpoint import require_tokenizer
from trainer.checkpoints.trained_model import open_model
from trainer.data.sampler import beyond_vocabulary
from trainer.data.targets import NOT_COUNTED, inputs_and_targets
from trainer.evaluation.ngram import NgramModel, train_tokens
from trainer.evaluation.syntax import valid_share
from trainer.execution.device import choose_device, choose_execution
from trainer.execution.world import World
from trainer.generation.sampling import SamplingConfig
from trainer.optimization.loss import Objective

# The beginning of samples that should be Python.
_SAMPLE_PROMPT = "def "
# Windows in a batch of `evaluate`. It does not depend on the run, so that scores of runs compare.
_BATCH_WINDOWS = 8
# Train tokens per source that the baselines count. Sorting them takes seconds.
_BASELINE_TOKENS = 1 << 23
_NGRAM_ORDERS = {"unigrams": 1, "bigrams": 2, "trigrams": 3}


class Predictor(Protocol):
    """Predicts tokens: a model, or n-gram counts."""

    @property
    def device(self) -> torch.device:
        """The device of the inputs."""

    def detached_loss(self, inputs_BT: Tensor, targets_BT: Tensor) -> Tensor:
        """The sum of the loss in nats over all targets except `NOT_COUNTED`, shape []."""


@dataclass(frozen=True)
class Score:
    """The loss of the counted tokens of a text. Bits per byte compare across tokenizers."""

    nats: float
    num_tokens: int
    num_bytes: int

    @property
    def loss(self) -> float:
        return self.nats / self.num_tokens

    @property
    def bits_per_byte(self) -> float:
        return self.nats / math.log(2) / self.num_bytes

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.nats + other.nats,
            self.num_tokens + other.num_tokens,
            self.num_bytes + other.num_bytes,
        )

    def over(self, world: World) -> "Score":
        """Return the sum of the scores of all processes."""
        values = [self.nats, self.num_tokens, self.num_bytes]
        nats, tokens, num_bytes = world.sum(torch.tensor(values, dtype=torch.float64)).tolist()
        return Score(nats, int(tokens), int(num_bytes))

    def summary(self) -> dict[str, float]:
        return {"loss": self.loss, "bits_per_byte": self.bits_per_byte}


@dataclass
class HeldOut:
    """Fixed windows of every source of a split, the same in every evaluation.

    Windows are spread evenly over the tokens of a source. They are contiguous even if training
    packs whole documents, so that scores of runs compare.
    """

    shards: ShardSet
    tokenizer: Tokenizer
    window: int  # tokens
    max_windows: int  # per source
    batch_size: int  # windows that are scored together
    split: str = "validation"
    without: Collection[str] = ()  # sources that are left out

    def __post_init__(self) -> None:
        self._token_bytes = torch.from_numpy(self.tokenizer.token_bytes().astype(np.int64))
        self._streams = {
            source: self.shards.stream(self.split, source)
            for source in self.shards.sources(self.split)
            if source not in self.without
        }

    def score(self, predictor: Predictor, world: World | None = None) -> dict[str, Score]:
        """Return scores by source, without sources that have no counted token.

        The processes of a world share the batches; each returns the scores of all of them.

        Raises:
            InputError: a shard cannot be read or has ids beyond the vocabulary.
        """
        world = world or World()
        scores = {}
        for source, stream in self._streams.items():
            score = Score(0.0, 0, 0)
            batches = self._batches(stream, world.size)
            for windows, lengths in islice(batches, world.rank, None, world.size):
                if windows.max(initial=0) >= self.tokenizer.vocab_size:
                    raise beyond_vocabulary(source, windows, self.tokenizer.vocab_size)
                score += self._score_batch(predictor, windows, lengths)
            score = score.over(world)
            if score.num_bytes:
                scores[source] = score
        return scores

    def _batches(
        self, stream: TokenStream, multiple: int
    ) -> Iterator[tuple[Tokens, npt.NDArray[np.int64]]]:
        """Yield batches of one shape [B, T + 1], and the number of real tokens in each row.

        Empty batches at the end bring their number to a multiple of `multiple`: the processes of a
        sharded model can score a batch only together.
        """
        num_windows = -(-(stream.num_tokens - 1) // self.window)
        count = min(num_windows, self.max_windows)
        starts = np.arange(count) * num_windows // max(1, count) * self.window
        step = self.batch_size * multiple
        for first in range(0, -(-count // step) * step, self.batch_size):
            shape = (self.batch_size, self.window + 1)
            windows = np.full(shape, self.tokenizer.end_of_document, np.uint16)
            lengths = np.zeros(self.batch_size, np.int64)
            for row, start in enumerate(starts[first : first + self.batch_size].tolist()):
                lengths[row] = min(self.window + 1, stream.num_tokens - start)
                stream.read(start, windows[row, : lengths[row]])
            yield windows, lengths

    def _score_batch(
        self, predictor: Predictor, windows: Tokens, lengths: npt.NDArray[np.int64]
    ) -> Score:
        device = predictor.device
        inputs, targets = inputs_and_targets(windows, self.tokenizer.control, device)
        padding = np.arange(1, windows.shape[1]) >= lengths[:, None]
        targets = targets.masked_fill(torch.from_numpy(padding).to(device), NOT_COUNTED)
        nats = predictor.detached_loss(inputs, targets).item()
        counted = targets[targets != NOT_COUNTED].cpu()
        return Score(nats, len(counted), int(self._token_bytes[counted].sum()))


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of a checkpoint."""

    scores: Mapping[str, Score]  # by source
    baselines: Mapping[str, Mapping[str, Score]]  # n-gram model → source → score
    valid_python: float | None  # share of the samples; None if none were drawn

    def as_json(self) -> dict[str, object]:
        baselines = {name: report(scores) for name, scores in self.baselines.items()}
        return {
            **report(self.scores),
            **({"baselines": baselines} if baselines else {}),
            **({} if self.valid_python is None else {"valid_python": self.valid_python}),
        }

    def __str__(self) -> str:
        lines = [describe(self.scores)]
        lines += [f"{name}: {describe(scores)}" for name, scores in self.baselines.items()]
        if self.valid_python is not None:
            lines.append(f"valid Python: {self.valid_python:.1%} of the samples")
        return "\n".join(lines)


def evaluate_checkpoint(
    checkpoint: Path,
    shards: Path | None,
    split: str,
    max_batches: int,
    device: str,
    *,
    baselines: bool = False,
    num_samples: int = 0,
) -> Evaluation:
    """Score a checkpoint on a split of shards, by default the shards of its run.

    At most `max_batches` batches of 8 windows are scored per source.

    Raises:
        InputError: a file is missing, the files do not belong together, or there is nothing to
            score.
    """
    tokenizer_dir = None
    if shards is not None:
        load_shard_manifest(shards)  # so that a wrong path is reported before a missing tokenizer
        tokenizer_dir = shards.absolute().parent
    trained = open_model(checkpoint, tokenizer_dir, choose_device(device))
    saved, tokenizer, model = trained.checkpoint, trained.tokenizer, trained.model
    shard_set = ShardSet(trained.layout.shards if shards is None else shards)
    require_tokenizer(saved, shard_set.manifest.tokenizer.fingerprint, str(shard_set.directory))
    training = saved.experiment.training
    settings = training.execution.model_copy(update={"device": device, "compile": "off"})
    execution = choose_execution(settings, lambda line: None)
    held_out = HeldOut(
        shard_set,
        tokenizer,
        window=model.config.context,
        max_windows=max_batches * _BATCH_WINDOWS,
        batch_size=min(saved.micro_batch or training.micro_batch, _BATCH_WINDOWS),
        split=split,
    )
    tokens = train_tokens(shard_set, _BASELINE_TOKENS) if baselines else []
    if training.data.separates_documents:
        model.separate_documents(tokenizer.end_of_document, blocks=execution.has_blocks)
    scores = held_out.score(Objective(model, execution))
    if not scores:
        raise InputError(
            "there is nothing to score",
            where=str(shard_set.directory),
            got=f"no tokens in the split {split}",
            expected=f"one of {', '.join(shard_set.manifest.splits)}",
        )
    valid_python = None
    if num_samples:
        valid_python = valid_share(model, tokenizer, _SAMPLE_PROMPT, SamplingConfig(), num_samples)
    counted = {
        name: held_out.score(NgramModel(tokens, tokenizer.vocab_size, order))
        for name, order in (_NGRAM_ORDERS if baselines else {}).items()
    }
    return Evaluation(scores, counted, valid_python)


def total(scores: Mapping[str, Score]) -> Score:
    """Return the score of all sources together."""
    return sum(scores.values(), Score(0.0, 0, 0))


def report(scores: Mapping[str, Score]) -> dict[str, object]:
    """Return scores as plain values: the total, and by source."""
    return {
        **total(scores).summary(),
        "sources": {source: score.summary() for source, score in scores.items()},
    }


def describe(scores: Mapping[str, Score]) -> str:
    """Return bits per byte as one line of text."""
    parts: Sequence[str] = [f"{name} {score.bits_per_byte:.3f}" for name, score in scores.items()]
    return f"{total(scores).bits_per_byte:.3f} bits per byte ({', '.join(parts)})"
