"""The pieces of a SentencePiece model with scores and kinds, read from its file.

The processor tells neither which pieces were given by the user nor the rest of what other programs
need; the file does (sentencepiece_model.proto of github.com/google/sentencepiece).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

SPACE = "\u2581"  # how a model spells a space

# Protocol buffers: wire types, and the fields that are read here.
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_PIECES, _TEXT, _SCORE, _KIND = 1, 1, 2, 3


class Kind(IntEnum):
    """What a piece is; GGUF counts token types the same way."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4  # taken out of the text whole, before anything is merged
    UNUSED = 5
    BYTE = 6


@dataclass(frozen=True)
class Piece:
    """One id of a vocabulary; of two merges, that whose result scores higher goes first."""

    text: str  # as in the model: a space is U+2581
    score: float
    kind: Kind


def read_pieces(model: bytes) -> list[Piece]:
    """The pieces of a serialized model, in the order of their ids."""
    return [_piece(data) for field, data in _fields(model) if field == _PIECES]


def _piece(data: bytes) -> Piece:
    fields = dict(_fields(data))
    return Piece(
        text=fields[_TEXT].decode(),
        score=struct.unpack("<f", fields[_SCORE])[0] if _SCORE in fields else 0.0,
        kind=Kind(_varint(fields[_KIND], 0)[0]) if _KIND in fields else Kind.NORMAL,
    )


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and raw bytes of every field of a message."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        start, wire_type = place, tag & 7
        if wire_type == _VARINT:
            _, end = _varint(message, place)
        elif wire_type == _BYTES:
            length, start = _varint(message, place)
            end = start + length
        else:
            end = place + {_FIXED64: 8, _FIXED32: 4}[wire_type]
        yield tag >> 3, message[start:end]
        place = end


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """An integer of seven bits a byte, lowest first, and the place behind it."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
