"""How loops over bytes and numbers are compiled: for fixed types, at import, without the lock."""

from typing import Any

import numba
import numpy as np

U64 = np.uint64
BYTES = numba.types.Array(numba.uint8, 1, "C", readonly=True)  # Arrow's buffers are
OFFSETS = numba.types.Array(numba.int32, 1, "C", readonly=True)
HASHES = numba.uint64[::1]
NUMBERS = numba.int64[::1]

_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "boundscheck": False,
    "error_model": "numpy",
    # What no loop here needs, and a fifth of the compilation: array expressions, C callers and
    # allocations.
    "no_rewrites": True,
    "no_cfunc_wrapper": True,
    "_nrt": False,
}


def compiled(answer: Any, *arguments: Any, inner: bool = False) -> Any:
    """Compile a function for these types; Numba remembers it on disk. Arithmetic is unchecked.

    An `inner` one is called by compiled functions only.
    """
    options = {**_OPTIONS, "no_cpython_wrapper": inner}
    return numba.njit(answer(*arguments), **options)


@compiled(numba.uint64, numba.uint64)
def mixed(x):
    """The finalizer of MurmurHash3: every bit of `x` moves every bit of the answer."""
    x ^= x >> U64(33)
    x *= U64(0xFF51AFD7ED558CCD)
    x ^= x >> U64(33)
    x *= U64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> U64(33))
