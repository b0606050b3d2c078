"""Reads a serialized SentencePiece model: its pieces, and how it normalises a text.

SentencePiece's own classes for these messages need the protobuf package. The few fields used here
are read from the wire format (protobuf.dev/programming-guides/encoding); their numbers are those of
sentencepiece_model.proto.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_VARINT, _EIGHT_BYTES, _DELIMITED, _FOUR_BYTES = 0, 1, 2, 5
_PIECES, _TRAINER, _NORMALIZER = 1, 2, 3  # of ModelProto
_PIECE_TEXT, _PIECE_SCORE, _PIECE_KIND = 1, 2, 3
_MODEL_TYPE, _BPE, _WHITESPACE_AS_SUFFIX, _BYTE_FALLBACK = 3, 2, 24, 35  # of TrainerSpec
_CHARSMAP, _DUMMY_PREFIX, _REMOVE_EXTRA_WHITESPACES, _ESCAPE_WHITESPACES = 2, 3, 4, 5

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)  # kinds of pieces
_ZERO = bytes(4)  # as a float
_NO_DUMMY_PREFIX = bytes([_NORMALIZER << 3 | _DELIMITED, 2, _DUMMY_PREFIX << 3, 0])


class Piece(NamedTuple):
    """One entry of the vocabulary; its id is its index."""

    text: str
    score: float
    kind: int

    @property
    def is_text(self) -> bool:
        """Whether a text is encoded to it by merging, or by searching for its text."""
        return self.kind in (NORMAL, USER_DEFINED, UNUSED)


@dataclass(frozen=True)
class ModelFile:
    """The parts of a model that determine the ids of a text."""

    pieces: tuple[Piece, ...]
    is_bpe: bool
    is_identity: bool  # texts are not normalised, except that U+2581 replaces spaces
    byte_fallback: bool


def read_model(model: bytes) -> ModelFile:
    """Read a serialized model that SentencePiece has accepted."""
    pieces: list[Piece] = []
    # By the protobuf specification, a later value of a field replaces an earlier one.
    trainer: dict[int, bytes | int] = {}
    normalizer: dict[int, bytes | int] = {}
    for field, value in _fields(model):
        if not isinstance(value, bytes):
            continue
        if field == _PIECES:
            pieces.append(_piece(dict(_fields(value))))
        elif field == _TRAINER:
            trainer.update(_fields(value))
        elif field == _NORMALIZER:
            normalizer.update(_fields(value))
    return ModelFile(
        pieces=tuple(pieces),
        is_bpe=trainer.get(_MODEL_TYPE) == _BPE,
        is_identity=not normalizer.get(_CHARSMAP)
        and not normalizer.get(_REMOVE_EXTRA_WHITESPACES, 1)
        and bool(normalizer.get(_ESCAPE_WHITESPACES, 1))
        and not trainer.get(_WHITESPACE_AS_SUFFIX, 0),
        byte_fallback=bool(trainer.get(_BYTE_FALLBACK, 0)),
    )


def without_dummy_prefix(model: bytes) -> bytes:
    """The same model without its dummy prefix: a field that is appended replaces earlier values."""
    return model + _NO_DUMMY_PREFIX


def _piece(fields: dict[int, bytes | int]) -> Piece:
    text, score = fields.get(_PIECE_TEXT, b""), fields.get(_PIECE_SCORE, _ZERO)
    kind = fields.get(_PIECE_KIND, NORMAL)
    assert isinstance(text, bytes)
    assert isinstance(score, bytes)
    assert isinstance(kind, int)
    return Piece(text.decode(), struct.unpack("<f", score)[0], kind)


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The numbers and values of a message's fields, in order."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        field, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            value, at = _varint(message, at)
            yield field, value
            continue
        if wire_type == _DELIMITED:
            length, at = _varint(message, at)
        else:
            length = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}[wire_type]
        yield field, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
