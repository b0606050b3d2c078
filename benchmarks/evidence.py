"""The cost of licence evidence by the number of parts: `python -m benchmarks.evidence`.

Each part has one document, and half of the documents are LICENSE files. The license fact of a
document may depend on every LICENSE file, but the cost of a part should not depend on their number.
"""

import argparse
import tempfile
import time
from pathlib import Path

from corpusforge.config import CorpusExperiment, parse
from corpusforge.engine.progress import Progress
from corpusforge.engine.run import open_run
from corpusforge.engine.step import execute
from corpusforge.pipeline import all_steps

_LICENSE = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, nargs="+", default=[300, 1000, 3000])
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    print(f"{'parts':>8}{'license fact':>16}{'per part':>12}")
    for num_parts in given.parts:
        seconds = measure(num_parts, given.workers)
        print(f"{num_parts:>8,}{seconds:>14.2f} s{1e3 * seconds / num_parts:>9.2f} ms", flush=True)


def measure(num_parts: int, workers: int) -> float:
    """Return the seconds that the license fact takes for this many parts."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        for number in range(num_parts // 2):  # LICENSE is also a document
            package = tree / f"package{number:05}"
            package.mkdir(parents=True)
            (package / "LICENSE").write_text(f"Copyright {number} Example\n\n{_LICENSE}")
            (package / "module.py").write_text(f"def value():\n    return {number}\n")
        source = {"type": "code", "name": "tree", "path": str(tree)}
        corpus = {"train_sources": [source], "part_bytes": 1}
        run_dir = Path(folder) / "run"
        config = parse(
            {"output_dir": str(run_dir), "corpus": corpus}, CorpusExperiment, where="benchmark"
        )
        with open_run(run_dir, config, workers, Progress(quiet=True)) as run:
            ingest, fact = (step for _, step in list(all_steps())[:2])
            execute(run, ingest)
            started = time.perf_counter()
            manifest = execute(run, fact)
            seconds = time.perf_counter() - started
        assert len(manifest.outputs) == num_parts, f"{len(manifest.outputs)} parts"
    return seconds


if __name__ == "__main__":
    main()
