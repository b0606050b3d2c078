"""Compressed files as blocks: any kind, in members, broken off, corrupt, and made to explode."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import zstandard

from corpusforge.sources.refusal import Refused
from corpusforge.sources.streams import read_blocks

# Enough for several blocks, and not too easy to compress.
TEXT = b"".join(b"%d squared is %d\n" % (number, number * number) for number in range(200_000))

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": partial(lzma.compress, preset=0),
    ".zst": zstandard.compress,
}


def _read(path: Path) -> tuple[bytes, str | None]:
    """What comes before the end or the break, and the reason of the break."""
    blocks = []
    try:
        for block in read_blocks(path):
            blocks.append(block)
    except Refused as refused:
        return b"".join(blocks), refused.reason
    return b"".join(blocks), None


@pytest.mark.parametrize("suffix", COMPRESS)
def test_every_kind_is_decompressed(tmp_path: Path, suffix: str) -> None:
    """The bytes come back, from one member and from several."""
    path = tmp_path / f"a{suffix}"
    path.write_bytes(COMPRESS[suffix](TEXT))
    assert _read(path) == (TEXT, None)
    half = len(TEXT) // 2
    path.write_bytes(COMPRESS[suffix](TEXT[:half]) + COMPRESS[suffix](TEXT[half:]))
    assert _read(path) == (TEXT, None)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_what_stands_before_a_break_is_read(tmp_path: Path, suffix: str) -> None:
    """A truncated file gives a true beginning of its text, then says that it is truncated."""
    path = tmp_path / f"a{suffix}"
    whole = COMPRESS[suffix](TEXT)
    path.write_bytes(whole[: len(whole) * 3 // 4])
    text, reason = _read(path)
    assert reason == "truncated"
    assert len(text) > len(TEXT) // 3
    assert TEXT.startswith(text)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_break_anywhere_is_seen(tmp_path: Path, suffix: str) -> None:
    """No length short of the whole passes for a whole file."""
    path = tmp_path / f"a{suffix}"
    whole = COMPRESS[suffix](b"one line\n")
    for length in range(1, len(whole)):
        path.write_bytes(whole[:length])
        text, reason = _read(path)
        assert reason == "truncated", length
        assert b"one line\n".startswith(text)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_what_is_not_compressed_is_corrupt(tmp_path: Path, suffix: str) -> None:
    """A file that only has the name of a compressed one is refused."""
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b'{"text": "never compressed"}\n')
    assert _read(path) == (b"", "corrupt")


def test_padding_after_a_member_is_passed_over(tmp_path: Path) -> None:
    """Tapes and block devices pad compressed files with zeros."""
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"a") + bytes(1000) + gzip.compress(b"b") + bytes(7))
    assert _read(path) == (b"ab", None)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_bomb_is_stopped_early(tmp_path: Path, suffix: str) -> None:
    """Zeros that expand far more than any text does are refused after a part of them."""
    path = tmp_path / f"a{suffix}"
    path.write_bytes(COMPRESS[suffix](bytes(64 << 20)) * 40)
    text, reason = _read(path)
    assert reason == "bomb"
    assert len(text) < 1 << 30


def test_a_few_zeros_are_no_bomb(tmp_path: Path) -> None:
    """What expands to little is read, however well it was compressed."""
    path = tmp_path / "a.zst"
    path.write_bytes(zstandard.compress(bytes(8 << 20)))
    assert _read(path) == (bytes(8 << 20), None)
