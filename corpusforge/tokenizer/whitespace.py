"""The fallback tokenizer: frequent words and runs of white space, and bytes for everything else."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.errors import ConfigError
from corpusforge.storage.files import fingerprint
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Encoded, Ids, encode_each

# A word or a run of punctuation includes one space before it, a digit is a chunk of its own, and
# other white space forms runs; every character is in a chunk. Splitting at white space only gives
# rare words in code: 1.8 bytes per token with 8,000 pieces, where these chunks give 2.7.
_CHUNK = re.compile(r" ?[^\W\d_]+|\d| ?(?:[^\w\s]|_)+|\s+(?!\S)|\s+")
_FIRST_BYTE = len(CONTROL_PIECES)
_FIRST_WORD = _FIRST_BYTE + 256


class WhitespaceTokenizer:
    """Ids of control tokens, then of the 256 bytes, then of words by decreasing frequency."""

    type = "whitespace"
    lossless = True
    control: Mapping[str, int] = {name: id for id, name in enumerate(CONTROL_PIECES)}
    end_of_document = control["end_of_document"]

    def __init__(self, words: Sequence[str]) -> None:
        self._ids = {word: _FIRST_WORD + index for index, word in enumerate(words)}
        self.words = list(self._ids)
        self.vocab_size = _FIRST_WORD + len(self.words)
        self.fingerprint = fingerprint("whitespace", list(words), dict(CONTROL_PIECES))
        self._pieces = [b""] * _FIRST_BYTE + [bytes([byte]) for byte in range(256)]
        self._pieces += [word.encode() for word in words]

    def encode(self, text: str) -> Ids:
        ids: list[int] = []
        for chunk in _CHUNK.findall(text):
            id = self._ids.get(chunk)
            if id is None:
                ids.extend(_FIRST_BYTE + byte for byte in chunk.encode())
            else:
                ids.append(id)
        return np.array(ids, np.uint16)

    def encode_column(self, texts: pa.StringArray) -> Encoded:
        return encode_each(self.encode, texts)

    def decode_bytes(self, ids: npt.ArrayLike) -> bytes:
        return b"".join([self._pieces[id] for id in np.asarray(ids).tolist()])

    def decode(self, ids: npt.ArrayLike) -> str:
        return self.decode_bytes(ids).decode("utf-8", "replace")

    def byte_mask(self) -> npt.NDArray[np.bool_]:
        ids = np.arange(self.vocab_size)
        return (ids >= _FIRST_BYTE) & (ids < _FIRST_WORD)

    def token_bytes(self) -> npt.NDArray[np.int32]:
        return np.array([len(piece) for piece in self._pieces], np.int32)


def learn_words(texts: Iterable[str], vocab_size: int) -> WhitespaceTokenizer:
    """Build a tokenizer with the most frequent words of the texts.

    Raises:
        ConfigError: `vocab_size` leaves no room for a word.
    """
    if vocab_size <= _FIRST_WORD:
        raise ConfigError(
            "the vocabulary is too small",
            where="tokenizer.vocab_size",
            got=f"{vocab_size:,}",
            expected=f"more than {_FIRST_WORD}: the control tokens and 256 bytes",
        )
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_CHUNK.findall(text))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    # A word of a single byte already has the id of that byte.
    words = [word for word, _ in ranked if len(word) > 1 or not word.isascii()]
    return WhitespaceTokenizer(words[: vocab_size - _FIRST_WORD])
