"""Decodes ids to bytes by a table of the bytes of each id."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


class PieceTable:
    """The bytes of each id; control ids have none."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = list(pieces)

    def decode_bytes(self, ids: npt.ArrayLike) -> bytes:
        """The concatenated bytes of ids.

        Raises:
            IndexError: an id is not in the vocabulary.
        """
        return b"".join([self._pieces[id] for id in np.asarray(ids).tolist()])

    def token_bytes(self) -> npt.NDArray[np.int32]:
        """Number of bytes of each id, int32[vocab_size]."""
        return np.array([len(piece) for piece in self._pieces], np.int32)
