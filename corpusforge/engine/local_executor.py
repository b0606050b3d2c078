"""The executor of one machine: worker processes, and threads."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures import (
    Executor as Pool,
)
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for

from corpusforge.engine.executor import Result, Task, available_cores
from corpusforge.errors import RunError


class LocalExecutor:
    """Worker processes that start once and serve every step of a command.

    Decoding, hashing and the Python code between two calls of SentencePiece hold the interpreter
    lock, so they run in processes. Verdicts are Arrow and NumPy calls that release it, so they run
    in threads and share one survey.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or available_cores()
        self._processes: ProcessPoolExecutor | None = None

    def __enter__(self) -> "LocalExecutor":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._processes is None:
            return
        if kind is not None:
            # They write to temporary files; no finished file is lost.
            for process in multiprocessing.active_children():
                process.kill()
        self._processes.shutdown(wait=True, cancel_futures=True)
        self._processes = None

    def map_tasks(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        if self.workers == 1 or len(tasks) <= 1:
            yield from enumerate(map(function, tasks))
            return
        if self._processes is None:
            self._processes = ProcessPoolExecutor(
                self.workers,
                # A forked child of a process with Arrow's threads may hang; spawn is the same
                # on every system.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=start_worker,
            )
        try:
            yield from _as_they_end(self._processes, function, tasks)
        except BrokenProcessPool as error:
            raise RunError(
                "a worker process was killed",
                got=f"{self.workers} workers",
                expected="workers that end by themselves; the system kills what takes too much "
                "memory",
                do="run the same command again, with fewer --workers or a smaller "
                "corpus.part_bytes; finished files are kept",
            ) from error

    def in_threads(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        if self.workers == 1 or len(tasks) <= 1:
            yield from enumerate(map(function, tasks))
            return
        with ThreadPoolExecutor(self.workers) as pool:
            yield from _as_they_end(pool, function, tasks)


def _as_they_end(
    pool: Pool, function: Callable[[Task], Result], tasks: Sequence[Task]
) -> Iterator[tuple[int, Result]]:
    running: dict[Future[Result], int] = {
        pool.submit(function, task): index for index, task in enumerate(tasks)
    }
    try:
        while running:
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()


def start_worker() -> None:
    """Make this worker ignore Ctrl-C and end with its parent."""
    # Ctrl-C reaches the whole process group; the parent decides what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with_parent, args=(parent.sentinel,), daemon=True).start()


def _end_with_parent(sentinel: int) -> None:
    # A parent that is killed by SIGKILL cannot stop its workers; they would wait forever.
    wait_for([sentinel])
    os._exit(1)
