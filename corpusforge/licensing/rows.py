"""Detection over columns: documents without a word about licences are never read as text."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.licensing.detect import PROSE, Detected, Detector
from corpusforge.licensing.embedded import EMBEDDED_WORDS
from corpusforge.licensing.header import HEADER_BYTES, SEARCHED_BYTES, STATEMENT_WORDS
from corpusforge.storage.documents import string_buffers
from corpusforge.storage.evidence import Evidence, read_evidence

# Formats without comments; their words about licences are data.
_DATA = ("json",)
_NULL = "\x01"
# Most headers have words about licences only in the first `_TOP_BYTES`. Such a header is cut at
# `_SHORT_HEADER_BYTES`, since no statement goes on after that.
_TOP_BYTES = 2048
_SHORT_HEADER_BYTES = 4096
_MAX_WORD_BYTES = 16  # of `STATEMENT_WORDS`


def detect_rows(
    documents: pa.Table, evidence: Evidence
) -> tuple[list[Detected], npt.NDArray[np.int64]]:
    """Detect the licences of documents.

    Return the distinct results, and each document's index into them, int64[rows].
    """
    detector = _load_detector(evidence)
    by_directory, directories = _detect_directories(detector, documents)
    search = _search_words(detector, documents)
    rows = np.flatnonzero(search.candidates)
    indices = directories.astype(np.int64)
    indices[rows] = len(by_directory) + np.arange(len(rows))
    return [*by_directory, *_detect_candidates(detector, documents, search, rows)], indices


@lru_cache(maxsize=1)
def _load_detector(evidence: Evidence) -> Detector:
    """Load a source's evidence; cached, since a worker reads many files of one source."""
    return Detector(file for path in evidence.files for file in read_evidence(path))


def _detect_directories(
    detector: Detector, documents: pa.Table
) -> tuple[list[Detected], np.ndarray]:
    """Detect each distinct directory's licence; return results and each row's index into them."""
    directory = pc.replace_substring_regex(documents["path"], r"/?[^/]*$", "")
    columns = [documents["repository"], directory, documents["license"]]
    keys = pc.binary_join_element_wise(
        *(pc.fill_null(column.cast(pa.string()), _NULL) for column in columns), "\0"
    )
    encoded = keys.combine_chunks().dictionary_encode()
    results = []
    for key in encoded.dictionary.to_pylist():
        fields = (None if field == _NULL else field for field in key.split("\0"))
        results.append(Detected(detector.detect_for_directory(*fields)))
    return results, encoded.indices.to_numpy()


@dataclass(frozen=True)
class _WordSearch:
    """Which documents have words about licences, and where; bool[rows] each."""

    candidates: npt.NDArray[np.bool_]  # anywhere, or there is evidence about single files
    far: npt.NDArray[np.bool_]  # in the header, after the first `_TOP_BYTES`
    embedded: npt.NDArray[np.bool_]  # below the header


def _search_words(detector: Detector, documents: pa.Table) -> _WordSearch:
    """Search the bytes of all documents for words about licences."""
    texts = documents["text"].combine_chunks()
    repositories = documents["repository"].unique().to_pylist()
    by_file = [name for name in repositories if detector.has_file_evidence(name)]
    has_evidence = pc.is_in(documents["repository"], pa.array(by_file, pa.string()))
    data = np.asarray(pc.is_in(documents["language"], pa.array(_DATA)))
    prose = np.asarray(pc.is_in(documents["language"], pa.array(sorted(PROSE))))
    cuts = (_TOP_BYTES, HEADER_BYTES, SEARCHED_BYTES)
    top, far, embedded, _ = _matches(_cut(texts, cuts), STATEMENT_WORDS).reshape(-1, 4).T
    # A word may cross the cut.
    silent = ~(top | far)
    around_cut = (_TOP_BYTES - _MAX_WORD_BYTES, _TOP_BYTES + _MAX_WORD_BYTES)
    crossing = _cut(texts.filter(pa.array(silent)), around_cut)
    top[silent] = _matches(crossing[1::3], STATEMENT_WORDS)
    embedded &= ~data & ~prose
    below = _cut(texts.filter(pa.array(embedded)), cuts[1:])[1::3]
    embedded[embedded] = _matches(below, EMBEDDED_WORDS)
    candidates = (top | far) & ~data | embedded | np.asarray(has_evidence)
    return _WordSearch(candidates, far, embedded)


def _cut(texts: pa.Array, cuts: tuple[int, ...]) -> pa.Array:
    """Cut texts at some bytes, into `len(cuts) + 1` pieces each, without a copy."""
    offsets, data = string_buffers(texts)
    starts, ends = offsets[:-1].astype(np.int64), offsets[1:]
    begins = np.stack([starts, *(np.minimum(starts + cut, ends) for cut in cuts)], axis=1)
    bounds = np.append(begins, offsets[-1]).astype(np.int32)
    return pa.Array.from_buffers(pa.binary(), begins.size, [None, pa.py_buffer(bounds), data])


def _matches(pieces: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    return np.array(pc.match_substring_regex(pieces, pattern, ignore_case=True))


def _detect_candidates(
    detector: Detector, documents: pa.Table, search: _WordSearch, rows: npt.NDArray[np.int64]
) -> list[Detected]:
    """Detect the licences of some rows, one by one."""
    offsets, data = string_buffers(documents["text"].combine_chunks())
    lengths = np.where(search.far[rows], HEADER_BYTES, _SHORT_HEADER_BYTES)
    starts, ends = (offsets[rows + n].astype(np.int64) for n in (0, 1))
    bounds = zip(
        starts.tolist(),
        np.minimum(starts + lengths, ends).tolist(),
        np.where(search.embedded[rows], np.minimum(starts + SEARCHED_BYTES, ends), starts).tolist(),
        strict=True,
    )
    some = documents.select(["path", "repository", "license", "language"]).take(pa.array(rows))
    columns = [column.to_pylist() for column in some.columns]
    view = memoryview(data)
    return [
        detector.detect(
            str(view[start:end], "utf-8", "ignore"),
            str(view[start:last], "utf-8", "ignore") if last > start else None,
            *row,
        )
        for row, (start, end, last) in zip(zip(*columns, strict=True), bounds, strict=True)
    ]
