"""Reads token shards: memory maps, opened once, behind one run of tokens a source."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpusforge.errors import InputError
from corpusforge.shards.manifest import ShardManifest, SourceEntry, read_manifest

TOKEN = np.dtype("<u2")
Tokens = npt.NDArray[np.uint16]


class TokenStream:
    """The tokens of several shards as one array of `num_tokens`."""

    def __init__(self, shards: Sequence[Tokens]) -> None:
        self._shards = list(shards)
        lengths = [len(shard) for shard in self._shards]
        self._starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    @property
    def num_tokens(self) -> int:
        return int(self._starts[-1])

    def read(self, start: int, out: npt.NDArray[np.generic]) -> None:
        """Fill `out`, one-dimensional, of any integer dtype, with the tokens from `start` on.

        Raises:
            IndexError: the stream has no such tokens.
        """
        if start < 0 or start + len(out) > self.num_tokens:
            raise IndexError(f"tokens {start} to {start + len(out)} of {self.num_tokens}")
        index = int(np.searchsorted(self._starts, start, side="right")) - 1
        filled = 0
        while filled < len(out):
            shard = self._shards[index]
            offset = start + filled - int(self._starts[index])
            piece = shard[offset : offset + len(out) - filled]
            out[filled : filled + len(piece)] = piece
            filled += len(piece)
            index += 1


class ShardSet:
    """A shard directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @cached_property
    def manifest(self) -> ShardManifest:
        return read_manifest(self.directory)

    def sources(self, split: str) -> dict[str, SourceEntry]:
        """The sources that have tokens in a split, in the manifest's order."""
        return self.manifest.splits.get(split, {})

    def path(self, split: str, source: str, name: str) -> Path:
        """The token file of a shard."""
        return self.directory / split / source / f"{name}.bin"

    def index_path(self, split: str, source: str, name: str) -> Path:
        """The document index of a shard."""
        return self.directory / split / source / f"{name}.docs.arrow"

    def order_path(self, split: str, source: str) -> Path:
        """The order of a source's documents by id."""
        return self.directory / split / source / "ids.arrow"

    def stream(self, split: str, source: str) -> TokenStream:
        """All tokens of a source in a split, in the order of its shards.

        Raises:
            InputError: a file is missing, or not as long as the manifest says.
        """
        return TokenStream(
            [
                map_tokens(self.path(split, source, shard.name), shard.num_tokens)
                for shard in self.sources(split)[source].shards
            ]
        )


def map_tokens(path: Path, num_tokens: int) -> Tokens:
    """A token file as a read-only memory map, uint16[num_tokens].

    Raises:
        InputError: the file is missing or has another length.
    """
    size = path.stat().st_size if path.is_file() else None
    if size != num_tokens * TOKEN.itemsize:
        raise InputError(
            "a shard is missing"
            if size is None
            else "a shard has not the length its manifest says",
            where=str(path),
            got="" if size is None else f"{size:,} bytes",
            expected=f"{num_tokens * TOKEN.itemsize:,} bytes",
            do="run `corpusforge tokenize` again; it writes what is missing",
        )
    return np.memmap(path, TOKEN, mode="r", shape=(num_tokens,))
