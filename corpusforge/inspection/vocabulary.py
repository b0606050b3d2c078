"""Measures a vocabulary on the corpus: tokens by source and language, unused pieces, fallbacks."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.arrays import Integers
from corpusforge.config import Frozen
from corpusforge.engine.run import load_config
from corpusforge.errors import RunError
from corpusforge.redaction.facts import redacting_facts
from corpusforge.storage.documents import draws
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import load_manifest
from corpusforge.tokenizer.load import load_sentencepiece, load_tokenizer
from corpusforge.tokenizer.sample import source_bytes, train_batches

_SAMPLE_BYTES = 64 << 20  # about this much of the kept train text is measured
_COLUMNS = ("text", "language", "num_bytes", "content_hash")


class TokenCounts(Frozen):
    """Size of some of the sampled documents, in bytes and in tokens."""

    documents: int
    num_bytes: int
    tokens: int
    tokens_against: int | None  # with the other vocabulary


class VocabularyReport(Frozen):
    """A vocabulary measured on a sample of the kept train documents."""

    vocab_size: int
    against: str | None  # file name of the other vocabulary
    total: TokenCounts
    sources: dict[str, TokenCounts]
    languages: dict[str, TokenCounts]
    byte_tokens: int  # tokens that are single bytes of a character without a piece
    unused: tuple[str, ...]  # pieces that the sample does not use, by id


def measure_vocabulary(layout: Layout, against: Path | None, seed: int = 0) -> VocabularyReport:
    """Encode a sample with the tokenizer of a run, and with another SentencePiece model if given.

    Raises:
        InputError: the other model cannot be read.
        RunError: nothing has been ingested, or no document is kept.
    """
    tokenizer = load_tokenizer(layout.root)
    other = load_sentencepiece(against) if against else None
    ingest = load_manifest(layout.manifest("ingest"))
    sizes = source_bytes(layout, ingest.outputs) if ingest else {}
    if ingest is None or not sizes:
        raise RunError(
            "there are no kept train documents to measure on",
            where=str(layout.root),
            do="run `corpusforge build`, or see `corpusforge report` for why they were dropped",
        )
    redacting = redacting_facts(load_config(layout).corpus)
    share = _SAMPLE_BYTES / sum(sizes.values())
    id_counts = np.zeros(tokenizer.vocab_size, np.int64)
    # Sums of documents, bytes, tokens and tokens of the other vocabulary.
    sources: dict[str, Integers] = defaultdict(lambda: np.zeros(4, np.int64))
    languages: dict[str, Integers] = defaultdict(lambda: np.zeros(4, np.int64))
    for part in ingest.outputs:
        if part.source not in sizes:
            continue
        for rows, train in train_batches(layout, part, _COLUMNS, redacting):
            drawn = draws(rows["content_hash"].combine_chunks(), "tokenizer report", seed) < share
            rows = rows.filter(pc.and_(train, pa.array(drawn)))
            texts = rows["text"].combine_chunks()
            ids, lengths = tokenizer.encode_column(texts)
            id_counts += np.bincount(ids, minlength=len(id_counts))
            against_lengths = other.encode_column(texts)[1] if other else np.zeros_like(lengths)
            sizes_of_rows = np.stack(
                [np.ones_like(lengths), rows["num_bytes"].to_numpy(), lengths, against_lengths]
            )
            sources[part.source] += sizes_of_rows.sum(axis=1)
            named = pc.fill_null(rows["language"], "unknown").combine_chunks().dictionary_encode()
            for number, language in enumerate(named.dictionary.to_pylist()):
                inside = named.indices.to_numpy() == number
                languages[language] += sizes_of_rows[:, inside].sum(axis=1)

    def counts(sums: Integers) -> TokenCounts:
        documents, num_bytes, tokens, tokens_against = sums.tolist()
        return TokenCounts(
            documents=documents,
            num_bytes=num_bytes,
            tokens=tokens,
            tokens_against=tokens_against if other else None,
        )

    is_byte = tokenizer.byte_mask()
    unused = np.flatnonzero((id_counts == 0) & ~is_byte & (tokenizer.token_bytes() > 0))
    return VocabularyReport(
        vocab_size=tokenizer.vocab_size,
        against=against.name if against else None,
        total=counts(np.sum([*sources.values()], axis=0)),
        sources={name: counts(sums) for name, sums in sources.items()},
        languages={
            name: counts(sums)
            for name, sums in sorted(languages.items(), key=lambda entry: -entry[1][1])
        },
        byte_tokens=int(id_counts[is_byte].sum()),
        unused=tuple(tokenizer.decode([id]) for id in unused),
    )
