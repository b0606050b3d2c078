"""The model card: what the model is, what it was trained on and under which licences, results."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from corpusforge.shards.index import open_index
from corpusforge.shards.reader import ShardSet
from trainer.export.release import Release
from trainer.metrics import read_events

_USE = {
    "huggingface": """\
```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("DIRECTORY")
model = AutoModelForCausalLM.from_pretrained("DIRECTORY")
inputs = tokenizer(tokenizer.bos_token + "def ", return_tensors="pt", return_token_type_ids=False)
print(tokenizer.decode(model.generate(**inputs, max_new_tokens=64)[0]))
```

In training every document stands behind the end of another one: begin with `bos_token`; the chat
template does. `tokenizer(text, split_special_tokens=True)` reads control tokens in a text as text,
which is what untrusted text needs.""",
    "gguf": """\
```
llama-cli -m model.gguf -p "def "
```""",
    "safetensors": """\
Parameters have the names of the trainer's checkpoints, which are those of Hugging Face's
`LlamaModel`; the metadata of the file holds the configuration.""",
}


def front_matter(format: str) -> str:
    """What every card of a format begins with, for the Hugging Face hub."""
    front = {"pipeline_tag": "text-generation", "tags": ["llama", "code", "corpusforge"]}
    if format == "huggingface":
        front["library_name"] = "transformers"
    return f"---\n{yaml.safe_dump(front)}---"


def model_card(release: Release, format: str) -> str:
    """The card as Markdown."""
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
        _USE[format],
        "## Results",
        _results(release),
        "## Training data",
        *_data(release),
        "## Training",
        "```yaml\n"
        + yaml.safe_dump(release.experiment.training.model_dump(mode="json"), sort_keys=False)
        + "```",
        "## Traceability",
        f"Shards `{release.checkpoint.shards}`, tokenizer "
        f"`{release.checkpoint.tokenizer['fingerprint']}`. `python -m trainer batch` shows the "
        "documents of any training step, with their licences.",
    ]
    return "\n\n".join(section.rstrip() for section in sections) + "\n"


def _results(release: Release) -> str:
    """Held-out scores of just this checkpoint."""
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
    """Sources and licences of the shards, where they still are the ones of the training."""
    shards = ShardSet(release.layout.shards)
    there = release.layout.shard_manifest.is_file()
    if not there or shards.manifest.fingerprint != release.checkpoint.shards:
        yield "The shards that the model was trained on were not at hand when it was exported."
        return
    yield _table(
        ("split", "source", "documents", "tokens", "text"),
        [
            (
                split,
                source,
                f"{entry.num_documents:,}",
                f"{entry.num_tokens:,}",
                f"{entry.num_bytes / 1e6:,.1f} MB",
            )
            for split, sources in shards.manifest.splits.items()
            for source, entry in sources.items()
        ],
    )
    yield "Licences of the documents in the train split, as they were decided on:"
    licenses = licenses_of(shards, "train")
    tokens = sum(row["tokens"] for row in licenses)
    yield _table(
        ("licence", "documents", "tokens", "share"),
        [
            (
                row["license"] or "none declared",
                f"{row['documents']:,}",
                f"{row['tokens']:,}",
                f"{row['tokens'] / tokens:.2%}",
            )
            for row in licenses
        ],
    )


def licenses_of(shards: ShardSet, split: str) -> list[Mapping[str, Any]]:
    """Documents and tokens by licence expression, most tokens first.

    Raises:
        InputError: a document index is missing or damaged.
    """
    columns = [
        open_index(shards.index_path(split, source, shard.name)).select(["license", "length"])
        for source, entry in shards.sources(split).items()
        for shard in entry.shards
    ]
    grouped = pa.concat_tables(columns).group_by("license")
    counted = grouped.aggregate([("length", "count"), ("length", "sum")])
    counted = counted.rename_columns({"length_count": "documents", "length_sum": "tokens"})
    ordered = pc.sort_indices(counted, [("tokens", "descending"), ("license", "ascending")])
    rows: list[Mapping[str, Any]] = counted.take(ordered).to_pylist()
    return rows


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
