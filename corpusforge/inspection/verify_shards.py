"""Verifies shards against their manifest, their document indexes and the corpus."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from corpusforge.arrays import Integers
from corpusforge.dialogues import parse_messages
from corpusforge.errors import InputError, UserError
from corpusforge.inspection.shards import load_shard_tokenizer
from corpusforge.redaction.apply import read_spans, redact
from corpusforge.redaction.facts import applied_facts
from corpusforge.shards.fim import restore_order
from corpusforge.shards.id_index import build_id_index, read_id_index
from corpusforge.shards.index import open_index
from corpusforge.shards.lookup import Lookup, Shard
from corpusforge.shards.manifest import SourceEntry, TokenizerEntry
from corpusforge.shards.reader import ShardSet, Tokens
from corpusforge.storage.files import checksum_problem
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import read_some
from corpusforge.tokenizer.chat import encode_chat
from corpusforge.tokenizer.tokenizer import Tokenizer

_BLOCK = 1 << 24  # tokens
_SAMPLE = 16  # documents per shard that are encoded again


def verify_shards(shards: ShardSet) -> Iterator[InputError]:
    """Find the problems of all shards.

    Checks lengths, checksums, ids and indexes, and encodes a sample of the documents again if the
    corpus is there.
    """
    tokenizer = None
    try:
        tokenizer = load_shard_tokenizer(shards)
    except InputError as error:
        yield error
    for split, sources in shards.manifest.splits.items():
        for source, entry in sources.items():
            yield from _verify_totals(shards, split, source, entry)
            lookup = Lookup(shards, split, source)
            damaged = False
            for shard in lookup.shards:
                problems = list(_verify_shard(lookup, shard, shards.manifest.tokenizer))
                if tokenizer and not problems:
                    layout = Layout(shards.directory.parent)
                    problems += _verify_documents(lookup, shard, layout, tokenizer)
                yield from problems
                damaged = damaged or bool(problems)
            if not damaged:  # a damaged document index cannot judge the id index
                yield from _verify_id_index(shards, split, source, entry)


def checksum_errors(lookup: Lookup, shard: Shard) -> Iterator[InputError]:
    """Compare the two files of a shard with the checksums in its manifest."""
    for path, expected in (
        (lookup.path(shard), shard.entry.checksum),
        (lookup.index_path(shard), shard.entry.index_checksum),
    ):
        if problem := checksum_problem(
            path, expected, do="remove it and run `corpusforge tokenize` (or `import`) again"
        ):
            yield problem


def _verify_totals(
    shards: ShardSet, split: str, source: str, entry: SourceEntry
) -> Iterator[InputError]:
    documents = sum(shard.num_documents for shard in entry.shards)
    tokens = sum(shard.num_tokens for shard in entry.shards)
    if (documents, tokens) != (entry.num_documents, entry.num_tokens):
        yield InputError(
            "the shards of a source do not add up to its total",
            where=f"{shards.directory / 'manifest.json'}: splits.{split}.{source}",
            got=f"{documents:,} documents, {tokens:,} tokens",
            expected=f"{entry.num_documents:,} documents, {entry.num_tokens:,} tokens",
        )


def _verify_id_index(
    shards: ShardSet, split: str, source: str, entry: SourceEntry
) -> Iterator[InputError]:
    path = shards.id_index_path(split, source)
    if not path.exists():
        return  # look-ups scan
    found = read_id_index(path, entry.shards)
    if found is None or not np.array_equal(found, build_id_index(shards, split, source, entry)):
        yield InputError(
            "the id index of a source does not match its document indexes",
            where=str(path),
            got="damaged, or made for other shards" if found is None else "another order",
            do="remove it; look-ups scan until `corpusforge tokenize` writes it again",
        )


def _verify_shard(lookup: Lookup, shard: Shard, vocabulary: TokenizerEntry) -> Iterator[InputError]:
    entry, path, index_path = shard.entry, lookup.path(shard), lookup.index_path(shard)
    try:
        tokens = lookup.tokens(shard)
        index = open_index(index_path)
    except InputError as error:
        yield error
        return
    yield from checksum_errors(lookup, shard)
    blocks = range(0, len(tokens), _BLOCK)
    largest = max((int(tokens[start : start + _BLOCK].max()) for start in blocks), default=0)
    if largest >= vocabulary.vocab_size:
        yield InputError(
            "a token is outside the vocabulary",
            where=str(path),
            got=f"id {largest}",
            expected=f"0 to {vocabulary.vocab_size - 1}",
        )
    starts, lengths = index["start"].to_numpy(), index["length"].to_numpy()
    if len(starts) != entry.num_documents or not _is_contiguous(starts, lengths, len(tokens)):
        yield InputError(
            "the index does not cover each token once",
            where=str(index_path),
            got=f"{len(starts):,} documents, {int(lengths.sum()):,} tokens",
            expected=f"{entry.num_documents:,} documents, {entry.num_tokens:,} tokens",
        )
        return
    ends = np.concatenate(
        [
            start + np.flatnonzero(tokens[start : start + _BLOCK] == vocabulary.end_of_document)
            for start in blocks
        ]
    )
    if not np.array_equal(ends, starts + lengths - 1):
        yield InputError(
            "documents do not end where the index says",
            where=str(path),
            got=f"{len(ends):,} end-of-document ids",
            expected=f"{len(starts):,}, one at the end of each document",
        )


def _verify_documents(
    lookup: Lookup, shard: Shard, layout: Layout, tokenizer: Tokenizer
) -> Iterator[InputError]:
    """Encode some documents of a shard again, if the corpus is there."""
    index = open_index(lookup.index_path(shard))
    # Documents are shuffled, so every n-th is a random sample.
    places = np.unique(np.linspace(0, len(index) - 1, _SAMPLE).astype(np.int64))
    sample = index.take(places).sort_by("row").to_pylist()
    path = layout.root / sample[0]["file"]
    # That manifest says how the texts were redacted.
    if not path.is_file() or not layout.manifest("tokenize").is_file():
        return
    tokens = lookup.tokens(shard)
    rows = np.array([origin["row"] for origin in sample])
    try:
        batches = list(read_some(path, ["id", "text", "messages"], rows))
        spans = read_spans(layout, path.stem, applied_facts(layout, path.stem))
    except UserError:
        return  # verification of the corpus reports the damaged file
    # Checked before spans are taken by row, since the file may have fewer rows now.
    ids_there = [id for batch in batches for id in batch["id"].to_pylist()]
    if ids_there != [origin["id"] for origin in sample]:
        yield InputError(
            "the index names other documents than the file that it points to",
            where=str(lookup.index_path(shard)),
            got=f"{sample[0]['id']} in row {sample[0]['row']} of {sample[0]['file']}",
            do="run `corpusforge tokenize` again",
        )
        return
    table = redact(pa.concat_tables(batches), [some.take(pa.array(rows)) for some in spans])
    for origin, document in zip(sample, table.to_pylist(), strict=True):
        ids = tokens[origin["start"] : origin["start"] + origin["length"] - 1]
        if not _encodes(tokenizer, ids, document["text"], document["messages"]):
            yield InputError(
                "the tokens of a document are not those of its text",
                where=str(lookup.path(shard)),
                got=f"document {document['id']}, from token {origin['start']:,} on",
                expected=f"the ids of row {origin['row']:,} of {origin['file']}",
                do="remove it and run `corpusforge tokenize` (or `import`) again",
            )


def _encodes(tokenizer: Tokenizer, ids: Tokens, text: str, messages: str | None) -> bool:
    """Whether `ids` are those of a document."""
    if len(ids) and ids[0] == tokenizer.control.get("beginning_of_document"):
        ids = ids[1:]
    if messages is not None:
        return np.array_equal(ids, encode_chat(tokenizer, parse_messages(messages)))
    restored = restore_order(ids, tokenizer.control)
    if len(restored) != len(ids):  # the parts were encoded separately
        return bool(tokenizer.decode_bytes(restored) == text.encode())
    return np.array_equal(ids, tokenizer.encode(text))


def _is_contiguous(starts: Integers, lengths: Integers, num_tokens: int) -> bool:
    ends = np.cumsum(lengths)
    return bool(
        len(starts) > 0
        and (lengths > 0).all()
        and np.array_equal(starts, ends - lengths)
        and ends[-1] == num_tokens
    )
