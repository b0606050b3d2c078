"""Threads or processes? The same work in both, on a built corpus.

`python -m benchmarks.executor runs/quickstart`; the corpus is only read, outputs go elsewhere.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.machine import heading
from corpusforge.config import FillInTheMiddleConfig
from corpusforge.executor import LocalExecutor
from corpusforge.facts.fact import FactTask, compute_part
from corpusforge.facts.license import LicenseFact
from corpusforge.layout import Layout
from corpusforge.manifest import load_manifest
from corpusforge.shards.tokenize import TokenizeTask, tokenize_part
from corpusforge.tokenizer.load import load_tokenizer

WORKERS = 2


def main() -> None:
    corpus = Layout(Path(sys.argv[1]))
    ingest = load_manifest(corpus.manifest("ingest"))
    assert ingest is not None, "name a run that has been built"
    fingerprint = load_tokenizer(corpus.root).fingerprint
    print(heading("Threads and processes (python -m benchmarks.executor runs/quickstart)"))
    print("| work | one core | 2 threads | 2 processes |\n|---|---|---|---|")
    parts = ingest.outputs[:8]
    facts = [FactTask(LicenseFact(), part, corpus) for part in parts]
    whole = FillInTheMiddleConfig()
    tokens = [TokenizeTask(corpus, part, ("benchmark",), fingerprint, 0, whole) for part in parts]
    read_by_tokenize = (
        corpus.documents,
        corpus.fact("license"),
        corpus.verdict("split"),
        corpus.tokenizer,
        corpus.sentencepiece_model,
    )
    for name, function, tasks, reads in (
        ("license fact", compute_part, facts, (corpus.documents,)),
        ("tokenize", tokenize_part, tokens, read_by_tokenize),
    ):
        cells = [
            f"{_seconds(corpus, function, tasks, reads, kind):.2f} s"
            for kind in ("alone", "threads", "processes")
        ]
        print(f"| {name} | {' | '.join(cells)} |")


def _seconds(
    corpus: Layout,
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    reads: Sequence[Path],
    kind: str,
) -> float:
    with tempfile.TemporaryDirectory() as folder:
        for source in reads:
            link = Path(folder) / source.relative_to(corpus.root)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(source.resolve())
        moved = [replace(task, layout=Layout(Path(folder))) for task in tasks]
        with LocalExecutor(1 if kind == "alone" else WORKERS) as executor:
            if kind == "processes":
                list(executor.in_processes(abs, [0] * WORKERS))  # workers start once a command
            run = executor.in_threads if kind == "threads" else executor.in_processes
            started = time.perf_counter()
            list(run(function, moved))
            return time.perf_counter() - started


if __name__ == "__main__":
    main()
