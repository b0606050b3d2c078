"""Runs whose processes are killed: resumed, they equal a run that never stopped."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

import pytest

import trainer.train
from corpusforge.config import load as load_config
from corpusforge.storage.layout import Layout
from trainer.checkpoints.checkpoint import load
from trainer.checkpoints.files import newest, step_of
from trainer.config import TrainExperiment
from trainer.reporting.metrics import read_events
from trainer.reporting.status_line import StatusLine

# Steps of some 10 ms, so that there is time to be killed between two checkpoints.
SLOW = {"steps": 40, "batch_size": 32, "checkpoints": {"every": 20}, "evaluation": {"every": 10}}
# A checkpoint after every step: most of the run's life is spent in writing one.
NUM_STEPS = 120
WRITING = {"steps": NUM_STEPS, "checkpoints": {"every": 1}, "evaluation": {"every": 7}}
NUM_KILLS = 20


def _train(config: Path, **options: Any) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "trainer", "train", "--config", str(config)]
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options
    )


def _finish(process: "subprocess.Popen[str]") -> str:
    _, shown = process.communicate(timeout=300)
    assert process.returncode == 0, shown
    return shown


def _logged(output_dir: Path) -> list[tuple[Any, ...]]:
    kept = ("event", "step", "loss", "gradient_norm", "learning_rate", "sources")
    events = read_events(Layout(output_dir).metrics_log)
    return [tuple(e.get(key) for key in kept) for e in events if e["event"] != "start"]


def _train_without_measuring(config: Path) -> None:
    # The second that measures the machine would be most of a short life.
    trainer.train.matrix_peak = lambda execution: 1e12  # type: ignore[attr-defined]
    trainer.train.train(load_config(config, TrainExperiment), StatusLine(silent=True))


def _is_writing(checkpoints: Path) -> bool:
    """Whether a checkpoint is partly written."""
    return any(checkpoints.glob(".*.tmp"))


def _last_step(checkpoints: Path) -> int:
    """The step in the name of the newest checkpoint."""
    return max(map(step_of, checkpoints.glob("step-*.pt")), default=0)


def _kill_at_step(process: BaseProcess, checkpoints: Path, step: int, chance: Random) -> None:
    """Kill a process some milliseconds after a checkpoint of that step or a later one."""
    while _last_step(checkpoints) < step:
        assert process.is_alive()
        time.sleep(0.001)
    time.sleep(chance.uniform(0.0, 0.03))
    process.kill()
    process.join()


def _kill_within_a_write(process: BaseProcess, checkpoints: Path) -> None:
    """Kill a process that has written a part of a checkpoint and not renamed it yet."""
    assert process.pid is not None
    while process.is_alive():
        if _is_writing(checkpoints):
            os.kill(process.pid, signal.SIGSTOP)
            if _is_writing(checkpoints):
                process.kill()
                process.join()
                return
            os.kill(process.pid, signal.SIGCONT)
    pytest.fail("the training ended before it could be killed")


@pytest.fixture
def start(
    request: pytest.FixtureRequest, forks: ForkServerContext
) -> Callable[[Path], BaseProcess]:
    """Starts a training: as a fork, or in a new interpreter each time."""
    context = forks if request.param == "fork" else multiprocessing.get_context("spawn")

    def start(config: Path) -> BaseProcess:
        process = context.Process(target=_train_without_measuring, args=(config,))
        process.start()
        return process

    return start


@pytest.mark.parametrize(
    ("start", "execution"),
    [
        ("fork", {"compile": "off", "threads": 1}),
        pytest.param(
            "spawn",
            {"compile": "on", "dtype": "bfloat16", "threads": 2, "recompute": True},
            marks=pytest.mark.soak,
        ),
    ],
    indirect=["start"],
)
def test_killed_20_times_while_checkpoints_are_written_is_never_killed(
    start: Callable[[Path], BaseProcess],
    execution: dict[str, Any],
    config_file: Callable[..., Path],
    run_dir: Path,
    tmp_path: Path,
    differences: Callable[[Path, Path], list[str]],
) -> None:
    """Ten times in the middle of a write, ten times anywhere. After each, the newest checkpoint is
    whole and no older than before; the end equals an undisturbed run bit for bit."""
    config = config_file(**WRITING, execution=execution)
    undisturbed = start(config)
    undisturbed.join()
    assert undisturbed.exitcode == 0
    checkpoints = run_dir / "checkpoints"
    expected, log = tmp_path / "undisturbed", _logged(run_dir)
    checkpoints.rename(expected)
    Layout(run_dir).metrics_log.unlink()

    chance, reached = Random(0), 0
    for kill in range(NUM_KILLS):
        process = start(config)
        if kill % 2:
            _kill_at_step(process, checkpoints, reached + chance.randrange(4), chance)
        else:
            _kill_within_a_write(process, checkpoints)
            assert _is_writing(checkpoints)
        assert process.exitcode == -signal.SIGKILL
        if (found := newest(checkpoints)) is not None:
            assert found[1].step >= reached
            reached = found[1].step
        assert reached == _last_step(checkpoints)
    assert 0 < reached < NUM_STEPS

    last = start(config)
    last.join()
    assert last.exitcode == 0
    assert _logged(run_dir) == log
    for name in ("final.pt", "best.pt", "step-000119.pt"):
        assert differences(checkpoints / name, expected / name) == []


def test_a_terminated_process_saves_and_exits_with_0(
    config_file: Callable[..., Path], run_dir: Path, forks: ForkServerContext
) -> None:
    """As a system does before it shuts down."""
    process = forks.Process(target=_train_without_measuring, args=(config_file(**WRITING),))
    process.start()
    checkpoints = run_dir / "checkpoints"
    while _last_step(checkpoints) < 2:
        assert process.is_alive()
        time.sleep(0.001)
    process.terminate()
    process.join()
    assert process.exitcode == 0
    step = read_events(Layout(run_dir).metrics_log)[-1]["step"]
    assert 2 <= step < NUM_STEPS
    assert load(checkpoints / f"step-{step:06}.pt").step == step
    assert not _is_writing(checkpoints)


def test_killed_at_step_20_and_resumed_is_never_killed(
    config_file: Callable[..., Path],
    run_dir: Path,
    tmp_path: Path,
    differences: Callable[[Path, Path], list[str]],
) -> None:
    """Compiled, on two threads, from the command line: all tensors of the checkpoints and all
    logged losses are bit-identical."""
    config = config_file(**SLOW, execution={"compile": "on", "dtype": "bfloat16", "threads": 2})
    checkpoints = run_dir / "checkpoints"
    _finish(_train(config))
    expected, log = tmp_path / "undisturbed", _logged(run_dir)
    checkpoints.rename(expected)
    Layout(run_dir).metrics_log.unlink()

    process = _train(config)
    while not (checkpoints / "step-000020.pt").exists():
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (checkpoints / "final.pt").exists()

    assert "going on at step 20" in _finish(_train(config))
    assert _logged(run_dir) == log
    for name in ("final.pt", "best.pt"):
        assert differences(checkpoints / name, expected / name) == []
        assert (checkpoints / name).read_bytes() == (expected / name).read_bytes()


def test_without_a_compiler_the_same_run_goes_through(
    config_file: Callable[..., Path], tmp_path: Path
) -> None:
    """One line says what is missing; nothing fails."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("uname", "ldconfig"):
        if found := shutil.which(tool):
            (tools / tool).symlink_to(found)
    environment = {key: value for key, value in os.environ.items() if key not in ("CC", "CXX")}
    environment |= {"PATH": str(tools), "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache")}
    shown = _finish(_train(config_file(execution={"compile": "auto"}), env=environment))
    assert shown.count("no working C++ compiler was found") == 1
    assert "not compiled" in shown
    assert "Traceback" not in shown
