"""Encoders with the same vocabulary: speed and ids. Also the speed of the tokenize command.

`python -m benchmarks.encode --cache FOLDER [--part encoders|ids|command|large|secrets]…`

The mixed text has equally many bytes from each of six projects: Python of two kinds (mathematics,
generated clients), a web framework and its translations, a home automation and its translations
into sixty languages, documentation and YAML. The vocabulary of 32,000 pieces is learned from a
fifth of it. Each encoder runs on one core in a process of its own, from Arrow memory to ids.
kitoken and tokenizers get Python strings, as their interfaces require. The gigabyte is that of
benchmarks/dedup.py.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.dedup import SUFFIXES, PeakMemory, fetch, wheel_documents, wheel_text
from benchmarks.machine import heading
from corpusforge.config import TokenizerConfig
from corpusforge.redaction.secrets.find import find_secrets
from corpusforge.redaction.secrets.kinds import CREDENTIALS
from corpusforge.shards.manifest import load_shard_manifest
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.model_file import read_model
from corpusforge.tokenizer.train import train_tokenizer
from trainer.export.fast_tokenizer import tree_of

MEGABYTES = 100
VOCABULARY = 32_000
PROJECTS = (
    *("sympy-1.13.3", "django-5.1", "homeassistant-2024.9.3", "ansible-10.1.0"),
    *("azure_mgmt_compute-30.3.0", "pulumi_azure_native-2.30.0"),
)
ENCODERS = ("corpusforge", "sentencepiece", "tokenizers", "kitoken")
PEERS_NEED = ("kitoken==0.11.1", "numpy", "pyarrow", "sentencepiece==0.2.3", "tokenizers")
WORKERS = 2
_JUDGED_AT_ONCE = 500  # documents per task
PARTS = ("encoders", "ids", "command", "large", "secrets")
_LONG_WORD = 10_000_000  # bytes
_LONG_DOCUMENT = 300_000_000


@click.command()
@click.option(
    "--cache", type=click.Path(path_type=Path), required=True, help="Directory for text and wheels."
)
@click.option("--part", "parts", type=click.Choice(PARTS), multiple=True, default=PARTS)
def main(cache: Path, parts: tuple[str, ...]) -> None:
    """Print speed and ids of encoders, and speed and memory of `corpusforge tokenize`."""
    cache.mkdir(parents=True, exist_ok=True)
    wheels = fetch(cache)
    text = _mixed_text(cache, wheels)
    model = _vocabulary(cache, text)
    print(heading("Encoding (python -m benchmarks.encode)"))
    if "encoders" in parts:
        _print_encoders(cache, text, model)
    if "ids" in parts:
        _print_ids(wheel_text(cache, wheels, 1000), model)
    if "command" in parts:
        _print_command(wheel_text(cache, wheels, 1000), model)
    if "large" in parts:
        _print_large(cache, text, model)
    if "secrets" in parts:
        _print_secrets(text)


def _mixed_text(cache: Path, wheels: Sequence[Path]) -> Path:
    """Write equally many bytes of each project; the order of documents depends on their names."""
    path = cache / f"mixed-{MEGABYTES}.parquet"
    if not path.is_file():
        sources = [
            _shuffled(wheel)
            for project in PROJECTS
            for wheel in wheels
            if wheel.name.lower().startswith(f"{project}-")
        ]
        taken = dict.fromkeys(sources, 0)
        texts: list[str] = []
        size = 0
        while size < MEGABYTES * 1_000_000:
            source = min(taken, key=taken.__getitem__)
            text = next(source, None)
            if text is None:
                del taken[source]  # exhausted
                continue
            num_bytes = len(text.encode())
            taken[source] += num_bytes
            size += num_bytes
            texts.append(text)
        pq.write_table(pa.table({"text": texts}), path)
    return path


def _shuffled(wheel: Path) -> Iterator[str]:
    suffixes = (*SUFFIXES, ".po")
    documents = wheel_documents([wheel], suffixes, lambda name: zlib.crc32(name.encode()))
    return (text for _, text in documents)


def _vocabulary(cache: Path, text: Path) -> Path:
    """Return the directory of the tokenizer, which is trained if it is missing."""
    directory = cache / f"vocabulary-{VOCABULARY}"
    if not Layout(directory).tokenizer.is_file():
        texts = pq.read_table(text)["text"].to_pylist()
        train_tokenizer(TokenizerConfig(vocab_size=VOCABULARY), texts[::5], directory)
    return directory


def _print_encoders(cache: Path, text: Path, model: Path) -> None:
    fast = model / "fast.json"
    fast.write_text(
        json.dumps(tree_of(read_model((model / "tokenizer.model").read_bytes()).pieces))
    )
    megabytes = pq.read_table(text)["text"].nbytes / 1e6
    ids: dict[str, npt.NDArray[np.uint16]] = {}
    print("| encoder | time | MB/s | ids |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in ENCODERS:
            timed = _timed(name, cache, text, model, Path(folder) / "ids.npy")
            ids[name] = np.load(Path(folder) / "ids.npy")
            same = "the same" if np.array_equal(ids[name], ids["corpusforge"]) else "OTHERS"
            for what, seconds in timed.items():
                print(f"| {what} | {seconds:.2f} s | {megabytes / seconds:.1f} | {same} |")
    print(f"\n{megabytes:.1f} MB, {len(ids['corpusforge']):,} tokens.\n", flush=True)


def _timed(name: str, cache: Path, text: Path, model: Path, ids: Path) -> dict[str, float]:
    """Return the seconds of an encoder on one core, by what was measured."""
    python = cache / "encoders" / "bin" / "python"
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", *PEERS_NEED]
        subprocess.run(command, check=True)
    script = importlib.util.find_spec("benchmarks.encode_with")
    assert script is not None
    assert script.origin is not None
    program = sys.executable if name == "corpusforge" else str(python)
    command = [program, script.origin, name, str(text), str(model), str(ids)]
    core = sorted(os.sched_getaffinity(0))[-1]
    run = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        env={**os.environ, "RAYON_NUM_THREADS": "1"},
    )
    answer: dict[str, float] = json.loads(run.stdout)
    return answer


def _print_ids(text: Path, model: Path) -> None:
    """Print how many documents have other ids than with SentencePiece."""
    with text.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    chunks = [texts[n : n + _JUDGED_AT_ONCE] for n in range(0, len(texts), _JUDGED_AT_ONCE)]
    with ProcessPoolExecutor(WORKERS) as pool:
        different = sum(pool.map(_different, chunks, [model] * len(chunks)))
    size = sum(len(one.encode()) for one in texts)
    print(
        f"Of {len(texts):,} documents ({size / 1e6:,.0f} MB), {different:,} have other ids than "
        "with SentencePiece.\n",
        flush=True,
    )


def _different(texts: list[str], model: Path) -> int:
    from sentencepiece import SentencePieceProcessor

    # U+2581 is the only character that has other ids.
    texts = [text.replace("\u2581", "") for text in texts]
    judge = SentencePieceProcessor(model_file=str(model / "tokenizer.model"))
    ids, lengths = load_tokenizer(model).encode_column(pa.array(texts))
    runs = np.split(ids, np.cumsum(lengths))
    return sum(
        not np.array_equal(judge.encode_as_numpy(text), run)
        for text, run in zip(texts, runs, strict=False)
    )


def _print_command(text: Path, model: Path) -> None:
    """Measure `corpusforge tokenize`, from documents in Parquet to shards."""
    with tempfile.TemporaryDirectory(dir=text.parent) as folder:
        run = Path(folder) / "run"
        documents = Path(folder) / "documents.jsonl"
        with text.open(encoding="utf-8") as lines, documents.open("w", encoding="utf-8") as out:
            for line in lines:
                row = json.loads(line)
                # Makes copies of a file in several releases distinct.
                row["text"] = f"# {row['id']}\n{row['text']}"
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
        for arguments in (
            ["ingest", run, documents, "--source", "text", "--id-key", "id"],
            ["license", run, "--policy", "any", "--unknown", "keep"],
            ["dedup", run, "--exact-only"],
            ["split", run],
            ["tokenizer", run, "--model", model / "tokenizer.model"],
        ):
            _corpusforge(arguments).communicate()
        documents.unlink()
        print(
            "| workers | text | time | MB/s | peak memory, all processes |\n|---|---|---|---|---|"
        )
        for workers in (1, WORKERS):
            started = time.perf_counter()
            process = _corpusforge(["tokenize", run, "--workers", workers])
            with PeakMemory(process.pid) as memory:
                process.communicate()
            seconds = time.perf_counter() - started
            layout = Layout(run)
            splits = load_shard_manifest(layout.shards).splits.values()
            size = sum(entry.num_bytes for split in splits for entry in split.values())
            print(
                f"| {workers} | {size / 1e6:,.0f} MB | {seconds:.1f} s | "
                f"{size / seconds / 1e6:.1f} | {memory.peak_bytes / 1e6:,.0f} MB |",
                flush=True,
            )
            layout.manifest("tokenize").unlink()
            for path in layout.shards.rglob("*.docs.arrow"):
                path.unlink()


def _print_large(cache: Path, text: Path, model: Path) -> None:
    """Measure a word of 10 MB, and a document of 300 MB from JSON lines to shards."""
    print("| work | time | peak memory, all processes |\n|---|---|---|")
    texts = pq.read_table(text)["text"].to_pylist()
    letters = "".join(filter(str.isalpha, "".join(texts[:20_000])))
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        word = Path(folder) / "word.parquet"
        pq.write_table(
            pa.table({"text": [(letters * 9)[: _LONG_WORD // 2], "a" * _LONG_WORD]}), word
        )
        script = importlib.util.find_spec("benchmarks.encode_with")
        assert script is not None
        ids = Path(folder) / "ids.npy"
        command = [
            sys.executable,
            str(script.origin),
            "corpusforge",
            str(word),
            str(model),
            str(ids),
        ]
        _print_run(
            "two words of 5 to 10 MB, encoded twice",
            subprocess.Popen(command, stdout=subprocess.DEVNULL),
        )
        documents, run = Path(folder) / "long.jsonl", Path(folder) / "run"
        whole = "".join(texts)
        whole = (whole * (_LONG_DOCUMENT // len(whole) + 1))[:_LONG_DOCUMENT]
        del texts
        rows = (
            {"text": whole if n == 0 else f"{n} {whole[n * 5000 : n * 5000 + 4000]}"}
            for n in range(99)
        )
        with documents.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        source = {"type": "jsonl", "name": "long", "path": str(documents), "license": "MIT"}
        tree = {
            "output_dir": str(run),
            "corpus": {
                "train_sources": [source | {"max_document_bytes": 4 * _LONG_DOCUMENT}],
                "license": {"policy": "any", "unknown": "keep"},  # the text names many
                "dedup": {"exact_only": True},
                "split": {"validation": 0},
            },
        }
        config = Path(folder) / "long.yaml"
        config.write_text(json.dumps(tree))  # JSON is YAML
        _print_run("until split", _corpusforge(["build", config, "--until", "split"]))
        _print_run("tokenizer", _corpusforge(["tokenizer", run]))
        _print_run("tokenize", _corpusforge(["tokenize", run]))
    print(flush=True)


def _print_run(what: str, process: subprocess.Popen[bytes]) -> None:
    started = time.perf_counter()
    with PeakMemory(process.pid) as memory:
        process.communicate()
    assert process.returncode == 0, what
    seconds = time.perf_counter() - started
    print(f"| {what} | {seconds:.1f} s | {memory.peak_bytes / 1e6:,.0f} MB |", flush=True)


def _print_secrets(text: Path) -> None:
    """Measure the search for credentials on one core, from Arrow memory to spans."""
    column = pq.read_table(text)["text"].combine_chunks()
    find_secrets(column.slice(0, 10), CREDENTIALS)  # prepares the anchors
    started = time.perf_counter()
    spans = find_secrets(column, CREDENTIALS)
    seconds = time.perf_counter() - started
    print(
        f"Secrets: {column.nbytes / 1e6 / seconds:,.0f} MB/s, "
        f"{len(spans.flatten()):,} found in {len(column):,} documents.\n",
        flush=True,
    )


def _corpusforge(arguments: Sequence[object]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "corpusforge", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
