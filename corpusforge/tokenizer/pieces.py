"""Ids back to bytes: a table with what every id stands for."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


class PieceTable:
    """What each id stands for; nothing for control ids."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = list(pieces)

    def decode_bytes(self, ids: npt.ArrayLike) -> bytes:
        """The bytes of a run of ids.

        Raises:
            IndexError: an id is not in the vocabulary.
        """
        return b"".join([self._pieces[id] for id in np.asarray(ids).tolist()])

    def token_bytes(self) -> npt.NDArray[np.int32]:
        """Bytes of every id, int32[vocab_size]."""
        return np.array([len(piece) for piece in self._pieces], np.int32)
