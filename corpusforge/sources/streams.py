"""Read files in blocks and decompress them, refusing bombs and damaged data."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import zstandard

from corpusforge.sources.refusal import Refused, refusing_unreadable

COMPRESSIONS = (".gz", ".zst", ".xz", ".bz2")

_BLOCK_BYTES = 1 << 20
# A zstd block of 4 bytes can expand to 128 KiB, and the decompressor cannot stop at a length. So it
# is fed little at a time: 1 KiB expands to at most 32 MiB.
_ZSTD_FEED_BYTES = 1 << 10
# Text compresses 3 to 20 times, and deflate at most 1,032 times. Data that expands further than
# this limit is meant to exhaust a machine. Small outputs are exempt.
_MAX_EXPANSION = 250
_HARMLESS_BYTES = 64 << 20


def check_expansion(num_compressed: int, num_expanded: int) -> None:
    """Limit how far data may expand.

    Raises:
        Refused: "bomb".
    """
    if num_expanded > max(_HARMLESS_BYTES, _MAX_EXPANSION * num_compressed):
        raise Refused("bomb", f"{num_compressed:,} bytes expand to {num_expanded:,} and more")


class _Decompressor(Protocol):
    """Decompressor of one member, with the interface of `bz2` and `lzma`."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflate.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)


class _Zstd:
    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._waiting = b""

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def needs_input(self) -> bool:
        return not self._waiting

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data + self._waiting if self._frame.eof else b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        view = memoryview(self._waiting + data)
        pieces = []
        length = fed = 0
        while fed < len(view) and length < max_length and not self._frame.eof:
            piece = self._frame.decompress(view[fed : fed + _ZSTD_FEED_BYTES])
            fed += _ZSTD_FEED_BYTES
            length += len(piece)
            pieces.append(piece)
        self._waiting = bytes(view[fed:])
        return b"".join(pieces)


_DECOMPRESSORS: dict[str, Callable[[], _Decompressor]] = {
    ".gz": _Gzip,
    ".tgz": _Gzip,
    ".bz2": bz2.BZ2Decompressor,
    ".tbz2": bz2.BZ2Decompressor,
    ".xz": lzma.LZMADecompressor,
    ".txz": lzma.LZMADecompressor,
    ".zst": _Zstd,
    ".tzst": _Zstd,
}


def is_compressed(path: Path) -> bool:
    """Return whether a file is compressed, by its name."""
    return path.suffix.lower() in _DECOMPRESSORS


def read_blocks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in blocks of about a megabyte, decompressed if it is compressed.

    Data before a damaged place is yielded before the damage is reported.

    Raises:
        Refused: "truncated", "corrupt", "bomb", or "unreadable".
    """
    return _decompressed(path) if is_compressed(path) else read_range(path)


def read_range(path: Path, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of a plain file from `start` to `end`, or to its end, in blocks.

    Raises:
        Refused: "unreadable".
    """
    with refusing_unreadable(), path.open("rb") as handle:
        handle.seek(start)
        while end is None or start < end:
            block = handle.read(_BLOCK_BYTES if end is None else min(_BLOCK_BYTES, end - start))
            if not block:
                return
            start += len(block)
            yield block


def _decompressed(path: Path) -> Iterator[bytes]:
    blocks = read_range(path)
    member: _Decompressor | None = None
    waiting = b""
    ended = False
    taken = given = 0
    while True:
        if not waiting and not ended and (member is None or member.needs_input):
            waiting = next(blocks, b"")
            taken += len(waiting)
            ended = not waiting
        if member is None:
            # A member may be followed by zeros and by another member.
            waiting = waiting.lstrip(b"\0")
            if ended:
                return
            if not waiting:
                continue
            member = _DECOMPRESSORS[path.suffix.lower()]()
        try:
            block = member.decompress(waiting, _BLOCK_BYTES)
        except (zlib.error, OSError, EOFError, lzma.LZMAError, zstandard.ZstdError) as error:
            raise Refused("corrupt", str(error)) from error
        waiting = member.unused_data
        if member.eof:
            member = None
        elif ended and not block:
            raise Refused("truncated", f"the {path.suffix} data ends in the middle")
        if block:
            given += len(block)
            check_expansion(taken, given)
            yield block
