"""A SentencePiece model as a tokenizer, made lossless where its pieces allow."""

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
from corpusforge.tokenizer.cut_points import SPACE_MARK, reason_not_to_cut
from corpusforge.tokenizer.model_file import ModelFile, read_model, without_dummy_prefix
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Encoded, Ids, encode_each

if TYPE_CHECKING:
    from corpusforge.tokenizer.cached_encoder import CachedEncoder

_SPACE_MARKS = re.compile(f"({SPACE_MARK}+)")
_BYTE_PIECE = re.compile(r"<0x([0-9A-F]{2})>")
# Texts that change if a model normalises, adds a dummy prefix or has no byte fallback: white space,
# characters around a U+2581, and every character of the basic plane.
_PROBES = (
    *(" a", "a  b", "a\n\tb ", "\r\n", "e\u0301", f"a{SPACE_MARK}b", "\U0010ffff"),
    "".join(map(chr, (*range(0xD800), *range(0xE000, 1 << 16)))),
)
# SentencePiece takes 45 to 90 bytes of memory per character, so long texts are encoded in blocks,
# which fit into the processor's cache and are a quarter faster than whole files. A block ends
# between another character and a space. No piece of our own models spans that place, and
# `cut_points` explains why the ids are the same.
_BLOCK_CHARACTERS = 1 << 11
_BLOCK_END = re.compile("[^ ](?= )")
_INNER_SPACE = re.compile(f"[^{SPACE_MARK}]{SPACE_MARK}")


class SentencePieceTokenizer:
    """A SentencePiece model of at most 65,536 pieces. Not thread-safe.

    U+2581, which SentencePiece would read as a space, is encoded as its three byte pieces if the
    model has them. All other ids are SentencePiece's.
    """

    type = "sentencepiece"

    def __init__(self, model: bytes) -> None:
        """Read a serialized model.

        Raises:
            InputError: it is not a SentencePiece model, is too large, or has no piece for the end
                of a document.
        """
        self.model = model
        self._processor = SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(model)
        except RuntimeError:
            raise InputError(
                "this is not a SentencePiece model",
                expected="a file that SentencePiece's trainer wrote",
                do="name such a file, or let corpusforge train one",
            ) from None
        self.vocab_size = int(self._processor.get_piece_size())
        if self.vocab_size > 1 << 16:
            raise InputError(
                "the vocabulary is too large for uint16 tokens",
                got=f"{self.vocab_size:,} pieces",
                expected="at most 65,536",
            )
        self.control: Mapping[str, int] = self._find_control()
        self.end_of_document = self.control["end_of_document"]
        self.fingerprint = fingerprint("sentencepiece", model.hex(), dict(self.control))
        self._mark_ids = np.array(
            [self._processor.piece_to_id(f"<0x{byte:02X}>") for byte in SPACE_MARK.encode()],
            np.uint16,
        )
        self._has_bytes = not any(self._processor.is_unknown(int(id)) for id in self._mark_ids)
        # Only the start is compared: the letter itself may be encoded as a byte.
        self._has_prefix = self._processor.encode_as_pieces("a")[0].startswith(SPACE_MARK)

    @cached_property
    def lossless(self) -> bool:
        """Whether every text is decoded to itself, as with all models that corpusforge trains."""
        return all(self.decode(self.encode(probe)) == probe for probe in _PROBES)

    def encode(self, text: str) -> Ids:
        if self._adds_prefix and text:
            text = " " + text
        if SPACE_MARK not in text or not self._has_bytes:
            return self._encode(text)
        runs = [
            np.tile(self._mark_ids, len(run)) if run.startswith(SPACE_MARK) else self._encode(run)
            for run in _SPACE_MARKS.split(text)
            if run
        ]
        return np.concatenate(runs)

    def encode_column(self, texts: pa.StringArray) -> Encoded:
        if not self._may_cut:
            return encode_each(self.encode, texts)
        if self._adds_prefix:
            prefixed = pc.binary_join_element_wise(" ", texts, "")
            texts = pc.if_else(pc.equal(texts, ""), texts, prefixed)
        offsets, data = string_buffers(texts)
        bounds = offsets.astype(np.int64)
        return self._cached_encoder.encode(np.frombuffer(data, np.uint8), bounds[:-1], bounds[1:])

    def decode_bytes(self, ids: npt.ArrayLike) -> bytes:
        return b"".join([self._pieces[id] for id in np.asarray(ids).tolist()])

    def decode(self, ids: npt.ArrayLike) -> str:
        text = self.decode_bytes(ids).decode("utf-8", "replace")
        return text.removeprefix(" ") if self._has_prefix else text

    def byte_mask(self) -> npt.NDArray[np.bool_]:
        return np.array([self._processor.is_byte(id) for id in range(self.vocab_size)], bool)

    def token_bytes(self) -> npt.NDArray[np.int32]:
        return np.array([len(piece) for piece in self._pieces], np.int32)

    def _encode(self, text: str) -> Ids:
        if len(text) <= _BLOCK_CHARACTERS or not self._may_split_blocks:
            return self._without_prefix.encode_as_numpy(text).astype(np.uint16)  # type: ignore[no-any-return]
        blocks = (self._without_prefix.encode_as_numpy(block) for block in _blocks(text))
        return np.concatenate([block.astype(np.uint16) for block in blocks])

    @cached_property
    def _model_file(self) -> ModelFile:
        return read_model(self.model)

    @cached_property
    def _may_cut(self) -> bool:
        return reason_not_to_cut(self._model_file) is None

    @cached_property
    def _may_split_blocks(self) -> bool:
        return self._may_cut and not any(
            _INNER_SPACE.search(piece.text) for piece in self._model_file.pieces
        )

    @cached_property
    def _adds_prefix(self) -> bool:
        """Whether this class adds the dummy prefix, so that a text can be cut after it."""
        return self._has_prefix and self._may_cut

    @cached_property
    def _without_prefix(self) -> SentencePieceProcessor:
        """The processor; without a dummy prefix if this class adds it."""
        if not self._adds_prefix:
            return self._processor
        return SentencePieceProcessor(model_proto=without_dummy_prefix(self.model))

    @cached_property
    def _cached_encoder(self) -> "CachedEncoder":
        from corpusforge.tokenizer.cached_encoder import CachedEncoder

        return CachedEncoder(self._model_file)

    @cached_property
    def _pieces(self) -> list[bytes]:
        return [self._piece_bytes(id) for id in range(self.vocab_size)]

    def _piece_bytes(self, id: int) -> bytes:
        piece = self._processor.id_to_piece(id)
        if self._processor.is_control(id) or self._processor.is_unknown(id):
            return b""
        if self._processor.is_byte(id) and (match := _BYTE_PIECE.fullmatch(piece)):
            return bytes([int(match[1], 16)])
        return str(piece).replace(SPACE_MARK, " ").encode()

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
                "the SentencePiece model has no piece for the end of a document",
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
