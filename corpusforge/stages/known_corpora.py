"""A known corpus: another corpus, whose kept documents are dropped from this one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from corpusforge.config import ShingleConfig
from corpusforge.engine.live_rows import LiveRows
from corpusforge.engine.run import require_corpus
from corpusforge.errors import RunError
from corpusforge.near.banding import SIGNATURE_VERSION
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import load_manifest, part_files, require_manifest

_STAGE = "dedup"


@dataclass(frozen=True)
class KnownCorpus:
    """Another corpus as an index of duplicates."""

    layout: Layout
    shingle: ShingleConfig | None  # of its signatures; None: they are not read

    def fingerprint(self) -> str:
        """Return a value that changes with its documents, signatures and verdicts.

        Raises:
            RunError: the corpus does not exist, or has not been deduplicated with these shingles.
        """
        require_corpus(self.layout)
        verdict = load_manifest(self.layout.manifest(_STAGE))
        if verdict is None:
            raise self._unusable("the other corpus has not been deduplicated", "no verdicts")
        if self.shingle:
            fact = load_manifest(self.layout.fact_manifest("signatures"))
            read = fact and verdict.has_read(
                part_files(self.layout, partial(self.layout.fact_file, "signatures"), fact.outputs)
            )
            found = (fact.version, fact.config) if fact and read else None
            if found != (SIGNATURE_VERSION, self.shingle.model_dump()):
                raise self._unusable(
                    "the other corpus has no signatures of this kind",
                    f"version {found[0]}, {found[1]}" if found else "none",
                )
        return verdict.fingerprint

    def rows(self, own: LiveRows, facts: Mapping[str, tuple[str, ...]]) -> LiveRows:
        """The documents that its own dedup stage keeps."""
        ingest = require_manifest(self.layout.manifest("ingest"))
        return LiveRows(self.layout, ingest.outputs, facts, _STAGE, own.executor, own.progress)

    def _unusable(self, what: str, got: str) -> RunError:
        size = ""
        if self.shingle:
            size = f" --shingle-size {self.shingle.size} --shingle-unit {self.shingle.unit}"
        wanted = f", signatures of version {SIGNATURE_VERSION}" if self.shingle else ""
        return RunError(
            what,
            where=str(self.layout.root),
            got=got,
            expected=f"verdicts{wanted}",
            do=f"run `corpusforge dedup {self.layout.root}{size}` first",
        )
