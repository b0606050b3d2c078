"""A request to stop, by a signal or a time limit, which the training loop honours between steps."""

import signal
import time
from types import FrameType


class StopRequest:
    """Within the block, notes the first SIGTERM or SIGINT; a second one has its usual effect."""

    _SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self, max_seconds: float | None = None) -> None:
        self._deadline = None if max_seconds is None else time.monotonic() + max_seconds
        self._signalled = False

    def requested(self, num_steps: int) -> bool:
        """Whether to stop after `num_steps` steps of this process.

        The time limit does not apply before the first step, so that every call makes progress.
        """
        in_time = self._deadline is None or time.monotonic() < self._deadline
        return self._signalled or not (in_time or num_steps == 0)

    def __enter__(self) -> "StopRequest":
        self._before = [signal.signal(number, self._note) for number in self._SIGNALS]
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signalled = True
        self._restore()

    def _restore(self) -> None:
        for number, handler in zip(self._SIGNALS, self._before, strict=True):
            signal.signal(number, handler)
