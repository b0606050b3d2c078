"""Compiles half of the loops in a process of its own, the first time on a machine.

Numba compiles under the interpreter lock, one function at a time. With a second core, signing
begins a second earlier when another process, started before anything heavy is imported, compiles
the loops over hashes while this one compiles those over bytes; then it compiles what compares,
while this one signs. Numba's files on disk are how they get here, and whatever goes wrong over
there is compiled here after all.
"""

import gc
import multiprocessing
import os
from collections.abc import Mapping
from importlib import import_module
from multiprocessing.connection import Connection, wait
from pathlib import Path

from corpusforge.engine.executor import available_cores
from corpusforge.engine.local_executor import start_worker

_HASHES = "corpusforge.near.kernels"
_COMPARISON = "corpusforge.near.comparison"  # the last one compiled

_ready: dict[str, Connection] = {}  # by module; ends when it is compiled, or never will be


def compile_ahead() -> None:
    """Begin, if there is a second core and the loops are new on this machine."""
    if available_cores() == 1 or _remembered():
        return
    context = multiprocessing.get_context("spawn")
    pipes = {module: context.Pipe(duplex=False) for module in (_HASHES, _COMPARISON)}
    here = {module: pipe[0] for module, pipe in pipes.items()}
    there = {module: pipe[1] for module, pipe in pipes.items()}
    # A daemon: a command that ends early does not wait for it.
    context.Process(target=_compile, args=(there,), daemon=True).start()
    for end in there.values():
        end.close()
    _ready.update(here)


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


def _compile(ends: Mapping[str, Connection]) -> None:
    start_worker()
    gc.disable()  # what compiling makes stays
    for module, end in ends.items():
        import_module(module)
        end.close()


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
