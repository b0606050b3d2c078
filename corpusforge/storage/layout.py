"""Paths of the files of a run. No other module joins them."""

import glob
from dataclasses import dataclass
from pathlib import Path


class _In:
    """A path of a run: a name in a directory, which is another path of the run."""

    def __init__(self, directory: str, name: str) -> None:
        self._directory = directory
        self._name = name

    def __get__(self, layout: "Layout", owner: type) -> Path:
        directory: Path = getattr(layout, self._directory)
        return directory / self._name


@dataclass(frozen=True)
class Layout:
    """The files under one `output_dir`. A `part` is the stem of a document file: `<source>-00000`.

    If a model is trained on the corpus of another run, `data` is that run's directory.
    """

    root: Path
    data: Path | None = None

    corpus = _In("data_root", "corpus")
    config = _In("corpus", "corpus.json")
    log = _In("corpus", "log.jsonl")
    lock = _In("corpus", ".lock")
    documents = _In("corpus", "documents")
    evidence = _In("corpus", "evidence")
    rejects = _In("corpus", "rejects")
    licenses = _In("corpus", "licenses.json")
    notice = _In("corpus", "NOTICE")
    quarantine = _In("corpus", "quarantine.jsonl")
    tokenizer = _In("data_root", "tokenizer.json")
    sentencepiece_model = _In("data_root", "tokenizer.model")
    shards = _In("data_root", "shards")
    shard_manifest = _In("shards", "manifest.json")

    checkpoints = _In("root", "checkpoints")
    metrics = _In("root", "metrics.json")
    tensorboard = _In("root", "tensorboard")
    metrics_log = _In("root", "metrics.jsonl")

    @property
    def data_root(self) -> Path:
        """The directory of the corpus, the tokenizer and the shards."""
        return self.data or self.root

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

    def export(self, format: str) -> Path:
        return self.root / "export" / format

    def relative(self, path: Path) -> str:
        """`path` as the manifests of a corpus spell it: relative, with forward slashes."""
        return path.relative_to(self.data_root).as_posix()
