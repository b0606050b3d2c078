"""What a person types after `corpusforge ingest`, as the configuration of a source."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corpusforge.config import AnySource, CorpusConfig, CorpusExperiment, Frozen, parse
from corpusforge.errors import ConfigError

_ENDINGS = {
    "jsonl": (".jsonl", ".ndjson", ".jsonl.gz", ".jsonl.zst", ".jsonl.xz", ".json.gz"),
    "parquet": (".parquet",),
    "code": (".zip", ".whl", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst"),
    "text": (".txt", ".md", ".rst", ".txt.gz"),
}
# How options of the command line are called in sources that have other words for them.
_HUGGINGFACE = {
    "text_key": "text_field",
    "messages_key": "messages_field",
    "id_key": "id_field",
    "license_key": "license_field",
    "max_rows": "max_samples",
}


class _OneSource(Frozen):
    source: AnySource


def source_from_options(
    inputs: Sequence[str], name: str | None, kind: str | None, options: Mapping[str, Any]
) -> AnySource:
    """The source that the arguments of `ingest` describe.

    Raises:
        ConfigError: the kind cannot be guessed, a name is missing, or an option does not fit.
    """
    kind = kind or _guess(inputs)
    tree: dict[str, Any] = {"type": kind, "name": name or _name(inputs, kind)}
    if kind == "huggingface":
        tree["dataset"] = _single(inputs, "a data set")
        options = {_HUGGINGFACE.get(key, key): value for key, value in options.items()}
    elif kind == "synthetic":
        tree["examples"] = _single(inputs, "a number of examples")
    elif kind == "python-environment":
        tree["python"] = _single(inputs, "an interpreter") if inputs else None
    else:
        tree["path"] = list(inputs)
    return parse({"source": {**tree, **options}}, _OneSource, where="command line").source


def with_source(config: CorpusExperiment, source: AnySource, *, named: bool) -> CorpusExperiment:
    """The configuration with one more train source, or with the one of that name replaced.

    Raises:
        ConfigError: it would replace a source of other inputs whose name was not asked for.
    """
    corpus = config.corpus
    old = source_named(config, source.name)
    if old is not None and inputs_of(old) != inputs_of(source) and not named:
        raise ConfigError(
            "there is a source of that name, of other inputs",
            where=f"corpusforge ingest, source {source.name}",
            got=inputs_of(source),
            expected=inputs_of(old),
            do=f"give this one a name with --source NAME; --source {source.name} replaces the "
            "other one",
        )
    replaced = [source if old.name == source.name else old for old in corpus.train_sources]
    if source not in replaced:
        replaced.append(source)
    fields = {name: getattr(corpus, name) for name in CorpusConfig.model_fields}
    changed = CorpusConfig(**{**fields, "train_sources": tuple(replaced)})
    return config.model_copy(update={"corpus": changed})


def source_named(config: CorpusExperiment, name: str) -> AnySource | None:
    """The train source of a name, if there is one."""
    return next((source for source in config.corpus.train_sources if source.name == name), None)


def inputs_of(source: AnySource) -> str:
    """What a source reads, in a few words."""
    for name in ("path", "dataset", "python"):
        if value := getattr(source, name, None):
            return ", ".join(value) if isinstance(value, tuple) else str(value)
    return source.type


def _guess(inputs: Sequence[str]) -> str:
    guesses = {_guess_one(text) for text in inputs}
    if len(guesses) != 1 or None in guesses:
        raise ConfigError(
            "cannot tell what kind of input this is",
            where="corpusforge ingest",
            got=", ".join(inputs) or "no input",
            expected=".jsonl, .parquet, an archive, a folder of code, .txt",
            do="say it with --type",
        )
    return str(guesses.pop())


def _guess_one(text: str) -> str | None:
    for kind, endings in _ENDINGS.items():
        if text.lower().endswith(endings):
            return kind
    return "code" if Path(text).expanduser().is_dir() else None


def _name(inputs: Sequence[str], kind: str) -> str:
    if not inputs:
        return kind
    if len(inputs) > 1 or "*" in inputs[0]:
        raise ConfigError(
            "several inputs make one source, which needs a name",
            where="corpusforge ingest",
            do="give it one with --source NAME",
        )
    if kind == "synthetic":
        return kind
    stem = Path(inputs[0]).expanduser().resolve().name.split(".")[0]
    cleaned = "".join(letter if letter.isalnum() or letter in "_-" else "-" for letter in stem)
    return cleaned.strip("-") or kind


def _single(inputs: Sequence[str], what: str) -> str:
    if len(inputs) != 1:
        raise ConfigError(
            "one input is needed", where="corpusforge ingest", got=f"{len(inputs)}", expected=what
        )
    return inputs[0]
