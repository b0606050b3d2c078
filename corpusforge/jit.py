"""Compiles kernels: loops over bytes and numbers, for fixed types, without the interpreter lock.

Kernels are compiled when their module is imported, and cached on disk by Numba. Their arithmetic
is unchecked and wraps around.
"""

from typing import Any

import numba
import numpy as np

U64 = np.uint64
BYTES = numba.types.Array(numba.uint8, 1, "C", readonly=True)  # as Arrow's buffers are
OFFSETS = numba.types.Array(numba.int32, 1, "C", readonly=True)
HASHES = numba.uint64[::1]
NUMBERS = numba.int64[::1]

_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "boundscheck": False,
    "error_model": "numpy",
    # Array expressions, C callers and allocations: no kernel needs them, and they take a fifth of
    # the compilation.
    "no_rewrites": True,
    "no_cfunc_wrapper": True,
    "_nrt": False,
}


def compiled(result: Any, *arguments: Any, inner: bool = False) -> Any:
    """Compile a function for these types. An `inner` one is only called by other kernels."""
    options = {**_OPTIONS, "no_cpython_wrapper": inner}
    return numba.njit(result(*arguments), **options)


@compiled(numba.uint64, numba.uint64)
def mixed(x):
    """The finalizer of MurmurHash3: every bit of `x` affects every bit of the result."""
    x ^= x >> U64(33)
    x *= U64(0xFF51AFD7ED558CCD)
    x ^= x >> U64(33)
    x *= U64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> U64(33))
