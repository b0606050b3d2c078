"""Killed tokenizing, or a full disk, damages no finished file."""

import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from corpusforge.errors import RunError
from corpusforge.shards.writer import ShardWriter, shard_files
from corpusforge.storage.layout import Layout


def files_of(layout: Layout) -> dict[str, bytes]:
    paths = [*shard_files(layout.shards), layout.shard_manifest, layout.manifest("tokenize")]
    return {layout.relative(path): path.read_bytes() for path in paths}


# Finds everything up to date, which imports all there is to import; then each line of input is one
# run in a child, whose number it prints first and whose end it prints last.
RUNNER = """
import os, sys
from pathlib import Path
from corpusforge.pipeline import run_command
from corpusforge.engine.progress import Progress
from corpusforge.engine.run import load_config, open_run
from corpusforge.storage.layout import Layout
root = Path(sys.argv[1])

def tokenize():
    with open_run(root, load_config(Layout(root)), 1, Progress(quiet=True)) as run:
        run_command(run, "tokenize")

tokenize()
for _ in sys.stdin:
    child = os.fork()
    if not child:
        tokenize()
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_killed_at_any_instant_tokenizing_ends_with_the_same_bytes(
    shard_run: Path, tmp_path: Path
) -> None:
    """SIGKILL at 20 random instants, each followed by a new start; finished files are complete."""
    shutil.copytree(shard_run, tmp_path / "run")
    layout = Layout(tmp_path / "run")
    expected = files_of(layout)
    draw = random.Random(20)
    killed = unfinished = 0
    with subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(layout.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as runner:
        assert runner.stdin
        assert runner.stdout

        def run(seconds: float) -> int:
            """Exit code of a run that is killed after `seconds` if it has not ended."""
            runner.stdin.write("go\n")
            child = int(runner.stdout.readline())
            time.sleep(seconds)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            return int(runner.stdout.readline())

        while killed < 20:
            if layout.manifest("tokenize").is_file():
                shutil.rmtree(layout.shards)
                layout.manifest("tokenize").unlink()
            killed += run(draw.uniform(0.0, 0.25)) == -signal.SIGKILL
            unfinished += 0 < len(list(shard_files(layout.shards))) < len(expected) - 2
            if layout.manifest("tokenize").is_file():
                assert files_of(layout) == expected
        runner.stdin.close()
    assert unfinished > 3
    done = [sys.executable, "-m", "corpusforge", "tokenize", str(layout.root), "--workers", "1"]
    subprocess.run(done, check=True, capture_output=True)
    assert files_of(layout) == expected
    assert not list(layout.root.rglob(".*.tmp"))


def test_a_full_disk_leaves_the_finished_shard(tmp_path: Path) -> None:
    """The message says so, and neither file of the new shard appears."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    origin = pa.table(
        {
            "num_bytes": [3],
            "id": ["mine:0"],
            "path": pa.nulls(1, pa.string()),
            "repository": pa.nulls(1, pa.string()),
            "license": ["MIT"],
            "file": ["corpus/documents/mine-00000.parquet"],
            "row": [0],
        }
    )
    with ShardWriter(tmp_path, "00000", 300, 0) as shard:
        shard.append(np.array([1, 2, 3]), np.array([3]))
        shard.close(origin, "made")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))
    try:
        with (
            pytest.raises(RunError, match=r"cannot write 00001\.bin") as error,
            ShardWriter(tmp_path, "00001", 300, 0) as shard,
        ):
            shard.append(np.ones(1 << 16, np.int64), np.array([1 << 16]))
            shard.close(origin, "made")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "finished files are kept" in error.value.do
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
