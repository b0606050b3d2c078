"""Where tasks run: the seam between a step and the machine."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar, cast

Task = TypeVar("Task")
Result = TypeVar("Result")


class Executor(Protocol):
    """Runs independent tasks. Results come in the order in which tasks end."""

    workers: int  # tasks that run at the same time

    def map_tasks(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (index of the task, result). `function` and tasks are pickled.

        Raises:
            RunError: a worker was killed. Exceptions of tasks are raised as they are.
        """

    def in_threads(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """Like `map_tasks`, in threads of this process: for work that shares memory and releases
        the interpreter lock."""


def one_ahead(items: Iterator[Result]) -> Iterator[Result]:
    """Yield the items; a thread makes the next one while the last one is in use."""
    end = object()
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, items, end)
        while (item := following.result()) is not end:
            following = thread.submit(next, items, end)
            yield cast("Result", item)


def available_cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
