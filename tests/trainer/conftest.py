"""A small run for the trainer: a tokenizer, and shards of code and of dialogues."""

import json
import multiprocessing
import os
import shutil
import socket
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

import trainer.train
from corpusforge.config import TokenizerConfig
from corpusforge.shards.index import write_index
from corpusforge.shards.manifest import ShardEntry, ShardManifest, SourceEntry, TokenizerEntry
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import file_checksum, fingerprint
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.chat import encode_chat
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer
from corpusforge.tokenizer.train import train_tokenizer
from trainer.checkpoints.checkpoint import save
from trainer.checkpoints.state import TrainState
from trainer.config import TrainExperiment
from trainer.data.mixture import plan_stages
from trainer.data.sampler import Sampler
from trainer.execution.world import World, joined_world
from trainer.model.decoder import Decoder, initialize
from trainer.optimization.optimizer import Optimizer
from trainer.reporting.metrics import read_events
from trainer.reporting.status_line import StatusLine

Ids = np.ndarray
CONTEXT = 32


def make_shards(
    output_dir: Path,
    tokens: Mapping[str, Mapping[str, Sequence[Ids]]],
    *,
    tokenizer: Tokenizer | None = None,
    vocab_size: int = 512,
    weights: Mapping[str, float] | None = None,
    license: str = "MIT",
) -> None:
    """Shards of split → source → documents; their ids are `<source>:<number>`.

    Documents of the first source are under `license`, others declare none.
    """
    shards = Layout(output_dir).shards
    splits: dict[str, dict[str, SourceEntry]] = {}
    for split, documents_by_source in tokens.items():
        for source, documents in documents_by_source.items():
            path = shards / split / source / "00000.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            ids = np.concatenate([np.asarray(document) for document in documents]).astype("<u2")
            path.write_bytes(ids.tobytes())
            declared = license if source == next(iter(documents_by_source)) else None
            lengths = np.array([len(document) for document in documents])
            rows = len(documents)
            origin = {
                "id": [f"{source}:{row}" for row in range(rows)],
                "path": pa.nulls(rows, pa.string()),
                "repository": pa.nulls(rows, pa.string()),
                "license": pa.array([declared] * rows, pa.string()),
                "file": ["corpus/documents/none.parquet"] * rows,
                "row": range(rows),
                "num_bytes": 3 * lengths,
            }
            write_index(path.with_suffix(".docs.arrow"), lengths, pa.table(origin), {})
            entry = ShardEntry(
                name="00000",
                num_tokens=len(ids),
                num_documents=len(documents),
                checksum=file_checksum(path),
                index_checksum="",
            )
            splits.setdefault(split, {})[source] = SourceEntry(
                weight=(weights or {}).get(source, 1.0),
                num_documents=len(documents),
                num_tokens=len(ids),
                num_bytes=3 * len(ids),
                shards=(entry,),
            )
    manifest = ShardManifest(
        fingerprint=fingerprint(
            {s: {n: e.model_dump() for n, e in v.items()} for s, v in splits.items()}
        ),
        tokenizer=TokenizerEntry(
            type="sentencepiece",
            fingerprint=tokenizer.fingerprint if tokenizer else "none",
            vocab_size=tokenizer.vocab_size if tokenizer else vocab_size,
            end_of_document=tokenizer.end_of_document if tokenizer else 1,
        ),
        splits=splits,
    )
    (shards / "manifest.json").write_text(manifest.model_dump_json())


@pytest.fixture
def write_shards() -> Callable[..., None]:
    """`make_shards`, as a fixture."""
    return make_shards


def _python_files(count: int) -> list[str]:
    directory = Path(sysconfig.get_paths()["stdlib"])
    paths = [path for path in sorted(directory.glob("*.py")) if path.stat().st_size > 5_000]
    return [path.read_text(encoding="utf-8") for path in paths[:count]]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output directory with a tokenizer of 512 pieces, code and dialogues; tests must not change
    it."""
    output_dir = tmp_path_factory.mktemp("prepared")
    files = _python_files(24)
    train_tokenizer(TokenizerConfig(vocab_size=512), files[:8], output_dir)
    tokenizer = load_tokenizer(output_dir)
    end = np.array([tokenizer.end_of_document], np.uint16)

    def code(texts: Sequence[str]) -> list[Ids]:
        return [np.concatenate([tokenizer.encode(text), end]) for text in texts]

    dialogues = [
        np.concatenate(
            [
                encode_chat(
                    tokenizer,
                    [
                        {"role": "user", "content": f"What is {a} plus {b}?"},
                        {"role": "assistant", "content": f"It is {a + b}."},
                    ],
                ),
                end,
            ]
        )
        for a in range(20)
        for b in range(20)
    ]
    make_shards(
        output_dir,
        {
            "train": {"code": code(files[:20]), "dialogues": dialogues[:350]},
            "validation": {"code": code(files[20:]), "dialogues": dialogues[350:]},
        },
        tokenizer=tokenizer,
    )
    return output_dir


@pytest.fixture
def tokenizer(prepared: Path) -> Tokenizer:
    return load_tokenizer(prepared)


@pytest.fixture
def run_dir(prepared: Path, tmp_path: Path) -> Path:
    """An output directory for one test, with the prepared tokenizer and shards."""
    directory = tmp_path / "run"
    directory.mkdir()
    for name in ("tokenizer.json", "tokenizer.model", "shards"):
        (directory / name).symlink_to(prepared / name)
    return directory


def settings(output_dir: Path, **training: Any) -> dict[str, Any]:
    """An experiment that trains a tiny model for a few steps, as plain values.

    Sections of `training` add to those of the tiny experiment.
    """
    tiny: dict[str, Any] = {
        "steps": 8,
        "batch_size": 4,
        "optimizer": {"learning_rate": 0.01},
        "schedule": {"warmup_steps": 2},
        "evaluation": {"every": 4, "batches": 2},
        "samples": {"prompts": []},
        "checkpoints": {"every": 4},
        "execution": {"dtype": "float32", "compile": "off", "threads": 1},
    }
    for key, value in training.items():
        tiny[key] = {**tiny[key], **value} if isinstance(tiny.get(key), dict) else value
    return {
        "output_dir": str(output_dir),
        "model": {
            "dim": 32,
            "layers": 2,
            "heads": 4,
            "kv_heads": 2,
            "hidden": 64,
            "context": CONTEXT,
        },
        "training": tiny,
    }


@pytest.fixture
def experiment(run_dir: Path) -> Callable[..., TrainExperiment]:
    """Makes the tiny experiment, with other values for its training section."""
    return lambda **training: TrainExperiment.model_validate(settings(run_dir, **training))


@pytest.fixture
def at_step_0(run_dir: Path) -> Callable[[TrainExperiment], Path]:
    """Writes `checkpoints/best.pt` of a run that has taken no step."""

    def write(config: TrainExperiment) -> Path:
        shards = ShardSet(run_dir / "shards")
        sampler = Sampler.over(shards, "train", plan_stages(shards, ()), window=CONTEXT, seed=0)
        model = Decoder(config.model, shards.manifest.tokenizer.vocab_size)
        initialize(model, seed=0)
        optimizer = Optimizer(model, config.training.optimizer, torch.float32)
        state = TrainState(
            config, shards.manifest, sampler, model, optimizer, World(), micro_batch=4
        )
        path = run_dir / "checkpoints" / "best.pt"
        save(path, state.checkpoint())
        return path

    return write


@pytest.fixture
def checkpoint(
    at_step_0: Callable[[TrainExperiment], Path], experiment: Callable[..., TrainExperiment]
) -> Path:
    """`checkpoints/best.pt` of a run at step 0."""
    return at_step_0(experiment())


@pytest.fixture
def config_file(run_dir: Path, tmp_path: Path) -> Callable[..., Path]:
    """Writes the tiny experiment to a file, as JSON, which is YAML too."""

    def write(**training: Any) -> Path:
        path = tmp_path / "experiment.yaml"
        path.write_text(json.dumps(settings(run_dir, **training)))
        return path

    return write


def _leaves(tree: Any, name: str = "") -> dict[str, Any]:
    """Tensors and plain values of a checkpoint by their path in it."""
    if isinstance(tree, Mapping):
        items = list(tree.items())
    elif isinstance(tree, list | tuple):
        items = list(enumerate(tree))
    else:
        return {name: tree}
    return {k: v for key, value in items for k, v in _leaves(value, f"{name}.{key}").items()}


@pytest.fixture
def differences() -> Callable[[Path, Path], list[str]]:
    """Paths in two checkpoints whose values are not bit-identical."""

    def compare(first: Path, second: Path) -> list[str]:
        mine, theirs = (_leaves(torch.load(path, weights_only=True)) for path in (first, second))
        assert sum(isinstance(value, torch.Tensor) for value in mine.values()) > 50
        return [
            place
            for place in sorted({*mine, *theirs})
            if not (
                torch.equal(mine[place], theirs[place])
                if isinstance(mine.get(place), torch.Tensor)
                else mine.get(place) == theirs.get(place)
            )
        ]

    return compare


def _train_as_one_of(rank: int, size: int, port: int, runs: Sequence[TrainExperiment]) -> None:
    """Take part in runs, one after the other; each continues from step 4 of the one before."""
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(size),
        "LOCAL_WORLD_SIZE": str(size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "GLOO_SOCKET_IFNAME": "lo",
    }
    # The second that measures the machine would be most of the time.
    trainer.train.matrix_peak = lambda execution: 1e12  # type: ignore[attr-defined]
    with joined_world() as world:
        for number, experiment in enumerate(runs):
            trainer.train.train(experiment, StatusLine(silent=True), world=world, resume=True)
            if world.leads:
                _keep(Path(experiment.output_dir), f"{size}-{number}")
            world.wait()


def _keep(run_dir: Path, name: str) -> None:
    """Copy a finished run next to it, and take back its end, so that it continues from step 4."""
    shutil.copytree(run_dir, run_dir.parent / name, symlinks=True)
    (run_dir / "checkpoints" / "final.pt").unlink()


@pytest.fixture
def forks() -> ForkServerContext:
    """Starts processes in milliseconds: forks of one that has imported torch, and has no threads
    yet."""
    context = multiprocessing.get_context("forkserver")
    # The second is what torch imports, for seconds, when it is told to be deterministic.
    context.set_forkserver_preload(["trainer.train", "torch._inductor", "torch.utils.tensorboard"])
    return context


@pytest.fixture
def train_together(forks: ForkServerContext) -> Callable[[int, Sequence[TrainExperiment]], None]:
    """Trains with the given number of processes."""
    return partial(_train_together, forks)


def _train_together(context: ForkServerContext, size: int, runs: Sequence[TrainExperiment]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    processes = [
        context.Process(target=_train_as_one_of, args=(rank, size, port, runs))
        for rank in range(size)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
        process.kill()
        process.join()
    assert [process.exitcode for process in processes] == [0] * size


@pytest.fixture
def logged() -> Callable[[Path, str, str], list[Any]]:
    """The values of one key in all events of a kind."""

    def values(run_dir: Path, kind: str, value: str) -> list[Any]:
        events = read_events(Layout(run_dir).metrics_log)
        return [event[value] for event in events if event["event"] == kind]

    return values
