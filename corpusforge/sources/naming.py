"""Build the configuration of a source from the arguments of `corpusforge ingest`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corpusforge.config import (
    SOURCES,
    AnySource,
    CorpusConfig,
    CorpusExperiment,
    Frozen,
    SourceConfig,
    parse,
)
from corpusforge.errors import ConfigError


class _OneSource(Frozen):
    source: AnySource


def source_from_options(
    inputs: Sequence[str], name: str | None, kind: str | None, options: Mapping[str, Any]
) -> AnySource:
    """Return the source that the arguments of `ingest` describe.

    Raises:
        ConfigError: the kind cannot be guessed, a name is missing, or an option is not valid for
            the kind.
    """
    kind = kind or _guess(inputs)
    source = SOURCES[kind]
    value: Any = list(inputs)
    if source.single_input is not None:
        if len(inputs) != 1 and (inputs or source.needs_input):
            raise ConfigError(
                "expected exactly one input",
                where="corpusforge ingest",
                got=f"{len(inputs)}",
                expected=source.single_input,
            )
        value = inputs[0] if inputs else None
    tree = {"type": kind, "name": name or _name(inputs, kind, source), source.input_key: value}
    return parse({"source": {**tree, **options}}, _OneSource, where="command line").source


def with_source(config: CorpusExperiment, source: AnySource, *, named: bool) -> CorpusExperiment:
    """Return the configuration with a train source added, or replaced if its name is in use.

    Raises:
        ConfigError: the name is in use by a source with other inputs, and the user did not give
            the name explicitly.
    """
    corpus = config.corpus
    old = source_named(config, source.name)
    if old is not None and inputs_of(old) != inputs_of(source) and not named:
        raise ConfigError(
            "a source with this name has other inputs",
            where=f"corpusforge ingest, source {source.name}",
            got=inputs_of(source),
            expected=inputs_of(old),
            do="choose another name with --source NAME, or replace the other source with "
            f"--source {source.name}",
        )
    replaced = [source if old.name == source.name else old for old in corpus.train_sources]
    if source not in replaced:
        replaced.append(source)
    changed = CorpusConfig(**{**dict(corpus), "train_sources": tuple(replaced)})
    return config.model_copy(update={"corpus": changed})


def source_named(config: CorpusExperiment, name: str) -> AnySource | None:
    """Return the train source with this name, if there is one."""
    return next((source for source in config.corpus.train_sources if source.name == name), None)


def inputs_of(source: AnySource) -> str:
    """Return what a source reads, in a few words."""
    value = None if source.input_is_count else getattr(source, source.input_key)
    if not value:
        return source.type
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _guess(inputs: Sequence[str]) -> str:
    guesses = {_guess_one(text) for text in inputs}
    if len(guesses) != 1 or None in guesses:
        raise ConfigError(
            "cannot tell what kind of input this is",
            where="corpusforge ingest",
            got=", ".join(inputs) or "no input",
            expected=".jsonl, .parquet, an archive, a folder of code, .txt",
            do="name the kind with --type",
        )
    return str(guesses.pop())


def _guess_one(text: str) -> str | None:
    for kind, source in SOURCES.items():
        if text.lower().endswith(source.endings):
            return kind
    return "code" if Path(text).expanduser().is_dir() else None


def _name(inputs: Sequence[str], kind: str, source: type[SourceConfig]) -> str:
    if not inputs:
        return kind
    if len(inputs) > 1 or "*" in inputs[0]:
        raise ConfigError(
            "a source of several inputs needs a name",
            where="corpusforge ingest",
            do="name it with --source NAME",
        )
    if source.input_is_count:
        return kind
    stem = Path(inputs[0]).expanduser().resolve().name.split(".")[0]
    cleaned = "".join(letter if letter.isalnum() or letter in "_-" else "-" for letter in stem)
    return cleaned.strip("-") or kind
