"""Split files of any size into lines, or into ranges of lines, in bounded memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import xxhash

from corpusforge.sources.streams import read_range


@dataclass(frozen=True)
class LineRange:
    """Complete lines of a plain file: bytes `start` to `end`."""

    start: int
    end: int
    first_line: int  # 1-based
    num_lines: int
    checksum: str  # xxh3-128 of the bytes


def line_ranges(path: Path, target_bytes: int, max_lines: int | None = None) -> Iterator[LineRange]:
    """Cut a plain file after the first line end at or past each `target_bytes`.

    Read the file once. With `max_lines`, the ranges end after that many lines.

    Raises:
        Refused: "unreadable".
    """
    start, first_line = 0, 1
    num_lines = 0
    digest = xxhash.xxh3_128()
    position = 0
    unfinished = False
    for block in read_range(path):
        begin = 0
        while begin < len(block):
            newline = block.find(b"\n", max(start + target_bytes - 1 - position, begin))
            cut = newline + 1 or len(block)
            lines = block.count(b"\n", begin, cut)
            wanted = None if max_lines is None else max_lines + 1 - first_line - num_lines
            if wanted is not None and lines >= wanted:
                lines, cut = wanted, _after_lines(block, begin, wanted)
            digest.update(memoryview(block)[begin:cut])
            num_lines += lines
            begin = cut
            last = lines == wanted
            if newline >= 0 or last:
                end = position + cut
                yield LineRange(start, end, first_line, num_lines, digest.hexdigest())
                if last:
                    return
                start, first_line, num_lines = end, first_line + num_lines, 0
                digest.reset()
        position += len(block)
        unfinished = not block.endswith(b"\n")
    if position > start:
        num_lines += unfinished
        yield LineRange(start, position, first_line, num_lines, digest.hexdigest())


def split_lines(
    blocks: Iterable[bytes], max_bytes: int, end: bytes = b"\n"
) -> Iterator[bytes | None]:
    """Yield lines without their `end`, and None for a line longer than `max_bytes`.

    Memory: a block, and at most `max_bytes` of an unfinished line.
    """
    unfinished: list[bytes] = []
    held = 0  # bytes of the unfinished line, including discarded bytes
    for block in blocks:
        head, *lines = block.split(end)
        held += len(head)
        if held <= max_bytes:
            unfinished.append(head)
        else:
            unfinished.clear()
        if not lines:
            continue
        yield b"".join(unfinished) if held <= max_bytes else None
        tail = lines.pop()
        for line in lines:
            yield line if len(line) <= max_bytes else None
        held = len(tail)
        unfinished = [tail] if held <= max_bytes else []
    if held:
        yield b"".join(unfinished) if held <= max_bytes else None


def _after_lines(block: bytes, begin: int, lines: int) -> int:
    for _ in range(lines):
        begin = block.index(b"\n", begin) + 1
    return begin
