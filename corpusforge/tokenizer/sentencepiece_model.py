"""SentencePiece, made lossless: its ids for every text, and every text back."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sentencepiece import SentencePieceProcessor

from corpusforge.errors import InputError
from corpusforge.storage.documents import string_buffers
from corpusforge.storage.files import fingerprint
from corpusforge.tokenizer.cut_points import reason_against
from corpusforge.tokenizer.model_file import ModelFile, read_model, without_dummy_prefix
from corpusforge.tokenizer.pieces import PieceTable
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Encoded, Ids, encode_each

if TYPE_CHECKING:
    from corpusforge.tokenizer.cached_encoder import RememberedEncoder

# SentencePiece writes a space as U+2581 and reads that character back as a space.
_SPACE = "\u2581"
_SPACES = re.compile(f"({_SPACE}+)")
_BYTE_PIECE = re.compile(r"<0x([0-9A-F]{2})>")
# Texts that a model with normalisation, a dummy prefix or no byte fallback does not give back:
# white space, what surrounds a U+2581, and every character of the basic plane.
_PROBES = (
    *(" a", "a  b", "a\n\tb ", "\r\n", "e\u0301", f"a{_SPACE}b", "\U0010ffff"),
    "".join(map(chr, (*range(0xD800), *range(0xE000, 1 << 16)))),
)
# SentencePiece takes 45 to 90 bytes of memory for a character, so a long text goes in blocks, small
# enough for a cache: a quarter faster than whole files. They end before a space that follows
# something else, which no piece of ours spans (`joints` says why the ids are the same).
_BLOCK_CHARACTERS = 1 << 11
_BLOCK_END = re.compile("[^ ](?= )")
_INNER_SPACE = re.compile(f"[^{_SPACE}]{_SPACE}")


class SentencePieceTokenizer:
    """A SentencePiece model of at most 65,536 pieces.

    Where its byte pieces allow it, U+2581 is given as its three byte pieces; ids differ from
    SentencePiece's nowhere else. An object serves one thread at a time.
    """

    def __init__(self, model: bytes) -> None:
        """Read a serialized model.

        Raises:
            InputError: it is no SentencePiece model, is too large, or marks no end of a document.
        """
        self._model = model
        self._processor = SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(model)
        except RuntimeError:
            raise InputError(
                "this is no SentencePiece model",
                expected="a file that SentencePiece's trainer has written",
                do="name such a file, or let corpusforge train one",
            ) from None
        self._vocab_size = int(self._processor.get_piece_size())
        if self._vocab_size > 1 << 16:
            raise InputError(
                "the vocabulary is too large for uint16 tokens",
                got=f"{self._vocab_size:,} pieces",
                expected="at most 65,536",
            )
        self._control = self._find_control()
        self._fingerprint = fingerprint("sentencepiece", model.hex(), dict(self._control))
        self._space_ids = np.array(
            [self._processor.piece_to_id(f"<0x{byte:02X}>") for byte in _SPACE.encode()], np.uint16
        )
        self._has_bytes = not any(self._processor.is_unknown(int(id)) for id in self._space_ids)
        # The letter itself may be no piece but a byte.
        self._prefixed = self._processor.encode_as_pieces("a")[0].startswith(_SPACE)

    @property
    def type(self) -> str:
        return "sentencepiece"

    @property
    def vocab_size(self) -> int:
        return self._vocab_size

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def control(self) -> Mapping[str, int]:
        return self._control

    @property
    def end_of_document(self) -> int:
        return self._control["end_of_document"]

    @cached_property
    def lossless(self) -> bool:
        """Whether every text comes back; always so for a model that corpusforge trained."""
        return all(self.decode(self.encode(probe)) == probe for probe in _PROBES)

    def encode(self, text: str) -> Ids:
        if self._puts_prefix and text:
            text = " " + text
        if _SPACE not in text or not self._has_bytes:
            return self._encode(text)
        runs = [
            np.tile(self._space_ids, len(run)) if run.startswith(_SPACE) else self._encode(run)
            for run in _SPACES.split(text)
            if run
        ]
        return np.concatenate(runs)

    def encode_column(self, texts: pa.StringArray) -> Encoded:
        if not self._is_exact:
            return encode_each(self.encode, texts)
        if self._puts_prefix:
            prefixed = pc.binary_join_element_wise(" ", texts, "")
            texts = pc.if_else(pc.equal(texts, ""), texts, prefixed)
        offsets, data = string_buffers(texts)
        bounds = offsets.astype(np.int64)
        return self._remembered.encode(np.frombuffer(data, np.uint8), bounds[:-1], bounds[1:])

    def decode_bytes(self, ids: npt.ArrayLike) -> bytes:
        return self._table.decode_bytes(ids)

    def decode(self, ids: npt.ArrayLike) -> str:
        text = self.decode_bytes(ids).decode("utf-8", "replace")
        return text.removeprefix(" ") if self._prefixed else text

    def is_byte(self) -> npt.NDArray[np.bool_]:
        return np.array([self._processor.is_byte(id) for id in range(self._vocab_size)], bool)

    def token_bytes(self) -> npt.NDArray[np.int32]:
        return self._table.token_bytes()

    def _encode(self, text: str) -> Ids:
        if len(text) <= _BLOCK_CHARACTERS or not self._may_cut:
            return self._bare.encode_as_numpy(text).astype(np.uint16)  # type: ignore[no-any-return]
        blocks = (self._bare.encode_as_numpy(block) for block in _blocks(text))
        return np.concatenate([block.astype(np.uint16) for block in blocks])

    @cached_property
    def _file(self) -> ModelFile:
        return read_model(self._model)

    @cached_property
    def _is_exact(self) -> bool:
        return reason_against(self._file) is None

    @cached_property
    def _puts_prefix(self) -> bool:
        """Whether the dummy prefix is ours to put, so that a text can be cut behind it."""
        return self._prefixed and self._is_exact

    @cached_property
    def _bare(self) -> SentencePieceProcessor:
        """The processor without a dummy prefix where we put it."""
        if not self._puts_prefix:
            return self._processor
        return SentencePieceProcessor(model_proto=without_dummy_prefix(self._model))

    @cached_property
    def _remembered(self) -> "RememberedEncoder":
        from corpusforge.tokenizer.cached_encoder import RememberedEncoder

        return RememberedEncoder(self._file)

    @cached_property
    def _may_cut(self) -> bool:
        return self._is_exact and not any(
            _INNER_SPACE.search(piece.text) for piece in self._file.pieces
        )

    @cached_property
    def _table(self) -> PieceTable:
        return PieceTable([self._bytes_of(id) for id in range(self._vocab_size)])

    def _bytes_of(self, id: int) -> bytes:
        piece = self._processor.id_to_piece(id)
        if self._processor.is_control(id) or self._processor.is_unknown(id):
            return b""
        if self._processor.is_byte(id) and (match := _BYTE_PIECE.fullmatch(piece)):
            return bytes([int(match[1], 16)])
        return str(piece).replace(_SPACE, " ").encode()

    def _find_control(self) -> dict[str, int]:
        control = {}
        for name, piece in CONTROL_PIECES.items():
            id = self._processor.piece_to_id(piece)
            if self._processor.is_control(id) and self._processor.id_to_piece(id) == piece:
                control[name] = int(id)
        if "beginning_of_document" not in control and self._processor.bos_id() >= 0:
            control["beginning_of_document"] = int(self._processor.bos_id())
        if "end_of_document" not in control and self._processor.eos_id() >= 0:
            control["end_of_document"] = int(self._processor.eos_id())
        if "end_of_document" not in control:
            raise InputError(
                "the SentencePiece model marks no end of a document",
                expected="an eos piece, or a control symbol <|endoftext|>",
                do="train it with eos_id, or let corpusforge train one",
            )
        return control


def _blocks(text: str) -> Iterator[str]:
    start = 0
    while end := _BLOCK_END.search(text, start + _BLOCK_CHARACTERS):
        yield text[start : end.end()]
        start = end.end()
    yield text[start:]
