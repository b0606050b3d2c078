"""The child process of the sandbox: installs the filter, runs a program and reports the outcome.

`sandbox.py` starts this file as a script. It imports only the standard library.
"""

import ctypes
import json
import os
import platform
import resource
import signal
import struct
import sys
from typing import Any

# Allowed system calls and their numbers on each architecture: memory, time, the process's own
# signals, reading files. All others are refused, such as those for sockets, new processes, signals
# to other processes and changes of files.
_X86_64 = {
    **{"read": 0, "write": 1, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7},
    **{"lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13},
    **{"rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "readv": 19},
    **{"writev": 20, "access": 21, "select": 23, "sched_yield": 24, "mremap": 25, "madvise": 28},
    **{"dup": 32, "nanosleep": 35, "getpid": 39, "exit": 60, "uname": 63},
    **{"getcwd": 79, "readlink": 89, "gettimeofday": 96, "getrusage": 98, "sysinfo": 99},
    **{"times": 100, "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110},
    **{"sigaltstack": 131, "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204},
    **{"getdents64": 217, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230},
    **{"exit_group": 231, "openat": 257, "newfstatat": 262, "readlinkat": 267, "faccessat": 269},
    **{"pselect6": 270, "ppoll": 271, "getrandom": 318, "statx": 332, "faccessat2": 439},
}
_AARCH64 = {
    **{"getcwd": 17, "dup": 23, "faccessat": 48, "openat": 56},
    **{"close": 57, "getdents64": 61, "lseek": 62, "read": 63, "write": 64, "readv": 65},
    **{"writev": 66, "pread64": 67, "pselect6": 72, "ppoll": 73, "readlinkat": 78},
    **{"newfstatat": 79, "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98, "nanosleep": 101},
    **{"clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115, "sched_getaffinity": 123},
    **{"sched_yield": 124, "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135},
    **{"rt_sigreturn": 139, "times": 153, "uname": 160, "getrusage": 165, "gettimeofday": 169},
    **{"getpid": 172, "getppid": 173, "getuid": 174, "geteuid": 175, "getgid": 176, "getegid": 177},
    **{"gettid": 178, "sysinfo": 179, "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222},
    **{"mprotect": 226, "madvise": 233, "getrandom": 278, "statx": 291, "faccessat2": 439},
}
SYSTEM_CALLS = {"x86_64": _X86_64, "aarch64": _AARCH64}
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_*
_CHANGES_A_FILE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

# From linux/filter.h and linux/seccomp.h. A filter is a program over the number, architecture and
# arguments of a call. Offsets are those in struct seccomp_data; the flags of openat are its third
# argument.
_LOAD, _IF_EQUAL, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCH, _FLAGS = 0, 4, 32
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER = 22, 38, 2


def main() -> None:
    task = json.load(sys.stdin)
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    try:
        _limit(task["memory_bytes"], task["cpu_seconds"])
        give_up_the_machine()
    except (OSError, ValueError) as error:
        reason = f"no sandbox: {error}"
    else:
        reason = _run(task["program"])
    os.write(answer, f"{task['secret']} {reason}".encode())
    os._exit(0)


def give_up_the_machine() -> None:
    """Refuse all system calls that are not in `SYSTEM_CALLS`, for the rest of the process.

    Raises:
        OSError: the kernel refuses the filter.
    """
    machine = platform.machine()
    filter_bytes = _filter(machine)
    instructions = ctypes.create_string_buffer(filter_bytes)
    count = len(filter_bytes) // 8
    # struct sock_fprog: a count and an aligned pointer.
    program = struct.pack("HxxxxxxP", count, ctypes.addressof(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    # The kernel requires NO_NEW_PRIVS: a filter could mislead a program with the set-user-id bit.
    steps: tuple[tuple[Any, ...], ...] = (
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _FILTER, ctypes.create_string_buffer(program), 0, 0),
    )
    for step in steps:
        if libc.prctl(*step) != 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))


def _filter(machine: str) -> bytes:
    calls = SYSTEM_CALLS[machine]
    plain = [number for name, number in calls.items() if name != "openat"]
    # A jump is the number of instructions to skip; the last two instructions are the answers.
    to_allow = [len(plain) + 2 - index for index in range(len(plain))]
    lines = [
        (_LOAD, 0, 0, _ARCH),
        (_IF_EQUAL, 0, len(plain) + 5, _ARCHITECTURE[machine]),
        (_LOAD, 0, 0, _NUMBER),
        *((_IF_EQUAL, skip, 0, number) for number, skip in zip(plain, to_allow, strict=True)),
        (_IF_EQUAL, 0, 3, calls["openat"]),
        (_LOAD, 0, 0, _FLAGS),
        (_IF_ANY_BIT, 1, 0, _CHANGES_A_FILE),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)


def _run(program: str) -> str:
    try:
        exec(compile(program, "program", "exec"), {"__name__": "__main__"})
    except BaseException as error:
        return type(error).__name__
    return "passed"


if __name__ == "__main__":
    main()
