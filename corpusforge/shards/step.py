"""The tokenize step: every document file becomes shards, and the manifest names them all."""

from collections.abc import Mapping, Sequence
from typing import Any

from corpusforge.config import CorpusConfig
from corpusforge.engine.run import Run
from corpusforge.redaction.apply import fact_inputs, fact_path, redacting_facts
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
from corpusforge.storage.manifest import Manifest, is_current, save_manifest
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer


class TokenizeStep:
    """Writes shards/, in worker processes, a document file at a time."""

    name = "tokenize"
    reads_outside = False

    def current(self, run: Run) -> Manifest | None:
        layout = run.layout
        key = self._fingerprint(run, self._inputs(run))
        manifest = is_current(layout.manifest(self.name), key, layout.documents)
        if manifest is None or not all((layout.root / path).is_file() for path in manifest.files):
            return None
        # The weights in it, which no other file says again, are what training goes by.
        named = manifest.files[layout.relative(layout.shard_manifest)]
        return manifest if file_checksum(layout.shard_manifest) == named else None

    def summary(self, manifest: Manifest) -> str:
        return f"{manifest.counts['tokens']:,} tokens"

    def make(self, run: Run) -> Manifest:
        layout = run.layout
        layout.manifest(self.name).unlink(missing_ok=True)
        tokenizer = load_tokenizer(layout.root)
        inputs = self._inputs(run)
        key = self._fingerprint(run, inputs)
        tasks = _tasks(run, inputs, tokenizer)
        written: list[Mapping[str, WrittenShard]] = [{}] * len(tasks)
        sizes = [task.part.counts["text_bytes"] for task in tasks]
        with run.progress.work(self.name, sum(sizes)) as meter:
            for index, shards in run.executor.in_processes(tokenize_part, tasks):
                written[index] = shards
                meter.advance(sizes[index])
        made = _manifest(run.config.corpus, tokenizer, tasks, written)
        write_json(layout.shard_manifest, made.model_dump(mode="json"))
        shard_set = ShardSet(layout.shards)
        write_id_indexes(shard_set)
        files = _files(shard_set)
        for path in shard_files(layout.shards):
            if layout.relative(path) not in files:
                path.unlink()
        files[layout.relative(layout.shard_manifest)] = file_checksum(layout.shard_manifest)
        entries = [entry for split in made.splits.values() for entry in split.values()]
        manifest = Manifest(
            stage=self.name,
            version=VERSION,
            fingerprint=key,
            config=_config(run.config.corpus),
            inputs=inputs,
            outputs=(),
            files=files,
            counts={
                "documents": sum(entry.num_documents for entry in entries),
                "tokens": sum(entry.num_tokens for entry in entries),
            },
        )
        save_manifest(layout.manifest(self.name), manifest)
        return manifest

    def _inputs(self, run: Run) -> dict[str, str]:
        layout = run.layout
        inputs = {_path("documents", part.name): part.checksum for part in run.parts()}
        split = run.require("split", layout.manifest("split"))
        inputs |= {_path("verdicts/split", part.name): part.checksum for part in split.outputs}
        fact = run.require("license", layout.fact_manifest("license"))
        inputs |= {_path("facts/license", part.name): part.checksum for part in fact.outputs}
        inputs |= fact_inputs(run)
        inputs |= run.require("tokenizer", layout.manifest("tokenizer")).files
        return inputs

    def _fingerprint(self, run: Run, inputs: dict[str, str]) -> str:
        corpus = run.config.corpus
        weights = {source.name: source.weight for source in corpus.sources()}
        return fingerprint(self.name, VERSION, inputs, _config(corpus), weights)


def _config(corpus: CorpusConfig) -> dict[str, Any]:
    """What decides about tokens besides the documents and the tokenizer."""
    return {
        "shuffle_seed": corpus.shuffle_seed,
        "fill_in_the_middle": corpus.fill_in_the_middle.model_dump(),
        "mark_beginnings": corpus.mark_beginnings,
    }


def _path(room: str, name: str) -> str:
    return f"corpus/{room}/{name}.parquet"


def _tasks(run: Run, inputs: Mapping[str, str], tokenizer: Tokenizer) -> list[TokenizeTask]:
    redacting = redacting_facts(run.config.corpus)
    beside = ("documents", "verdicts/split", "facts/license")
    return [
        TokenizeTask(
            layout=run.layout,
            part=part,
            inputs=(
                *(inputs[_path(room, part.name)] for room in beside),
                *(inputs[fact_path(fact, part.name)] for fact in redacting),
            ),
            tokenizer=tokenizer.fingerprint,
            seed=run.config.corpus.shuffle_seed,
            fim=run.config.corpus.fill_in_the_middle,
            mark_beginnings=run.config.corpus.mark_beginnings,
            redacting=redacting,
        )
        for part in run.parts()
    ]


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


def _files(shards: ShardSet) -> dict[str, str]:
    """Every shard file's path under output_dir, and its checksum."""
    root = shards.directory.parent
    files: dict[str, str] = {}
    for split in shards.manifest.splits:
        for source, entry in shards.sources(split).items():
            for shard in entry.shards:
                tokens = shards.path(split, source, shard.name)
                index = shards.index_path(split, source, shard.name)
                files[tokens.relative_to(root).as_posix()] = shard.checksum
                files[index.relative_to(root).as_posix()] = shard.index_checksum
            id_index = shards.id_index_path(split, source)
            files[id_index.relative_to(root).as_posix()] = file_checksum(id_index)
    return files
