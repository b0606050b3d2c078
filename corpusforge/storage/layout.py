"""Where the files of a run stand; every path of a run is spelled here and nowhere else."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The files under one `output_dir`. `part` is a document file's stem: `<source>-00000`.

    A model may be trained on the corpus of another run: `data` is then that run's directory.
    """

    root: Path
    data: Path | None = None

    @property
    def data_root(self) -> Path:
        """Where the corpus, the tokenizer and the shards stand."""
        return self.data or self.root

    @property
    def corpus(self) -> Path:
        return self.data_root / "corpus"

    @property
    def config(self) -> Path:
        return self.corpus / "corpus.json"

    @property
    def log(self) -> Path:
        return self.corpus / "log.jsonl"

    @property
    def lock(self) -> Path:
        return self.corpus / ".lock"

    @property
    def documents(self) -> Path:
        return self.corpus / "documents"

    @property
    def evidence(self) -> Path:
        return self.corpus / "evidence"

    @property
    def rejects(self) -> Path:
        return self.corpus / "rejects"

    @property
    def licenses(self) -> Path:
        return self.corpus / "licenses.json"

    @property
    def notice(self) -> Path:
        return self.corpus / "NOTICE"

    @property
    def quarantine(self) -> Path:
        return self.corpus / "quarantine.jsonl"

    def fact(self, name: str) -> Path:
        return self.corpus / "facts" / name

    def verdict(self, stage: str) -> Path:
        return self.corpus / "verdicts" / stage

    def manifest(self, stage: str) -> Path:
        return self.corpus / f"{stage}.json"

    def fact_manifest(self, name: str) -> Path:
        return self.corpus / "facts" / f"{name}.json"

    @property
    def tokenizer(self) -> Path:
        return self.data_root / "tokenizer.json"

    @property
    def sentencepiece_model(self) -> Path:
        return self.data_root / "tokenizer.model"

    @property
    def shards(self) -> Path:
        return self.data_root / "shards"

    @property
    def shard_manifest(self) -> Path:
        return self.shards / "manifest.json"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics.json"

    @property
    def tensorboard(self) -> Path:
        return self.root / "tensorboard"

    @property
    def metrics_log(self) -> Path:
        return self.root / "metrics.jsonl"

    def export(self, format: str) -> Path:
        return self.root / "export" / format

    def relative(self, path: Path) -> str:
        """`path` as manifests name it: relative to `output_dir`, with forward slashes."""
        return path.relative_to(self.root).as_posix()
