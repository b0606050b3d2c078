"""Runs independent tasks on this machine's cores, in processes or in threads."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from types import TracebackType
from typing import TypeVar, cast

from corpusforge.errors import RunError

Task = TypeVar("Task")
Result = TypeVar("Result")


class LocalExecutor:
    """Worker processes that start once and serve every stage of a command.

    Decoding, hashing and the Python between two calls of SentencePiece hold the interpreter lock,
    so they get processes; verdicts are Arrow and NumPy calls that release it, so they get threads
    and share one survey.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or available_cores()
        self._processes: ProcessPoolExecutor | None = None

    def __enter__(self) -> "LocalExecutor":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._processes is None:
            return
        if kind is not None:
            # What they are at is written to temporary files only; nothing whole is lost.
            for process in multiprocessing.active_children():
                process.kill()
        self._processes.shutdown(wait=True, cancel_futures=True)
        self._processes = None

    def in_processes(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (index of the task, result) as tasks end; `function` and tasks are pickled.

        Raises:
            RunError: a worker was killed. Whatever a task raises comes through.
        """
        if self.workers == 1 or len(tasks) <= 1:
            yield from ((index, function(task)) for index, task in enumerate(tasks))
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
        """Like `in_processes`, in threads of this process; for work that releases the lock."""
        if self.workers == 1 or len(tasks) <= 1:
            yield from ((index, function(task)) for index, task in enumerate(tasks))
            return
        with ThreadPoolExecutor(self.workers) as pool:
            yield from _as_they_end(pool, function, tasks)


def one_ahead(items: Iterator[Result]) -> Iterator[Result]:
    """The items; a thread makes the next one while the last one is in use."""
    end = object()
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, items, end)
        while (item := following.result()) is not end:
            following = thread.submit(next, items, end)
            yield cast("Result", item)


def available_cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _as_they_end(
    pool: Executor, function: Callable[[Task], Result], tasks: Sequence[Task]
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
    """What a process does first that is to end with this one."""
    # Ctrl-C reaches the whole process group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with_parent, args=(parent.sentinel,), daemon=True).start()


def _end_with_parent(sentinel: int) -> None:
    # A parent that is killed outright cannot stop its workers, and they would wait for ever.
    wait_for([sentinel])
    os._exit(1)
