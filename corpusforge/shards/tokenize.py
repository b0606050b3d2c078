"""One document file → its shards: kept documents of each split, shuffled, as tokens."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.chat import encode_chat, parse_messages
from corpusforge.config import FillInTheMiddleConfig
from corpusforge.documents import draws
from corpusforge.errors import InputError
from corpusforge.files import fingerprint
from corpusforge.layout import Layout
from corpusforge.parts import PartEntry, read_rows
from corpusforge.shards.fim import arrange, cut, draw_cuts
from corpusforge.shards.writer import ShardWriter, WrittenShard, finished_shard
from corpusforge.sources.languages import CODE
from corpusforge.stages.split import TRAIN, VALIDATION
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import Ids, Tokenizer

VERSION = 2
SPLITS = (TRAIN, VALIDATION)
_COLUMNS = ("id", "text", "messages", "path", "repository", "language", "num_bytes", "content_hash")


@dataclass(frozen=True)
class TokenizeTask:
    """One document file for one worker."""

    layout: Layout
    part: PartEntry
    inputs: tuple[str, ...]  # checksums of the document file and what is read beside it
    tokenizer: str  # fingerprint
    seed: int
    fim: FillInTheMiddleConfig

    @property
    def fingerprint(self) -> str:
        fim = self.fim.model_dump()
        return fingerprint("tokenize", VERSION, self.inputs, self.tokenizer, self.seed, fim)

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
        # Held-out documents stay whole, so that scores mean the same with and without cuts.
        fim = task.fim if split == TRAIN else FillInTheMiddleConfig()
        written[split] = _write(task, directory, documents.take(pa.array(rows)), rows, fim)
    return written


def _write(
    task: TokenizeTask,
    directory: Path,
    documents: pa.Table,
    rows: np.ndarray,
    fim: FillInTheMiddleConfig,
) -> WrittenShard:
    tokenizer = _tokenizer(task.layout.root, task.tokenizer)
    drawn = draws(documents["content_hash"].combine_chunks(), "order", task.seed)
    order = np.argsort(drawn, kind="stable")
    documents = documents.take(pa.array(order)).append_column("row", pa.array(rows[order]))
    with ShardWriter(
        directory, task.name, tokenizer.vocab_size, tokenizer.end_of_document
    ) as shard:
        if fim.rate:
            shard.append(*_with_gaps(tokenizer, documents, fim, task.seed))
        else:
            for ids in _encoded(tokenizer, documents):
                shard.append(ids, np.array([len(ids)]))
        return shard.close(documents, task.fingerprint)


def _with_gaps(
    tokenizer: Tokenizer, documents: pa.Table, config: FillInTheMiddleConfig, seed: int
) -> tuple[Ids, np.ndarray]:
    """Ids of the documents, one after the other, some with their middle last; and their lengths."""
    texts, hashes = (documents[name].combine_chunks() for name in ("text", "content_hash"))
    is_code = pc.is_in(documents["language"], pa.array(sorted(CODE)))
    may_cut = pc.and_(is_code, pc.is_null(documents["messages"])).to_numpy()
    cuts = draw_cuts(texts, hashes, may_cut, config, seed)
    pieces = documents.take(pa.array(np.repeat(np.arange(len(texts)), cuts.parts)))
    pieces = pieces.set_column(pieces.schema.get_field_index("text"), "text", cut(texts, cuts))
    encoded = list(_encoded(tokenizer, pieces))
    lengths = np.array([len(ids) for ids in encoded])
    return arrange(np.concatenate(encoded), lengths, cuts, tokenizer.control)


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
    documents = read_rows(layout.documents / name, _COLUMNS)
    expression = read_rows(layout.fact("license") / name, ["expression"])["expression"]
    origin = layout.relative(layout.documents / name)
    documents = documents.append_column("license", expression)
    return documents.append_column("file", pa.repeat(pa.scalar(origin), len(documents)))


@cache
def _tokenizer(root: Path, fingerprint: str) -> Tokenizer:
    """Loaded once in each worker; another fingerprint is another tokenizer."""
    return load_tokenizer(root)
