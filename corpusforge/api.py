"""The Python interface to a finished corpus: documents as Arrow tables, shards as arrays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import CorpusExperiment
from corpusforge.engine.run import load_config
from corpusforge.errors import InputError, RunError
from corpusforge.inspection.funnel import Funnel, read_funnel
from corpusforge.pipeline import stages
from corpusforge.shards.index import open_index
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.reader import ShardSet, Tokens, map_tokens
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import require_manifest
from corpusforge.storage.parts import PartEntry, column_names, read_batches, read_rows
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer


@dataclass(frozen=True)
class Shard:
    """One shard: its tokens and its documents."""

    tokens: Tokens  # uint16[num_tokens], memory-mapped
    documents: pa.Table  # one row per document, with `start` and `length` in tokens, `id`, …


@dataclass(frozen=True)
class Corpus:
    """A corpus on disk. Made by `open_corpus`; nothing is read before it is asked for."""

    directory: Path

    @property
    def config(self) -> CorpusExperiment:
        """The configuration that the corpus was built with."""
        return load_config(self._layout)

    @property
    def funnel(self) -> Funnel:
        """Documents ingested, dropped by each stage and why, tokens written."""
        return read_funnel(self._layout)

    @property
    def tokenizer(self) -> Tokenizer:
        return load_tokenizer(self._layout.data_root)

    def documents(
        self, columns: Sequence[str] = ("id", "text"), *, kept_only: bool = True
    ) -> Iterator[pa.Table]:
        """Yield the documents in corpus order, in tables of some megabytes of text.

        A column is one of the documents (`text`, `path`, `repository`, …), of a fact
        (`facts.license.expression`) or of a verdict (`verdicts.split.split`). With `kept_only`,
        documents that a stage has dropped are left out.

        Raises:
            InputError: there is no such column.
            RunError: the corpus or its verdicts are missing or out of date.
        """
        layout = self._layout
        decided = [loss.stage for loss in read_funnel(layout).losses]
        last = stages()[-1]
        if kept_only and last.name not in decided:
            raise RunError(
                "the verdicts are missing or out of date",
                where=str(self.directory),
                do="run `corpusforge build`, or read all documents with kept_only=False",
            )
        for part in require_manifest(layout.manifest("ingest")).outputs:
            files = self._columns_by_file(part, columns)
            keep = last.part_file(layout, part.name)
            own = files.pop(layout.document_file(part.name), {})
            aligned = [(read_rows(path, list(named)), named) for path, named in files.items()]
            kept = pc.fill_null(read_rows(keep, ["keep"])["keep"], False) if kept_only else None
            first = 0
            for rows in read_batches(layout.document_file(part.name), list(own) or ["id"]):
                length = len(rows)
                found = {own[name]: rows[name] for name in own}
                for table, named in aligned:
                    found |= {named[name]: table[name].slice(first, length) for name in named}
                table = pa.table({name: found[name] for name in columns})
                yield table if kept is None else table.filter(kept.slice(first, length))
                first += length

    def shards(self, split: str = "train", source: str | None = None) -> Iterator[Shard]:
        """Yield the shards of a split, or of one source in it.

        Raises:
            InputError: there are no shards, or there is no such split or source.
        """
        shard_set = ShardSet(self._layout.shards)
        for found in Lookup(shard_set, split, source).shards:
            name, entry = found.source, found.entry
            tokens = map_tokens(shard_set.path(split, name, entry.name), entry.num_tokens)
            yield Shard(tokens, open_index(shard_set.index_path(split, name, entry.name)))

    @property
    def _layout(self) -> Layout:
        return Layout(self.directory)

    def _columns_by_file(
        self, part: PartEntry, columns: Sequence[str]
    ) -> dict[Path, dict[str, str]]:
        """The file of each column: path → name in the file → name as asked for."""
        layout = self._layout
        rooms = {"facts": layout.fact_file, "verdicts": layout.verdict_file}
        files: dict[Path, dict[str, str]] = {}
        for column in columns:
            room, _, rest = column.partition(".")
            table, _, name = rest.partition(".")
            path, name = (
                (partial(rooms[room], table)(part.name), name)
                if room in rooms
                else (layout.document_file(part.name), column)
            )
            known = column_names(path) if path.is_file() else []
            if name not in known:
                raise InputError(
                    "the corpus has no such column",
                    where=str(path),
                    got=column,
                    expected=f"one of {', '.join(known)}" if known else "a fact or verdict it has",
                )
            files.setdefault(path, {})[name] = column
        return files


def open_corpus(directory: str | Path) -> Corpus:
    """Open the corpus in an output_dir.

    Raises:
        RunError: there is no corpus.
    """
    corpus = Corpus(Path(directory))
    if not corpus._layout.shard_manifest.is_file():  # imported shards have no configuration
        load_config(corpus._layout)
    return corpus
