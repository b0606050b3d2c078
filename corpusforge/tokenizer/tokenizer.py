"""The tokenizer interface: ids that fit uint16, and control ids that no text encodes to."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from corpusforge.arrays import Integers

if TYPE_CHECKING:
    import pyarrow as pa

Ids = npt.NDArray[np.uint16]
# The concatenated ids of several texts, uint16[tokens], and how many each has, int64[texts].
Encoded = tuple[Ids, Integers]

# Names of the control tokens and their pieces.
CONTROL_PIECES: Mapping[str, str] = {
    "end_of_document": "<|endoftext|>",
    "system": "<|system|>",
    "user": "<|user|>",
    "assistant": "<|assistant|>",
    "end": "<|end|>",
    "fim_prefix": "<|fim_prefix|>",
    "fim_middle": "<|fim_middle|>",
    "fim_suffix": "<|fim_suffix|>",
    "image": "<|image|>",
    **{f"reserved_{number}": f"<|reserved_{number}|>" for number in range(7)},
    "beginning_of_document": "<|begin|>",
}


class Tokenizer(Protocol):
    """Converts text to ids and back."""

    type: str  # sentencepiece or whitespace
    vocab_size: int  # number of ids, at most 65,536; every id is smaller
    fingerprint: str  # equal for tokenizers with equal ids
    control: Mapping[str, int]  # ids of the control tokens that this vocabulary has, by name
    end_of_document: int  # the id that ends every document

    def encode(self, text: str) -> Ids:
        """Encode a text; control pieces in it are encoded as text. uint16[tokens]."""

    def encode_column(self, texts: "pa.StringArray") -> Encoded:
        """Encode each text of an Arrow column, as `encode` does."""

    def decode_bytes(self, ids: npt.ArrayLike) -> bytes:
        """The bytes of ids, which may end inside a character. Control ids have no bytes.

        Raises:
            IndexError: an id is not in the vocabulary.
        """

    def decode(self, ids: npt.ArrayLike) -> str:
        """The text of ids. Bytes that are not valid UTF-8 become U+FFFD."""

    def byte_mask(self) -> npt.NDArray[np.bool_]:
        """Whether each id is the fallback for a single byte, bool[vocab_size]."""

    def token_bytes(self) -> npt.NDArray[np.int32]:
        """Number of bytes of each id, int32[vocab_size]; 0 for control ids. For bits per byte."""


def encode_each(encode: Callable[[str], Ids], texts: "pa.StringArray") -> Encoded:
    """Implement `Tokenizer.encode_column` with a function that encodes one text."""
    runs = [encode(text) for text in texts.to_pylist()]
    ids = np.concatenate([np.empty(0, np.uint16), *runs])
    return ids, np.array([len(run) for run in runs], np.int64)
