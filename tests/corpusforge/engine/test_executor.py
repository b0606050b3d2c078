"""Tasks run in processes or threads, and a worker's end is never silent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from corpusforge.engine.local_executor import LocalExecutor
from corpusforge.errors import InputError, RunError


def _square(number: int) -> int:
    return number * number


def _refuse(number: int) -> int:
    raise InputError("not this one", got=str(number))


def _die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_with_the_index_of_their_task(workers: int) -> None:
    """Whatever the order in which tasks end."""
    with LocalExecutor(workers) as executor:
        assert dict(executor.map_tasks(_square, [1, 2, 3])) == {0: 1, 1: 4, 2: 9}
        assert dict(executor.in_threads(_square, [1, 2, 3])) == {0: 1, 1: 4, 2: 9}


def test_a_users_error_in_a_worker_arrives_whole() -> None:
    """It is the same error as without workers."""
    with pytest.raises(InputError, match="not this one") as caught, LocalExecutor(2) as executor:
        list(executor.map_tasks(_refuse, [7, 7, 7]))
    assert caught.value.got == "7"


def test_a_killed_worker_is_one_message() -> None:
    """Out of memory ends a worker without a word; the message says what to try."""
    with pytest.raises(RunError, match="a worker process was killed"), LocalExecutor(2) as executor:
        list(executor.map_tasks(_die, [1, 2, 3]))


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL of the parent leaves no process behind."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import time\n"
        "from corpusforge.engine.local_executor import LocalExecutor\n"
        "if __name__ == '__main__':\n"
        "    with LocalExecutor(2) as executor:\n"
        "        list(executor.map_tasks(abs, [1, 2]))\n"
        "        print('ready', flush=True)\n"
        "        time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == b"ready\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        parent.kill()
        parent.wait()
    deadline = time.monotonic() + 10
    while any(child.is_running() and child.status() != "zombie" for child in children):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.05)
