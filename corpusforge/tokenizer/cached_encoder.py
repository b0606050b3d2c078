"""SentencePiece's ids at the speed of memory: each distinct segment of the texts is merged once.

What segments are, and why their ids one after another are the ids of the text, stands in `joints`.
"""

import numpy as np
import numpy.typing as npt

from corpusforge.tokenizer import kernels
from corpusforge.tokenizer.kernels import LONGEST, Memory, scratch
from corpusforge.tokenizer.model_file import ModelFile
from corpusforge.tokenizer.tokenizer import Ids
from corpusforge.tokenizer.vocabulary import vocabulary

# Of the table; at most half of them are used. A slot takes 24 bytes, and there is room for 16 bytes
# and 4 ids a slot of segments that do not stand in the table itself: 100 MB at most.
_SLOTS = 1 << 21
_SLOT_BYTES, _SLOT_IDS = 16, 4

_State = npt.NDArray[np.int64]


class RememberedEncoder:
    """Ids of many texts at once; what it has seen in some makes the next ones faster.

    Memory is bounded: when it is full, the segments that were looked up only once since the last
    time are forgotten, so that text without repetition (base64) does not crowd out words. An object
    serves one thread at a time.
    """

    def __init__(self, model: ModelFile, slots: int = _SLOTS) -> None:
        self._vocabulary = vocabulary(model)
        self._memory = _empty(slots)
        self._state: _State = np.zeros(kernels.STATE, np.int64)

    @property
    def remembered(self) -> int:
        """How many segments are known by now."""
        return int(self._state[kernels.USED])

    def encode(
        self,
        data: npt.NDArray[np.uint8],
        begins: npt.NDArray[np.int64],
        ends: npt.NDArray[np.int64],
    ) -> tuple[Ids, npt.NDArray[np.int64]]:
        """Ids of the texts `data[begins[i]:ends[i]]` one after another, and how many each has.

        uint16[tokens], int64[texts]. The texts are valid UTF-8.
        """
        out = np.empty(int((ends - begins).sum()) + kernels.INLINE, np.uint16)
        lengths = np.zeros(len(begins), np.int64)
        state = self._state
        state[[kernels.ROW, kernels.OUT, kernels.FIRST_OUT]] = 0
        state[kernels.AT] = begins[0] if len(begins) else 0
        room = scratch(LONGEST)
        while state[kernels.ROW] < len(begins):
            state[kernels.WANTED] = 0
            kernels.encode(
                *(data, begins, ends, self._vocabulary, self._memory, room, out, lengths, state),
            )
            if wanted := int(state[kernels.WANTED]):
                room = scratch(wanted)
            elif state[kernels.ROW] < len(begins):
                emptied = _empty(len(self._memory.places))
                kernels.thin(self._memory, emptied, state)
                self._memory = emptied
        return out[: state[kernels.OUT]], lengths


def _empty(slots: int) -> Memory:
    return Memory(
        table=np.zeros(2 * slots, np.uint64),
        places=np.empty(slots, np.int64),
        arena=np.empty(slots * _SLOT_BYTES, np.uint8),
        ids=np.empty(slots * _SLOT_IDS, np.uint16),
    )
