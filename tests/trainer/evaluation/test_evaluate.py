"""Scores of held-out tokens beside sums by hand."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from corpusforge.errors import InputError
from corpusforge.shards.reader import ShardSet
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.data.targets import NOT_COUNTED, inputs_and_targets
from trainer.evaluation.evaluate import HeldOut, total
from trainer.execution.device import Execution
from trainer.model.config import ModelConfig
from trainer.model.decoder import Decoder, initialize
from trainer.optimization.loss import Objective

MODEL = ModelConfig(dim=32, layers=1, heads=2, hidden=48, context=16)


@pytest.fixture
def objective() -> Objective:
    model = Decoder(MODEL, 512)
    initialize(model, 0)
    return Objective(model, Execution(torch.device("cpu"), torch.float32, compiled=False))


def _held_out(
    directory: Path, tokenizer: Tokenizer, max_windows: int = 400, batch_size: int = 4
) -> HeldOut:
    return HeldOut(
        ShardSet(directory / "shards"),
        tokenizer,
        window=16,
        max_windows=max_windows,
        batch_size=batch_size,
    )


def test_every_token_but_the_first_is_scored_once(
    tmp_path: Path, write_shards: Callable[..., None], tokenizer: Tokenizer, objective: Objective
) -> None:
    """Windows that the tokens do not fill, and batches that windows do not fill, add nothing."""
    text = "def add(first, second):\n    return first + second\n" * 6
    ids = tokenizer.encode(text)
    assert len(ids) % 16 != 1
    write_shards(tmp_path, {"validation": {"code": [ids]}}, tokenizer=tokenizer)
    scores = _held_out(tmp_path, tokenizer).score(objective)

    nats = 0.0
    for start in range(0, len(ids) - 1, 16):
        window = torch.from_numpy(ids[start : start + 17].astype(np.int64))
        with torch.no_grad():
            logits = objective.model.logits(objective.model(window[None, :-1]))[0]
        nats += torch.nn.functional.cross_entropy(logits, window[1:], reduction="sum").item()
    score = scores["code"]
    assert score.num_tokens == len(ids) - 1
    assert score.num_bytes == len(text.encode()) - len(tokenizer.decode_bytes(ids[:1]))
    assert score.nats == pytest.approx(nats, rel=1e-5)
    assert score.bits_per_byte == pytest.approx(nats / math.log(2) / score.num_bytes)
    assert total(scores) == score


def test_few_windows_are_spread_over_all_tokens(
    prepared: Path, tokenizer: Tokenizer, objective: Objective
) -> None:
    """The number of windows is bounded, and the same windows come every time."""
    held_out = _held_out(prepared, tokenizer, max_windows=8)
    scores = held_out.score(objective)
    assert scores["code"].num_tokens == 8 * 16
    assert held_out.score(objective) == scores


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_a_batch_size_changes_rounding_alone(
    prepared: Path, tokenizer: Tokenizer, objective: Objective, batch_size: int
) -> None:
    """The windows are the same, however many are scored at once."""
    expected = _held_out(prepared, tokenizer, max_windows=8).score(objective)
    scores = _held_out(prepared, tokenizer, 8, batch_size).score(objective)
    for source, score in expected.items():
        assert scores[source].num_bytes == score.num_bytes
        assert scores[source].num_tokens == score.num_tokens
        assert scores[source].nats == pytest.approx(score.nats, rel=1e-5)


def test_ids_beyond_the_vocabulary_are_not_scored(
    tmp_path: Path, write_shards: Callable[..., None], tokenizer: Tokenizer, objective: Objective
) -> None:
    """The message names the source, and the command that finds the shard."""
    write_shards(tmp_path, {"validation": {"code": [[5] * 40 + [512]]}}, tokenizer=tokenizer)
    with pytest.raises(InputError, match="source code is outside the vocabulary") as caught:
        _held_out(tmp_path, tokenizer).score(objective)
    assert (caught.value.got, caught.value.expected) == ("id 512", "0 to 511")
    assert "corpusforge verify" in caught.value.do


def test_what_users_say_is_not_scored(tokenizer: Tokenizer) -> None:
    """In a dialogue, targets are the assistant's words and the end that closes them."""
    control = tokenizer.control
    windows = np.array(
        [[control["user"], 300, control["end"], control["assistant"], 301, control["end"]]],
        np.uint16,
    )
    inputs, targets = inputs_and_targets(windows, control, torch.device("cpu"))
    assert inputs.tolist() == windows[:, :-1].tolist()
    assert targets.tolist() == [
        [NOT_COUNTED, NOT_COUNTED, NOT_COUNTED, 301, control["end"]],
    ]
