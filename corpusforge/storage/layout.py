"""Paths of the files of a run. No other module joins them."""

import glob
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The files under one `output_dir`. A `part` is the stem of a document file: `<source>-00000`.

    If a model is trained on the corpus of another run, `data` is that run's directory.
    """

    root: Path
    data: Path | None = None

    @property
    def data_root(self) -> Path:
        """The directory of the corpus, the tokenizer and the shards."""
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

    def manifest(self, step: str) -> Path:
        return self.corpus / f"{step}.json"

    def fact_manifest(self, name: str) -> Path:
        return self.corpus / "facts" / f"{name}.json"

    def document_file(self, part: str) -> Path:
        return self.documents / f"{part}.parquet"

    def evidence_file(self, part: str) -> Path:
        return self.evidence / f"{part}.parquet"

    def evidence_files(self, source: str) -> list[Path]:
        """The evidence files of a source that exist, in the order of their numbers."""
        numbered = [
            path
            for path in self.evidence.glob(f"{glob.escape(source)}-*.parquet")
            if path.stem.removeprefix(f"{source}-").isdigit()
        ]
        # Numbers may have more digits than they are padded to.
        return sorted(numbered, key=lambda path: (len(path.stem), path.stem))

    def rejects_file(self, name: str) -> Path:
        """Rejects of one unit (`name` is a part), or of planning (`name` is a source)."""
        return self.rejects / f"{name}.jsonl"

    def fact_file(self, fact: str, part: str) -> Path:
        return self.fact(fact) / f"{part}.parquet"

    def verdict_file(self, stage: str, part: str) -> Path:
        return self.verdict(stage) / f"{part}.parquet"

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
        """`path` as the manifests of a corpus spell it: relative, with forward slashes."""
        return path.relative_to(self.data_root).as_posix()
