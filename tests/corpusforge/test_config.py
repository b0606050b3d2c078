"""A configuration is valid, or one message says which key is not."""

from importlib import import_module
from pathlib import Path

import pytest

from corpusforge.config import SOURCES, Experiment, HuggingfaceSource, JsonlSource, load, parse
from corpusforge.errors import ConfigError

MINIMAL = """
output_dir: runs/x
corpus:
  train_sources:
    - {type: jsonl, name: mine, path: data/mine.jsonl}
"""


def _load(tmp_path: Path, text: str, *overrides: str) -> Experiment:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, Experiment, overrides)


def test_defaults_are_filled(tmp_path: Path) -> None:
    """What is not said has its documented default."""
    config = _load(tmp_path, MINIMAL)
    source = config.corpus.train_sources[0]
    assert isinstance(source, JsonlSource)
    assert source.path == ("data/mine.jsonl",)
    assert config.corpus.license.policy == "permissive"
    assert config.tokenizer.vocab_size == 32_000


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        (
            "output_dir: x\ncorpus: {licence: {}}",
            'unknown key "licence"',
            'did you mean "license"?',
        ),
        (
            "output_dir: x\ncorpus: {train_sources: [{type: jsonl, name: a, path: b, textkey: c}]}",
            'unknown key "textkey"',
            'did you mean "text_key"?',
        ),
        ("corpus: {}", 'missing key "output_dir"', ""),
        ("output_dir: x\ntokenizer: {vocab_size: 70000}", "invalid value", "65536"),
        (
            "output_dir: x\ntokenizer: {type: whitespace, model: a.model}",
            "invalid value",
            "leave one of the two out",
        ),
        ("output_dir: x\ncorpus: {license: {policy: free}}", "invalid value", "weak-copyleft"),
        (
            "output_dir: x\ncorpus: {license: {policy: {families: [], alow: []}}}",
            'unknown key "alow" (and 1 more)',
            'did you mean "allow"?',
        ),
        (
            "output_dir: x\ncorpus: {train_sources: [{type: csv, name: a}]}",
            "invalid value",
            "jsonl",
        ),
        (
            "output_dir: x\ncorpus: {train_sources: [{type: code, name: a-00001, path: b}]}",
            "invalid value",
            "part number",
        ),
        (
            "output_dir: x\ncorpus: {train_sources: [{type: code, name: a, path: b},"
            " {type: code, name: a, path: c}]}",
            "invalid value",
            "two sources are named a",
        ),
        ("", "the configuration is empty", ""),
        ("- a", "the configuration is not a mapping", ""),
        ("a: [", "the configuration is not YAML", ""),
    ],
)
def test_a_mistake_is_one_message(tmp_path: Path, text: str, what: str, hint: str) -> None:
    """Each mistake names the file, the key, and what would be right."""
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, text)
    assert what in caught.value.what
    assert hint in str(caught.value)
    assert "x.yaml" in caught.value.where


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("corpus: 3", "a section of keys and values"),
        ("corpus: {train_sources: [jsonl]}", "a section of keys and values"),
        ("model: 3", "a section of keys and values"),
        ("corpus: {train_sources: {type: jsonl}}", "a list"),
        ("corpus: {license: {allow: 3}}", "a list"),
        ("corpus: {train_sources: [{type: code, name: a, path: []}]}", "1 or more entries"),
        (
            "corpus: {train_sources: [{type: code, name: my data, path: b}]}",
            "a letter or a digit, then letters, digits, '.', '_' and '-'",
        ),
        ("corpus: {train_sources: [{type: code, name: 3, path: b}]}", "a text"),
        ("corpus: {dedup: {keep: 'newest:'}}", "newest:KEY"),
        ("corpus: {dedup: {enabled: perhaps}}", "true or false"),
        ("corpus: {dedup: {threshold: high}}", "a number"),
        ("tokenizer: {vocab_size: many}", "a whole number"),
        ("tokenizer: {vocab_size: 2.5}", "a whole number"),
    ],
)
def test_what_is_expected_is_said_in_plain_words(
    tmp_path: Path, section: str, expected: str
) -> None:
    """No name of a Python type, and no regular expression."""
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, f"output_dir: x\n{section}")
    assert caught.value.expected.endswith(expected)


@pytest.mark.parametrize(
    ("typed", "what", "do"),
    [
        ("type: jsnol, ", "invalid value", 'did you mean "jsonl"?'),
        ("", 'missing key "type"', ""),
    ],
)
def test_an_unknown_kind_of_source_names_the_nearest_one(
    tmp_path: Path, typed: str, what: str, do: str
) -> None:
    """A source of no kind hears which kinds there are."""
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, f"output_dir: x\ncorpus: {{train_sources: [{{{typed}name: a, path: b}}]}}")
    assert (caught.value.what, caught.value.do) == (what, do)
    assert caught.value.where.endswith("x.yaml: corpus.train_sources.0.type")
    assert caught.value.expected.startswith("one of jsonl, parquet, huggingface")


def test_a_list_of_one_needs_no_brackets(tmp_path: Path) -> None:
    """Wherever texts are listed, one may stand alone."""
    config = _load(
        tmp_path,
        MINIMAL,
        "corpus.license.allow=MIT",
        "corpus.license.deny=ISC",
        "corpus.dedup.against=other",
        "corpus.dedup.keep=longest",
        "corpus.train_sources.0={type: python-environment, name: a, include: descriptions}",
    )
    assert config.corpus.license.allow == ("MIT",)
    assert config.corpus.license.deny == ("ISC",)
    assert config.corpus.dedup.against == ("other",)
    assert config.corpus.dedup.keep == ("longest",)
    assert config.corpus.train_sources[0].include == ("descriptions",)  # type: ignore[union-attr]


def test_the_place_of_a_mistake_is_spelled_as_in_the_file(tmp_path: Path) -> None:
    """No tag of a union stands in the path."""
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, "output_dir: x\ncorpus: {train_sources: [{type: jsonl, name: a, paht: b}]}")
    assert caught.value.where.endswith("x.yaml: corpus.train_sources.0.paht")


def test_overrides_reach_sections_and_list_entries(tmp_path: Path) -> None:
    """`--set` values are YAML."""
    config = _load(
        tmp_path,
        MINIMAL,
        "corpus.split.validation=0.2",
        "corpus.train_sources.0.max_rows=5",
        "corpus.license.allow=[LicenseRef-x]",
    )
    assert config.corpus.split.validation == 0.2
    assert config.corpus.train_sources[0].max_rows == 5  # type: ignore[union-attr]
    assert config.corpus.license.allow == ("LicenseRef-x",)


@pytest.mark.parametrize(
    "override", ["corpus", "=3", "corpus..x=1", "output_dir.x=1", "corpus.train_sources.7.name=x"]
)
def test_an_override_that_cannot_be_read_says_so(tmp_path: Path, override: str) -> None:
    """A mistyped `--set` is an error of the command line."""
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, MINIMAL, override)
    assert "--set" in caught.value.where


def test_former_names_of_keys_are_read(tmp_path: Path) -> None:
    """A file from before the sources of a hub had the same keys as all others."""
    former = {"text_field": "a", "messages_field": "b", "id_field": "c", "license_field": "d"}
    source = {"type": "huggingface", "name": "hub", "dataset": "x/y", **former, "max_samples": 5}
    tree = {"output_dir": "x", "corpus": {"train_sources": [source]}}
    (read,) = parse(tree, Experiment, where="test").corpus.train_sources
    assert isinstance(read, HuggingfaceSource)
    assert (read.text_key, read.messages_key, read.id_key, read.license_key) == tuple("abcd")
    assert read.max_rows == 5
    # What fingerprints are made of has not changed, so nothing is read again.
    assert read.model_dump(by_alias=True).items() >= {**former, "max_samples": 5}.items()
    with pytest.raises(ConfigError, match="text_field") as caught:
        parse(
            {**tree, "corpus": {"val_sources": [{**source, "text_key": "a"}]}}, Experiment, where=""
        )
    assert caught.value.do == 'did you mean "text_key"?'


def test_every_kind_of_source_has_a_reader() -> None:
    """The class that a configuration names is there; no two kinds share a file name."""
    endings = [ending for kind in SOURCES.values() for ending in kind.endings]
    assert len(set(endings)) == len(endings)
    for name, kind in SOURCES.items():
        module, _, reader = kind.reader.partition(":")
        assert hasattr(import_module(module), reader), name
        assert kind.input_key in kind.model_fields, name


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message names the folder of examples."""
    with pytest.raises(ConfigError, match="cannot read the configuration"):
        load(tmp_path / "none.yaml", Experiment)


def test_generated_sources_are_part_of_the_list() -> None:
    """The two counts stand for two sources, the second one held out whole."""
    tree = {
        "output_dir": "x",
        "corpus": {"train_synthetic_examples": 5, "val_synthetic_examples": 2},
    }
    corpus = parse(tree, Experiment, where="test").corpus
    assert [source.name for source in corpus.sources()] == ["synthetic", "synthetic-validation"]
    assert corpus.held_out_names() == {"synthetic-validation"}
