"""SIGTERM and Ctrl-C as a wish to stop, which the training loop grants at the end of a step."""

import signal
from types import FrameType, TracebackType


class StopRequest:
    """Within the block, a first signal sets `requested`; a second one acts as it always does."""

    _SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self) -> None:
        self.requested = False

    def __enter__(self) -> "StopRequest":
        self._before = [signal.signal(number, self._note) for number in self._SIGNALS]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        self._restore()

    def _restore(self) -> None:
        for number, handler in zip(self._SIGNALS, self._before, strict=True):
            signal.signal(number, handler)
