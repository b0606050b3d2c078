"""Tokenizes a document file: the kept documents of each split, shuffled, become a shard."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.arrays import Integers, run_places
from corpusforge.config import FillInTheMiddleConfig
from corpusforge.dialogues import parse_messages
from corpusforge.errors import InputError
from corpusforge.redaction.apply import read_spans, redact
from corpusforge.shards.fim import cut_texts, draw_cuts, join_parts
from corpusforge.shards.writer import ShardWriter, WrittenShard, finished_shard
from corpusforge.sources.languages import CODE
from corpusforge.stages.split import TRAIN, VALIDATION, rows_in_split
from corpusforge.storage.documents import draws
from corpusforge.storage.files import fingerprint
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import PartEntry, read_rows
from corpusforge.tokenizer.chat import encode_chats
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Encoded, Tokenizer

VERSION = 2
SPLITS = (TRAIN, VALIDATION)
_COLUMNS = ("id", "text", "messages", "path", "repository", "language", "num_bytes", "content_hash")
_BATCH_BYTES = 4 << 20  # of text that is encoded in one call


@dataclass(frozen=True)
class TokenizeTask:
    """A document file to tokenize, and how."""

    layout: Layout
    part: PartEntry
    inputs: tuple[str, ...]  # checksums of the document file and of the other files that are read
    tokenizer: str  # fingerprint
    seed: int
    fim: FillInTheMiddleConfig
    mark_beginnings: bool = False
    redacting: tuple[str, ...] = ()  # facts whose spans are cut or replaced

    @property
    def fingerprint(self) -> str:
        options = (self.seed, self.fim.model_dump(), self.mark_beginnings)
        return fingerprint("tokenize", VERSION, self.inputs, self.tokenizer, options)

    @property
    def name(self) -> str:
        """The name of the shard: the number of the document file."""
        return self.part.name.removeprefix(f"{self.part.source}-")


def tokenize_part(task: TokenizeTask) -> dict[str, WrittenShard]:
    """Write the shards of a document file, by split. Finished shards are not written again.

    A split without documents gets no shard.
    """
    layout, part = task.layout, task.part
    written: dict[str, WrittenShard] = {}
    documents: pa.Table | None = None
    for split in SPLITS:
        rows = np.flatnonzero(rows_in_split(layout, part.name, split).to_numpy())
        if not len(rows):
            continue
        directory = layout.shards / split / part.source
        if finished := finished_shard(directory, task.name, task.fingerprint):
            written[split] = finished
            continue
        if documents is None:
            documents = _read_documents(task)
        # Held-out documents are not cut, so that scores with and without cuts are comparable.
        fim = task.fim if split == TRAIN else FillInTheMiddleConfig()
        written[split] = _write_shard(task, directory, documents, rows, fim)
    return written


def _write_shard(
    task: TokenizeTask,
    directory: Path,
    documents: pa.Table,
    rows: np.ndarray,
    fim: FillInTheMiddleConfig,
) -> WrittenShard:
    tokenizer = _load_once(task.layout.root, task.tokenizer, threading.get_ident())
    drawn = draws(documents["content_hash"].combine_chunks(), "order", task.seed)[rows]
    order = rows[np.argsort(drawn, kind="stable")]
    index = documents.drop_columns(["text", "messages"]).take(pa.array(order))
    index = index.append_column("row", pa.array(order))
    beginning = _beginning_id(tokenizer) if task.mark_beginnings else None
    with ShardWriter(
        directory, task.name, tokenizer.vocab_size, tokenizer.end_of_document, beginning
    ) as shard:
        # Texts are reordered batch by batch. A long text is a batch of its own and is not copied.
        for taken in _batches(index["num_bytes"].to_numpy(), order):
            batch = documents.slice(taken[0], 1) if len(taken) == 1 else documents.take(taken)
            if fim.rate:
                shard.append(*_encode_with_cuts(tokenizer, batch, fim, task.seed))
            else:
                shard.append(*_encode(tokenizer, batch))
        return shard.close(index, task.fingerprint)


def _beginning_id(tokenizer: Tokenizer) -> int:
    if "beginning_of_document" not in tokenizer.control:
        raise InputError(
            "the vocabulary has no control token for the beginning of a document",
            got=f"no {CONTROL_PIECES['beginning_of_document']}, and no bos piece",
            do="let corpusforge train the tokenizer, or set corpus.mark_beginnings to false",
        )
    return tokenizer.control["beginning_of_document"]


def _batches(num_bytes: Integers, rows: Integers) -> Iterator[Integers]:
    """Runs of rows with up to `_BATCH_BYTES` of text, or with one longer document."""
    ends = np.cumsum(num_bytes)
    first = 0
    while first < len(rows):
        begin = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, begin + _BATCH_BYTES)), first + 1)
        yield rows[first:last]
        first = last


def _encode_with_cuts(
    tokenizer: Tokenizer, documents: pa.Table, config: FillInTheMiddleConfig, seed: int
) -> Encoded:
    """Encode documents, some of which are cut for fill-in-the-middle."""
    texts, hashes = (documents[name].combine_chunks() for name in ("text", "content_hash"))
    is_code = pc.is_in(documents["language"], pa.array(sorted(CODE)))
    may_cut = pc.and_(is_code, pc.is_null(documents["messages"])).to_numpy()
    cuts = draw_cuts(texts, hashes, may_cut, config, seed)
    rows = pa.array(np.repeat(np.arange(len(texts)), cuts.parts))
    parts = documents.select(["id", "messages"]).take(rows)
    parts = parts.append_column("text", cut_texts(texts, cuts))
    return join_parts(*_encode(tokenizer, parts), cuts, tokenizer.control)


def _encode(tokenizer: Tokenizer, documents: pa.Table) -> Encoded:
    """Encode texts and dialogues, in the order of their rows."""
    if documents["messages"].null_count == len(documents):
        return tokenizer.encode_column(documents["text"].combine_chunks())
    is_dialogue = documents["messages"].is_valid()
    texts = documents["text"].filter(pc.invert(is_dialogue)).combine_chunks()
    ids, lengths = tokenizer.encode_column(texts)
    more_ids, more_lengths = _encode_dialogues(tokenizer, documents.filter(is_dialogue))
    rows = is_dialogue.to_numpy()
    order = np.argsort(np.concatenate([np.flatnonzero(~rows), np.flatnonzero(rows)]))
    ids, lengths = np.concatenate([ids, more_ids]), np.concatenate([lengths, more_lengths])
    begins = (np.cumsum(lengths) - lengths)[order]
    lengths = lengths[order]
    return ids[run_places(begins, lengths)], lengths


def _encode_dialogues(tokenizer: Tokenizer, documents: pa.Table) -> Encoded:
    # Sources write only valid messages.
    dialogues = [parse_messages(messages) for messages in documents["messages"].to_pylist()]
    try:
        return encode_chats(tokenizer, dialogues)
    except InputError as error:
        error.where = documents["id"][0].as_py()
        raise


def _read_documents(task: TokenizeTask) -> pa.Table:
    """Read all documents of the file, redacted, with their licence expression and origin."""
    layout, part = task.layout, task.part.name
    documents = read_rows(layout.document_file(part), _COLUMNS)
    if task.redacting:
        documents = redact(documents, read_spans(layout, part, task.redacting))
    expression = read_rows(layout.fact_file("license", part), ["expression"])["expression"]
    origin = layout.relative(layout.document_file(part))
    documents = documents.append_column("license", expression)
    documents = documents.append_column("file", pa.repeat(pa.scalar(origin), len(documents)))
    return documents.combine_chunks()  # one chunk, since rows are taken from it many times


@cache
def _load_once(root: Path, fingerprint: str, thread: int) -> Tokenizer:
    """Load a tokenizer once per thread; a changed `fingerprint` loads it again."""
    return load_tokenizer(root)
