"""Real processes, really killed: a run that goes on is the run that never stopped."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpusforge.layout import Layout
from trainer.metrics import read_events

# Steps of some 10 ms, so that there is time to be killed between two checkpoints.
SLOW = {"steps": 40, "batch_size": 32, "checkpoint_every": 20, "evaluate_every": 10}


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


@pytest.mark.parametrize(("compile_mode", "threads"), [("off", 1), ("on", 2)])
def test_killed_at_step_20_and_resumed_is_never_killed(
    compile_mode: str,
    threads: int,
    config_file: Callable[..., Path],
    run_dir: Path,
    tmp_path: Path,
    differences: Callable[[Path, Path], list[str]],
) -> None:
    """All tensors of the checkpoints and all logged losses are equal bit for bit."""
    config = config_file(**SLOW, compile=compile_mode, dtype="bfloat16", threads=threads)
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
    shown = _finish(_train(config_file(compile="auto"), env=environment))
    assert shown.count("no working C++ compiler was found") == 1
    assert "not compiled" in shown
    assert "Traceback" not in shown
