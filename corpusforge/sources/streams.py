"""Read files in blocks and decompress them, refusing bombs and damaged data."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

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


class _Zstd:
    """A decompressor of one frame, with the interface of zlib's."""

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self.eof = False
        self.unused_data = self.unconsumed_tail = b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        pieces = []
        length = fed = 0
        while fed < len(data) and length < max_length and not self._frame.eof:
            piece = self._frame.decompress(data[fed : fed + _ZSTD_FEED_BYTES])
            fed += _ZSTD_FEED_BYTES
            length += len(piece)
            pieces.append(piece)
        self.eof, self.unconsumed_tail = self._frame.eof, data[fed:]
        if self.eof:
            self.unused_data = self._frame.unused_data + self.unconsumed_tail
        return b"".join(pieces)


# Makers of decompressors of one member.
_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    ".gz": partial(zlib.decompressobj, wbits=31),
    ".tgz": partial(zlib.decompressobj, wbits=31),
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
    member: Any = None
    waiting = b""
    ended = False
    taken = given = 0
    while True:
        # bz2 and lzma keep the input that is left after `_BLOCK_BYTES` of output, others return it.
        if not waiting and not ended and getattr(member, "needs_input", True):
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
        if member.eof:
            waiting, member = member.unused_data, None
        elif ended and not block:
            raise Refused("truncated", f"the {path.suffix} data ends in the middle")
        else:
            waiting = getattr(member, "unconsumed_tail", b"")
        if block:
            given += len(block)
            check_expansion(taken, given)
            yield block
