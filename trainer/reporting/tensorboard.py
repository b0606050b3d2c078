"""Metrics for TensorBoard, if it is installed."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_STEP_VALUES = (
    "loss",
    "learning_rate",
    "gradient_norm",
    "tokens_per_second",
    "utilization",
    "loader_share",
)


class Board:
    """Writes event files into a directory; without it or the package, it writes nothing."""

    def __init__(self, directory: Path | None, *, last_step: int) -> None:
        """Discard steps beyond `last_step` of an earlier process, by TensorBoard's mark of a
        restart."""
        self._writer = None
        if directory is not None and importlib.util.find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(directory), purge_step=last_step + 1)

    def write(self, event: str, step: int, values: Mapping[str, Any]) -> None:
        """Write an event of `metrics.jsonl`: numbers of steps and evaluations, texts of samples."""
        if self._writer is None:
            return
        if event == "sample":
            # TensorBoard shows lines that begin with four spaces as they are, not as Markdown.
            lines = f"{values['prompt']}{values['text']}".split("\n")
            text = "\n".join(f"    {line}" for line in lines)
            self._writer.add_text(f"samples/{values['prompt']}", text, step)
        if event == "step":
            for name in _STEP_VALUES:
                if name in values:
                    self._writer.add_scalar(f"train/{name}", values[name], step)
        if event == "evaluation":
            total = "validation/bits_per_byte"
            self._writer.add_scalar(total, values["bits_per_byte"], step)
            for source, score in values["sources"].items():
                self._writer.add_scalar(f"{total}/{source}", score["bits_per_byte"], step)

    def flush(self) -> None:
        """Wait until all events are in the file."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
