"""The log of a run: reading it, and the messages if it cannot be read or written."""

from pathlib import Path

import pytest

from corpusforge.errors import InputError, RunError
from trainer.reporting.metrics import MetricsLog, read_events, summarize, summary_lines


def test_a_line_that_a_killed_process_left_unfinished_is_none(tmp_path: Path) -> None:
    """It is ignored when read, and removed when the run resumes."""
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"event": "start", "step": 0}\n{"event": "st')
    assert read_events(path) == [{"event": "start", "step": 0}]
    with MetricsLog(path, last_step=0) as log:
        log.write("step", 1, loss=2.5)
    assert path.read_bytes() == (
        b'{"event": "start", "step": 0}\n{"event": "step", "step": 1, "loss": 2.5}\n'
    )


@pytest.mark.parametrize("line", [b"\0" * 64, b'{"event": "st', b"\xff\xfe{}", b""])
def test_any_other_damage_is_an_error_that_names_the_line(line: bytes, tmp_path: Path) -> None:
    """After a power failure, a damaged line may be followed by whole ones."""
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"event": "start", "step": 0}\n' + line + b'\n{"event": "step"}\n')
    with pytest.raises(InputError, match="an event of a run cannot be read") as caught:
        read_events(path)
    assert caught.value.where == f"{path}, line 2"
    assert "remove the line" in caught.value.do


def test_a_summary_is_made_of_what_is_there() -> None:
    """A log may have lost its first lines."""
    step = {"event": "step", "step": 3, "tokens": 96, "loss": 2.5, "tokens_per_second": 9}
    summary = summarize([step])
    assert summary == {"step": 3, "tokens": 96, "train_loss": 2.5, "tokens_per_second": 9}
    assert summarize([]) == {"train_loss": None, "tokens_per_second": None}
    lines = summary_lines({"finished": True, "parameters": 7, **summary})
    assert lines == ["finished at step 3: 96 tokens, 7 parameters, 9 tokens/s"]


def test_a_full_disk_is_one_message(tmp_path: Path) -> None:
    """When an event is written, and when the log is closed."""
    path = tmp_path / "metrics.jsonl"
    with (
        pytest.raises(RunError, match="cannot write the run's metrics: No space left") as caught,
        MetricsLog(path, last_step=-1) as log,
    ):
        log._handle.close()
        log._handle = open("/dev/full", "ab")  # noqa: SIM115 - the log closes it
        log.write("step", 1)
    assert caught.value.where == str(path)
    assert isinstance(caught.value.__context__, OSError)
