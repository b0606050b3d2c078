"""The configuration of an experiment: one YAML file read into frozen models, or one clear error."""

import difflib
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pydantic
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import ErrorDetails

from corpusforge.errors import ConfigError

MiB = 1 << 20


class Frozen(BaseModel):
    """A configuration that is validated once, never changes, and refuses unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
    )


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


# Of a row that names several licences: all of them hold, or its reader may choose any.
LicenseList = Literal["all", "any"]
Strings = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
Paths = Annotated[Strings, Field(min_length=1)]
EnvironmentPart = Literal["standard-library", "distributions", "descriptions"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class SourceConfig(Frozen):
    """What every source can be told."""

    # Becomes part of file names `<name>-00000.parquet`, so it may not look like a part number.
    name: str = Field(max_length=100)
    # SPDX expression for documents that declare none of their own.
    license: str | None = None
    # How much a token of this source counts beside a token of another one: in the tokenizer's
    # sample and, unless `training.data.mixture` says otherwise, in the batches.
    weight: float = Field(1.0, gt=0, le=1e9)
    # Language of the documents where the source does not say: "en", "python", …
    language: str | None = None
    # A longer document is a reject, read only this far; it bounds the memory of a worker.
    max_document_bytes: int = Field(16 * MiB, gt=0)

    @pydantic.field_validator("name")
    @classmethod
    def _is_file_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("a letter or a digit, then letters, digits, '.', '_' and '-'")
        if name[-6:-5] == "-" and name[-5:].isdigit():
            raise ValueError("may not end like a part number (-00000)")
        return name


class JsonlSource(SourceConfig):
    """JSON objects, a line each; .gz, .zst and .xz are read as streams."""

    type: Literal["jsonl"] = "jsonl"
    path: Paths
    text_key: str = "text"  # all keys are those of the outermost object
    messages_key: str | None = None  # dialogues: a list of {role, content}; replaces text_key
    id_key: str | None = None
    license_key: str | None = None
    license_list: LicenseList = "all"
    max_rows: int | None = Field(None, gt=0)


class ParquetSource(SourceConfig):
    """Parquet files, a row a document."""

    type: Literal["parquet"] = "parquet"
    path: Paths
    text_key: str = "text"
    messages_key: str | None = None
    id_key: str | None = None
    license_key: str | None = None
    license_list: LicenseList = "all"
    max_rows: int | None = Field(None, gt=0)


class HuggingfaceSource(SourceConfig):
    """A data set of the Hugging Face hub, or a local directory of one, streamed."""

    type: Literal["huggingface"] = "huggingface"
    dataset: str
    subset: str | None = None
    split: str = "train"
    revision: str | None = None  # a commit pins the data; without one, the hub's newest
    text_field: str = "text"
    messages_field: str | None = None
    id_field: str | None = None
    license_field: str | None = None
    license_list: LicenseList = "all"
    max_samples: int | None = Field(None, gt=0)


class CodeSource(SourceConfig):
    """Source trees and archives (.zip, .whl, .tar, .tar.gz, .tar.xz, .tar.zst)."""

    type: Literal["code"] = "code"
    path: Paths
    exclude: Strings = ()  # .gitignore patterns, beside those of the tree
    max_document_bytes: int = Field(1 * MiB, gt=0)  # The Stack, arxiv.org/abs/2211.15533


class PythonEnvironmentSource(SourceConfig):
    """The standard library and the installed distributions of a Python interpreter."""

    type: Literal["python-environment"] = "python-environment"
    python: str | None = None  # an interpreter; the one that runs corpusforge when absent
    include: Annotated[tuple[EnvironmentPart, ...], BeforeValidator(_one_or_many)] = (
        "standard-library",
        "distributions",
        "descriptions",
    )
    distributions: Strings | None = None  # their names; all when absent
    exclude: Strings = ()  # names of distributions
    max_document_bytes: int = Field(1 * MiB, gt=0)


class TextSource(SourceConfig):
    """Plain text files, whole or cut into records."""

    type: Literal["text"] = "text"
    path: Paths
    records: Literal["whole", "blank-line", "form-feed"] = "whole"


class SyntheticSource(SourceConfig):
    """Generated dialogues about code; the same for the same seed, for ever."""

    type: Literal["synthetic"] = "synthetic"
    examples: int = Field(gt=0)
    seed: int = 0
    license: str | None = "CC0-1.0"


AnySource = Annotated[
    JsonlSource
    | ParquetSource
    | HuggingfaceSource
    | CodeSource
    | PythonEnvironmentSource
    | TextSource
    | SyntheticSource,
    Field(discriminator="type"),
]


class LicenseOverride(Frozen):
    """What is known of some documents' licence from elsewhere; stronger than all evidence."""

    license: str  # SPDX; NONE takes the licence away
    reason: str = Field(min_length=1)  # who says so, and where
    source: str | None = None  # name of a source
    repository: str | None = None
    path: str | None = None  # glob of documents' paths: `*` stays in a folder, `**` does not

    @model_validator(mode="after")
    def _names_documents(self) -> "LicenseOverride":
        if not (self.source or self.repository or self.path):
            raise ValueError("say which documents: source, repository or path")
        return self


class LicensePolicy(Frozen):
    """A policy of one's own, as a YAML file holds it."""

    families: Strings  # licensing/families.py has their names
    allow: Strings = ()
    deny: Strings = ()
    exceptions: Strings = ()  # SPDX ids: whatever is WITH one of these is allowed
    unknown: Literal["drop", "keep", "quarantine"] | None = None
    overrides: tuple[LicenseOverride, ...] = ()


class LicenseConfig(Frozen):
    """Which licences may be trained on."""

    # permissive, weak-copyleft, any, or a YAML file; the file is read at once, and what it holds
    # takes its place, so that a corpus keeps the policy that it was decided by.
    policy: Literal["permissive", "weak-copyleft", "any"] | LicensePolicy = "permissive"
    allow: Strings = ()  # SPDX ids, whatever the policy says
    deny: Strings = ()  # SPDX ids, stronger than `allow`
    unknown: Literal["drop", "keep", "quarantine"] | None = None  # drop, if the policy has no word
    # A file, or what it holds: "repository NAME", "owner NAME", "path GLOB", "id ID", "hash XXH3".
    opt_out: tuple[str, ...] = ()

    @pydantic.field_validator("policy", mode="before")
    @classmethod
    def _read_policy(cls, policy: Any) -> Any:
        if not isinstance(policy, str) or policy in ("permissive", "weak-copyleft", "any"):
            return policy
        if not policy.endswith((".yaml", ".yml")):
            raise ValueError("must be permissive, weak-copyleft, any, or a .yaml file")
        return load(Path(policy).expanduser(), LicensePolicy)

    @pydantic.field_validator("opt_out", mode="before")
    @classmethod
    def _read_opt_out(cls, opt_out: Any) -> Any:
        return read_lines(Path(opt_out).expanduser()) if isinstance(opt_out, str) else opt_out

    @property
    def of_unknown(self) -> Literal["drop", "keep", "quarantine"]:
        """What is done with documents whose licence nobody knows."""
        own = self.policy.unknown if isinstance(self.policy, LicensePolicy) else None
        return self.unknown or own or "drop"


ShingleUnit = Literal["word", "character"]
SIGNATURE_SLOTS = 128  # or as many as bands and rows ask for, up to twice that


class ShingleConfig(Frozen):
    """What similarity is measured in, and by how many slots of a signature it is estimated."""

    size: int = Field(5, gt=0, le=100)
    unit: ShingleUnit = "word"  # docs/dedup.md defines both
    slots: int = SIGNATURE_SLOTS


# What well-known corpora were deduplicated with, for `corpusforge dedup --like`.
PUBLISHED: dict[str, dict[str, Any]] = {
    # arxiv.org/abs/2406.17557: 5-grams of words, 112 hashes, "at least 75% similar"
    "fineweb": {
        "threshold": 0.75,
        "shingle_unit": "word",
        "shingle_size": 5,
        "bands": 14,
        "rows": 8,
    },
    # arxiv.org/abs/2402.19173: 5-grams, 250 of 256 permutations, 0.7
    "stack": {"threshold": 0.7, "shingle_unit": "word", "shingle_size": 5, "bands": 25, "rows": 10},
    # cerebras.ai/blog/slimpajama: 13-grams of lower-case characters, 128 permutations, 0.8
    "slimpajama": {
        "threshold": 0.8,
        "shingle_unit": "character",
        "shingle_size": 13,
        "bands": 9,
        "rows": 13,
    },
}


class LinesConfig(Frozen):
    """Which lines are cut out of every document: boilerplate, such as headers and navigation."""

    min_characters: int = Field(60, ge=8)  # without white space around
    max_documents: int = Field(100, ge=1)  # a line that more kept documents have is cut


class DedupConfig(Frozen):
    """Which copies of a text go, and which one of them stays."""

    enabled: bool = True
    exact_only: bool = False
    # Jaccard similarity of the sets of shingles from which on two documents are near-duplicates.
    threshold: float = Field(0.8, ge=0.1, le=1)
    shingle_size: int = Field(5, gt=0, le=100)
    shingle_unit: ShingleUnit = "word"
    # How signatures are cut; without both, so that a pair at the threshold is missed with a
    # probability under 1 %.
    bands: int | None = Field(None, gt=0)
    rows: int | None = Field(None, gt=0)
    # Lines that many documents repeat, cut when tokenizing; none without it.
    lines: LinesConfig | None = None
    # Other output directories: whatever their own dedup keeps is dropped here.
    against: Strings = ()
    # Who stays, by the first criterion that tells documents apart: `first` (order of the sources),
    # `license` (the freest), `longest`, `newest:KEY` (date or number in the document's `meta`);
    # at last, the least id.
    keep: Strings = ("first",)

    @pydantic.field_validator("keep")
    @classmethod
    def _known_criteria(cls, keep: tuple[str, ...]) -> tuple[str, ...]:
        for name in keep:
            if name not in ("first", "license", "longest") and not re.match("newest:.", name):
                raise ValueError(f"{name!r} is not one of first, license, longest, newest:KEY")
        return keep

    @model_validator(mode="after")
    def _bands_fit(self) -> "DedupConfig":
        if (self.bands is None) != (self.rows is None):
            raise ValueError("give both `bands` and `rows`, or neither")
        if self.bands and self.rows and self.bands * self.rows > 2 * SIGNATURE_SLOTS:
            raise ValueError(
                f"{self.bands} bands of {self.rows} rows; "
                f"a signature has at most {2 * SIGNATURE_SLOTS} slots"
            )
        return self

    @property
    def near(self) -> bool:
        """Whether near-duplicates are searched for."""
        return self.enabled and not self.exact_only

    @property
    def shingle(self) -> ShingleConfig:
        needed = (self.bands or 0) * (self.rows or 0)
        slots = SIGNATURE_SLOTS if needed <= SIGNATURE_SLOTS else 2 * SIGNATURE_SLOTS
        return ShingleConfig(size=self.shingle_size, unit=self.shingle_unit, slots=slots)


class SplitConfig(Frozen):
    """What is held out of the train sources, by repository where a document has one."""

    validation: float = Field(0.01, ge=0, lt=1)
    seed: int = 0


class FillInTheMiddleConfig(Frozen):
    """Which train documents of code are cut in three, so that a model learns to fill a gap."""

    rate: float = Field(
        0.0, ge=0, le=1
    )  # share of the documents; SantaCoder, arXiv 2301.03988: 0.5
    # Share of those that are written suffix first; the others prefix first.
    spm_rate: float = Field(0.5, ge=0, le=1)


class SecretsConfig(Frozen):
    """What is replaced by a mark when tokenizing, so that no model learns it (docs/secrets.md)."""

    enabled: bool = True  # credentials: keys, tokens, passwords in URLs
    emails: bool = False
    ip_addresses: bool = False  # public ones, of version 4


class CorpusConfig(Frozen):
    """From raw data to verdicts, and what tokenizing makes of the kept documents."""

    train_sources: tuple[AnySource, ...] = ()
    val_sources: tuple[AnySource, ...] = ()
    train_synthetic_examples: int = Field(0, ge=0)
    val_synthetic_examples: int = Field(0, ge=0)
    license: LicenseConfig = LicenseConfig()
    dedup: DedupConfig = DedupConfig()
    split: SplitConfig = SplitConfig()
    secrets: SecretsConfig = SecretsConfig()
    # Text in one document file, about; the unit of parallel work and of a resume.
    part_bytes: int = Field(32 * MiB, gt=0)
    # The order of documents in a shard.
    shuffle_seed: int = 0
    fill_in_the_middle: FillInTheMiddleConfig = FillInTheMiddleConfig()
    # Whether a control token opens every document, as models of the Llama family expect; one
    # closes it in any case.
    mark_beginnings: bool = False

    @model_validator(mode="after")
    def _names_are_unique(self) -> "CorpusConfig":
        names = [source.name for source in self.sources()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two sources are named {', '.join(twice)}; give each its own `name`")
        return self

    def sources(self) -> tuple[AnySource, ...]:
        """All sources in order: train, generated train, validation, generated validation."""
        train, held_out = list(self.train_sources), list(self.val_sources)
        if self.train_synthetic_examples:
            train.append(
                SyntheticSource(name="synthetic", examples=self.train_synthetic_examples, seed=0)
            )
        if self.val_synthetic_examples:
            held_out.append(
                SyntheticSource(
                    name="synthetic-validation", examples=self.val_synthetic_examples, seed=1
                )
            )
        return (*train, *held_out)

    def held_out_names(self) -> frozenset[str]:
        """Names of the sources whose every document is validation data."""
        names = {source.name for source in self.val_sources}
        if self.val_synthetic_examples:
            names.add("synthetic-validation")
        return frozenset(names)


class TokenizerConfig(Frozen):
    """How text becomes ids; ids fit uint16."""

    type: Literal["sentencepiece", "whitespace"] = "sentencepiece"
    vocab_size: int = Field(32_000, gt=0, le=65_536)
    model: str | None = None  # a ready SentencePiece model instead of a trained one
    # Text the vocabulary is learned from, drawn from the kept train documents by source weight.
    sample_bytes: int = Field(32 * MiB, gt=0)
    seed: int = 0

    @model_validator(mode="after")
    def _model_is_sentencepiece(self) -> "TokenizerConfig":
        if self.model is not None and self.type != "sentencepiece":
            raise ValueError("a ready `model` is SentencePiece's; leave one of the two out")
        return self


class CorpusExperiment(Frozen):
    """What `corpusforge` needs of an experiment."""

    output_dir: str
    corpus: CorpusConfig = CorpusConfig()
    tokenizer: TokenizerConfig = TokenizerConfig()


class Experiment(CorpusExperiment):
    """A whole experiment file; `trainer` reads the sections that are opaque here."""

    model: Mapping[str, Any] = {}
    parameter_budget: Mapping[str, Any] = {}
    training: Mapping[str, Any] = {}

    def corpus_part(self) -> CorpusExperiment:
        """The sections that a corpus is built from."""
        return CorpusExperiment(
            output_dir=self.output_dir, corpus=self.corpus, tokenizer=self.tokenizer
        )


Config = TypeVar("Config", bound=Frozen)


def read_lines(path: Path) -> tuple[str, ...]:
    """The lines of a text file without blank ones and comments.

    A comment begins with `#`, at the start of a line or after white space: ids may have one within.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read a list: {getattr(error, 'strerror', None) or error}", where=str(path)
        ) from error
    stripped = (re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip() for line in lines)
    return tuple(line for line in stripped if line)


def load(path: Path, kind: type[Config], overrides: Sequence[str] = ()) -> Config:
    """Read a YAML file into `kind`, with `a.b=c` overrides applied first.

    Raises:
        ConfigError: the file is missing, is not YAML, has an unknown key or an impossible value.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read the configuration: {getattr(error, 'strerror', None) or error}",
            where=str(path),
            do="shipped configurations stand in configs/",
        ) from error
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(
            "the configuration is not YAML", where=str(path), got=str(error)
        ) from None
    if not isinstance(tree, dict):
        raise ConfigError(
            "the configuration is empty" if tree is None else "the configuration is no mapping",
            where=str(path),
            expected="sections such as output_dir, corpus, tokenizer, model, training",
        )
    for override in overrides:
        _apply_override(tree, override)
    return parse(tree, kind, where=str(path))


def parse(tree: Any, kind: type[Config], *, where: str) -> Config:
    """Validate a tree of plain values; `where` names its origin in errors.

    Raises:
        ConfigError: an unknown key or an impossible value.
    """
    try:
        return kind.model_validate(tree)
    except pydantic.ValidationError as error:
        raise _explain(error, kind, tree, where) from None


def _apply_override(tree: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    steps = key.split(".")
    if not equals or not all(steps):
        raise ConfigError(
            "an override that cannot be read",
            where="--set",
            got=override,
            expected="section.key=value, such as corpus.split.validation=0.05",
        )
    node: Any = tree
    for step in steps[:-1]:
        if isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        elif isinstance(node, dict):
            node = node.setdefault(step, {})
        else:
            node = None
        if not isinstance(node, dict | list):
            raise ConfigError(
                f"nothing can be set under {step}",
                where=f"--set {override}",
                expected="a section, or the number of an entry in a list",
            )
    last: Any = steps[-1]
    if isinstance(node, list):
        if not last.isdigit() or int(last) >= len(node):
            raise ConfigError(
                "no such entry in the list",
                where=f"--set {override}",
                got=last,
                expected=f"a number from 0 to {len(node) - 1}",
            )
        last = int(last)
    try:
        node[last] = yaml.safe_load(value)
    except yaml.YAMLError:
        node[last] = value


# What a value should have been, by pydantic's name for the problem; where it is not here, pydantic
# says it well enough.
_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a section of keys and values",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "mapping_type": "a section of keys and values",
    "model_attributes_type": "a section of keys and values",
    "model_type": "a section of keys and values",
    "string_too_long": "{max_length} characters at most",
    "string_too_short": "{min_length} or more characters",
    "string_type": "a text",
    "too_short": "{min_length} or more entries",
    "tuple_type": "a list",
}


def _explain(
    error: pydantic.ValidationError, kind: type[Frozen], tree: Any, where: str
) -> ConfigError:
    # By place: of a value that may be of several kinds there is a problem for each.
    places: dict[tuple[str, ...], list[ErrorDetails]] = {}
    for problem in error.errors(include_url=False):
        places.setdefault(_place(problem, tree), []).append(problem)
    # A mistyped key is also a missing one; the key that was typed is the better message.
    steps, here = min(places.items(), key=lambda item: item[1][0]["type"] != "extra_forbidden")
    first = here[0]
    more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
    place = f"{where}: {'.'.join(steps)}" if steps else where
    if first["type"] == "extra_forbidden":
        known = sorted(
            {key for model in _models_at(kind, first["loc"]) for key in model.model_fields}
        )
        return ConfigError(
            f'unknown key "{steps[-1]}"{more}',
            where=place,
            expected=f"one of {', '.join(known)}",
            do=_nearest(steps[-1], known),
        )
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        models = _models_at(kind, (*first["loc"], "type"))
        known = [model.model_fields["type"].default for model in models]
        typed = first["ctx"].get("tag")
        return ConfigError(
            ('missing key "type"' if typed is None else "a value that is not possible") + more,
            where=f"{place}.type",
            got="" if typed is None else repr(typed),
            expected=f"one of {', '.join(known)}",
            do="" if typed is None else _nearest(typed, known),
        )
    missing = first["type"] == "missing"
    return ConfigError(
        (f'missing key "{steps[-1]}"' if missing else "a value that is not possible") + more,
        where=place,
        got="" if missing or isinstance(first["input"], dict) else repr(first["input"]),
        expected="" if missing else ", or ".join(dict.fromkeys(map(_expected, here))),
    )


def _expected(problem: ErrorDetails) -> str:
    if sentence := _EXPECTED.get(problem["type"]):
        return sentence.format(**problem.get("ctx", {}))
    return problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")


def _nearest(typed: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(typed, known, n=1, cutoff=0.5)
    return f'did you mean "{near[0]}"?' if near else ""


def _place(problem: ErrorDetails, tree: Any) -> tuple[str, ...]:
    """Its steps in the tree; without the names that pydantic adds for the kinds of a union."""
    plain: list[str] = []
    for step in problem["loc"]:
        try:
            tree = tree[step]
        except (TypeError, LookupError):
            if not (problem["type"] == "missing" and step == problem["loc"][-1]):
                continue
        plain.append(str(step))
    return tuple(plain)


def _models_at(kind: type[Frozen], location: tuple[int | str, ...]) -> list[type[Frozen]]:
    """The models that could stand where the last step of `location` was looked up."""
    models: list[type[Frozen]] = [kind]
    for step in location[:-1]:
        if isinstance(step, int):
            continue
        tagged = [
            model
            for model in models
            if "type" in model.model_fields and model.model_fields["type"].default == step
        ]
        within = tagged or [
            inner
            for model in models
            if step in model.model_fields
            for inner in _inner_models(model.model_fields[step].annotation)
        ]
        models = within or models  # pydantic's name for a kind of a union
    return models


def _inner_models(annotation: Any) -> Iterator[type[Frozen]]:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, Frozen):
            yield annotation
        return
    for argument in typing.get_args(annotation):
        yield from _inner_models(argument)
