"""Programs that try to get out, stay for ever, or take everything."""

import os
import socket
import sys
import time
from pathlib import Path

import pytest

from corpusforge.errors import RunError
from trainer.evaluation import sandboxed
from trainer.evaluation.sandbox import Limits, Outcome, require_sandbox, run_program

LIMITS = Limits(seconds=1.0, memory_bytes=1 << 28)


def _reason(program: str) -> str:
    outcome = run_program(program, LIMITS)
    assert outcome.passed == (outcome.reason == "passed")
    return outcome.reason


def test_a_program_that_ends_has_passed() -> None:
    """With what the standard library has for computing, and reading files."""
    program = """
import bisect, collections, datetime, decimal, functools, hashlib, heapq, itertools, math, random
import re, string, time, typing
print("what it prints goes nowhere")
assert hashlib.md5(b"a").hexdigest().startswith("0cc1")
assert random.Random(1).random() < 1 and time.time() > 0
assert open("/etc/hosts").read() is not None
"""
    assert run_program(program, LIMITS) == Outcome(True, "passed")


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("assert 1 == 2", "AssertionError"),
        ("def f(:", "SyntaxError"),
        ("def f(): f()\nf()", "RecursionError"),
        ("x = [0] * 10**9", "MemoryError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("import os; os._exit(0)", "left before its end"),
        ("import ctypes; ctypes.string_at(0)", "killed"),
        ("import numpy", "ModuleNotFoundError"),
    ],
)
def test_every_other_end_has_a_reason(program: str, reason: str) -> None:
    """An early exit with status 0 is no success."""
    assert _reason(program) == reason


@pytest.mark.parametrize(
    "attempt",
    [
        "open(PATH, 'w')",
        "open(PATH, 'a')",
        "open(PATH, 'r+')",
        "os.open(PATH, os.O_RDONLY | os.O_CREAT | os.O_TRUNC)",
        "os.truncate(PATH, 0)",
        "os.unlink(PATH)",
        "os.rename(PATH, PATH + '.moved')",
        "os.link(PATH, PATH + '.link')",
        "os.symlink(PATH, PATH + '.link')",
        "os.chmod(PATH, 0)",
        "os.utime(PATH, (0, 0))",
        "os.mkdir(PATH + '.d')",
        "os.mkfifo(PATH + '.fifo')",
        "os.memfd_create('x')",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.kill(os.getppid(), 0)",
        "os.setuid(0)",
        "os.chroot('/')",
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "socket.socketpair()",
    ],
)
def test_what_reaches_outside_is_refused(attempt: str, tmp_path: Path) -> None:
    """No writing, no network, no other process; the file is as it was."""
    path = tmp_path / "file"
    path.write_text("as it was")
    before = os.stat(path)
    assert _reason(f"import os, socket\nPATH = {str(path)!r}\n{attempt}") == "PermissionError"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert path.read_text() == "as it was"
    assert os.stat(path).st_mode == before.st_mode


def test_nobody_is_called(tmp_path: Path) -> None:
    """A listener on this machine hears nothing, not by name and not by number."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        program = f"import socket; socket.create_connection(('127.0.0.1', {port}))"
        assert _reason(program) == "PermissionError"
        with pytest.raises(TimeoutError):
            server.accept()


def test_no_thread_is_started() -> None:
    """It could outlive the program's end."""
    assert _reason("import threading; threading.Thread(target=print).start()") == "RuntimeError"


def test_a_program_that_computes_for_ever_is_stopped() -> None:
    """When its processor time has passed."""
    started = time.monotonic()
    assert _reason("while True: pass") == "timed out"
    assert time.monotonic() - started < 4


def test_a_program_that_waits_for_ever_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes no processor time, so the clock decides; nothing it catches keeps it."""
    monkeypatch.setattr("trainer.evaluation.sandbox._START_SECONDS", 1.0)
    program = "import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass"
    assert _reason(program) == "timed out"


def test_an_answer_is_not_taken_from_the_program() -> None:
    """It may write to the runner's channel, and a flood there is cut off."""
    forged = "import os\nfor fd in range(3, 9):\n    try: os.write(fd, b'passed')\n"
    assert _reason(forged + "    except OSError: pass\nos._exit(0)") == "left before its end"
    assert _reason("import os\nwhile True: os.write(3, b'x' * 9999)") == "killed"


def test_a_kernel_that_refuses_the_filter_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No program is run, and none is counted as one that fails."""
    original = Path(sandboxed.__file__).read_text()
    child = tmp_path / "sandboxed.py"
    child.write_text(original.replace("_FILTER = 22, 38, 2\n", "_FILTER = 22, 38, 99\n"))
    monkeypatch.setattr("trainer.evaluation.sandbox._CHILD", child)
    with pytest.raises(RunError, match="the sandbox does not work on this machine") as caught:
        require_sandbox()
    assert "no sandbox: [Errno 22] Invalid argument" in caught.value.got
    assert not run_program("", LIMITS).passed


def test_other_systems_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is run unheld."""
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(RunError, match="does not support this platform"):
        require_sandbox()
