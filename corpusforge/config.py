"""The configuration of an experiment: the sections of its YAML file, as frozen models."""

import re
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import pydantic
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from corpusforge.config_file import explain, read_lines, read_tree
from corpusforge.license_families import POLICIES

MiB = 1 << 20


class Frozen(BaseModel):
    """A model that is validated once, never changes, and refuses unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
    )


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


# If a row names several licences: all of them hold, or the user may choose any.
LicenseList = Literal["all", "any"]
Strings = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
Paths = Annotated[Strings, Field(min_length=1)]
EnvironmentPart = Literal["standard-library", "distributions", "descriptions"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class SourceConfig(Frozen):
    """Options of every source."""

    # The class that reads this kind of source, as "module:class".
    reader: ClassVar[str]
    # How `corpusforge ingest` turns its INPUT arguments into this section:
    input_key: ClassVar[str] = "path"  # the key that INPUT sets
    single_input: ClassVar[str | None] = None  # what the only INPUT is; None: paths and patterns
    needs_input: ClassVar[bool] = True
    input_is_count: ClassVar[bool] = False  # INPUT is a number, so it does not name the source
    endings: ClassVar[tuple[str, ...]] = ()  # of file names that mean this kind

    # Part of the file names `<name>-00000.parquet`, so it must not end like a part number.
    name: str = Field(max_length=100)
    # SPDX expression for documents that do not declare a licence.
    license: str | None = None
    # Weight of this source's tokens relative to other sources: in the tokenizer's sample and,
    # unless `training.data.mixture` is set, in the batches.
    weight: float = Field(1.0, gt=0, le=1e9)
    # Language of documents whose language the source does not determine: "en", "python", …
    language: str | None = None
    # Longer documents are rejected and read only up to this length, which bounds worker memory.
    max_document_bytes: int = Field(16 * MiB, gt=0)

    @pydantic.field_validator("name")
    @classmethod
    def _is_file_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("a letter or a digit, then letters, digits, '.', '_' and '-'")
        if name[-6:-5] == "-" and name[-5:].isdigit():
            raise ValueError("must not end like a part number (-00000)")
        return name


class RowSource(SourceConfig):
    """Options of sources whose documents are rows of objects or tables."""

    text_key: str = "text"  # a column, or a key of the outermost object; so are the other keys
    messages_key: str | None = None  # dialogues: a list of {role, content}; replaces text_key
    id_key: str | None = None
    license_key: str | None = None
    license_list: LicenseList = "all"
    max_rows: int | None = Field(None, gt=0)


class JsonlSource(RowSource):
    """JSON objects, one per line. Files that end in .gz, .zst or .xz are streamed."""

    reader = "corpusforge.sources.jsonl:JsonlDocuments"
    endings = (".jsonl", ".ndjson", ".jsonl.gz", ".jsonl.zst", ".jsonl.xz", ".json.gz")

    type: Literal["jsonl"] = "jsonl"
    path: Paths


class ParquetSource(RowSource):
    """Parquet files, one document per row."""

    reader = "corpusforge.sources.parquet:ParquetDocuments"
    endings = (".parquet",)

    type: Literal["parquet"] = "parquet"
    path: Paths


def _renamed(key: str, former: str, default: Any) -> Any:
    """Return a field that is also accepted, and still fingerprinted, under its former name."""
    return Field(default, validation_alias=AliasChoices(key, former), serialization_alias=former)


class HuggingfaceSource(RowSource):
    """A streamed data set: from the Hugging Face hub, or from a local directory."""

    reader = "corpusforge.sources.huggingface:HuggingfaceDocuments"
    input_key = "dataset"
    single_input = "a data set"

    type: Literal["huggingface"] = "huggingface"
    dataset: str
    subset: str | None = None
    split: str = "train"
    revision: str | None = None  # a commit, which pins the data; None: the newest
    text_key: str = _renamed("text_key", "text_field", "text")
    messages_key: str | None = _renamed("messages_key", "messages_field", None)
    id_key: str | None = _renamed("id_key", "id_field", None)
    license_key: str | None = _renamed("license_key", "license_field", None)
    max_rows: Annotated[int, Field(gt=0)] | None = _renamed("max_rows", "max_samples", None)


class CodeSource(SourceConfig):
    """Source trees and archives (.zip, .whl, .tar, .tar.gz, .tar.xz, .tar.zst)."""

    reader = "corpusforge.sources.code:CodeDocuments"
    endings = (".zip", ".whl", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst")

    type: Literal["code"] = "code"
    path: Paths
    exclude: Strings = ()  # .gitignore patterns, in addition to those of the tree
    max_document_bytes: int = Field(1 * MiB, gt=0)  # The Stack, arxiv.org/abs/2211.15533


class PythonEnvironmentSource(SourceConfig):
    """The standard library and the installed distributions of a Python interpreter."""

    reader = "corpusforge.sources.python_environment:PythonEnvironmentDocuments"
    input_key = "python"
    single_input = "an interpreter"
    needs_input = False

    type: Literal["python-environment"] = "python-environment"
    python: str | None = None  # an interpreter; None: the one that runs corpusforge
    include: Annotated[tuple[EnvironmentPart, ...], BeforeValidator(_one_or_many)] = (
        "standard-library",
        "distributions",
        "descriptions",
    )
    distributions: Strings | None = None  # names of distributions; None: all
    exclude: Strings = ()  # names of distributions
    max_document_bytes: int = Field(1 * MiB, gt=0)


class TextSource(SourceConfig):
    """Plain text files, whole or cut into records."""

    reader = "corpusforge.sources.text:TextDocuments"
    endings = (".txt", ".md", ".rst", ".txt.gz")

    type: Literal["text"] = "text"
    path: Paths
    records: Literal["whole", "blank-line", "form-feed"] = "whole"


class SyntheticSource(SourceConfig):
    """Generated dialogues about code. A seed always generates the same dialogues."""

    reader = "corpusforge.sources.synthetic:SyntheticDialogues"
    input_key = "examples"
    single_input = "a number of examples"
    input_is_count = True

    type: Literal["synthetic"] = "synthetic"
    examples: int = Field(gt=0)
    seed: int = 0
    license: str | None = "CC0-1.0"


# Every kind of source. The command line, `sources/open.py` and error messages derive from it.
_Source = (
    JsonlSource
    | ParquetSource
    | HuggingfaceSource
    | CodeSource
    | PythonEnvironmentSource
    | TextSource
    | SyntheticSource
)
AnySource = Annotated[_Source, Field(discriminator="type")]
SOURCES: dict[str, type[SourceConfig]] = {
    kind.model_fields["type"].default: kind for kind in typing.get_args(_Source)
}


class LicenseOverride(Frozen):
    """A licence that is known from elsewhere. It is stronger than all evidence."""

    license: str  # SPDX; NONE: the documents have no licence
    reason: str = Field(min_length=1)  # who says so, and where
    source: str | None = None  # name of a source
    repository: str | None = None
    path: str | None = None  # glob on document paths: `*` does not match "/", `**` does

    @model_validator(mode="after")
    def _names_documents(self) -> "LicenseOverride":
        if not (self.source or self.repository or self.path):
            raise ValueError("say which documents: source, repository or path")
        return self


# What to do with documents whose licence is unknown.
UnknownLicense = Literal["drop", "keep", "quarantine"]


class LicensePolicy(Frozen):
    """A custom policy, read from a YAML file."""

    families: Strings  # names of families, see license_families.py
    allow: Strings = ()
    deny: Strings = ()
    exceptions: Strings = ()  # SPDX ids: every licence WITH one of these exceptions is allowed
    unknown: UnknownLicense | None = None
    overrides: tuple[LicenseOverride, ...] = ()


class LicenseConfig(Frozen):
    """Which licences are allowed."""

    # A named policy or a YAML file. The content of the file replaces its name, so that a corpus
    # keeps the policy that it was decided by.
    policy: str | LicensePolicy = "permissive"
    allow: Strings = ()  # SPDX ids, allowed under any policy
    deny: Strings = ()  # SPDX ids; takes precedence over `allow`
    unknown: UnknownLicense | None = None  # None: as the policy says, or drop
    # A file, or its lines: "repository NAME", "owner NAME", "path GLOB", "id ID", "hash XXH3".
    opt_out: tuple[str, ...] = ()

    @pydantic.field_validator("policy", mode="before")
    @classmethod
    def _read_policy(cls, policy: Any) -> Any:
        if not isinstance(policy, str) or policy in POLICIES:
            return policy
        if not policy.endswith((".yaml", ".yml")):
            raise ValueError(f"must be {', '.join(POLICIES)}, or a .yaml file")
        return load(Path(policy).expanduser(), LicensePolicy)

    @pydantic.field_validator("opt_out", mode="before")
    @classmethod
    def _read_opt_out(cls, opt_out: Any) -> Any:
        return read_lines(Path(opt_out).expanduser()) if isinstance(opt_out, str) else opt_out

    @property
    def of_unknown(self) -> UnknownLicense:
        """What to do with documents whose licence is unknown."""
        return self.unknown or self.full_policy.unknown or "drop"

    @property
    def full_policy(self) -> LicensePolicy:
        """The policy with its families, which a named policy stands for."""
        if isinstance(self.policy, LicensePolicy):
            return self.policy
        return LicensePolicy(families=tuple(POLICIES[self.policy]))


ShingleUnit = Literal["word", "character"]
SIGNATURE_SLOTS = 128  # twice as many if bands × rows is larger


class ShingleConfig(Frozen):
    """The unit of similarity, and the number of signature slots that estimate it."""

    size: int = Field(5, gt=0, le=100)
    unit: ShingleUnit = "word"  # docs/dedup.md defines both
    slots: int = SIGNATURE_SLOTS


# Published deduplication settings of well-known corpora, for `corpusforge dedup --like`.
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
    """Which repeated lines are cut from all documents: boilerplate such as headers and menus."""

    min_characters: int = Field(60, ge=8)  # surrounding white space does not count
    max_documents: int = Field(100, ge=1)  # a line is cut if more kept documents have it


class DedupConfig(Frozen):
    """Which documents are duplicates, and which copy is kept."""

    enabled: bool = True
    exact_only: bool = False
    # The least Jaccard similarity that the shingle sets of near-duplicates have.
    threshold: float = Field(0.8, ge=0.1, le=1)
    shingle_size: int = Field(5, gt=0, le=100)
    shingle_unit: ShingleUnit = "word"
    # Bands of a signature, and slots in a band. None: chosen so that the probability to miss a pair
    # at the threshold is below 1 %.
    bands: int | None = Field(None, gt=0)
    rows: int | None = Field(None, gt=0)
    # Lines to cut when tokenizing. None: no lines.
    lines: LinesConfig | None = None
    # Other output directories. Documents that their own dedup keeps are dropped here.
    against: Strings = ()
    # Which copy is kept, by the first criterion that tells the copies apart: `first` (order of the
    # sources), `license` (the freest), `longest`, `newest:KEY` (a date or number in the document's
    # `meta`). Remaining ties go to the smallest id.
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
        """Whether near-duplicates are dropped too."""
        return self.enabled and not self.exact_only

    @property
    def shingle(self) -> ShingleConfig:
        needed = (self.bands or 0) * (self.rows or 0)
        slots = SIGNATURE_SLOTS if needed <= SIGNATURE_SLOTS else 2 * SIGNATURE_SLOTS
        return ShingleConfig(size=self.shingle_size, unit=self.shingle_unit, slots=slots)


class SplitConfig(Frozen):
    """The share of the train sources to hold out, by repository if a document has one."""

    validation: float = Field(0.01, ge=0, lt=1)
    seed: int = 0


class FillInTheMiddleConfig(Frozen):
    """Which train documents of code are cut in three, so that a model learns to fill a gap."""

    # Share of the documents. SantaCoder, arXiv 2301.03988, has 0.5.
    rate: float = Field(0.0, ge=0, le=1)
    # Share of those documents that have the suffix first. The others have the prefix first.
    spm_rate: float = Field(0.5, ge=0, le=1)


class SecretsConfig(Frozen):
    """What tokenizing replaces by a mark, so that no model learns it (docs/secrets.md)."""

    enabled: bool = True  # credentials: keys, tokens, passwords in URLs
    emails: bool = False
    ip_addresses: bool = False  # public IPv4 addresses


class CorpusConfig(Frozen):
    """Everything from sources to verdicts, and how the kept documents are tokenized."""

    train_sources: tuple[AnySource, ...] = ()
    val_sources: tuple[AnySource, ...] = ()
    train_synthetic_examples: int = Field(0, ge=0)
    val_synthetic_examples: int = Field(0, ge=0)
    license: LicenseConfig = LicenseConfig()
    dedup: DedupConfig = DedupConfig()
    split: SplitConfig = SplitConfig()
    secrets: SecretsConfig = SecretsConfig()
    # Approximate bytes of text in a document file: the unit of parallel work and of resuming.
    part_bytes: int = Field(32 * MiB, gt=0)
    # Seed of the order of documents in a shard.
    shuffle_seed: int = 0
    fill_in_the_middle: FillInTheMiddleConfig = FillInTheMiddleConfig()
    # Whether a control token begins each document, as models of the Llama family expect. A control
    # token always ends a document.
    mark_beginnings: bool = False

    @model_validator(mode="after")
    def _names_are_unique(self) -> "CorpusConfig":
        names = [source.name for source in self.sources()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two sources are named {', '.join(twice)}; give each its own `name`")
        return self

    def sources(self) -> tuple[AnySource, ...]:
        """Return all sources in order: train, synthetic train, validation, synthetic validation."""
        synthetic = _synthetic("synthetic", self.train_synthetic_examples, seed=0)
        return (*self.train_sources, *synthetic, *self._held_out())

    def held_out_names(self) -> frozenset[str]:
        """Return the names of the sources whose documents are all validation data."""
        return frozenset(source.name for source in self._held_out())

    def _held_out(self) -> tuple[AnySource, ...]:
        synthetic = _synthetic("synthetic-validation", self.val_synthetic_examples, seed=1)
        return (*self.val_sources, *synthetic)


def _synthetic(name: str, examples: int, seed: int) -> tuple[SyntheticSource, ...]:
    return (SyntheticSource(name=name, examples=examples, seed=seed),) if examples else ()


TokenizerType = Literal["sentencepiece", "whitespace"]


class TokenizerConfig(Frozen):
    """How text becomes token ids. Ids fit uint16."""

    type: TokenizerType = "sentencepiece"
    vocab_size: int = Field(32_000, gt=0, le=65_536)
    model: str | None = None  # an existing SentencePiece model to use instead of training one
    # Text to train on, sampled from the kept train documents by source weight.
    sample_bytes: int = Field(32 * MiB, gt=0)
    seed: int = 0

    @model_validator(mode="after")
    def _model_is_sentencepiece(self) -> "TokenizerConfig":
        if self.model is not None and self.type != "sentencepiece":
            raise ValueError("`model` is a SentencePiece model; leave one of the two out")
        return self


class CorpusExperiment(Frozen):
    """The sections of an experiment that `corpusforge` reads."""

    output_dir: str
    corpus: CorpusConfig = CorpusConfig()
    tokenizer: TokenizerConfig = TokenizerConfig()


class Experiment(CorpusExperiment):
    """A whole experiment file. `trainer` validates the sections that are opaque here."""

    model: Mapping[str, Any] = {}
    parameter_budget: Mapping[str, Any] = {}
    training: Mapping[str, Any] = {}

    def corpus_part(self) -> CorpusExperiment:
        """Return the sections that a corpus is built from."""
        return CorpusExperiment(
            output_dir=self.output_dir, corpus=self.corpus, tokenizer=self.tokenizer
        )


Config = TypeVar("Config", bound=Frozen)


def load(path: Path, kind: type[Config], overrides: Sequence[str] = ()) -> Config:
    """Read a YAML file as a `kind`, after applying overrides of the form `a.b=c`.

    Raises:
        ConfigError: the file is missing, is not YAML, has an unknown key or an invalid value.
    """
    return parse(read_tree(path, overrides), kind, where=str(path))


def parse(tree: Any, kind: type[Config], *, where: str) -> Config:
    """Validate a tree of plain values. Errors name its origin, `where`.

    Raises:
        ConfigError: an unknown key or an invalid value.
    """
    try:
        return kind.model_validate(tree)
    except pydantic.ValidationError as error:
        raise explain(error, kind, tree, where) from None
