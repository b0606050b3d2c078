"""What every tokenizer gives: lossless ids in uint16, and control ids that no text encodes to."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

Ids = npt.NDArray[np.uint16]
Encoded = tuple[Ids, npt.NDArray[np.int64]]  # ids of texts one after another; how many each has

# Names of the control tokens, and the pieces that stand for them. No text ever encodes to one.
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
    """Ids are uint16; decode(encode(text)) = text for every valid text."""

    @property
    def type(self) -> str:
        """sentencepiece or whitespace."""

    @property
    def vocab_size(self) -> int:
        """Number of ids; every id is below it, and it is at most 65,536."""

    @property
    def fingerprint(self) -> str:
        """Equal for tokenizers that give equal ids."""

    @property
    def control(self) -> Mapping[str, int]:
        """Ids of the control tokens by name, as far as this vocabulary has them."""

    @property
    def end_of_document(self) -> int:
        """The id that stands after every document."""

    def encode(self, text: str) -> Ids:
        """Ids of a text; control markers in it are text. uint16[tokens]."""

    def encode_column(self, texts: "pa.StringArray") -> Encoded:
        """Ids of many texts, the same as of each alone, without an object for each."""

    def decode_bytes(self, ids: npt.ArrayLike) -> bytes:
        """The bytes that ids stand for; control ids stand for none. May end inside a character."""

    def decode(self, ids: npt.ArrayLike) -> str:
        """`decode_bytes` as text; bytes that are no UTF-8 become U+FFFD."""

    def is_byte(self) -> npt.NDArray[np.bool_]:
        """Which ids stand for one byte of what has no piece, bool[vocab_size]."""

    def token_bytes(self) -> npt.NDArray[np.int32]:
        """Bytes each id stands for, int32[vocab_size]; 0 for control ids. For bits per byte."""


def encode_each(encode: Callable[[str], Ids], texts: "pa.StringArray") -> Encoded:
    """`Tokenizer.encode_column` for what can only encode one text at a time."""
    runs = [encode(text) for text in texts.to_pylist()]
    ids = np.concatenate([np.empty(0, np.uint16), *runs])
    return ids, np.array([len(run) for run in runs], np.int64)
