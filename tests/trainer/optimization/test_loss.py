"""The loss in chunks, compared with the plain one."""

import pytest
import torch
import torch.nn.functional as F

from trainer.data.targets import NOT_COUNTED
from trainer.execution.device import Execution
from trainer.model.config import ModelConfig
from trainer.model.decoder import Decoder, initialize
from trainer.optimization.loss import Objective, chunk_tokens

CONFIG = ModelConfig(dim=32, layers=1, heads=2, hidden=48, context=16)
EXECUTION = Execution(torch.device("cpu"), torch.float32, compiled=False)


@pytest.mark.parametrize("chunk_logits", [1, 400, 1100, 1 << 23])
def test_chunks_change_neither_loss_nor_gradient(
    chunk_logits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any chunk size gives the sum of the plain cross-entropy and its gradients: of 1, 4, 11 and 52
    tokens, where the last chunk of 11 is padded by 3."""
    monkeypatch.setattr("trainer.optimization.loss._CHUNK_LOGITS", {"cpu": chunk_logits})
    model = Decoder(CONFIG, 100)
    initialize(model, 0)
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(100, (4, 14), generator=generator)
    inputs, targets = tokens[:, :-1], tokens[:, 1:].clone()
    targets[:, :5] = NOT_COUNTED

    expected = F.cross_entropy(
        model.logits(model(inputs)).flatten(0, 1),
        targets.flatten(),
        ignore_index=NOT_COUNTED,
        reduction="sum",
    )
    (expected / 32).backward()
    gradients = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    nats = Objective(model, EXECUTION)(inputs, targets)
    (nats / 32).backward()

    torch.testing.assert_close(nats, expected)
    assert len(gradients) == len(list(model.parameters()))
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name], rtol=1e-4, atol=1e-7)


def test_chunks_are_of_one_shape() -> None:
    """The largest divisor within the limit, unless it is less than half of it: then the last chunk
    is padded."""
    assert chunk_tokens(4096, 1024) == 1024
    assert chunk_tokens(4000, 1024) == 1000
    assert chunk_tokens(32_768, 262) == 256
    assert chunk_tokens(13, 5) == 5
    assert chunk_tokens(1021, 512) == 511
    assert chunk_tokens(2036, 128) == 128
    assert chunk_tokens(10, 100) == 10


@pytest.mark.parametrize("total", [1, 2, 13, 97, 1021, 2036, 4000])
@pytest.mark.parametrize("limit", [1, 2, 5, 64, 512, 5000])
def test_little_is_filled_in(total: int, limit: int) -> None:
    """Less than a token per chunk; and a chunk has at least half of the limit."""
    chunk = chunk_tokens(total, limit)
    number = -(-total // chunk)
    assert chunk <= min(total, limit)
    assert 0 <= number * chunk - total < number
    assert 2 * chunk >= min(total, limit)


@pytest.mark.parametrize(("soft_cap", "z_loss"), [(3.0, 0.0), (None, 0.1), (3.0, 0.1)])
def test_options_have_the_gradients_of_their_plain_formulas(
    soft_cap: float | None, z_loss: float
) -> None:
    """The z-loss is in the gradient and not in the loss; the cap is in both."""
    model = Decoder(CONFIG.model_copy(update={"logit_soft_cap": soft_cap}), 100)
    initialize(model, 0)
    tokens = torch.randint(100, (4, 17), generator=torch.Generator().manual_seed(0))
    inputs, targets = tokens[:, :-1], tokens[:, 1:].clone()
    targets[:, :5] = NOT_COUNTED

    logits = model.logits(model(inputs)).flatten(0, 1)
    expected = F.cross_entropy(logits, targets.flatten(), ignore_index=NOT_COUNTED, reduction="sum")
    normalizers = logits.logsumexp(-1)[targets.flatten() != NOT_COUNTED]
    (expected + z_loss * normalizers.square().sum()).backward()
    gradients = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    nats = Objective(model, EXECUTION, z_loss=z_loss)(inputs, targets)
    nats.backward()

    torch.testing.assert_close(nats, expected)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_layers_that_are_computed_anew_have_the_same_gradients(dtype: torch.dtype) -> None:
    """Bit for bit; each layer is run twice per micro-batch."""
    tokens = torch.randint(100, (4, 17), generator=torch.Generator().manual_seed(0))
    gradients, runs = [], 0

    def count(*arguments: object) -> None:
        nonlocal runs
        runs += 1

    for recompute in (False, True):
        model = Decoder(CONFIG.model_copy(update={"layers": 3}), 100)
        initialize(model, 0)
        model.recompute = recompute
        for layer in model.layers:
            layer.register_forward_pre_hook(count)
        execution = Execution(torch.device("cpu"), dtype, compiled=False)
        loss = Objective(model, execution).accumulate(tokens[:, :-1], tokens[:, 1:], 2)
        gradients.append([loss, *(parameter.grad for parameter in model.parameters())])
    assert runs == 2 * 3 + 2 * 2 * 3
    assert len(gradients[0]) == 1 + 2 + 9 * 3
    for kept, anew in zip(*gradients, strict=True):
        assert torch.equal(kept, anew)
