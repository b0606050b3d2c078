"""The model card: the model, its results, and its training data with licences."""

from collections.abc import Iterator, Sequence

import yaml

from trainer.checkpoints.ancestry import Reading, ancestors_of, reading_of
from trainer.export.formats import FORMATS
from trainer.export.release import Release
from trainer.reporting.metrics import read_events


def front_matter(format: str) -> str:
    """Return the metadata for the Hugging Face hub, with which every card of a format begins."""
    front = {"pipeline_tag": "text-generation", "tags": ["llama", "code", "corpusforge"]}
    if (library := FORMATS[format].library) is not None:
        front["library_name"] = library
    return f"---\n{yaml.safe_dump(front)}---"


def model_card(release: Release, format: str) -> str:
    model = release.model
    chat = "understands the roles system, user and assistant" if release.has_chat else "has none"
    sections = [
        front_matter(format),
        f"# {release.layout.root.resolve().name}",
        f"A decoder of the Llama architecture with {release.num_parameters:,} parameters, "
        f"trained for {release.checkpoint.step:,} steps by CorpusForge.",
        _table(
            ("property", "value"),
            [
                ("layers × width", f"{model.layers} × {model.dim}"),
                ("heads (key-value heads)", f"{model.heads} ({model.num_kv_heads})"),
                ("feed-forward width", f"{model.hidden:,}"),
                ("context", f"{model.context:,} tokens"),
                ("vocabulary", f"{release.tokenizer.vocab_size:,} ({release.tokenizer.type})"),
                ("weights", str(release.dtype).removeprefix("torch.")),
                ("chat template", chat),
            ],
        ),
        "## Use",
        FORMATS[format].use,
        "## Results",
        _results(release),
        "## Training data",
        *_data(release),
        "## Training",
        "```yaml\n"
        + yaml.safe_dump(
            release.checkpoint.experiment.training.model_dump(mode="json"), sort_keys=False
        )
        + "```",
        "## Traceability",
        f"Shards `{release.checkpoint.shards}`, tokenizer "
        f"`{release.checkpoint.tokenizer['fingerprint']}`. `python -m trainer batch` shows the "
        "documents of any training step, with their licences.",
    ]
    return "\n\n".join(section.rstrip() for section in sections) + "\n"


def _results(release: Release) -> str:
    """The held-out scores of this checkpoint."""
    events = read_events(release.layout.metrics_log)
    step = release.checkpoint.step
    here = [event for event in events if (event["event"], event["step"]) == ("evaluation", step)]
    if not here:
        return "This checkpoint was not evaluated when it was written."
    scores = {"all sources": here[-1], **here[-1]["sources"]}
    rows = [
        (name, f"{score['bits_per_byte']:.3f}", f"{score['loss']:.3f}")
        for name, score in scores.items()
    ]
    return "Held-out documents, by source:\n\n" + _table(
        ("source", "bits per byte", "nats per token"), rows
    )


def _data(release: Release) -> Iterator[str]:
    """The sources and licences that this run has read, then those of the runs before it."""
    yield from _listing(reading_of(release.checkpoint, release.layout))
    for ancestor in reversed(ancestors_of(release.checkpoint)):
        if ancestor is None:
            yield "### Before"
            yield (
                "The training began with the weights of another checkpoint; what had gone into "
                "those is not recorded."
            )
        else:
            yield f"### Before, for {ancestor['step']:,} steps on shards `{ancestor['shards']}`"
            yield from _listing(ancestor)


def _listing(reading: Reading) -> Iterator[str]:
    tables = reading["tables"]
    if tables is None:
        yield "The shards that were read were not at hand: sources and licences are not known here."
        return
    if not tables["sources"]:
        yield "Nothing was read: no training step had been taken."
        return
    yield "Sources that were drawn from, with all their documents:"
    yield _table(
        ("split", "source", "documents", "tokens", "text"),
        [
            (
                row["split"],
                row["source"],
                f"{row['documents']:,}",
                f"{row['tokens']:,}",
                f"{row['bytes'] / 1e6:,.1f} MB",
            )
            for row in tables["sources"]
        ],
    )
    yield "Licences of their documents in the train split, as they were decided on:"
    tokens = sum(row["tokens"] for row in tables["licenses"])
    yield _table(
        ("licence", "documents", "tokens", "share"),
        [
            (
                row["license"] or "none declared",
                f"{row['documents']:,}",
                f"{row['tokens']:,}",
                f"{row['tokens'] / tokens:.2%}",
            )
            for row in tables["licenses"]
        ],
    )


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
