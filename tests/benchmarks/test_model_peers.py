"""The models that ours is measured beside."""

import math

import pytest
import torch

from benchmarks.model_peers import Gpt2, Llama
from trainer.data.targets import NOT_COUNTED
from trainer.execution.device import Execution
from trainer.model.config import ModelConfig
from trainer.model.decoder import Decoder
from trainer.optimization.loss import Objective

CONFIG = ModelConfig(dim=32, layers=2, heads=2, hidden=48, context=16)


def _batch() -> tuple[torch.Tensor, torch.Tensor]:
    tokens = torch.randint(100, (4, 17), generator=torch.Generator().manual_seed(0))
    targets = tokens[:, 1:].clone()
    targets[:, :5] = NOT_COUNTED
    return tokens[:, :-1], targets


def test_the_loss_of_hugging_faces_llama_is_ours() -> None:
    """The same weights on the same batch: targets are shifted once, and the same ones counted."""
    inputs, targets = _batch()
    theirs, ours = Llama(CONFIG, 100), Decoder(CONFIG, 100)
    ours.load_state_dict(theirs.model.model.state_dict())
    objective = Objective(ours, Execution(torch.device("cpu"), torch.float32, compiled=False))
    nats = objective(inputs, targets)
    torch.testing.assert_close(theirs(inputs, targets), nats / 44)


def test_gpt2_predicts_from_the_past_alone() -> None:
    """A later token changes no earlier loss; what is not counted changes none. At first every token
    is as likely as any other."""
    torch.manual_seed(0)
    model = Gpt2(100, CONFIG.context, CONFIG.dim, CONFIG.layers, CONFIG.heads)
    inputs, targets = _batch()
    first = model(inputs, targets.masked_fill(torch.arange(16) > 9, NOT_COUNTED))
    inputs[:, 10:] = (inputs[:, 10:] + 1) % 100
    second = model(inputs, targets.masked_fill(torch.arange(16) > 9, NOT_COUNTED))
    assert first.item() == second.item() == pytest.approx(math.log(100), rel=0.02)
