"""One document file → its shards: kept documents of each split, shuffled, as tokens."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.arrays import run_places
from corpusforge.config import FillInTheMiddleConfig
from corpusforge.dialogues import parse_messages
from corpusforge.errors import InputError
from corpusforge.redaction.apply import read_spans, redact
from corpusforge.shards.fim import arrange, cut, draw_cuts
from corpusforge.shards.writer import ShardWriter, WrittenShard, finished_shard
from corpusforge.sources.languages import CODE
from corpusforge.stages.split import TRAIN, VALIDATION
from corpusforge.storage.documents import draws
from corpusforge.storage.files import fingerprint
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import PartEntry, read_rows
from corpusforge.tokenizer.chat import encode_chats
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Encoded, Ids, Tokenizer

VERSION = 2
SPLITS = (TRAIN, VALIDATION)
_COLUMNS = ("id", "text", "messages", "path", "repository", "language", "num_bytes", "content_hash")
_BATCH_BYTES = 4 << 20  # of text that is encoded at once


@dataclass(frozen=True)
class TokenizeTask:
    """One document file for one worker."""

    layout: Layout
    part: PartEntry
    inputs: tuple[str, ...]  # checksums of the document file and what is read beside it
    tokenizer: str  # fingerprint
    seed: int
    fim: FillInTheMiddleConfig
    mark_beginnings: bool = False
    redacting: tuple[str, ...] = ()  # facts whose spans are left out

    @property
    def fingerprint(self) -> str:
        made_as = (self.seed, self.fim.model_dump(), self.mark_beginnings)
        return fingerprint("tokenize", VERSION, self.inputs, self.tokenizer, made_as)

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
        written[split] = _write(task, directory, documents, rows, fim)
    return written


def _write(
    task: TokenizeTask,
    directory: Path,
    documents: pa.Table,
    rows: np.ndarray,
    fim: FillInTheMiddleConfig,
) -> WrittenShard:
    tokenizer = _tokenizer(task.layout.root, task.tokenizer, threading.get_ident())
    drawn = draws(documents["content_hash"].combine_chunks(), "order", task.seed)[rows]
    order = rows[np.argsort(drawn, kind="stable")]
    index = documents.drop_columns(["text", "messages"]).take(pa.array(order))
    index = index.append_column("row", pa.array(order))
    beginning = _beginning(tokenizer) if task.mark_beginnings else None
    with ShardWriter(
        directory, task.name, tokenizer.vocab_size, tokenizer.end_of_document, beginning
    ) as shard:
        # Texts are put in order a batch at a time; a long one, a batch by itself, is not copied.
        for some in _batches(index["num_bytes"].to_numpy(), order):
            batch = documents.slice(some[0], 1) if len(some) == 1 else documents.take(some)
            if fim.rate:
                shard.append(*_with_gaps(tokenizer, batch, fim, task.seed))
            else:
                shard.append(*_encoded(tokenizer, batch))
        return shard.close(index, task.fingerprint)


def _beginning(tokenizer: Tokenizer) -> int:
    if "beginning_of_document" not in tokenizer.control:
        raise InputError(
            "the vocabulary has no control token for the beginning of a document",
            got=f"no {CONTROL_PIECES['beginning_of_document']}, and no bos piece",
            do="let corpusforge train the tokenizer, or set corpus.mark_beginnings to false",
        )
    return tokenizer.control["beginning_of_document"]


def _batches(
    num_bytes: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> Iterator[npt.NDArray[np.int64]]:
    """Rows in runs of a few megabytes of text, or of one document that is longer."""
    ends = np.cumsum(num_bytes)
    first = 0
    while first < len(rows):
        begin = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, begin + _BATCH_BYTES)), first + 1)
        yield rows[first:last]
        first = last


def _with_gaps(
    tokenizer: Tokenizer, documents: pa.Table, config: FillInTheMiddleConfig, seed: int
) -> Encoded:
    """Ids of the documents, one after the other, some with their middle last; and their lengths."""
    texts, hashes = (documents[name].combine_chunks() for name in ("text", "content_hash"))
    is_code = pc.is_in(documents["language"], pa.array(sorted(CODE)))
    may_cut = pc.and_(is_code, pc.is_null(documents["messages"])).to_numpy()
    cuts = draw_cuts(texts, hashes, may_cut, config, seed)
    rows = pa.array(np.repeat(np.arange(len(texts)), cuts.parts))
    pieces = documents.select(["id", "messages"]).take(rows).append_column("text", cut(texts, cuts))
    return arrange(*_encoded(tokenizer, pieces), cuts, tokenizer.control)


def _encoded(tokenizer: Tokenizer, documents: pa.Table) -> Encoded:
    """Ids of texts and of dialogues, in the order of their rows."""
    if documents["messages"].null_count == len(documents):
        return tokenizer.encode_column(documents["text"].combine_chunks())
    is_dialogue = documents["messages"].is_valid()
    texts = documents["text"].filter(pc.invert(is_dialogue)).combine_chunks()
    ids, lengths = tokenizer.encode_column(texts)
    more_ids, more_lengths = _encoded_dialogues(tokenizer, documents.filter(is_dialogue))
    rows = is_dialogue.to_numpy()
    order = np.argsort(np.concatenate([np.flatnonzero(~rows), np.flatnonzero(rows)]))
    ids, lengths = np.concatenate([ids, more_ids]), np.concatenate([lengths, more_lengths])
    return _in_order(ids, lengths, order)


def _encoded_dialogues(tokenizer: Tokenizer, documents: pa.Table) -> Encoded:
    dialogues = []
    for id, messages in zip(documents["id"], documents["messages"], strict=True):
        try:
            dialogues.append(parse_messages(messages.as_py()))
        except InputError as error:
            error.where = id.as_py()
            raise
    try:
        return encode_chats(tokenizer, dialogues)
    except InputError as error:
        error.where = documents["id"][0].as_py()
        raise


def _in_order(ids: Ids, lengths: npt.NDArray[np.int64], order: npt.NDArray[np.int64]) -> Encoded:
    """The runs of ids of the given lengths, in another order."""
    begins = (np.cumsum(lengths) - lengths)[order]
    lengths = lengths[order]
    return ids[run_places(begins, lengths)], lengths


def _documents(task: TokenizeTask) -> pa.Table:
    """All documents of the file, with the expression that their licence was read as."""
    layout, name = task.layout, f"{task.part.name}.parquet"
    documents = read_rows(layout.documents / name, _COLUMNS)
    if task.redacting:
        documents = redact(documents, read_spans(layout, task.part.name, task.redacting))
    expression = read_rows(layout.fact("license") / name, ["expression"])["expression"]
    origin = layout.relative(layout.documents / name)
    documents = documents.append_column("license", expression)
    documents = documents.append_column("file", pa.repeat(pa.scalar(origin), len(documents)))
    return documents.combine_chunks()  # as one chunk, of which rows can be taken again and again


@cache
def _tokenizer(root: Path, fingerprint: str, thread: int) -> Tokenizer:
    """Loaded once in each worker; another fingerprint is another tokenizer."""
    return load_tokenizer(root)
