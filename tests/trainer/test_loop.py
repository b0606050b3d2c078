"""A training run: what it writes, how it resumes, when it refuses to."""

import errno
import io
import json
import os
import re
import resource
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from corpusforge.errors import ConfigError, InputError, RunError, UserError
from corpusforge.storage.layout import Layout
from trainer.checkpoints.checkpoint import load, save
from trainer.config import TrainExperiment
from trainer.reporting.metrics import read_events, summarize
from trainer.reporting.status_line import StatusLine
from trainer.train import train

Make = Callable[..., TrainExperiment]


def _run(experiment: TrainExperiment, **options: Any) -> tuple[dict[str, object], str]:
    """Summary and progress of a run."""
    stream = io.StringIO()
    return train(experiment, StatusLine(stream), **options), stream.getvalue()


def _losses(output_dir: Path) -> list[tuple[int, float]]:
    events = read_events(Layout(output_dir).metrics_log)
    return [(event["step"], event["loss"]) for event in events if event["event"] == "step"]


class _Signalling(StatusLine):
    """Sends this process a signal when a step has been taken."""

    def __init__(self, at_step: int, number: signal.Signals) -> None:
        super().__init__(io.StringIO())
        self._left, self._number = at_step, number

    def update(self, line: str) -> None:
        self._left -= 1
        if self._left == 0:
            signal.raise_signal(self._number)


def test_a_run_leaves_checkpoints_and_metrics(experiment: Make, run_dir: Path) -> None:
    """Every step and evaluation is logged; validation loss falls; the summary agrees."""
    summary, shown = _run(experiment(steps=30, evaluation={"every": 10}, checkpoints={"every": 10}))
    names = sorted(path.name for path in (run_dir / "checkpoints").glob("*.pt"))
    assert names == ["best.pt", "final.pt", "step-000010.pt", "step-000020.pt"]
    assert [step for step, _ in _losses(run_dir)] == list(range(1, 31))
    validation = summary["validation"]
    assert isinstance(validation, dict)
    assert list(validation["first"]["sources"]) == ["code", "dialogues"]
    assert validation["first"]["step"] == 0
    assert validation["final"]["bits_per_byte"] < 0.8 * validation["first"]["bits_per_byte"]
    assert summary["finished"] is True
    assert summary["tokens"] == 30 * 4 * 32
    assert 0 < summary["utilization"] < 1
    assert 0 < summary["loader_share"] < 1
    assert "of peak  loader" in shown
    assert "mixture: code" in shown


def test_only_the_newest_step_checkpoints_are_kept(experiment: Make, run_dir: Path) -> None:
    """Only step files are counted."""
    _run(experiment(steps=10, checkpoints={"every": 2, "keep": 3}))
    names = sorted(path.name for path in (run_dir / "checkpoints").glob("step-*.pt"))
    assert names == ["step-000004.pt", "step-000006.pt", "step-000008.pt"]


def test_a_finished_run_is_up_to_date(experiment: Make, run_dir: Path) -> None:
    """Training again changes no file of the run and returns the same summary."""
    first, _ = _run(experiment())
    before = {path: path.read_bytes() for path in run_dir.rglob("*.pt")}
    second, shown = _run(experiment())
    assert shown == "up to date\n"
    assert second == first
    assert {path: path.read_bytes() for path in run_dir.rglob("*.pt")} == before


def test_a_finished_run_without_its_log_is_up_to_date(experiment: Make, run_dir: Path) -> None:
    """The summary has what the checkpoint records."""
    first, _ = _run(experiment())
    Layout(run_dir).metrics_log.unlink()
    second, shown = _run(experiment())
    assert shown == "up to date\n"
    known = ("finished", "parameters", "step", "tokens")
    assert second == {name: first[name] for name in known} | {
        "train_loss": None,
        "tokens_per_second": None,
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_with_a_checkpoint_to_go_on_from(
    number: signal.Signals,
    experiment: Make,
    run_dir: Path,
    tmp_path: Path,
    differences: Callable[[Path, Path], list[str]],
) -> None:
    """Stopped after any step and started again, the run ends in the same values."""
    _run(experiment())
    losses = _losses(run_dir)
    undisturbed = (run_dir / "checkpoints" / "final.pt").rename(tmp_path / "final.pt")

    stopped = train(experiment(), _Signalling(3, number), fresh=True)
    assert stopped["finished"] is False
    assert (run_dir / "checkpoints" / "step-000003.pt").is_file()
    _, shown = _run(experiment())
    assert "going on at step 3" in shown
    assert differences(run_dir / "checkpoints" / "final.pt", undisturbed) == []
    assert _losses(run_dir) == losses


def test_micro_batches_change_only_rounding(experiment: Make, run_dir: Path) -> None:
    """The same samples make the same step, in micro-batches of any size."""
    _run(experiment())
    whole = load(run_dir / "checkpoints" / "final.pt").model
    whole = {name: tensor.clone() for name, tensor in whole.items()}
    _run(experiment(execution={"micro_batch_size": 1}), fresh=True)
    for name, tensor in load(run_dir / "checkpoints" / "final.pt").model.items():
        torch.testing.assert_close(tensor, whole[name], rtol=1e-3, atol=1e-4)


def test_another_configuration_says_what_differs(experiment: Make) -> None:
    """Nothing is overwritten or mixed: the user chooses."""
    _run(experiment())
    with pytest.raises(ConfigError, match="another configuration") as caught:
        _run(experiment(optimizer={"learning_rate": 0.02}))
    assert caught.value.got == "training.optimizer.learning_rate was 0.01, is 0.02"
    assert "--fresh" in caught.value.do
    assert "--resume" in caught.value.do


def test_resume_takes_on_what_concerns_steps_to_come(experiment: Make, run_dir: Path) -> None:
    """More steps and another rate are accepted; the steps taken stay the same."""
    _run(experiment())
    losses = _losses(run_dir)
    summary, shown = _run(experiment(steps=12, optimizer={"learning_rate": 0.02}), resume=True)
    assert "from here on, training.steps was 8, is 12" in shown
    assert summary["step"] == 12
    assert _losses(run_dir)[:8] == losses
    assert load(run_dir / "checkpoints" / "final.pt").step == 12


def test_resume_refuses_what_has_shaped_the_weights(experiment: Make) -> None:
    """Another batch size would skip and repeat samples."""
    _run(experiment())
    with pytest.raises(ConfigError) as caught:
        _run(experiment(steps=12, batch_size=8), resume=True)
    assert caught.value.do == "start from scratch with --fresh, which removes the run's checkpoints"


def test_resume_takes_on_stages_to_come_alone(experiment: Make) -> None:
    """A stage may be appended to the mixture; one that has begun may not be changed."""
    past = {"from_step": 0, "weights": {"code": 1}}
    _run(experiment(data={"mixture": [past]}))
    rewritten = [{"from_step": 0, "weights": {"dialogues": 1}}]
    with pytest.raises(ConfigError, match="another configuration"):
        _run(experiment(data={"mixture": rewritten}, steps=12), resume=True)
    appended = [past, {"from_step": 8, "weights": {"code": 1, "dialogues": 3}}]
    summary, _ = _run(experiment(data={"mixture": appended}, steps=12), resume=True)
    assert summary["step"] == 12


def test_stages_by_share_move_with_the_number_of_steps(experiment: Make) -> None:
    """The message says so, and its advice works."""
    weights = {"code": 1}, {"dialogues": 1}
    by_share = [
        {"from_share": share, "weights": w} for share, w in zip((0, 0.5), weights, strict=True)
    ]
    _run(experiment(data={"mixture": by_share}))
    with pytest.raises(ConfigError, match="another configuration") as caught:
        _run(experiment(data={"mixture": by_share}, steps=12), resume=True)
    assert "training.steps was 8, is 12; stages of training.data.mixture" in caught.value.got
    assert "from_step instead (0, 4), and go on: --resume" in caught.value.do
    by_step = [{"from_step": n, "weights": w} for n, w in zip((0, 4), weights, strict=True)]
    summary, _ = _run(experiment(data={"mixture": by_step}, steps=12), resume=True)
    assert summary["step"] == 12


@pytest.mark.parametrize("known", [8, 6])
def test_the_best_of_a_changed_run_is_its_own(known: int, experiment: Make, run_dir: Path) -> None:
    """Not that of steps that a killed process took beyond its last checkpoint, whether the best by
    then is that checkpoint or lost: file, last checkpoint and summary name the same step."""
    checkpoints = run_dir / "checkpoints"
    _run(experiment(steps=20, evaluation={"every": 2}, checkpoints={"every": 8}))
    for name in ("final.pt", "step-000016.pt"):
        (checkpoints / name).unlink()
    assert load(checkpoints / "best.pt").step > 8
    start = checkpoints / "step-000008.pt"
    saved = load(start)
    save(start, replace(saved, best={**(saved.best or {}), "step": known}))
    changed = experiment(
        steps=12,
        evaluation={"every": 2},
        checkpoints={"every": 8},
        optimizer={"learning_rate": 10},
        stability={"gradient_clip": 1000},
    )
    summary, _ = _run(changed, resume=True)
    assert load(checkpoints / "best.pt").step == 8
    best = load(checkpoints / "final.pt").best
    assert best is not None
    validation = summary["validation"]
    assert isinstance(validation, dict)
    assert best == {key: validation["best"][key] for key in ("step", "bits_per_byte")}
    assert best["step"] == 8
    assert _run(changed)[0] == summary


def test_the_summary_names_the_best_that_is_left() -> None:
    """Before a start, the one that is recorded there; of an old log without a record, any."""
    start = {"event": "start", "parameters": 1, "execution": "cpu"}
    before, after = (
        [{"event": "evaluation", "step": step, "bits_per_byte": bits} for step, bits in scores]
        for scores in (((0, 9.0), (2, 4.0), (4, 5.0)), ((4, 5.0), (6, 6.0)))
    )

    def best_step(**known: Any) -> object:
        events = [{**start, "step": 0}, *before, {**start, "step": 4, **known}, *after]
        return summarize(events)["validation"]["best"]["step"]

    assert best_step() == 2
    assert best_step(best={"step": 2, "bits_per_byte": 4.0}) == 2
    assert best_step(best=None) == 4


@pytest.mark.parametrize(
    "length",
    [
        {"steps": 4},
        {"steps": 2},
        {"steps": None, "tokens": 4 * 4 * 32},
        {"steps": None, "tokens": 2 * 4 * 32},
    ],
)
def test_a_run_that_is_already_long_enough_ends_well(
    length: dict[str, Any], experiment: Make, run_dir: Path
) -> None:
    """Resumed at step 4 with a length of 4 steps or fewer, it takes no step and is finished."""
    _run(experiment())
    final = run_dir / "checkpoints" / "final.pt"
    final.unlink()
    summary, shown = _run(experiment(**length), resume=True)
    assert "going on at step 4" in shown
    assert (summary["step"], summary["finished"]) == (4, True)
    assert json.loads((run_dir / "metrics.json").read_text()) == summary
    assert load(final).step == 4
    assert [step for step, _ in _losses(run_dir)] == [1, 2, 3, 4]
    assert _run(experiment(**length)) == (summary, "up to date\n")


def test_other_shards_are_refused(
    experiment: Make, run_dir: Path, write_shards: Callable[..., None], tokenizer: object
) -> None:
    """A model does not silently continue on other data."""
    _run(experiment())
    (run_dir / "shards").unlink()
    tokens = {"train": {"code": [np.arange(20, 220)]}}
    write_shards(run_dir, tokens, tokenizer=tokenizer)
    with pytest.raises(RunError, match="trained on other shards"):
        _run(experiment(), resume=True)


def test_shards_of_another_tokenizer_are_refused(
    experiment: Make, run_dir: Path, write_shards: Callable[..., None]
) -> None:
    """Their ids would stand for other text."""
    (run_dir / "shards").unlink()
    write_shards(run_dir, {"train": {"code": [np.arange(200)]}})
    with pytest.raises(RunError, match="written with another tokenizer"):
        _run(experiment())


def test_training_without_held_out_tokens_still_works(
    experiment: Make, run_dir: Path, write_shards: Callable[..., None], tokenizer: object
) -> None:
    """There is nothing to choose by, so the last checkpoint is the best; one line says so."""
    (run_dir / "shards").unlink()
    write_shards(run_dir, {"train": {"code": [np.arange(20, 220)]}}, tokenizer=tokenizer)
    summary, shown = _run(experiment())
    assert "validation" not in summary
    assert shown.count("no held-out tokens") == 1
    checkpoints = run_dir / "checkpoints"
    assert (checkpoints / "best.pt").read_bytes() == (checkpoints / "final.pt").read_bytes()


def test_a_model_off_its_budget_is_never_allocated(experiment: Make) -> None:
    """The vocabulary of the shards counts, not the configured one."""
    tree = experiment().model_dump() | {"parameter_budget": {"target": 10**6}}
    with pytest.raises(ConfigError, match="off its parameter budget"):
        _run(TrainExperiment.model_validate(tree))


def test_no_shards_is_an_error(experiment: Make, run_dir: Path) -> None:
    """The message says to build the corpus first."""
    (run_dir / "shards").unlink()
    with pytest.raises(InputError, match="no shards here"):
        _run(experiment())


def test_a_diverging_run_keeps_its_last_checkpoint(experiment: Make, run_dir: Path) -> None:
    """Weights that are not finite are never saved."""
    with pytest.raises(RunError, match="training diverged at step"):
        _run(
            experiment(
                steps=200,
                optimizer={"learning_rate": 1e30},
                schedule={"warmup_steps": 0},
                stability={"gradient_clip": 1e30},
            )
        )
    for path in (run_dir / "checkpoints").glob("*.pt"):
        assert all(torch.isfinite(tensor).all() for tensor in load(path).model.values())


def test_a_time_limit_ends_a_run_that_goes_on_later(
    experiment: Make, run_dir: Path, differences: Callable[[Path, Path], list[str]]
) -> None:
    """After the current step, and at least one; the same command ends with the same bits."""
    for step in (1, 2):
        summary, shown = _run(experiment(), max_seconds=1e-9)
        assert (summary["step"], summary["finished"]) == (step, False)
        assert f"stopped at step {step}" in shown
    summary, _ = _run(experiment())
    assert summary["finished"] is True
    (run_dir / "checkpoints" / "final.pt").rename(run_dir / "interrupted.pt")
    _run(experiment(), fresh=True)
    assert not differences(run_dir / "interrupted.pt", run_dir / "checkpoints" / "final.pt")


def test_whole_documents_are_trained_on_and_resumed(
    experiment: Make, run_dir: Path, differences: Callable[[Path, Path], list[str]]
) -> None:
    """The result of packing is shown; a run that was stopped ends with the same bits."""
    whole = experiment(data={"packing": "whole", "mixture": {"dialogues": 1}})
    _, shown = _run(whole)
    assert re.search(r"dialogues: 350 documents in \d+ windows, \d+\.\d% padding\n", shown)
    undisturbed = (run_dir / "checkpoints" / "final.pt").rename(run_dir / "final.pt")
    train(whole, _Signalling(3, signal.SIGTERM), fresh=True)
    assert "going on at step 3" in _run(whole)[1]
    assert differences(run_dir / "checkpoints" / "final.pt", undisturbed) == []
    with pytest.raises(ConfigError, match="another configuration"):
        _run(experiment(data={"mixture": {"dialogues": 1}}, steps=12), resume=True)


def test_checkpoints_of_every_so_many_steps_are_kept(experiment: Make, run_dir: Path) -> None:
    """In addition to the newest."""
    _run(experiment(steps=12, checkpoints={"every": 1, "keep": 1, "keep_every": 4}))
    names = sorted(path.name for path in (run_dir / "checkpoints").glob("step-*.pt"))
    assert names == ["step-000004.pt", "step-000008.pt", "step-000011.pt"]


def test_a_sample_cannot_steer_the_terminal(
    experiment: Make, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control characters are shown as pictures, and logged unchanged."""
    monkeypatch.setattr("trainer.loop.generate_text", lambda *arguments: ["a\x1b[2J\n", "b"])
    _, shown = _run(experiment(samples={"prompts": ["def "]}, evaluation={"every": 8}))
    assert "writes: def a␛[2J\nb\n" in shown
    (sample,) = [e for e in read_events(Layout(run_dir).metrics_log) if e["event"] == "sample"]
    assert sample["text"] == "a\x1b[2J\nb"


def test_samples_are_shown_and_logged(experiment: Make, run_dir: Path) -> None:
    """Prompts with role markers work as typed."""
    prompts = ["def ", "<|user|>What is 1 plus 2?<|assistant|>"]
    _, shown = _run(experiment(samples={"prompts": prompts, "every": 4, "tokens": 8}))
    samples = [e for e in read_events(Layout(run_dir).metrics_log) if e["event"] == "sample"]
    assert [(event["step"], event["prompt"]) for event in samples] == [
        (step, prompt) for step in (4, 8) for prompt in prompts
    ]
    assert "step 8 writes: def " in shown


def test_a_sample_prompt_beyond_the_context_is_found_before_training(experiment: Make) -> None:
    """Not hours later."""
    with pytest.raises(UserError, match="longer than the model's context"):
        _run(experiment(samples={"prompts": ["x = 1\n" * 50]}))


@pytest.mark.parametrize(
    ("spoil", "message"), [(Path.unlink, "is missing"), (lambda p: os.truncate(p, 100), "length")]
)
def test_a_missing_or_shortened_shard_is_found_before_a_step(
    spoil: Callable[[Path], None], message: str, experiment: Make, run_dir: Path
) -> None:
    """A run that would resume from step 4 stays unchanged."""
    _run(experiment())
    (run_dir / "checkpoints" / "final.pt").unlink()
    shards = shutil.copytree(run_dir / "shards", run_dir / "copied")
    (run_dir / "shards").unlink()
    shards.rename(run_dir / "shards")
    spoil(run_dir / "shards" / "train" / "code" / "00000.bin")
    before = {path: path.read_bytes() for path in run_dir.rglob("*.pt")}
    with pytest.raises(InputError, match=message):
        _run(experiment())
    assert len(before) == 2
    assert {path: path.read_bytes() for path in run_dir.rglob("*.pt")} == before


def test_ids_beyond_the_vocabulary_end_a_run(experiment: Make, run_dir: Path) -> None:
    """With the source, and the command that finds the shard; not inside the embedding."""
    shards = shutil.copytree(run_dir / "shards", run_dir / "copied")
    (run_dir / "shards").unlink()
    shards.rename(run_dir / "shards")
    damaged = run_dir / "shards" / "train" / "dialogues" / "00000.bin"
    damaged.write_bytes(b"\xff" * damaged.stat().st_size)
    with pytest.raises(
        InputError, match="a token of source dialogues is outside the vocabulary"
    ) as caught:
        _run(experiment())
    assert (caught.value.got, caught.value.expected) == ("id 65535", "0 to 511")
    assert "corpusforge verify" in caught.value.do


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steps": 10**20}, "beyond the last sample"),
        ({"checkpoints": {"keep_every": 6, "every": 4}}, "not every checkpoint that is to be kept"),
    ],
)
def test_a_run_that_cannot_be_done_leaves_nothing(
    values: dict[str, Any], message: str, experiment: Make, run_dir: Path
) -> None:
    """It is refused before its first file."""
    before = set(run_dir.iterdir())
    with pytest.raises(ConfigError, match=message):
        _run(experiment(**values))
    assert set(run_dir.iterdir()) == before


@pytest.fixture
def elsewhere(experiment: Make, run_dir: Path, tmp_path: Path) -> TrainExperiment:
    """A run on the corpus of another, in tmp_path/elsewhere."""
    config = experiment(data={"corpus_dir": str(run_dir)})
    return config.model_copy(update={"output_dir": str(tmp_path / "elsewhere")})


def test_a_file_in_the_place_of_a_directory_is_one_message(elsewhere: TrainExperiment) -> None:
    """Instead of the run's directory, or that of its curves."""
    root = Path(elsewhere.output_dir)
    root.write_text("")
    with pytest.raises(
        RunError, match="the output directory cannot be written: Not a directory"
    ) as caught:
        _run(elsewhere)
    assert caught.value.where == str(root / "checkpoints")
    assert root.read_text() == ""
    root.unlink()
    root.mkdir()
    Layout(root).tensorboard.write_text("")
    with pytest.raises(RunError, match="cannot write the run's metrics"):
        _run(elsewhere)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("corpusforge.storage.lock.FileLock.acquire", "the output directory cannot be written"),
        ("trainer.reporting.metrics.Board", "cannot write the run's metrics"),
    ],
)
def test_a_full_disk_at_the_start_is_one_message(
    name: str, message: str, elsewhere: TrainExperiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the words of the system; no directory is left."""

    def fail(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(name, fail)
    with pytest.raises(RunError, match=f"{message}: No space left on device"):
        _run(elsewhere)
    assert not Path(elsewhere.output_dir).exists()


class _FillingTheDisk(StatusLine):
    """From a step on, no file may grow beyond 64 KiB; a checkpoint has 400."""

    def __init__(self, at_step: int, last_good: Path) -> None:
        super().__init__(io.StringIO())
        self._left, self._last_good = at_step, last_good

    def update(self, line: str) -> None:
        self._left -= 1
        if self._left == 0:
            while not self._last_good.exists():  # it is written in the background
                time.sleep(0.001)
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))


def test_a_full_disk_ends_the_run_and_keeps_the_last_checkpoint(
    experiment: Make, run_dir: Path, differences: Callable[[Path, Path], list[str]], tmp_path: Path
) -> None:
    """In the words of the system; with free space, the same command ends with the same bits."""
    small = experiment(checkpoints={"every": 2})
    _run(small)
    undisturbed = (run_dir / "checkpoints" / "final.pt").rename(tmp_path / "final.pt")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(
            RunError, match=r"cannot write step-000006\.pt: File too large"
        ) as caught:
            last_good = run_dir / "checkpoints" / "step-000004.pt"
            train(small, _FillingTheDisk(5, last_good), fresh=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "free some space" in caught.value.do
    names = {path.name for path in (run_dir / "checkpoints").iterdir() if path.suffix != ".lock"}
    assert {"step-000004.pt", "step-000002.pt"} <= names
    assert not any(name.endswith(".tmp") for name in names)
    _, shown = _run(small)
    assert "going on at step 4" in shown
    assert differences(run_dir / "checkpoints" / "final.pt", undisturbed) == []
