"""Runs one encoder on one text: `encode_with.py ENCODER TEXT.parquet MODEL_DIR IDS.npy`.

Writes the ids to a file and prints the seconds as JSON, without the time to read text and model.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

_AT_ONCE = 500  # documents per call, so that results in Python lists stay small


def corpusforge(column: pa.Array, model: str) -> tuple[dict[str, float], np.ndarray]:
    """Run the caching encoder: cold with an empty cache, then warm with the same text again."""
    from pathlib import Path

    from corpusforge.tokenizer.load import load_tokenizer

    tokenizer = load_tokenizer(Path(model))
    ids, _ = tokenizer.encode_column(column.slice(0, 0))  # reads the model
    times = {}
    for what in ("corpusforge, cold", "corpusforge, warm"):
        started = time.perf_counter()
        ids, _ = tokenizer.encode_column(column)
        times[what] = time.perf_counter() - started
    return times, ids


def sentencepiece(column: pa.Array, model: str) -> tuple[dict[str, float], np.ndarray]:
    """Run the batch encode into NumPy arrays, which is faster than into lists."""
    import sentencepiece as library

    processor = library.SentencePieceProcessor(model_file=f"{model}/tokenizer.model")
    return _timed("sentencepiece", column, lambda texts: processor.encode_as_numpy(texts))


def tokenizers(column: pa.Array, model: str) -> tuple[dict[str, float], np.ndarray]:
    """Run the batch encode without offsets, which is the faster one."""
    import tokenizers as library

    tokenizer = library.Tokenizer.from_file(f"{model}/fast.json")
    return _timed(
        "tokenizers",
        column,
        lambda texts: [one.ids for one in tokenizer.encode_batch_fast(texts)],
    )


def kitoken(column: pa.Array, model: str) -> tuple[dict[str, float], np.ndarray]:
    """Run the batch encode with the same SentencePiece file."""
    import kitoken as library

    tokenizer = library.Kitoken.from_sentencepiece_file(f"{model}/tokenizer.model")
    return _timed("kitoken", column, lambda texts: tokenizer.encode_all(texts, False))


def _timed(
    name: str, column: pa.Array, encode: Callable[[list[str]], Iterable[Any]]
) -> tuple[dict[str, float], np.ndarray]:
    texts = column.to_pylist()
    seconds = 0.0
    ids = []
    for first in range(0, len(texts), _AT_ONCE):
        batch = texts[first : first + _AT_ONCE]
        started = time.perf_counter()
        runs = encode(batch)
        seconds += time.perf_counter() - started
        ids += [np.asarray(run, np.uint16) for run in runs]
    return {name: seconds}, np.concatenate(ids)


ENCODERS = {
    "corpusforge": corpusforge,
    "sentencepiece": sentencepiece,
    "tokenizers": tokenizers,
    "kitoken": kitoken,
}


if __name__ == "__main__":
    name, text, model, path = sys.argv[1:]
    column = pq.read_table(text)["text"].combine_chunks()
    times, ids = ENCODERS[name](column, model)
    np.save(path, ids)
    print(json.dumps(times))
