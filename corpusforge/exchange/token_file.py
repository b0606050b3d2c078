"""A token file of another tool, mapped into memory."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpusforge.errors import InputError

Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class ForeignTokenFile:
    """Mapped tokens, and where documents end. Without `ends`, end-of-document tokens show it."""

    path: Path
    tokens: Integers
    ends: npt.NDArray[np.int64] | None = None  # of each document, in tokens


def map_file(path: Path, dtype: npt.DTypeLike) -> Integers:
    """Map the numbers of a file.

    Raises:
        InputError: the file is missing, empty, or ends inside a number.
    """
    size = path.stat().st_size if path.is_file() else -1
    kind = np.dtype(dtype)
    if size <= 0 or size % kind.itemsize:
        raise InputError(
            "a token file is missing" if size < 0 else "a token file is empty or cut short",
            where=str(path),
            got="" if size < 0 else f"{size:,} bytes",
            expected=f"one or more numbers of {kind.itemsize} bytes",
        )
    return np.memmap(path, kind, mode="r")


def check_ends(path: Path, ends: npt.NDArray[np.int64], num_tokens: int) -> None:
    """Test that an index belongs to its tokens.

    Raises:
        InputError: the ends decrease, or the last one is not the number of tokens.
    """
    if not len(ends) or (np.diff(ends, prepend=0) < 0).any() or ends[-1] != num_tokens:
        raise InputError(
            "an index does not match its tokens",
            where=os.fspath(path),
            got=f"{len(ends):,} documents up to token {int(ends[-1]) if len(ends) else 0:,}",
            expected=f"increasing ends, the last one {num_tokens:,}",
        )
