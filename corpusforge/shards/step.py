"""The tokenize step: every document file becomes shards, listed in one manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from corpusforge.config import CorpusConfig, CorpusExperiment
from corpusforge.engine.run import Run
from corpusforge.engine.step import Made, Step
from corpusforge.redaction.facts import fact_inputs, redacting_facts
from corpusforge.shards.id_index import write_id_indexes
from corpusforge.shards.manifest import (
    ShardManifest,
    SourceEntry,
    describe_tokenizer,
    shard_manifest,
)
from corpusforge.shards.reader import ShardSet
from corpusforge.shards.tokenize import SPLITS, VERSION, TokenizeTask, tokenize_part
from corpusforge.shards.writer import WrittenShard, shard_files, source_entry
from corpusforge.storage.files import file_checksum, fingerprint, write_json
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest, require_manifest
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer


@dataclass(frozen=True)
class TokenizeStep(Step):
    """Writes shards/, one document file at a time, in worker processes."""

    name: ClassVar[str] = "tokenize"
    version: ClassVar[int] = VERSION

    def config(self, run: Run) -> Any:
        """What decides about tokens other than the documents and the tokenizer."""
        corpus = run.config.corpus
        return {
            "shuffle_seed": corpus.shuffle_seed,
            "fill_in_the_middle": corpus.fill_in_the_middle.model_dump(),
            "mark_beginnings": corpus.mark_beginnings,
        }

    def check(self, config: CorpusExperiment) -> None:
        assert self.stages_before[-1:] == ("split",), (
            "no stage may follow split, which is read here"
        )

    def inputs(self, run: Run, prepared: Any = None) -> dict[str, str]:
        return {
            **run.document_files(),
            **run.verdict_files(self.stages_before[-1]),
            **run.fact_files("license"),
            **fact_inputs(run),
            **require_manifest(run.layout.manifest("tokenizer")).files,
        }

    def fingerprint(self, run: Run, inputs: Mapping[str, str]) -> str:
        weights = {source.name: source.weight for source in run.config.corpus.sources()}
        return fingerprint(self.name, self.version, inputs, self.config(run), weights)

    def is_complete(self, layout: Layout, manifest: Manifest) -> bool:
        if not super().is_complete(layout, manifest):
            return False
        # Training samples by the weights in it, which are in no other file.
        written = manifest.files[layout.relative(layout.shard_manifest)]
        return file_checksum(layout.shard_manifest) == written

    def make(self, run: Run, key: str, prepared: Any) -> Made:
        layout = run.layout
        tokenizer = load_tokenizer(layout.root)
        tasks = self._tasks(run, tokenizer)
        sizes = [task.part.counts["text_bytes"] for task in tasks]
        ended = run.executor.map_tasks(tokenize_part, tasks)
        written = run.progress.collect(self.name, sizes, ended)
        made = _manifest(run.config.corpus, tokenizer, tasks, written)
        write_json(layout.shard_manifest, made.model_dump(mode="json"))
        shard_set = ShardSet(layout.shards)
        write_id_indexes(shard_set)
        files = _files(shard_set)
        for path in shard_files(layout.shards):
            if path not in files:
                path.unlink()
        files[layout.shard_manifest] = file_checksum(layout.shard_manifest)
        entries = [entry for split in made.splits.values() for entry in split.values()]
        counts = {
            "documents": sum(entry.num_documents for entry in entries),
            "tokens": sum(entry.num_tokens for entry in entries),
        }
        return Made(counts=counts, files={layout.relative(p): c for p, c in files.items()})

    def summary(self, manifest: Manifest) -> str:
        return f"{manifest.counts['tokens']:,} tokens"

    def places(self, layout: Layout) -> tuple[Path, ...]:
        return (layout.shard_manifest,)

    def _tasks(self, run: Run, tokenizer: Tokenizer) -> list[TokenizeTask]:
        layout, corpus = run.layout, run.config.corpus
        redacting = redacting_facts(corpus)
        stage = self.stages_before[-1]
        read = self.inputs(run)
        tasks = []
        for part in run.parts():
            files = (
                layout.document_file(part.name),
                layout.verdict_file(stage, part.name),
                layout.fact_file("license", part.name),
                *(layout.fact_file(fact, part.name) for fact in redacting),
            )
            tasks.append(
                TokenizeTask(
                    layout=layout,
                    part=part,
                    inputs=tuple(read[layout.relative(file)] for file in files),
                    tokenizer=tokenizer.fingerprint,
                    seed=corpus.shuffle_seed,
                    fim=corpus.fill_in_the_middle,
                    mark_beginnings=corpus.mark_beginnings,
                    redacting=redacting,
                )
            )
        return tasks


def _manifest(
    corpus: CorpusConfig,
    tokenizer: Tokenizer,
    tasks: Sequence[TokenizeTask],
    written: Sequence[Mapping[str, WrittenShard]],
) -> ShardManifest:
    splits: dict[str, dict[str, SourceEntry]] = {}
    for split in SPLITS:
        for source in corpus.sources():
            shards = [
                by_split[split]
                for task, by_split in zip(tasks, written, strict=True)
                if task.part.source == source.name and split in by_split
            ]
            if shards:
                splits.setdefault(split, {})[source.name] = source_entry(source.weight, shards)
    return shard_manifest(describe_tokenizer(tokenizer), splits)


def _files(shards: ShardSet) -> dict[Path, str]:
    """The checksums of the shard files."""
    files: dict[Path, str] = {}
    for split, sources in shards.manifest.splits.items():
        for source, entry in sources.items():
            for shard in entry.shards:
                files[shards.path(split, source, shard.name)] = shard.checksum
                files[shards.index_path(split, source, shard.name)] = shard.index_checksum
            id_index = shards.id_index_path(split, source)
            files[id_index] = file_checksum(id_index)
    return files


STEP = TokenizeStep()
