"""Compiles half of the loops in a process of its own, the first time on a machine.

Numba compiles under the interpreter lock, one function at a time. With a second core, signing
begins a second earlier when another process, started before anything heavy is imported, compiles
the loops over hashes while this one compiles those over bytes; then it compiles what compares,
while this one signs. Numba's files on disk are how they get here, and whatever goes wrong over
there is compiled here after all.
"""

import gc
import os
from concurrent.futures import Future, wait
from importlib import import_module
from pathlib import Path

from corpusforge.executor import available_cores, spawned

_HASHES = "corpusforge.near.kernels"
_COMPARISON = "corpusforge.near.comparison"  # the last one compiled

_ready: dict[str, Future[None]] = {}


def compile_ahead() -> None:
    """Begin, if there is a second core and the loops are new on this machine."""
    if available_cores() == 1 or _remembered():
        return
    processes = spawned(1)
    for module in (_HASHES, _COMPARISON):
        _ready[module] = processes.submit(_compile, module)
    processes.shutdown(wait=False)


def load_signing() -> None:
    """Import, and so compile, the loops that sign."""
    import_module("corpusforge.near.words")
    _load(_HASHES)


def load_comparison() -> None:
    """Import, and so compile, the loops that compare."""
    _load(_COMPARISON)


def _load(module: str) -> None:
    if module in _ready:
        wait([_ready[module]])
    import_module(module)


def _compile(module: str) -> None:
    gc.disable()  # what compiling makes stays
    import_module(module)


def _remembered() -> bool:
    """Whether Numba's files are there, newer than the loops; not looked for in a user's cache.

    Answers before Numba is imported. A wrong answer costs time alone.
    """
    source = Path(__file__).with_name("comparison.py")
    folder = os.environ.get("NUMBA_CACHE_DIR")
    if not folder and not os.access(source.parent, os.W_OK):
        return True
    folders = Path(folder).glob(f"{source.parent.name}_*") if folder else [source.parent]
    changed = source.stat().st_mtime
    return any(
        index.stat().st_mtime > changed
        for cache in folders
        for index in cache.rglob(f"{source.stem}.*.nbi")
    )
