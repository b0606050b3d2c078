"""What an export is made from."""

from pathlib import Path

import pytest

from trainer.export.release import Release, read_release


@pytest.fixture
def release(checkpoint: Path) -> Release:
    return read_release(checkpoint, None, "float32")
