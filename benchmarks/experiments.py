"""The experiments of docs/log.md: the effect of a setting on held-out bits per byte.

`python -m benchmarks.experiments learning-rate [--tokens 409600] [--seed 0 --seed 1]`. Each variant
is a run of the trainer with a few overridden keys, in a directory of its own, on the same shards
and for the same number of tokens. Finished runs are not trained again. Bits per byte of the same
held-out text can be compared across vocabularies.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml

from benchmarks.machine import heading

QUICKSTART = Path("configs/train_quickstart.yaml")
BASE = Path("configs/train_base.yaml")
HELD_OUT_TOKENS = 24_576  # per source, in windows of the variant's own length
OLD_RELEASES = ("sympy==1.10.1", "sympy==1.11.1", "sympy==1.12", "sympy==1.13.3")


@dataclass(frozen=True)
class Variant:
    """One way to train. Overrides in `corpus` need separate shards."""

    name: str
    training: tuple[str, ...] = ()
    corpus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Experiment:
    """Variants that differ in one respect."""

    question: str
    variants: tuple[Variant, ...]
    config: Path = QUICKSTART
    # Source trees, downloaded by pip, as an additional train source.
    wheels: tuple[str, ...] = ()
    # Score all variants on the held-out text of the first, with its tokenizer.
    scored_on_first: bool = False


def _model(**keys: int) -> tuple[str, ...]:
    return tuple(f"model.{key}={value}" for key, value in keys.items())


def _optimizer(
    name: str, rate: float, ratio: float, std: float | None, others: tuple[str, ...] = ()
) -> Variant:
    first, key = ("1/√width", "null") if std is None else (std, std)
    return Variant(
        f"{name} {rate}, embedding × {ratio}, {first}",
        (
            *others,
            f"training.optimizer.type={name.lower()}",
            f"training.optimizer.learning_rate={rate}",
            f"training.optimizer.embedding_learning_rate_ratio={ratio}",
            f"model.init_std={key}",
        ),
    )


_TO_ZERO = "training.schedule.min_learning_rate_ratio=0"
_WSD = "training.schedule.type=wsd"
# The base configuration's own batch is 65,536 tokens, so a short run would have only a few steps.
# With AdamW, which it had when its shape was chosen.
_BASE_BATCHES = (
    "training.optimizer.type=adamw",
    "training.optimizer.learning_rate=0.002",
    "training.optimizer.embedding_learning_rate_ratio=1",
    "model.init_std=null",
    "model.context=256",
    "training.batch_size=8",
    "training.schedule.warmup_steps=20",
    "training.schedule.type=cosine",
)

EXPERIMENTS: Mapping[str, Experiment] = {
    "learning-rate": Experiment(
        "The highest learning rate",
        tuple(
            Variant(rate, (f"training.optimizer.learning_rate={rate}",))
            for rate in ("0.006", "0.012", "0.024")
        ),
    ),
    "batch": Experiment(
        "Sequences a step, at equal tokens",
        tuple(Variant(f"{size} × 256", (f"training.batch_size={size}",)) for size in (4, 8, 16)),
    ),
    "shape": Experiment(
        "Width against depth, at about equal parameters",
        (
            Variant("2 layers of 256", _model(dim=256, layers=2, heads=4, hidden=512)),
            Variant("4 layers of 192"),
            Variant("10 layers of 128", _model(dim=128, layers=10, heads=2, hidden=384)),
        ),
    ),
    "optimizer": Experiment(
        "Muon against AdamW, each at its better learning rates",
        (
            *(
                Variant(
                    f"{name} {rate}",
                    (
                        f"training.optimizer.type={name.lower()}",
                        f"training.optimizer.learning_rate={rate}",
                    ),
                )
                for name, rate in (
                    ("AdamW", 0.003),
                    ("AdamW", 0.006),
                    ("Muon", 0.003),
                    ("Muon", 0.006),
                    ("Muon", 0.012),
                    ("Muon", 0.024),
                )
            ),
        ),
    ),
    "embedding": Experiment(
        "The embedding's learning rate as a multiple of the others', and first weights",
        tuple(
            _optimizer(name, rate, ratio, std)
            for name, rate, ratio, std in (
                ("Muon", 0.012, 0.25, None),
                ("Muon", 0.012, 0.5, None),
                ("Muon", 0.012, 1, None),
                ("Muon", 0.012, 2, None),
                ("Muon", 0.012, 4, None),
                ("Muon", 0.012, 8, None),
                ("Muon", 0.012, 1, 0.02),
                ("Muon", 0.012, 2, 0.02),
                ("Muon", 0.012, 4, 0.02),
                ("Muon", 0.012, 8, 0.02),
                ("Muon", 0.012, 16, 0.02),
                ("Muon", 0.006, 8, 0.02),
                ("AdamW", 0.003, 1, None),
                ("AdamW", 0.003, 4, None),
                ("AdamW", 0.003, 16, 0.02),
                ("AdamW", 0.006, 8, 0.02),
            )
        ),
    ),
    "vocabulary": Experiment(
        "Pieces of the vocabulary, at equal tokens",
        (
            Variant("4,096", corpus=("tokenizer.vocab_size=4096",)),
            Variant("8,192"),
            Variant("16,384", corpus=("tokenizer.vocab_size=16384",)),
        ),
    ),
    "sequence-length": Experiment(
        "Tokens a sequence, at equal tokens a step",
        (
            Variant("128", (*_model(context=128), "training.batch_size=16")),
            Variant("256"),
            Variant("512", (*_model(context=512), "training.batch_size=4")),
        ),
    ),
    "duplicates": Experiment(
        "Deduplicated against raw data: the quickstart's Python and four releases of SymPy more",
        (
            Variant("deduplicated"),
            Variant("raw", corpus=("corpus.dedup.enabled=false",)),
        ),
        wheels=OLD_RELEASES,
        scored_on_first=True,
    ),
    "options": Experiment(
        "Options of the model and the loss",
        (
            Variant("as shipped: 1 key-value head for 3"),
            Variant("3 key-value heads", _model(kv_heads=3)),
            Variant("QK-norm", ("model.qk_norm=true",)),
            Variant("z-loss 1e-4", ("training.stability.z_loss=0.0001",)),
            Variant("soft-cap 30", ("model.logit_soft_cap=30",)),
        ),
    ),
    "schedule": Experiment(
        "How the learning rate falls",
        (
            Variant("cosine to a tenth"),
            Variant("cosine to 0", (_TO_ZERO,)),
            Variant("wsd, a fifth", (_WSD, _TO_ZERO)),
            Variant("wsd, half", (_WSD, "training.schedule.decay_share=0.5", _TO_ZERO)),
        ),
    ),
    "first-weights": Experiment(
        "Standard deviation of the first weights",
        (
            Variant("0.02"),
            Variant("1/√width", ("model.init_std=null",)),
        ),
    ),
    "base-optimizer": Experiment(
        "Optimizer and learning rate for the base configuration's model",
        tuple(
            _optimizer(name, rate, ratio, std, _BASE_BATCHES)
            for name, rate, ratio, std in (
                ("AdamW", 0.001, 1, None),
                ("AdamW", 0.002, 1, None),
                ("AdamW", 0.004, 1, None),
                ("AdamW", 0.001, 4, 0.02),
                ("AdamW", 0.002, 4, 0.02),
                ("Muon", 0.0015, 4, 0.02),
                ("Muon", 0.003, 4, 0.02),
                ("Muon", 0.006, 4, 0.02),
                ("Muon", 0.012, 4, 0.02),
            )
        ),
        config=BASE,
    ),
    "base-shape": Experiment(
        "Width against depth for the base configuration, at about equal parameters",
        tuple(
            Variant(name, (*_BASE_BATCHES, *shape))
            for name, shape in (
                ("3 layers of 768", _model(dim=768, layers=3, heads=12, kv_heads=6, hidden=2048)),
                ("8 layers of 512", ()),
                ("16 layers of 384", _model(dim=384, layers=16, heads=6, kv_heads=3, hidden=1024)),
            )
        ),
        config=BASE,
    ),
    "base-vocabulary": Experiment(
        "Pieces of the vocabulary for the base configuration, at equal tokens",
        tuple(
            Variant(f"{size:,}", _BASE_BATCHES, corpus)
            for size, corpus in (
                (8192, ("tokenizer.vocab_size=8192",)),
                (16_384, ()),
                (32_768, ("tokenizer.vocab_size=32768",)),
            )
        ),
        config=BASE,
    ),
    "base-duplicates": Experiment(
        "Deduplicated against raw data for the base configuration: its Python and four releases of "
        "SymPy more",
        (
            Variant("deduplicated", _BASE_BATCHES),
            Variant("raw", _BASE_BATCHES, ("corpus.dedup.enabled=false",)),
        ),
        config=BASE,
        wheels=OLD_RELEASES,
        scored_on_first=True,
    ),
    "base-sequence-length": Experiment(
        "Tokens a sequence for the base configuration, at equal tokens a step",
        tuple(
            Variant(
                str(length),
                (
                    *_BASE_BATCHES,
                    f"model.context={length}",
                    f"training.batch_size={2048 // length}",
                ),
            )
            for length in (256, 512, 1024)
        ),
        config=BASE,
    ),
}


@click.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice(sorted(EXPERIMENTS)))
@click.option("--tokens", default=409_600, show_default=True, help="Tokens of each run.")
@click.option("--seed", "seeds", multiple=True, default=(0,), show_default=True, type=int)
@click.option("--threads", type=int, help="Threads of each run (default: as the trainer chooses).")
@click.option(
    "--runs",
    default="runs/experiments",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Directory of corpora and runs.",
)
def main(
    names: tuple[str, ...], tokens: int, seeds: tuple[int, ...], threads: int | None, runs: Path
) -> None:
    """Train the variants of experiments and print tables for docs/log.md."""
    for name in names:
        experiment = EXPERIMENTS[name]
        command = f"python -m benchmarks.experiments {name} --tokens {tokens} " + " ".join(
            f"--seed {seed}" for seed in seeds
        )
        print(heading(f"{experiment.question} ({command})"))
        first_shards = _corpus(runs, name, experiment, experiment.variants[0])
        rows = []
        for variant in experiment.variants:
            corpus = _corpus(runs, name, experiment, variant)
            results = []
            for seed in seeds:
                run = runs / name / f"{_file_name(variant.name)}-{tokens}-{seed}"
                _link(run, corpus)
                settings = settings_of(experiment, variant, tokens, seed)
                if threads:
                    settings.append(f"training.execution.threads={threads}")
                results.append(_train(run, experiment, settings))
                if experiment.scored_on_first:
                    results[-1]["sources"] = _score(run, first_shards)
            rows.append((variant.name, results))
        print(_table(rows), flush=True)


def _corpus(runs: Path, name: str, experiment: Experiment, variant: Variant) -> Path:
    """Return the directory of a variant's shards, which are built if they are missing."""
    overrides = list(variant.corpus)
    folder = runs / "corpora" / experiment.config.stem
    if variant.corpus or experiment.wheels:
        folder = runs / "corpora" / f"{name}-{_file_name(variant.name)}"
    if experiment.wheels:
        overrides += _with_wheels(runs, experiment)
        first = experiment.variants[0]
        if variant != first:
            model = _corpus(runs, name, experiment, first) / "tokenizer.model"
            overrides.append(f"tokenizer.model={model}")
    if not (folder / "shards" / "manifest.json").is_file():
        settings = [f"--set={setting}" for setting in (f"output_dir={folder}", *overrides)]
        _run("corpusforge", "build", str(experiment.config), *settings)
    return folder


def _with_wheels(runs: Path, experiment: Experiment) -> list[str]:
    """Return overrides that add wheels to the sources and leave out dialogues."""
    folder = runs / "wheels"
    for wheel in experiment.wheels:
        if not list(folder.glob(f"{wheel.replace('==', '-')}-*.whl")):
            _run("pip", "download", "--quiet", "--no-deps", "--dest", str(folder), wheel)
    paths = [str(path) for path in sorted(folder.glob("*.whl"))]
    sources: list[Any] = yaml.safe_load(experiment.config.read_text())["corpus"]["train_sources"]
    sources.append({"type": "code", "name": "releases", "path": paths})
    return [
        f"corpus.train_sources={json.dumps(sources)}",
        "corpus.train_synthetic_examples=0",
        "corpus.val_synthetic_examples=0",
    ]


def _link(run: Path, corpus: Path) -> None:
    """Link the shards and the tokenizer of a corpus into a run."""
    run.mkdir(parents=True, exist_ok=True)
    for name in ("shards", "tokenizer.json", "tokenizer.model"):
        if not (run / name).exists():
            (run / name).symlink_to((corpus / name).resolve())


def settings_of(experiment: Experiment, variant: Variant, tokens: int, seed: int) -> list[str]:
    """Return overrides for the trainer: the number of tokens, and one evaluation at the end."""
    keys = yaml.safe_load(experiment.config.read_text())
    chosen = dict(setting.split("=", 1) for setting in variant.training)
    batch = int(chosen.get("training.batch_size", keys["training"]["batch_size"]))
    context = int(chosen.get("model.context", keys["model"]["context"]))
    micro_batch = min(batch, 8)
    settings = {
        "parameter_budget": "null",
        "training.tokens": "null",
        "training.steps": tokens // (batch * context),
        "training.seed": seed,
        "training.execution.micro_batch_size": micro_batch,
        "training.evaluation.every": 1_000_000,
        "training.evaluation.batches": HELD_OUT_TOKENS // (micro_batch * context),
        "training.checkpoints.every": 1_000_000,
        "training.samples.every": "null",
        "training.samples.prompts": "[]",
    }
    if experiment.wheels:
        settings["training.data.mixture"] = "null"  # it names a source that is missing here
    return [*(f"{key}={value}" for key, value in settings.items()), *variant.training]


def _train(run: Path, experiment: Experiment, settings: Iterable[str]) -> dict[str, Any]:
    """Train a run and return its summary, with its last scores by source."""
    overrides = [f"output_dir={run}", *settings]
    arguments = [part for setting in overrides for part in ("--set", setting)]
    _run("trainer", "train", "--config", str(experiment.config), *arguments)
    summary = json.loads((run / "metrics.json").read_text())
    final = summary["validation"]["final"]
    return {**summary, "sources": {"all": final, **final["sources"]}}


def _score(run: Path, corpus: Path) -> dict[str, Any]:
    """Return the scores of a run's weights on the held-out text of another corpus."""
    checkpoint, shards = str(run / "checkpoints" / "final.pt"), str(corpus / "shards")
    answer = _run("trainer", "evaluate", "--checkpoint", checkpoint, "--shards", shards, "--json")
    scores = json.loads(answer)
    return {"all": scores, **scores["sources"]}


def _run(program: str, *arguments: str) -> str:
    """Return what a command prints. If it fails, exit."""
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments], stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise SystemExit(f"{program} {' '.join(arguments)} failed")
    return done.stdout


def _table(rows: list[tuple[str, list[dict[str, Any]]]]) -> str:
    """Render bits per byte by source: the mean over seeds, and their spread."""
    sources = list(rows[0][1][0]["sources"])
    lines = [
        f"| variant | parameters | {' | '.join(sources)} | spread of seeds (all) | tokens/s |",
        f"|---|---|{'---|' * len(sources)}---|---|",
    ]
    for name, results in rows:
        scores = {
            source: [result["sources"][source]["bits_per_byte"] for result in results]
            for source in sources
        }
        means = " | ".join(f"{statistics.mean(values):.3f}" for values in scores.values())
        spread = max(scores["all"]) - min(scores["all"])
        apart = f"{spread:.3f}" if len(results) > 1 else "one seed"
        speed = statistics.median(result["tokens_per_second"] for result in results)
        lines.append(
            f"| {name} | {results[0]['parameters']:,} | {means} | {apart} | {speed:,.0f} |"
        )
    return "\n".join(lines) + "\n"


def _file_name(name: str) -> str:
    return "".join(character if character.isalnum() else "-" for character in name).strip("-")


if __name__ == "__main__":
    main()
