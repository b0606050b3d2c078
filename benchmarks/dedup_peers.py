"""Runs a peer as its documentation describes: `dedup_peers.py PEER TEXT.jsonl FOLDER WORKERS`.

Writes the ids of the kept documents to kept.txt in the folder, one per line.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

WORD = re.compile(r"\w+")
SHINGLE = 5
PERMUTATIONS = 128
THRESHOLD = 0.8


def datatrove(text: Path, folder: Path, workers: int) -> Iterator[str]:
    """Run datatrove's four MinHash stages with FineWeb's 14 × 8 on 5-word shingles."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    config = MinhashConfig(n_grams=SHINGLE, num_buckets=14, hashes_per_bucket=8)
    parts = _parts(text, folder / "parts", workers)
    names = ("signatures", "buckets", "removed", "kept")
    signatures, buckets, removed, kept = (str(folder / name) for name in names)
    reader = JsonlReader(str(parts))
    stages = (
        ([reader, MinhashDedupSignature(output_folder=signatures, config=config)], workers),
        (
            [MinhashDedupBuckets(input_folder=signatures, output_folder=buckets, config=config)],
            config.num_buckets,
        ),
        (
            [MinhashDedupCluster(input_folder=buckets, output_folder=removed, config=config)],
            1,
        ),
        (
            [reader, MinhashDedupFilter(input_folder=removed), JsonlWriter(kept, compression=None)],
            workers,
        ),
    )
    for number, (pipeline, tasks) in enumerate(stages):
        # Otherwise it writes logs to the working directory.
        logs = str(folder / "logs" / str(number))
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=workers, logging_dir=logs).run()
    for path in sorted(Path(kept).glob("*.jsonl")):
        for line in path.open(encoding="utf-8"):
            yield json.loads(line)["id"]


def rensa(text: Path, folder: Path, workers: int) -> Iterator[str]:
    """Run rensa's own deduplicator, with shingles made in Python."""
    from rensa import RMinHash, RMinHashDeduplicator

    deduplicator = RMinHashDeduplicator(
        threshold=THRESHOLD, num_perm=PERMUTATIONS, use_lsh=True, num_bands=16, seed=42
    )
    for id, shingles in _shingled(text):
        minhash = RMinHash(num_perm=PERMUTATIONS, seed=42)
        minhash.update(shingles)
        if deduplicator.add(id, minhash):
            yield id


def datasketch(text: Path, folder: Path, workers: int) -> Iterator[str]:
    """Run datasketch's MinHash and MinHashLSH, batched; drop documents that the index finds."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    for id, shingles in _shingled(text):
        minhash = MinHash(num_perm=PERMUTATIONS)
        minhash.update_batch([shingle.encode() for shingle in shingles])
        if not index.query(minhash):
            index.insert(id, minhash)
            yield id


def _parts(text: Path, folder: Path, count: int) -> Path:
    """Distribute the lines over as many files as there are workers, so that all have work."""
    folder.mkdir()
    files = [(folder / f"{number}.jsonl").open("wb") for number in range(count)]
    with text.open("rb") as lines:
        for number, line in enumerate(lines):
            files[number % count].write(line)
    for file in files:
        file.close()
    return folder


def _shingled(text: Path) -> Iterator[tuple[str, list[str]]]:
    for line in text.open(encoding="utf-8"):
        document = json.loads(line)
        words = WORD.findall(document["text"].lower())
        count = max(len(words) - SHINGLE + 1, 1)
        yield document["id"], [" ".join(words[i : i + SHINGLE]) for i in range(count)]


if __name__ == "__main__":
    peer = {"datatrove": datatrove, "rensa": rensa, "datasketch": datasketch}[sys.argv[1]]
    target = Path(sys.argv[3])
    ids = list(peer(Path(sys.argv[2]), target, int(sys.argv[4])))
    (target / "kept.txt").write_text("".join(f"{id}\n" for id in ids), "utf-8")
