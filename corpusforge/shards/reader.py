"""Reads token shards: files opened once, behind one run of tokens a source."""

import os
import resource
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpusforge.errors import InputError
from corpusforge.shards.manifest import ShardManifest, SourceEntry, read_manifest

TOKEN = np.dtype("<u2")
Tokens = npt.NDArray[np.uint16]
Integers = npt.NDArray[np.int64]

_OTHER_FILES = 256  # that the rest of a program may open


class TokenFile:
    """A token file that is read piece by piece.

    Not a memory map: every page of one that was ever touched counts as the process's memory.
    """

    def __init__(self, path: str, num_tokens: int) -> None:
        """Raises InputError where the file is missing or has another length."""
        self._path = path
        self.num_tokens = num_tokens
        # Opened when it is first read: with a thousand shards, opening is most of the start-up.
        self._descriptor = -1
        try:
            self._check(os.stat(path).st_size)
        except FileNotFoundError:
            self._check(None)

    def read(self, first: int, out: Tokens) -> None:
        """Fill `out` with the tokens from `first` on.

        Raises:
            InputError: the file has become shorter since the manifest was read.
        """
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        place = first * TOKEN.itemsize
        done = os.preadv(self._descriptor, [out.data], place)
        # The system may give less than it was asked for, and does beyond 2 GiB.
        while done < out.nbytes:
            more = os.preadv(self._descriptor, [out.data.cast("B")[done:]], place + done)
            if not more:
                self._check(os.fstat(self._descriptor).st_size)
                raise IndexError(f"{len(out)} tokens from {first} of {self.num_tokens}")
            done += more

    def _check(self, size: int | None) -> None:
        if size != self.num_tokens * TOKEN.itemsize:
            raise _wrong_length(self._path, size, self.num_tokens)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


class TokenStream:
    """The tokens of several shards as one array of `num_tokens`."""

    def __init__(self, shards: Sequence[TokenFile]) -> None:
        self.shards = tuple(shards)
        lengths = [shard.num_tokens for shard in self.shards]
        self._starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    @property
    def num_tokens(self) -> int:
        return int(self._starts[-1])

    def find(self, starts: Integers, lengths: Integers) -> tuple[Integers, Integers]:
        """Where runs of tokens stand: shard and first token in it, int64[starts] each.

        The shard is -1 where a run goes on in the next one.
        """
        shard = np.searchsorted(self._starts, starts, side="right") - 1
        fits = starts + lengths <= self._starts[shard + 1]
        return np.where(fits, shard, -1), starts - self._starts[shard]

    def read(self, start: int, out: Tokens) -> None:
        """Fill `out`, one-dimensional and contiguous, with the tokens from `start` on.

        Raises:
            IndexError: the stream has no such tokens.
        """
        if start < 0 or start + len(out) > self.num_tokens:
            raise IndexError(f"tokens {start} to {start + len(out)} of {self.num_tokens}")
        index = int(np.searchsorted(self._starts, start, side="right")) - 1
        filled = 0
        while filled < len(out):
            shard = self.shards[index]
            offset = start + filled - int(self._starts[index])
            piece = out[filled : filled + shard.num_tokens - offset]
            shard.read(offset, piece)
            filled += len(piece)
            index += 1


class ShardSet:
    """A shard directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._streams: dict[tuple[str, str], TokenStream] = {}

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
        stream = self._streams.get((split, source))
        if stream is None:
            shards = self.sources(split)[source].shards
            allow_open_files(len(shards))
            # Text, since a thousand paths as objects take longer than opening the files.
            folder = str(self.directory / split / source)
            files = [TokenFile(f"{folder}/{shard.name}.bin", shard.num_tokens) for shard in shards]
            stream = self._streams[split, source] = TokenStream(files)
        return stream


def map_tokens(path: Path, num_tokens: int) -> Tokens:
    """A token file as a read-only memory map, uint16[num_tokens].

    Raises:
        InputError: the file is missing or has another length.
    """
    size = path.stat().st_size if path.is_file() else None
    if size != num_tokens * TOKEN.itemsize:
        raise _wrong_length(path, size, num_tokens)
    return np.memmap(path, TOKEN, mode="r", shape=(num_tokens,))


def allow_open_files(more: int) -> None:
    """Let this process have so many files open besides those it has; 1,024 in all are usual.

    Raises:
        InputError: the system forbids it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = more + _files_open() + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise InputError(
                "there are more shards than files that this process may have open",
                got=f"{more:,} shards, and a limit of {hard:,} open files",
                do=f"raise the limit (as root: ulimit -Hn {wanted}), or tokenize with a larger "
                "corpus.part_bytes",
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _files_open() -> int:
    """Files that this process has open: the next one gets the lowest number that is free."""
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor


def _wrong_length(path: Path | str, size: int | None, num_tokens: int) -> InputError:
    """A token file that is not as its manifest says; `size` in bytes, None where it is missing."""
    return InputError(
        "a shard is missing" if size is None else "a shard has not the length its manifest says",
        where=str(path),
        got="" if size is None else f"{size:,} bytes",
        expected=f"{num_tokens * TOKEN.itemsize:,} bytes",
        do="run `corpusforge tokenize` again; it writes what is missing",
    )
