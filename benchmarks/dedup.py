"""Near-duplicate search of this project and of its peers, on the same text and cores.

`python -m benchmarks.dedup --cache FOLDER [--megabytes 100 --megabytes 1000] [--peer datatrove]…`

The text comes from wheels of two or more releases of some large projects: code, documentation and
data, with natural near-duplicates. pip downloads them once into the cache folder. The peers are
installed into a virtual environment there. Every tool runs in a process of its own on two cores,
from JSON lines (the peers) or ingested documents (this project) to the kept documents. This project
runs twice: compiling its kernels, as the first time on a machine, and with compiled kernels. If the
text is small enough, the truth is computed by brute force (benchmarks/brute_force.py).
"""

import importlib.util
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.brute_force import shingles, true_pairs
from benchmarks.machine import heading
from corpusforge.config import ShingleConfig
from corpusforge.storage.documents import string_buffers
from corpusforge.storage.layout import Layout

PROJECTS = (
    "sympy==1.12",
    "sympy==1.13.3",
    "django==4.2.11",
    "django==5.1",
    "homeassistant==2024.3.3",
    "homeassistant==2024.9.3",
    "ansible==9.5.1",
    "ansible==10.1.0",
    "azure-mgmt-network==25.1.0",
    "azure-mgmt-compute==30.3.0",
    "google-ads==24.1.0",
    "pulumi-azure-native==2.30.0",
    "ansible==7.7.0",
    "ansible==11.1.0",
)
SUFFIXES = (".py", ".pyi", ".txt", ".md", ".rst", ".json", ".yml", ".yaml", ".js", ".css", ".html")
PEERS = ("datatrove", "rensa", "datasketch")
# The peers and what they need. datatrove 0.10 hashes strings, which xxhash 4 refuses.
PEERS_NEED = (*PEERS, "orjson", "regex", "spacy", "tokenizers", "xxhash<4")
COMPILING, COMPILED = "corpusforge, compiling", "corpusforge"
KERNELS = "kernels"  # directory of Numba's cache
WORKERS = 2
THRESHOLD = 0.8
TRUTH_MEGABYTES = 400  # largest text for brute force


@dataclass(frozen=True)
class Result:
    """The result of one tool on one text."""

    tool: str
    seconds: float
    peak_bytes: int  # resident, of all processes together
    kept: frozenset[str]


@click.command()
@click.option(
    "--cache", type=click.Path(path_type=Path), required=True, help="Directory for text and wheels."
)
@click.option("--megabytes", type=int, multiple=True, default=(100, 200, 1000), show_default=True)
@click.option("--peer", "peers", type=click.Choice(PEERS), multiple=True, default=PEERS)
@click.option("--growth/--no-growth", default=True, help="1, 4 and 16 times the documents.")
@click.option("--crowds/--no-crowds", default=True, help="Crowds of similar documents.")
def main(
    cache: Path, megabytes: tuple[int, ...], peers: tuple[str, ...], growth: bool, crowds: bool
) -> None:
    """Print time, memory, precision and recall of near-duplicate search."""
    cache.mkdir(parents=True, exist_ok=True)
    wheels = fetch(cache)
    print(heading("Near-duplicates (python -m benchmarks.dedup)"))
    print("| text | tool | time | MB/s | peak memory | kept | precision | recall |")
    print("|---|---|---|---|---|---|---|---|")
    for size in megabytes:
        text = wheel_text(cache, wheels, size)
        truth = Truth(text) if size <= TRUTH_MEGABYTES else None
        shutil.rmtree(cache / KERNELS, ignore_errors=True)
        for tool in (COMPILING, COMPILED, *peers):
            result = _measured(tool, text, cache)
            rate = text.stat().st_size / result.seconds / 1e6
            scores = truth.scores(result.kept) if truth else ("", "")
            print(
                f"| {size} MB | {tool} | {result.seconds:.1f} s | {rate:.1f} | "
                f"{result.peak_bytes / 1e6:.0f} MB | {len(result.kept):,} | "
                f"{scores[0]} | {scores[1]} |",
                flush=True,
            )
    if growth:
        _kernel(wheel_text(cache, wheels, 100))
        _growth(cache, wheels)
    if crowds:
        _crowds(cache)


class Truth:
    """All true pairs of a text, and the scores of a tool's result."""

    def __init__(self, text: Path) -> None:
        documents = [json.loads(line) for line in text.open(encoding="utf-8")]
        self.ids = [document["id"] for document in documents]
        sets = [frozenset(map(hash, shingles(document["text"]))) for document in documents]
        self.pairs = [(one, other) for one, other, _ in true_pairs(sets, THRESHOLD)]

    def scores(self, kept: frozenset[str]) -> tuple[str, str]:
        """Return precision and recall.

        Precision: share of dropped documents that have a true partner. Recall: share of true pairs
        of which at least one document is dropped.
        """
        partners = {self.ids[number] for pair in self.pairs for number in pair}
        dropped = [id for id in self.ids if id not in kept]
        right = sum(id in partners for id in dropped)
        found = sum(
            not (self.ids[one] in kept and self.ids[other] in kept) for one, other in self.pairs
        )
        return (
            f"{right / max(len(dropped), 1):.4f}",
            f"{found / max(len(self.pairs), 1):.4f} of {len(self.pairs):,}",
        )


def fetch(cache: Path) -> list[Path]:
    """Return the wheels in the order of `PROJECTS`; download those that are missing."""
    wheels = []
    for project in PROJECTS:
        name, version = project.split("==")
        wheel = f"{name.replace('-', '_')}-{version}-"
        if not _beginning(cache, wheel):
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", project]
            options = ["--only-binary=:all:", "--ignore-requires-python", "--dest", str(cache)]
            subprocess.run([*command, *options], check=True)
        wheels += _beginning(cache, wheel)
    return wheels


def _beginning(cache: Path, name: str) -> list[Path]:
    return [path for path in cache.glob("*.whl") if path.name.lower().startswith(name)]


def wheel_text(cache: Path, wheels: Sequence[Path], megabytes: int) -> Path:
    """Write about this many megabytes of documents as JSON lines with `id` and `text`."""
    path = cache / f"text-{megabytes}.jsonl"
    if not path.is_file():
        size = 0
        with path.open("w", encoding="utf-8") as lines:
            for id, text in wheel_documents(wheels):
                lines.write(json.dumps({"id": id, "text": text}, ensure_ascii=False) + "\n")
                size += len(text)
                if size >= megabytes * 1_000_000:
                    break
    return path


def wheel_documents(
    wheels: Sequence[Path],
    suffixes: tuple[str, ...] = SUFFIXES,
    order: Callable[[str], Any] = str,
) -> Iterator[tuple[str, str]]:
    """Yield ids and texts of the files in wheels; within a wheel, in the order of their names."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for member in sorted(archive.infolist(), key=lambda one: order(one.filename)):
                if member.filename.endswith(suffixes) and 0 < member.file_size < 1_000_000:
                    try:
                        text = archive.read(member).decode()
                    except UnicodeDecodeError:
                        continue
                    yield f"{wheel.stem}/{member.filename}", text


def _peers_python(cache: Path) -> Path:
    """Return an interpreter with the peers installed."""
    python = cache / "peers" / "bin" / "python"
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", str(cache / "peers")], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *PEERS_NEED]
        subprocess.run(install, check=True)
    return python


def _measured(tool: str, text: Path, cache: Path) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        if tool in (COMPILING, COMPILED):
            command = _prepared(run, text)
        else:
            script = importlib.util.find_spec("benchmarks.dedup_peers")
            assert script is not None
            assert script.origin is not None
            python = _peers_python(cache)
            command = [str(python), script.origin, tool, str(text), str(run), str(WORKERS)]
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache / KERNELS)}
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        with PeakMemory(process.pid) as memory:
            _, errors = process.communicate()
        seconds = time.perf_counter() - started
        if process.returncode:
            raise click.ClickException(f"{tool} failed: {errors.decode()[-2000:]}")
        ours = tool in (COMPILING, COMPILED)
        kept = _kept(Layout(run)) if ours else _read_kept(run / "kept.txt")
        return Result(tool, seconds, memory.peak_bytes, kept)


def _prepared(run: Path, text: Path) -> list[str]:
    """Ingest, which is not measured, and return the command to measure."""
    corpusforge = [sys.executable, "-m", "corpusforge"]
    source = {
        "type": "jsonl",
        "name": "text",
        "path": str(text),
        "id_key": "id",
        "max_document_bytes": 64 << 20,
    }
    experiment = {
        "output_dir": str(run),
        "corpus": {
            "train_sources": [source],
            "license": {"policy": "any", "unknown": "keep"},
        },
    }
    config = run / "experiment.yaml"
    config.write_text(json.dumps(experiment), "utf-8")
    build = [*corpusforge, "build", str(config), "--until", "license"]
    subprocess.run(build, check=True, capture_output=True)
    return [*corpusforge, "dedup", str(run), "--workers", str(WORKERS)]


def _kept(layout: Layout) -> frozenset[str]:
    kept: set[str] = set()
    for path in layout.verdict("dedup").glob("*.parquet"):
        rows = pq.read_table(path, columns=["id", "keep"]).filter(pc.field("keep"))
        kept.update(id.removeprefix("text:") for id in rows["id"].to_pylist())
    return frozenset(kept)


def _read_kept(path: Path) -> frozenset[str]:
    return frozenset(path.read_text("utf-8").splitlines())


class PeakMemory:
    """Samples the resident memory of a process and all its children 20 times per second."""

    def __init__(self, pid: int) -> None:
        self.peak_bytes = 0
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            total = 0
            try:
                for process in (self._process, *self._process.children(recursive=True)):
                    total += process.memory_info().rss
            except psutil.Error:
                continue
            self.peak_bytes = max(self.peak_bytes, total)


def _kernel(text: Path) -> None:
    """Print the speed at which one core signs documents in memory, with compiled kernels."""
    from corpusforge.near.shingles import sign_texts

    documents = pa.array([json.loads(line)["text"] for line in text.open(encoding="utf-8")])
    batches = [documents[first : first + 500] for first in range(0, len(documents), 500)]
    started = time.perf_counter()
    for batch in batches:
        sign_texts(*string_buffers(batch), ShingleConfig())
    seconds = time.perf_counter() - started
    num_bytes = documents.nbytes
    print(f"\nSignatures on one core, from memory: {num_bytes / seconds / 1e6:.0f} MB/s")


def _growth(cache: Path, wheels: Sequence[Path]) -> None:
    """Print time and memory for 1, 4 and 16 times the documents of one text.

    Then for one and four million short documents, whose memory shows the cost per document.
    """
    whole = wheel_text(cache, wheels, 1000)
    texts = [_drawn(cache / f"text-1000-{share}.jsonl", whole, share) for share in (1, 4, 16)]
    texts += [
        _written(cache / f"short-{millions}.jsonl", _short(millions * 1_000_000))
        for millions in (1, 4)
    ]
    print("\n| documents | text | time | MB/s | peak memory |\n|---|---|---|---|---|")
    for text in texts:
        _print_row("", text, cache)


def _crowds(cache: Path) -> None:
    """Print time and memory for documents that all fall into one bucket.

    The documents are equal, or different with the same header.
    """
    print("\n| crowd | documents | text | time | MB/s | peak memory |\n|---|---|---|---|---|---|")
    for count in (50_000, 200_000):
        for name, of_crowd in (("identical", _identical), ("one header", _under_one_header)):
            path = cache / f"{name.replace(' ', '-')}-{count}.jsonl"
            _print_row(f"| {name} ", _written(path, of_crowd(count)), cache)
    line = " ".join(f"w{number}" for number in range(6_500_000))
    text = _written(cache / "lines.jsonl", [line, f"{line} more"])
    _print_row("| lines of 58 MB ", text, cache)


def _print_row(name: str, text: Path, cache: Path) -> None:
    with text.open(encoding="utf-8") as lines:
        count = sum(1 for _ in lines)
    result = _measured(COMPILED, text, cache)
    size = text.stat().st_size
    print(
        f"{name}| {count:,} | {size / 1e6:.0f} MB | {result.seconds:.1f} s | "
        f"{size / result.seconds / 1e6:.1f} | {result.peak_bytes / 1e6:.0f} MB |",
        flush=True,
    )


def _drawn(path: Path, whole: Path, share: int) -> Path:
    """Write this many sixteenths of the lines of a file, drawn by their contents."""
    if not path.is_file():
        with whole.open("rb") as lines, path.open("wb") as output:
            output.writelines(line for line in lines if zlib.crc32(line) % 16 < share)
    return path


def _written(path: Path, texts: Iterable[str]) -> Path:
    if not path.is_file():
        with path.open("w", encoding="utf-8") as output:
            for number, text in enumerate(texts):
                output.write(json.dumps({"id": f"{number:08}", "text": text}) + "\n")
    return path


def _short(count: int) -> Iterator[str]:
    draw = random.Random(1)
    for number in range(count):
        yield f"document {number} " + " ".join(str(draw.randrange(10**6)) for _ in range(8))


def _identical(count: int) -> Iterator[str]:
    text = " ".join(f"word{number}" for number in range(300))
    return itertools.repeat(text, count)


def _under_one_header(count: int) -> Iterator[str]:
    """Yield texts with the same header. Half of each differs, so none is similar to another."""
    draw = random.Random(2)
    header = " ".join(f"licence{number}" for number in range(200))
    for _ in range(count):
        yield header + " " + " ".join(f"w{draw.randrange(10**6)}" for _ in range(100))


if __name__ == "__main__":
    main()
