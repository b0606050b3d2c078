"""Counted memory, and micro-batches chosen by it."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from corpusforge.errors import ConfigError
from trainer.checkpoints.checkpoint import load
from trainer.config import TrainExperiment
from trainer.execution.device import Execution
from trainer.execution.world import World
from trainer.model.config import ModelConfig
from trainer.optimization.loss import Objective
from trainer.planning.memory import (
    activation_bytes,
    choose_micro_batch,
    free_bytes,
    largest_fitting,
    left_of_limits,
    measured_peak,
    memory_of,
)
from trainer.reporting.status_line import StatusLine
from trainer.train import train

Make = Callable[..., TrainExperiment]
MODEL = ModelConfig(dim=32, layers=2, heads=4, kv_heads=2, hidden=64, context=32)
CPU = Execution(torch.device("cpu"), torch.float32, compiled=False)


def test_activations_grow_with_the_micro_batch_and_shrink_with_the_format() -> None:
    """The part that does not depend on the batch is below a tenth here."""
    one, four = (activation_bytes(MODEL, 512, size, torch.float32) for size in (8, 32))
    assert 3.6 * one < four <= 4 * one
    assert activation_bytes(MODEL, 512, 8, torch.bfloat16) < one


def test_activations_hold_at_least_the_residual_stream() -> None:
    """Each layer's normalised inputs, queries and feed-forward products must be kept."""
    tokens = 8 * MODEL.context
    least = 4 * tokens * MODEL.layers * (2 * MODEL.dim + 4 * MODEL.dim + 3 * MODEL.hidden)
    assert least < activation_bytes(MODEL, 512, 8, torch.float32) < 3 * least


def test_layers_that_are_computed_anew_keep_their_input_alone() -> None:
    """Each additional layer needs memory for one residual stream, instead of many times that."""
    deep, deeper = (MODEL.model_copy(update={"layers": layers}) for layers in (6, 10))
    stream = 4 * 8 * MODEL.context * MODEL.dim
    kept, more = (
        activation_bytes(model, 512, 8, torch.float32, recompute=True) for model in (deep, deeper)
    )
    assert more - kept == 4 * stream
    flat = MODEL.model_copy(update={"layers": 1})
    assert kept == 5 * stream + activation_bytes(flat, 512, 8, torch.float32)


def _with_free(monkeypatch: pytest.MonkeyPatch, free: float | None) -> None:
    monkeypatch.setattr("trainer.planning.memory.free_bytes", lambda device: free)


def _needed(experiment: TrainExperiment, micro_batch: int) -> int:
    return memory_of(experiment, 512, micro_batch, torch.float32).total


def test_the_largest_divisor_that_fits_is_taken() -> None:
    """Tried in decreasing order; one sequence if nothing seems to fit."""
    tried: list[int] = []

    def up_to_4(micro_batch: int) -> bool:
        tried.append(micro_batch)
        return micro_batch <= 4

    assert largest_fitting(12, up_to_4) == 4
    assert tried == [12, 6, 4]
    assert largest_fitting(12, lambda micro_batch: False) == 1


def test_a_micro_batch_is_chosen_by_free_memory(
    experiment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a CPU by counting, leaving a fifth of the free memory."""
    auto = experiment(batch_size=32, execution={"micro_batch_size": "auto"})
    for free, expected in ((1.26, 8), (1.24, 4)):
        _with_free(monkeypatch, free * _needed(auto, 8))
        assert choose_micro_batch(auto, 512, CPU, World(), 32) == expected


def test_where_free_memory_is_not_known_a_number_is_asked_for(
    experiment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is guessed."""
    _with_free(monkeypatch, None)
    with pytest.raises(ConfigError, match="cannot be chosen") as caught:
        choose_micro_batch(experiment(execution={"micro_batch_size": "auto"}), 512, CPU, World(), 4)
    assert caught.value.do == "name a number of sequences"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {
                "memory.max": "1000\n",
                "memory.current": "700\n",
                "memory.stat": "file 90\ninactive_file 50\n",
            },
            [350],
        ),
        (
            {
                "memory/memory.limit_in_bytes": "1000\n",
                "memory/memory.usage_in_bytes": "1100\n",
                "memory/memory.stat": "inactive_file 70\ntotal_inactive_file 50\n",
            },
            [0],
        ),
        ({"memory.max": "max\n"}, []),
        ({}, []),
    ],
)
def test_a_container_has_what_its_limit_leaves(
    files: dict[str, str], expected: list[int], tmp_path: Path
) -> None:
    """In both versions of control groups; reclaimable pages of files count as free."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert list(left_of_limits(tmp_path)) == expected


def test_free_memory_is_the_least_of_machine_and_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """The container's, if it is less."""
    monkeypatch.setattr("trainer.planning.memory.left_of_limits", lambda groups: iter([12]))
    assert free_bytes(CPU.device) == 12
    monkeypatch.setattr("trainer.planning.memory.left_of_limits", lambda groups: iter([1 << 62]))
    assert 12 < (free_bytes(CPU.device) or 0) < 1 << 62


def test_on_a_gpu_a_step_is_tried(experiment: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its peak is returned, or that memory ran out. The GPU is simulated."""
    accumulate = Objective.accumulate

    def with_room_for_8(self: Objective, inputs: Any, targets: Any, micro_batch: int) -> Any:
        if len(inputs) > 8:
            raise torch.OutOfMemoryError
        return accumulate(self, inputs, targets, micro_batch)

    monkeypatch.setattr(Objective, "accumulate", with_room_for_8)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 50)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 900)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: None)
    assert measured_peak(experiment(), 512, CPU, 8) == 850
    assert measured_peak(experiment(), 512, CPU, 9) is None


def test_a_resumed_run_keeps_what_was_chosen(
    experiment: Make,
    run_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    differences: Callable[[Path, Path], list[str]],
    logged: Callable[[Path, str, str], list[Any]],
) -> None:
    """Even with more memory, so that it ends in the same bits."""
    auto = experiment(batch_size=8, execution={"micro_batch_size": "auto"})
    _with_free(monkeypatch, 1.3 * _needed(auto, 2))
    stream = io.StringIO()
    train(auto, StatusLine(stream))
    assert "micro-batches of 2 sequences, as memory allows" in stream.getvalue()
    checkpoints = run_dir / "checkpoints"
    assert load(checkpoints / "step-000004.pt").micro_batch == 2

    undisturbed = (checkpoints / "final.pt").rename(tmp_path / "final.pt")
    _with_free(monkeypatch, 1e12)
    train(auto, StatusLine(io.StringIO()))
    assert logged(run_dir, "start", "micro_batch") == [2, 2]
    assert differences(checkpoints / "final.pt", undisturbed) == []
