"""Detection over columns: bytes are searched at once, and only what speaks of rights is read."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.licensing.detect import PROSE, Detected, Detector, Document
from corpusforge.licensing.embedded import BELOW_WORDS
from corpusforge.licensing.header import HEAD_BYTES, STATEMENT_WORDS, TEXT_BYTES
from corpusforge.storage.documents import string_buffers
from corpusforge.storage.evidence import Evidence, read_evidence

# Formats without comments; their words about licences are data.
_DATA = ("json",)
_NULL = "\x01"
# Most heads speak of rights at their very top, or not at all: of those no more is parsed than can
# follow the last word about them (`licensing.head`).
_NEAR = 2048
_NEAR_HEAD = 4096
_WORD = 16  # bytes that no word of `STATEMENT_WORDS` is longer than


def detect_rows(
    documents: pa.Table, evidence: Evidence
) -> tuple[list[Detected], npt.NDArray[np.int64]]:
    """Answers, and for each document the index of its own: int64[rows]."""
    detector = _detector(evidence)
    answers, around = _around(detector, documents)
    places = _find_words(detector, documents)
    rows = np.flatnonzero(places.read)
    indices = around.astype(np.int64)
    indices[rows] = len(answers) + np.arange(len(rows))
    return [*answers, *_read(detector, documents, places, rows)], indices


@lru_cache(maxsize=1)
def _detector(evidence: Evidence) -> Detector:
    """Kept for all files of a source that one worker reads."""
    return Detector(file for path in evidence.files for file in read_evidence(path))


def _around(detector: Detector, documents: pa.Table) -> tuple[list[Detected], np.ndarray]:
    """What is said of whole directories, once for each: answers, and each row's index to them."""
    directory = pc.replace_substring_regex(documents["path"], r"/?[^/]*$", "")
    columns = [documents["repository"], directory, documents["license"]]
    keys = pc.binary_join_element_wise(
        *(pc.fill_null(column.cast(pa.string()), _NULL) for column in columns), "\0"
    )
    encoded = keys.combine_chunks().dictionary_encode()
    answers = []
    for key in encoded.dictionary.to_pylist():
        repository, folder, declared = (None if f == _NULL else f for f in key.split("\0"))
        answers.append(Detected(detector.around(repository, folder, declared)))
    return answers, encoded.indices.to_numpy()


@dataclass(frozen=True)
class _Places:
    """Where documents speak of rights, bool[rows] each."""

    read: npt.NDArray[np.bool_]  # in their heads or below, or there is evidence about single files
    far: npt.NDArray[np.bool_]  # in their heads, behind the first `_NEAR` bytes
    below: npt.NDArray[np.bool_]  # under their heads


def _find_words(detector: Detector, documents: pa.Table) -> _Places:
    """Search the bytes of all documents before any of them becomes a text of its own."""
    texts = documents["text"].combine_chunks()
    repositories = documents["repository"].unique().to_pylist()
    by_file = [name for name in repositories if detector.looks_at_files(name)]
    looked_up = pc.is_in(documents["repository"], pa.array(by_file, pa.string()))
    data = np.asarray(pc.is_in(documents["language"], pa.array(_DATA)))
    prose = np.asarray(pc.is_in(documents["language"], pa.array(sorted(PROSE))))
    cuts = (_NEAR, HEAD_BYTES, TEXT_BYTES)
    near, far, below, _ = _stands(_pieces(texts, cuts), STATEMENT_WORDS).reshape(-1, 4).T
    # A word may lie across the cut.
    silent = ~(near | far)
    across = _pieces(texts.filter(pa.array(silent)), (_NEAR - _WORD, _NEAR + _WORD))
    near[silent] = _stands(across[1::3], STATEMENT_WORDS)
    below &= ~data & ~prose
    known = _pieces(texts.filter(pa.array(below)), cuts[1:])[1::3]
    below[below] = _stands(known, BELOW_WORDS)
    return _Places((near | far) & ~data | below | np.asarray(looked_up), far, below)


def _pieces(texts: pa.Array, cuts: tuple[int, ...]) -> pa.Array:
    """Texts cut at some bytes, `len(cuts) + 1` pieces each; nothing is copied."""
    offsets, data = string_buffers(texts)
    starts, ends = offsets[:-1].astype(np.int64), offsets[1:]
    begins = np.stack([starts, *(np.minimum(starts + cut, ends) for cut in cuts)], axis=1)
    bounds = np.append(begins, offsets[-1]).astype(np.int32)
    return pa.Array.from_buffers(pa.binary(), begins.size, [None, pa.py_buffer(bounds), data])


def _stands(pieces: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    return np.array(pc.match_substring_regex(pieces, pattern, ignore_case=True))


def _read(
    detector: Detector, documents: pa.Table, places: _Places, rows: npt.NDArray[np.int64]
) -> list[Detected]:
    offsets, data = string_buffers(documents["text"].combine_chunks())
    lengths = np.where(places.far[rows], HEAD_BYTES, _NEAR_HEAD)
    starts, ends = (offsets[rows + n].astype(np.int64) for n in (0, 1))
    bounds = zip(
        starts.tolist(),
        np.minimum(starts + lengths, ends).tolist(),
        np.where(places.below[rows], np.minimum(starts + TEXT_BYTES, ends), starts).tolist(),
        strict=True,
    )
    some = documents.select(["path", "repository", "license", "language"]).take(pa.array(rows))
    columns = [column.to_pylist() for column in some.columns]
    view = memoryview(data)
    return [
        detector.of(
            Document(
                path,
                repository,
                declared,
                language,
                head=str(view[start:end], "utf-8", "ignore"),
                whole=str(view[start:whole], "utf-8", "ignore") if whole > start else None,
            )
        )
        for path, repository, declared, language, (start, end, whole) in zip(
            *columns, bounds, strict=True
        )
    ]
