"""One document file → its shards: kept documents of each split, shuffled, as tokens."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.chat import encode_chat, parse_messages
from corpusforge.documents import draws
from corpusforge.errors import InputError
from corpusforge.files import fingerprint
from corpusforge.layout import Layout
from corpusforge.parts import PartEntry, read_rows
from corpusforge.shards.writer import ShardWriter, WrittenShard, finished_shard
from corpusforge.stages.split import TRAIN, VALIDATION
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import Ids, Tokenizer

VERSION = 2
SPLITS = (TRAIN, VALIDATION)


@dataclass(frozen=True)
class TokenizeTask:
    """One document file for one worker."""

    layout: Layout
    part: PartEntry
    inputs: tuple[str, ...]  # checksums of the document file and what is read beside it
    tokenizer: str  # fingerprint
    seed: int

    @property
    def fingerprint(self) -> str:
        return fingerprint("tokenize", VERSION, self.inputs, self.tokenizer, self.seed)

    @property
    def name(self) -> str:
        """The shard's name: the number of the document file."""
        return self.part.name.removeprefix(f"{self.part.source}-")


def tokenize_part(task: TokenizeTask) -> dict[str, WrittenShard]:
    """Write the shards of one document file, by split, or find them finished.

    A split without documents gets no shard.
    """
    layout, part = task.layout, task.part
    verdict = read_rows(layout.verdict("split") / f"{part.name}.parquet", ["keep", "split"])
    written: dict[str, WrittenShard] = {}
    documents: pa.Table | None = None
    for split in SPLITS:
        chosen = pc.fill_null(pc.and_(verdict["keep"], pc.equal(verdict["split"], split)), False)
        rows = np.flatnonzero(chosen.to_numpy())
        if not len(rows):
            continue
        directory = layout.shards / split / part.source
        if finished := finished_shard(directory, task.name, task.fingerprint):
            written[split] = finished
            continue
        if documents is None:
            documents = _documents(task)
        written[split] = _write(task, directory, documents.take(pa.array(rows)), rows)
    return written


def _write(
    task: TokenizeTask, directory: Path, documents: pa.Table, rows: np.ndarray
) -> WrittenShard:
    tokenizer = _tokenizer(task.layout.root, task.tokenizer)
    drawn = draws(documents["content_hash"].combine_chunks(), "order", task.seed)
    order = np.argsort(drawn, kind="stable")
    documents = documents.take(pa.array(order)).append_column("row", pa.array(rows[order]))
    with ShardWriter(
        directory, task.name, tokenizer.vocab_size, tokenizer.end_of_document
    ) as shard:
        for ids in _encoded(tokenizer, documents):
            shard.append(ids, np.array([len(ids)]))
        return shard.close(documents, task.fingerprint)


def _encoded(tokenizer: Tokenizer, documents: pa.Table) -> Iterator[Ids]:
    # SentencePiece takes one string at a time, so this is where a text becomes an object.
    columns = zip(documents["id"], documents["text"], documents["messages"], strict=True)
    for id, text, messages in columns:
        if not messages.is_valid:
            yield tokenizer.encode(text.as_py())
            continue
        try:
            yield encode_chat(tokenizer, parse_messages(messages.as_py()))
        except InputError as error:
            error.where = id.as_py()
            raise


def _documents(task: TokenizeTask) -> pa.Table:
    """All documents of the file, with the expression that their licence was read as."""
    layout, name = task.layout, f"{task.part.name}.parquet"
    wanted = ["id", "text", "messages", "path", "repository", "num_bytes", "content_hash"]
    documents = read_rows(layout.documents / name, wanted)
    expression = read_rows(layout.fact("license") / name, ["expression"])["expression"]
    origin = layout.relative(layout.documents / name)
    documents = documents.append_column("license", expression)
    return documents.append_column("file", pa.repeat(pa.scalar(origin), len(documents)))


@cache
def _tokenizer(root: Path, fingerprint: str) -> Tokenizer:
    """Loaded once in each worker; another fingerprint is another tokenizer."""
    return load_tokenizer(root)
