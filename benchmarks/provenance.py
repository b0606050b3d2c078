"""The time to look up the document, licence and verdicts of a token, and the way back.

`python -m benchmarks.provenance [FOLDER]` generates shards with 10^7 to 10^9 tokens, in documents
of 1,000 tokens on average. Token files are sparse; indexes, facts, verdicts and the checkpoint are
real.
"""

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.machine import heading
from corpusforge.inspection.history import read_history
from corpusforge.shards.id_index import write_id_indexes
from corpusforge.shards.index import write_index
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.manifest import ShardEntry, ShardManifest, SourceEntry, TokenizerEntry
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import write_json
from corpusforge.storage.layout import Layout
from trainer.checkpoints.checkpoint import Checkpoint, save
from trainer.inspection.provenance import TrainedRun

SIZES = (10**7, 10**8, 10**9)
SHARD_TOKENS = 8_000_000  # about 32 MiB of text
MEAN_TOKENS = 1_000
LOOKUPS = 1_000
BATCH, CONTEXT, EPOCHS = 64, 1024, 3


def main() -> None:
    # A full garbage collection takes 0.1 s after importing torch, and could occur in a look-up.
    gc.freeze()
    print(heading("Look-ups (python -m benchmarks.provenance)"))
    print(
        f"Milliseconds per look-up, of {LOOKUPS:,} random ones; the first one opens the files. "
        "Memory is what the look-ups\nadded to the process, without mapped files, which belong to "
        "the system's cache.\n"
    )
    print("| tokens | documents | look-up | first | median | 99 % | slowest | memory |")
    print("|---|---|---|---|---|---|---|---|")
    for size in SIZES:
        with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
            _generate(Layout(Path(name)), size)
            _measure(Layout(Path(name)), size)


def _measure(layout: Layout, size: int) -> None:
    shards = ShardSet(layout.shards)
    draw = np.random.default_rng(1)
    lookup = Lookup(shards, "train")
    tokens = draw.integers(0, lookup.num_tokens, LOOKUPS).tolist()
    ids = [
        f"code:src/package/module_{n}.py" for n in draw.integers(0, lookup.num_documents, LOOKUPS)
    ]
    run = TrainedRun(layout.root)
    steps = draw.integers(1, run.num_steps + 1, LOOKUPS).tolist()

    def history(token: int) -> object:
        document = lookup.at(token)
        return read_history(layout, document.file, document.row)

    def trained_on(token: int) -> object:
        return list(run.uses(lookup.at(token)))

    cases: list[tuple[str, Callable[[Any], object], list[Any]]] = [
        ("token → document, licence", Lookup(shards, "train").at, tokens),
        ("… with evidence and verdicts", history, tokens),
        ("id → document, tokens", Lookup(shards, "train").by_id, ids),
        ("step, slot → documents with all of it", lambda step: run.sample(step, 7), steps),
        (f"document → its steps in {EPOCHS} epochs", trained_on, tokens),
    ]
    for name, ask, questions in cases:
        before = _memory()
        seconds = np.array([_seconds(ask, question) for question in questions])
        added = _memory() - before
        first, median, most, slowest = (
            1000 * value
            for value in (seconds[0], *np.quantile(seconds[1:], [0.5, 0.99]), seconds[1:].max())
        )
        print(
            f"| {size:,} | {lookup.num_documents:,} | {name} | {first:.1f} | {median:.2f} "
            f"| {most:.2f} | {slowest:.1f} | {added / 1e6:.1f} MB |",
            flush=True,
        )


def _seconds(ask: Callable[[Any], object], question: object) -> float:
    started = time.perf_counter()
    ask(question)
    return time.perf_counter() - started


def _memory() -> int:
    """Return the anonymous memory of this process in bytes (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return 1024 * int(line.split()[1])
    raise SystemExit("this benchmark reads /proc/self/status")


def _generate(layout: Layout, size: int) -> None:
    """Write the files of a run that look-ups read, as `build` and `train` write them."""
    entries = list(_generate_shards(layout, size))
    source = SourceEntry(
        weight=1.0,
        num_documents=sum(entry.num_documents for entry in entries),
        num_tokens=size,
        num_bytes=4 * size,
        shards=tuple(entries),
    )
    tokenizer = TokenizerEntry(
        type="sentencepiece", fingerprint="generated", vocab_size=32_000, end_of_document=1
    )
    manifest = ShardManifest(
        fingerprint="generated", tokenizer=tokenizer, splits={"train": {"code": source}}
    )
    write_json(layout.shard_manifest, manifest.model_dump(mode="json"))
    write_id_indexes(ShardSet(layout.shards))
    for path in (
        layout.fact_manifest("license"),
        *(layout.manifest(stage) for stage in ("license", "dedup", "split")),
    ):
        write_json(path, {})  # means that the stage has ended
    steps = EPOCHS * size // (BATCH * CONTEXT)
    model = {"dim": 64, "layers": 1, "heads": 2, "hidden": 64, "context": CONTEXT}
    training = {"steps": steps, "batch_size": BATCH, "optimizer": {"learning_rate": 1e-3}}
    checkpoint = Checkpoint(
        step=steps,
        model={},
        optimizer={},
        sampler={"position": steps * BATCH, "stages": [[0, {"code": 1}]]},
        config={"output_dir": str(layout.root), "model": model, "training": training},
        tokenizer=tokenizer.model_dump(),
        shards="generated",
        best=None,
    )
    save(layout.checkpoints / "final.pt", checkpoint)


def _generate_shards(layout: Layout, size: int) -> Iterator[ShardEntry]:
    draw = np.random.default_rng(0)
    first_document = 0
    for number, first in enumerate(range(0, size, SHARD_TOKENS)):
        num_tokens = min(SHARD_TOKENS, size - first)
        rows = num_tokens // MEAN_TOKENS
        ends = np.sort(draw.choice(num_tokens - 1, rows - 1, replace=False)) + 1
        lengths = np.diff(np.concatenate([[0], ends, [num_tokens]]))
        name = f"{number:05}"
        path = layout.shards / "train" / "code" / f"{name}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as handle:
            handle.truncate(2 * num_tokens)
        paths = [f"src/package/module_{first_document + row}.py" for row in range(rows)]
        ids = [f"code:{one}" for one in paths]
        order = draw.permutation(rows)
        file = f"code-{name}.parquet"
        origin = {
            "num_bytes": 4 * lengths,
            "id": pa.array(ids).take(order),
            "path": pa.array(paths).take(order),
            "repository": ["package"] * rows,
            "license": ["MIT"] * rows,
            "file": [f"corpus/documents/{file}"] * rows,
            "row": order,
        }
        write_index(path.with_suffix(".docs.arrow"), lengths, pa.table(origin), {})
        _generate_reasons(layout, file, ids)
        first_document += rows
        yield ShardEntry(
            name=name,
            num_tokens=num_tokens,
            num_documents=rows,
            checksum="",
            index_checksum="",
        )


def _generate_reasons(layout: Layout, file: str, ids: list[str]) -> None:
    rows = len(ids)
    fact = {
        "expression": ["MIT"] * rows,
        "evidence": ["declared: MIT"] * rows,
        "confidence": np.full(rows, 0.9, np.float32),
        "words": pa.nulls(rows, pa.string()),
        "conflict": pa.nulls(rows, pa.string()),
    }
    verdict = {"id": ids, "keep": [True] * rows, "reason": pa.nulls(rows, pa.string())}
    for path, columns in (
        (layout.fact("license"), fact),
        (layout.verdict("license"), {**verdict, "taken": ["MIT"] * rows}),
        (layout.verdict("dedup"), verdict),
        (layout.verdict("split"), {**verdict, "split": ["train"] * rows}),
    ):
        path.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), path / file, compression="zstd")


if __name__ == "__main__":
    main()
