"""Reads token shards: the tokens of a source as one stream over its files."""

import os
import resource
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpusforge.arrays import Integers
from corpusforge.errors import InputError
from corpusforge.shards.manifest import ShardManifest, SourceEntry, load_shard_manifest

TOKEN = np.dtype("<u2")
Tokens = npt.NDArray[np.uint16]

_OTHER_FILES = 256  # that the rest of the program may open


class TokenFile:
    """A token file that is read in pieces.

    It is not memory-mapped: every page of a map that was ever read counts as memory of the process.
    """

    def __init__(self, path: str, num_tokens: int) -> None:
        """Check the length of a file.

        Raises:
            InputError: the file is missing or has another length.
        """
        self._path = path
        self.num_tokens = num_tokens
        # Opened by the first read: with a thousand shards, opening takes most of the start-up.
        self._descriptor = -1
        _check_length(path, num_tokens)

    def read(self, first: int, out: Tokens) -> None:
        """Fill `out` with the tokens from `first` on.

        Raises:
            InputError: the file has become shorter since it was checked.
            IndexError: the file has no such tokens.
        """
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        place = first * TOKEN.itemsize
        done = os.preadv(self._descriptor, [out.data], place)
        # A single read may return less, and always does for more than 2 GiB.
        while done < out.nbytes:
            more = os.preadv(self._descriptor, [out.data.cast("B")[done:]], place + done)
            if not more:
                _check_length(self._path, self.num_tokens)
                raise IndexError(f"{len(out)} tokens from {first} of {self.num_tokens}")
            done += more

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


class TokenStream:
    """The concatenated tokens of several shards."""

    def __init__(self, shards: Sequence[TokenFile]) -> None:
        self.shards = tuple(shards)
        lengths = [shard.num_tokens for shard in self.shards]
        self._starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    @property
    def num_tokens(self) -> int:
        return int(self._starts[-1])

    def find(self, starts: Integers, lengths: Integers) -> tuple[Integers, Integers]:
        """Find the shard of each run of tokens, and its first token in that shard. int64[starts].

        The shard is -1 if the run continues in the next shard.
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
    """A shard directory: its manifest, files and token streams."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._streams: dict[tuple[str, str], TokenStream] = {}

    @cached_property
    def manifest(self) -> ShardManifest:
        return load_shard_manifest(self.directory)

    def sources(self, split: str) -> dict[str, SourceEntry]:
        """The sources of a split, in the manifest's order; none if there is no such split."""
        return self.manifest.splits.get(split, {})

    def path(self, split: str, source: str, name: str) -> Path:
        """The token file of a shard."""
        return self.directory / split / source / f"{name}.bin"

    def index_path(self, split: str, source: str, name: str) -> Path:
        """The document index of a shard."""
        return self.directory / split / source / f"{name}.docs.arrow"

    def id_index_path(self, split: str, source: str) -> Path:
        """The id index of a source."""
        return self.directory / split / source / "ids.arrow"

    def stream(self, split: str, source: str) -> TokenStream:
        """The tokens of a source in a split, in the order of its shards.

        Raises:
            InputError: a file is missing or has another length than in the manifest.
        """
        stream = self._streams.get((split, source))
        if stream is None:
            shards = self.sources(split)[source].shards
            allow_open_files(len(shards))
            # Strings: making a thousand `Path` objects takes longer than opening the files.
            directory = str(self.directory / split / source)
            files = [TokenFile(f"{directory}/{one.name}.bin", one.num_tokens) for one in shards]
            stream = self._streams[split, source] = TokenStream(files)
        return stream


def map_tokens(path: Path, num_tokens: int) -> Tokens:
    """Memory-map a token file, read-only. uint16[num_tokens].

    Raises:
        InputError: the file is missing or has another length.
    """
    _check_length(path, num_tokens)
    return np.memmap(path, TOKEN, mode="r", shape=(num_tokens,))


def allow_open_files(more: int) -> None:
    """Raise the limit of open files, commonly 1,024, so that this process can open `more` files.

    Raises:
        InputError: the system does not allow it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = more + _count_open_files() + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise InputError(
                "there are more shards than files that this process may open",
                got=f"{more:,} shards, and a limit of {hard:,} open files",
                do=f"raise the limit (as root: ulimit -Hn {wanted}), or tokenize with a larger "
                "corpus.part_bytes",
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _count_open_files() -> int:
    # The system assigns the lowest free number to a new file.
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor


def _check_length(path: Path | str, num_tokens: int) -> None:
    try:
        size = os.stat(path).st_size
    except FileNotFoundError:
        size = None
    expected = num_tokens * TOKEN.itemsize
    if size != expected:
        missing = size is None
        raise InputError(
            "a shard is missing" if missing else "a shard has another length than in its manifest",
            where=str(path),
            got="" if missing else f"{size:,} bytes",
            expected=f"{expected:,} bytes",
            do="run `corpusforge tokenize` again; it writes what is missing",
        )
