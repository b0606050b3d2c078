"""Update rules beside ones written from the papers; a resumed run with either."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from corpusforge.errors import ConfigError
from trainer.config import TrainExperiment
from trainer.model.config import ModelConfig
from trainer.model.decoder import Decoder, initialize
from trainer.optimization.muon import Muon
from trainer.optimization.optimizer import Optimizer, OptimizerConfig
from trainer.reporting.status_line import StatusLine
from trainer.train import train

Make = Callable[..., TrainExperiment]
MODEL = ModelConfig(dim=32, layers=2, heads=4, kv_heads=2, hidden=48, context=16)
RATE, DECAY = 0.02, 0.1


def _orthogonal(matrix: Tensor) -> Tensor:
    """Five Newton-Schulz steps in float64, as kellerjordan.github.io/posts/muon writes them."""
    x = matrix.double()
    x = x / x.norm()
    if matrix.shape[0] > matrix.shape[1]:
        return _orthogonal(matrix.T).T
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x


def _model_and_gradients() -> tuple[Decoder, list[dict[str, Tensor]]]:
    model = Decoder(MODEL, 64)
    initialize(model, 0)
    generator = torch.Generator().manual_seed(1)
    gradients = [
        {name: torch.randn(p.shape, generator=generator) for name, p in model.named_parameters()}
        for _ in range(3)
    ]
    return model, gradients


def _take_steps(
    kind: str, dtype: torch.dtype = torch.float32, ratio: float = 1.0
) -> tuple[dict[str, Tensor], dict[str, Tensor], list[dict[str, Tensor]]]:
    """Weights before and after three steps, and the gradients."""
    model, gradients = _model_and_gradients()
    config = OptimizerConfig(learning_rate=1.0, type=kind, embedding_learning_rate_ratio=ratio)
    optimizer = Optimizer(model, config, dtype)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for gradient in gradients:
        for name, parameter in model.named_parameters():
            parameter.grad = gradient[name].clone()
        optimizer.step(RATE)
    return before, dict(model.named_parameters()), gradients


def _adamw(weights: Tensor, gradients: list[Tensor], rate: float, decay: float) -> Tensor:
    """arxiv.org/abs/1711.05101, algorithm 2, in float64."""
    weights, first, second = weights.double(), torch.zeros(()), torch.zeros(())
    for count, gradient in enumerate(gradients, start=1):
        first = 0.9 * first + 0.1 * gradient.double()
        second = 0.95 * second + 0.05 * gradient.double() ** 2
        size = (second / (1 - 0.95**count)).sqrt() + 1e-8
        weights = weights - rate * (first / (1 - 0.9**count) / size + decay * weights)
    return weights


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.02)])
def test_muon_updates_the_matrices_of_the_layers(dtype: torch.dtype, tolerance: float) -> None:
    """Nesterov momentum made orthogonal, scaled by 0.2 × √(longer side), with decoupled decay."""
    before, after, gradients = _take_steps("muon", dtype)
    names = [name for name in before if name.startswith("layers.") and before[name].ndim == 2]
    assert len(names) == 14
    for name in names:
        weights, momentum = before[name].double(), torch.zeros(())
        scale = 0.2 * max(weights.shape) ** 0.5
        for gradient in gradients:
            momentum = 0.95 * momentum + 0.05 * gradient[name].double()
            update = _orthogonal(0.05 * gradient[name].double() + 0.95 * momentum)
            weights = weights * (1 - RATE * DECAY) - RATE * scale * update
        moved = (weights - before[name]).norm()
        assert (after[name].double() - weights).norm() < tolerance * moved, name


@pytest.mark.parametrize("shape", [(24, 40), (40, 24), (32, 32)])
def test_muon_is_that_of_torch_in_bfloat16(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(2)
    ours, theirs = (torch.ones(shape, requires_grad=True) for _ in range(2))
    settings = {"momentum": 0.9, "weight_decay": 0.1}
    muon = Muon([ours], **settings, dtype=torch.bfloat16)
    judge = torch.optim.Muon([theirs], lr=RATE, adjust_lr_fn="match_rms_adamw", **settings)
    for _ in range(3):
        ours.grad = theirs.grad = torch.randn(shape, generator=generator)
        muon.param_groups[0]["lr"] = RATE
        muon.step()
        judge.step()
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    assert set(muon.state[ours]) == set(judge.state[theirs])


@pytest.mark.parametrize("ratio", [1.0, 3.0])
@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_adamw_updates_the_rest(kind: str, ratio: float) -> None:
    """Every weight, or with Muon the embedding and the norms; norms do not decay. The embedding may
    have its own rate."""
    before, after, gradients = _take_steps(kind, ratio=ratio)
    for name, weights in before.items():
        if kind == "adamw" or weights.ndim == 1 or name == "embed_tokens.weight":
            decay = DECAY if weights.ndim == 2 else 0.0
            rate = RATE * ratio if name == "embed_tokens.weight" else RATE
            expected = _adamw(weights, [gradient[name] for gradient in gradients], rate, decay)
            torch.testing.assert_close(after[name].double(), expected, rtol=1e-5, atol=1e-6)


def test_a_run_with_muon_learns_and_resumes_bit_for_bit(
    experiment: Make,
    run_dir: Path,
    tmp_path: Path,
    differences: Callable[[Path, Path], list[str]],
) -> None:
    """The momenta are in the checkpoint."""
    with_muon = experiment(optimizer={"type": "muon"}, evaluation={"every": 8})
    summary = train(with_muon, StatusLine(io.StringIO()))
    scores = summary["validation"]
    assert scores["final"]["bits_per_byte"] < scores["first"]["bits_per_byte"]
    checkpoints = run_dir / "checkpoints"
    undisturbed = (checkpoints / "final.pt").rename(tmp_path / "final.pt")
    train(with_muon, StatusLine(io.StringIO()))
    assert differences(checkpoints / "final.pt", undisturbed) == []


def test_another_optimizer_is_another_run(experiment: Make) -> None:
    """Its state is not there to go on with."""
    train(experiment(), StatusLine(io.StringIO()))
    with pytest.raises(ConfigError) as caught:
        train(
            experiment(optimizer={"type": "muon"}, steps=12), StatusLine(io.StringIO()), resume=True
        )
    assert "training.optimizer.type was adamw, is muon" in caught.value.got
    assert "--resume" not in caught.value.do
