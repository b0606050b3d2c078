"""Steps whose loss is not finite: they change nothing, are logged, and may end a run."""

import io
import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest
import torch

from corpusforge.errors import RunError
from corpusforge.storage.layout import Layout
from trainer.checkpoints.checkpoint import load
from trainer.config import TrainExperiment
from trainer.inspection.provenance import TrainedRun
from trainer.optimization.loss import Objective
from trainer.optimization.stability import SpikeDetector
from trainer.reporting.metrics import read_events, summary_lines
from trainer.reporting.status_line import StatusLine
from trainer.train import train

Make = Callable[..., TrainExperiment]
Spoil = Callable[[Collection[int]], None]


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Spoil:
    """Makes gradients of the given batches of this process, counted from 1, infinite."""
    accumulate = Objective.accumulate

    def spoil(steps: Collection[int]) -> None:
        taken = 0

        def spoilt(self: Objective, *batch: Any) -> torch.Tensor:
            nonlocal taken
            taken += 1
            loss = accumulate(self, *batch)
            if taken in steps:
                self.model.norm.weight.grad.fill_(torch.inf)
            return loss

        monkeypatch.setattr(Objective, "accumulate", spoilt)

    return spoil


def _train(experiment: TrainExperiment, **options: Any) -> dict[str, Any]:
    return train(experiment, StatusLine(io.StringIO()), **options)


def _skipped(run_dir: Path) -> list[dict[str, Any]]:
    events = read_events(Layout(run_dir).metrics_log)
    return [event for event in events if event["event"] == "skipped"]


def test_a_spoilt_step_changes_nothing_and_training_goes_on(
    experiment: Make, run_dir: Path, spoil: Spoil
) -> None:
    """Weights and moments stay the same bits; the following steps are taken."""
    spoil([4])
    summary = _train(experiment(steps=6, checkpoints={"every": 1, "keep": 9}))
    before, after = (load(run_dir / "checkpoints" / f"step-00000{n}.pt") for n in (3, 4))
    for name, tensor in before.model.items():
        assert torch.equal(tensor, after.model[name])
    for number, moments in before.optimizer["state"].items():
        for name, tensor in moments.items():
            assert torch.equal(tensor, after.optimizer["state"][number][name])
    assert after.sampler["position"] == before.sampler["position"] + 4
    assert (after.skipped, load(run_dir / "checkpoints" / "step-000005.pt").skipped) == (1, 0)
    assert (summary["step"], summary["skipped_steps"]) == (6, [4])
    assert "skipped:  1 steps, as metrics.jsonl says" in summary_lines(summary)


def test_the_documents_of_a_spoilt_step_are_named(
    experiment: Make, run_dir: Path, spoil: Spoil
) -> None:
    """The same ones that `trace` shows for the step, in JSON that any program can read."""
    spoil([2])
    _train(experiment())
    (event,) = _skipped(run_dir)
    assert (event["step"], event["gradient_norm"]) == (2, "inf")
    traced = [
        {
            "slot": sample.slot,
            "source": sample.source,
            "documents": [fragment.document.id for fragment in sample.fragments],
        }
        for sample in TrainedRun(run_dir).batch(2)
    ]
    assert event["batch"] == traced
    for line in (run_dir / "metrics.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_three_in_a_row_end_the_run_with_a_checkpoint(
    experiment: Make, run_dir: Path, spoil: Spoil
) -> None:
    """Two do not, nor two more after a good step."""
    spoil([1, 2, 4, 5, 7, 8, 9])
    with pytest.raises(RunError, match="diverged at step 9: 3 steps in a row were skipped"):
        _train(experiment(steps=20))
    saved = load(run_dir / "checkpoints" / "step-000009.pt")
    assert (saved.step, saved.skipped) == (9, 3)
    assert [event["step"] for event in _skipped(run_dir)] == [1, 2, 4, 5, 7, 8, 9]


def test_the_way_out_of_a_divergence_leads_to_the_end(experiment: Make, run_dir: Path) -> None:
    """An absurd learning rate, twice; then exactly what the message says. No earlier checkpoint is
    lost, and the final weights are finite."""
    checkpoints = run_dir / "checkpoints"
    _train(experiment())
    (checkpoints / "final.pt").rename(checkpoints / "step-000008.pt")
    absurd = {
        "steps": 24,
        "optimizer": {"learning_rate": 1e30},
        "stability": {"gradient_clip": 1e30},
    }
    for _ in range(2):
        with pytest.raises(RunError, match="diverged at step 12: 3 steps in a row") as caught:
            _train(experiment(**absurd), resume=True)
        assert "and go on with --resume, which takes step-000008.pt;" in caught.value.do
        names = sorted(path.name for path in checkpoints.glob("step-*.pt"))
        assert names == ["step-000004.pt", "step-000008.pt", "step-000012.pt"]
    lower = experiment(**{**absurd, "optimizer": {"learning_rate": 0.01}})
    stream = io.StringIO()
    summary = train(lower, StatusLine(stream), resume=True)
    assert "going on at step 8" in stream.getvalue()
    assert (summary["step"], summary["finished"]) == (24, True)
    assert "skipped_steps" not in summary
    assert summary["train_loss"] < 7
    saved = load(checkpoints / "final.pt")
    assert all(tensor.isfinite().all() for tensor in saved.model.values())
    assert saved.best is not None
    assert load(checkpoints / "best.pt").step == saved.best["step"]


def test_checkpoints_within_the_trouble_are_no_way_out(
    experiment: Make, run_dir: Path, spoil: Spoil
) -> None:
    """Neither that of the step that spoilt the weights, nor those of skipped steps; and they do not
    replace good ones."""
    spoil([7, 8, 9])
    every = {"steps": 12, "checkpoints": {"every": 1}}
    with pytest.raises(RunError, match="diverged at step 9") as caught:
        _train(experiment(**every))
    assert "which takes step-000005.pt;" in caught.value.do
    summary = _train(experiment(**every, optimizer={"weight_decay": 0.0}), resume=True)
    assert summary["step"] == 12
    names = sorted(path.name for path in (run_dir / "checkpoints").glob("step-*.pt"))
    assert names == ["step-000010.pt", "step-000011.pt"]


def test_a_run_that_diverges_at_once_starts_anew(
    experiment: Make, run_dir: Path, spoil: Spoil
) -> None:
    """There is no earlier checkpoint; the same command takes the first steps again."""
    spoil([1, 2, 3])
    with pytest.raises(RunError, match="diverged at step 3") as caught:
        _train(experiment())
    assert "start with --fresh;" in caught.value.do
    summary = _train(experiment())
    assert (summary["step"], summary["finished"]) == (8, True)


def test_a_resumed_run_counts_on(experiment: Make, run_dir: Path, spoil: Spoil) -> None:
    """Two at the end of a process and one at the start of the next are three in a row."""
    spoil([3, 4])
    _train(experiment(steps=4, checkpoints={"every": 2}))
    (run_dir / "checkpoints" / "final.pt").rename(run_dir / "checkpoints" / "step-000004.pt")
    spoil([1])
    with pytest.raises(RunError, match="diverged at step 5"):
        _train(experiment(steps=8, checkpoints={"every": 2}), resume=True)


def test_a_spike_is_six_deviations_above_the_last_steps() -> None:
    """Of the loss or the gradient norm; none is found before half a window of steps."""
    detector = SpikeDetector(6.0)
    usual = [(3.0 + 0.1 * (-1) ** n, 1.0 + 0.1 * (-1) ** n) for n in range(64)]
    assert not any(detector.is_spike(3.0, 1000.0 * n) for n in range(1, 10))
    detector = SpikeDetector(6.0)
    assert not any(detector.is_spike(*values) for values in usual)
    assert not detector.is_spike(3.59, 1.59)
    assert detector.is_spike(3.9, 1.0)
    assert detector.is_spike(3.0, 5.0)
    assert not detector.is_spike(-100.0, 0.0)  # only upwards


def test_a_checkpoint_holds_what_spikes_are_measured_by(
    experiment: Make, run_dir: Path, logged: Callable[[Path, str, str], list[Any]]
) -> None:
    """Losses and norms of the steps so far, including those before the run resumed."""
    careful = experiment(stability={"spike_deviations": 6.0})
    for _ in range(2):
        _train(careful)
        final = run_dir / "checkpoints" / "final.pt"
        values = zip(
            *(logged(run_dir, "step", name) for name in ("loss", "gradient_norm")), strict=True
        )
        assert load(final).spikes == [list(pair) for pair in values]
        assert len(load(final).spikes) == 8
        final.unlink()


def test_a_loss_that_rises_for_good_is_soon_no_spike() -> None:
    """Because spikes are remembered too."""
    detector = SpikeDetector(6.0)
    for n in range(64):
        detector.is_spike(3.0 + 0.1 * (-1) ** n, 1.0)
    assert [detector.is_spike(5.0, 1.0) for _ in range(4)] == [True, True, False, False]


def test_a_detector_goes_on_from_its_state() -> None:
    """With the same verdicts as one that never stopped; without a limit, nothing is a spike."""
    first, second = SpikeDetector(6.0), SpikeDetector(6.0)
    for n in range(200):
        first.is_spike(3.0 + 0.1 * (n % 7), 1.0)
    second.restore(first.state())
    assert len(first.state()) == 128
    assert first.is_spike(9.0, 1.0)
    assert second.is_spike(9.0, 1.0)
    assert first.state() == second.state()
    off = SpikeDetector(None)
    assert not any(off.is_spike(10.0**n, 1.0) for n in range(200))
    assert off.state() == []


def test_a_run_goes_on_without_a_limit_for_spikes(
    experiment: Make, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remembered steps are dropped."""
    monkeypatch.setattr("trainer.optimization.stability._WINDOW", 8)
    _train(experiment(stability={"spike_deviations": 6.0}))
    summary = _train(experiment(steps=12), resume=True)
    assert summary["step"] == 12
    assert load(run_dir / "checkpoints" / "final.pt").spikes == []


def test_a_spike_in_training_is_skipped_and_named(
    experiment: Make, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights stay the same, metrics.jsonl names the documents, the file has the state."""
    monkeypatch.setattr("trainer.optimization.stability._WINDOW", 8)
    accumulate = Objective.accumulate
    taken = 0

    def one_large(self: Objective, *batch: Any) -> torch.Tensor:
        nonlocal taken
        taken += 1
        return accumulate(self, *batch) * (100 if taken == 6 else 1)

    monkeypatch.setattr(Objective, "accumulate", one_large)
    train(
        experiment(checkpoints={"every": 1, "keep": 9}, stability={"spike_deviations": 20.0}),
        StatusLine(io.StringIO()),
    )
    assert [event["step"] for event in _skipped(run_dir)] == [6]
    before, after = (load(run_dir / "checkpoints" / f"step-00000{n}.pt") for n in (5, 6))
    for name, tensor in before.model.items():
        assert torch.equal(tensor, after.model[name])
    assert len(after.spikes) == len(before.spikes) + 1
