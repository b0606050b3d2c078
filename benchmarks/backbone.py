"""The first ten minutes of a new user: a fresh clone, `make train`, and `make train` again.

Prints a table for docs/benchmarks.md. Everything happens in a temporary folder.
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import heading

ROOT = Path(__file__).parents[1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "corpusforge"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        install = _seconds(["make", "--silent", ".venv/runtime.stamp"], clone)
        first = _seconds(["make", "--silent", "train"], clone)
        again = _seconds(["make", "--silent", "train"], clone)
        run = clone / "runs" / "quickstart"
        stages = _stages(run)
        metrics = {
            name: json.loads((run.parent / name / "metrics.json").read_text())
            for name in ("quickstart", "quickstart-chat")
        }
        raw = json.loads((run / "corpus" / "ingest.json").read_text())["counts"]["bytes"]
    corpus = sum(stages.values())
    print(heading("`make train` in a fresh clone (python -m benchmarks.backbone)"))
    print("| what | result |\n|---|---|")
    print(f"| installation | {install:.0f} s |")
    print(f"| corpus, {raw / 1e6:.0f} MB of raw text | {corpus:.1f} s |")
    print(f"| corpus and training | {first:.0f} s |")
    print(f"| all of it | {install + first:.0f} s |")
    print(f"| `make train` again | {again:.1f} s |")
    for stage, seconds in stages.items():
        print(f"| stage {stage} | {seconds:.1f} s |")
    for name, summary in metrics.items():
        print(f"\nmetrics.json of {name}:\n\n```\n{json.dumps(summary, indent=2)}\n```")


def _seconds(command: list[str], folder: Path) -> float:
    started = time.monotonic()
    subprocess.run(command, cwd=folder, check=True)
    return time.monotonic() - started


def _stages(run: Path) -> dict[str, float]:
    """Return the seconds that the first run of each stage took."""
    seconds: dict[str, float] = {}
    for line in (run / "corpus" / "log.jsonl").read_text().splitlines():
        entry: dict[str, Any] = json.loads(line)
        seconds.setdefault(entry["stage"], entry["seconds"])
    return seconds


if __name__ == "__main__":
    main()
