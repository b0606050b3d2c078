"""The funnel of a corpus: documents ingested, dropped by each stage and why, tokens written."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from corpusforge.config import Frozen
from corpusforge.engine.run import load_config, no_corpus_error
from corpusforge.errors import RunError
from corpusforge.pipeline import stages
from corpusforge.redaction.facts import SECRETS
from corpusforge.redaction.secrets.kinds import DOCUMENTS_WITH_SECRETS, FOUND_PREFIX
from corpusforge.shards.manifest import load_shard_manifest
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest, load_manifest, part_files


class StageLoss(Frozen):
    """Documents that one stage dropped."""

    stage: str
    dropped: int
    dropped_bytes: int
    reasons: Mapping[str, int]


class SourceTokens(Frozen):
    """Tokens of one source in one split."""

    split: str
    source: str
    documents: int
    tokens: int
    bytes: int


class Secrets(Frozen):
    """Secrets found in all documents; they are replaced when tokenizing."""

    documents: int
    kinds: Mapping[str, int]


class Funnel(Frozen):
    """Documents ingested = kept + dropped; every drop has a reason."""

    ingested: int
    ingested_bytes: int
    rejects: Mapping[str, int]
    by_source: Mapping[str, int]
    losses: tuple[StageLoss, ...]
    kept: int
    kept_bytes: int
    tokens: tuple[SourceTokens, ...] = ()
    secrets: Secrets | None = None  # None if they are not searched for


def read_funnel(layout: Layout) -> Funnel:
    """Read the funnel from the manifests, as far as the corpus is built and up to date.

    Raises:
        RunError: nothing has been ingested, or the numbers do not add up.
    """
    ingest = load_manifest(layout.manifest("ingest"))
    if ingest is None:
        raise no_corpus_error(layout)
    kept, kept_bytes = ingest.counts["documents"], ingest.counts["bytes"]
    losses: list[StageLoss] = []
    files = documents = part_files(layout, layout.document_file, ingest.outputs)
    for step in stages():
        manifest = load_manifest(step.manifest_file(layout))
        if manifest is None or not manifest.has_read(files):
            files = {}
            break  # not run yet, or not since an earlier stage has changed
        _check(layout, manifest, kept)
        losses.append(
            StageLoss(
                stage=step.name,
                dropped=manifest.counts["dropped"],
                dropped_bytes=kept_bytes - manifest.counts["kept_bytes"],
                reasons=manifest.reasons,
            )
        )
        kept, kept_bytes = manifest.counts["kept"], manifest.counts["kept_bytes"]
        files = step.written(layout, manifest)
    by_source: Counter[str] = Counter()
    for part in ingest.outputs:
        by_source[part.source] += part.rows
    tokenized = load_manifest(layout.manifest("tokenize"))
    current = files and tokenized is not None and tokenized.has_read(files)
    return Funnel(
        ingested=ingest.counts["documents"],
        ingested_bytes=ingest.counts["bytes"],
        rejects=ingest.reasons,
        by_source=by_source,
        losses=tuple(losses),
        kept=kept,
        kept_bytes=kept_bytes,
        tokens=_tokens(layout.shards) if current else (),
        secrets=_secrets(layout, documents),
    )


def _secrets(layout: Layout, documents: Mapping[str, str]) -> Secrets | None:
    manifest = load_manifest(layout.fact_manifest(SECRETS))
    enabled = layout.config.is_file() and load_config(layout).corpus.secrets.enabled
    if not enabled or manifest is None or not manifest.has_read(documents):
        return None
    kinds = {
        name.removeprefix(FOUND_PREFIX): count
        for name, count in manifest.counts.items()
        if name.startswith(FOUND_PREFIX)
    }
    return Secrets(documents=manifest.counts[DOCUMENTS_WITH_SECRETS], kinds=kinds)


def _tokens(shards: Path) -> tuple[SourceTokens, ...]:
    return tuple(
        SourceTokens(
            split=split,
            source=source,
            documents=entry.num_documents,
            tokens=entry.num_tokens,
            bytes=entry.num_bytes,
        )
        for split, sources in load_shard_manifest(shards).splits.items()
        for source, entry in sources.items()
    )


def _check(layout: Layout, manifest: Manifest, before: int) -> None:
    after = manifest.counts["kept"] + manifest.counts["dropped"]
    if after != before:
        raise RunError(
            "the funnel does not add up",
            where=str(layout.manifest(manifest.stage)),
            got=f"{after:,} documents kept and dropped",
            expected=f"{before:,}, which the stages before it keep",
            do="run `corpusforge build` again; it writes what is out of date",
        )
