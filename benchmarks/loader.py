"""The sampler: tokens per second, memory, and the time to start on 10^10 tokens.

`python -m benchmarks.loader`. Speed is measured with random tokens in the system's cache, size with
sparse files of the right length. Each part runs in a process of its own.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import torch

from benchmarks.machine import heading
from benchmarks.random_shards import write_random_shards
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.layout import Layout
from trainer.data.mixture import plan_stages
from trainer.data.sampler import Sampler
from trainer.data.targets import inputs_and_targets

VOCAB_SIZE = 16_384
SHAPES = ((8, 512), (64, 512), (64, 1024), (256, 2048))  # windows per batch, tokens per window
IN_MEMORY, LARGE = 10**8, 10**10  # tokens
SPEED_WINDOWS = 100_000
MEMORY_WINDOWS = 1_000_000
STARTS = 5


@click.command()
@click.option("--part", type=click.Choice(["speed", "start", "memory"]), hidden=True)
@click.option("--run", type=click.Path(path_type=Path), hidden=True)
def main(part: str | None, run: Path | None) -> None:
    """Print the tables for docs/benchmarks.md."""
    if part is not None and run is not None:
        print(json.dumps(_PARTS[part](run)))
        return
    print(heading("The sampler (python -m benchmarks.loader)"))
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        write_random_shards(small, IN_MEMORY, VOCAB_SIZE)
        write_random_shards(large, LARGE, VOCAB_SIZE, sparse=True)
        _print_speed(_of("speed", small))
        starts = sorted(_of("start", large)["seconds"] for _ in range(STARTS))
        memory = _of("memory", large)
        shards = len(list(large.rglob("*.bin")))
    print(
        f"\n{LARGE:,} tokens in {shards:,} shards: from the manifest "
        f"to the first batch {1000 * starts[STARTS // 2]:.0f} ms, the median of {STARTS} processes "
        f"({1000 * starts[0]:.0f} to {1000 * starts[-1]:.0f}).\n"
    )
    print("| windows of 512 read | memory of the process | with mapped files |\n|---|---|---|")
    for row in memory["rows"]:
        print(f"| {row['windows']:,} | {row['own'] / 1e6:.1f} MB | {row['all'] / 1e6:,.1f} MB |")


def _print_speed(result: dict[str, Any]) -> None:
    print("| windows per batch | tokens per window | tokens/s | with targets, as int64 tensors |")
    print("|---|---|---|---|")
    for row in result["rows"]:
        print(
            f"| {row['batch']} | {row['window']:,} | {row['tokens_per_second']:,.0f} "
            f"| {row['with_targets']:,.0f} |"
        )


def _of(part: str, run: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.loader", "--part", part, "--run", str(run)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=-1).stdout)
    return answer


def open_sampler(run: Path, window: int) -> Sampler:
    """Open a sampler as a training run does before its first batch."""
    shards = ShardSet(Layout(run).shards)
    return Sampler.over(shards, "train", plan_stages(shards, ()), window=window, seed=0)


def speed(run: Path) -> dict[str, Any]:
    """Measure tokens per second for batches, and for batches with inputs and targets."""
    control = {"system": 2, "user": 3, "assistant": 4, "end": 5, "end_of_document": 1}
    rows = []
    for batch, window in SHAPES:
        sampler = open_sampler(run, window)
        alone = _tokens_per_second(lambda: sampler.batch(batch), batch, window)  # noqa: B023
        ready = _tokens_per_second(
            lambda: inputs_and_targets(sampler.batch(batch), control, torch.device("cpu")),  # noqa: B023
            batch,
            window,
        )
        rows.append(
            {"batch": batch, "window": window, "tokens_per_second": alone, "with_targets": ready}
        )
    return {"rows": rows}


def _tokens_per_second(read: Callable[[], object], batch: int, window: int) -> float:
    for _ in range(SPEED_WINDOWS // batch // 10):
        read()
    batches = SPEED_WINDOWS // batch
    started = time.perf_counter()
    for _ in range(batches):
        read()
    return batches * batch * window / (time.perf_counter() - started)


def start(run: Path) -> dict[str, Any]:
    """Measure the seconds from the manifest to the first batch, without imports."""
    started = time.perf_counter()
    open_sampler(run, 512).batch(8)
    return {"seconds": time.perf_counter() - started}


def memory(run: Path) -> dict[str, Any]:
    """Measure resident bytes by windows read: of the process, and including mapped files."""
    sampler = open_sampler(run, 512)
    rows = []
    for windows in range(MEMORY_WINDOWS + 1):
        if windows % (MEMORY_WINDOWS // 5) == 0 or windows == 8:
            rows.append({"windows": windows, **_resident()})
        sampler.batch(1)
    return {"rows": rows}


def _resident() -> dict[str, int]:
    status = Path("/proc/self/status")
    if not status.is_file():
        raise SystemExit("this benchmark reads /proc/self/status")
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    kibibytes = {name: int(fields[name].split()[0]) for name in ("RssAnon", "VmRSS")}
    return {"own": 1024 * kibibytes["RssAnon"], "all": 1024 * kibibytes["VmRSS"]}


_PARTS = {"speed": speed, "start": start, "memory": memory}


if __name__ == "__main__":
    main()
