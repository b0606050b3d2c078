"""Fill-in-the-middle: documents cut in three between characters, and their parts in a new order.

arXiv 2207.14255, with the rates and the order of StarCoder (arXiv 2305.06161). Prefix first (PSM):
`<|fim_prefix|> P <|fim_suffix|> S <|fim_middle|> M`. Suffix first (SPM, the paper's second form):
`<|fim_prefix|> <|fim_suffix|> S <|fim_middle|> P M`. Parts are encoded on their own, as they will
be when a model is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.arrays import run_places
from corpusforge.config import FillInTheMiddleConfig
from corpusforge.errors import InputError
from corpusforge.storage.documents import draws, string_buffers
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Ids

_CONTROL = ("fim_prefix", "fim_suffix", "fim_middle")
# The parts of a document, in the order in which its tokens stand; 3, 4, 5 are the control tokens.
_PSM = (3, 0, 4, 2, 5, 1)
_SPM = (3, 4, 2, 5, 0, 1)

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cuts:
    """Where some of a column's documents are cut, and which of them are written suffix first."""

    num_documents: int
    rows: Integers  # rising
    places: Integers  # int64[rows, 2]: bytes of the column before the middle, and before the suffix
    suffix_first: npt.NDArray[np.bool_]

    @property
    def parts(self) -> Integers:
        """How many texts each document becomes: 3 or 1. int64[documents]."""
        parts = np.ones(self.num_documents, np.int64)
        parts[self.rows] = 3
        return parts


def draw_cuts(
    texts: pa.Array,
    content_hash: pa.Array,
    may_cut: npt.NDArray[np.bool_],
    config: FillInTheMiddleConfig,
    seed: int,
) -> Cuts:
    """Which documents are cut, and where: decided by each one's text and the seed alone.

    A place is drawn among the bytes and moved back to the start of its character.
    """
    rows = np.flatnonzero(may_cut & (draws(content_hash, "fim", seed) < config.rate))
    offsets, data = string_buffers(texts)
    starts, ends = (offsets[rows + n].astype(np.int64) for n in (0, 1))
    drawn = [draws(content_hash, f"fim cut {n}", seed)[rows] for n in (1, 2)]
    places = np.sort([starts + (draw * (ends - starts + 1)).astype(np.int64) for draw in drawn], 0)
    content = np.frombuffer(data, np.uint8)
    for _ in range(3):  # a character has at most three bytes that continue it
        inside = (places > starts) & (places < ends)
        inside[inside] = (content[places[inside]] & 0xC0) == 0x80
        places[inside] -= 1
    suffix_first = draws(content_hash, "fim order", seed)[rows] < config.spm_rate
    return Cuts(len(texts), rows, places.T, suffix_first)


def cut(texts: pa.Array, cuts: Cuts) -> pa.Array:
    """The texts to encode: three for a document with cuts, one for any other; none is copied."""
    offsets, data = string_buffers(texts)
    bounds = np.insert(offsets, np.repeat(cuts.rows + 1, 2), cuts.places.reshape(-1))
    return pa.StringArray.from_buffers(len(bounds) - 1, pa.py_buffer(bounds.astype(np.int32)), data)


def arrange(
    ids: Ids, lengths: Integers, cuts: Cuts, control: Mapping[str, int]
) -> tuple[Ids, Integers]:
    """The ids of what `cut` gave, as documents: parts in their order, control tokens before them.

    Gives uint16[tokens] and the length of each document, int64[documents].

    Raises:
        InputError: the vocabulary has no control tokens for it.
    """
    missing = [CONTROL_PIECES[name] for name in _CONTROL if name not in control]
    if missing:
        raise InputError(
            "the vocabulary has no control tokens for fill-in-the-middle",
            got=f"no {', '.join(missing)}",
            do="let corpusforge train the tokenizer, or set corpus.fill_in_the_middle.rate to 0",
        )
    # The control tokens stand behind all others, three segments of one token each.
    pool = np.concatenate([ids, np.array([control[name] for name in _CONTROL], ids.dtype)])
    starts = np.concatenate([np.cumsum(lengths) - lengths, len(ids) + np.arange(3)])
    sizes = np.concatenate([lengths, [1, 1, 1]])
    parts = cuts.parts
    first = np.cumsum(parts) - parts
    order = np.where(cuts.suffix_first[:, None], _SPM, _PSM)
    is_control = order >= 3
    of_cut = np.where(is_control, len(lengths) + order - 3, first[cuts.rows, None] + order)
    counts = np.where(parts == 3, 6, 1)
    segments = np.repeat(first, counts)
    segments[np.repeat(parts == 3, counts)] = of_cut.reshape(-1)
    sizes = sizes[segments]
    places = run_places(starts[segments], sizes)
    of_document = np.add.reduceat(sizes, np.cumsum(counts) - counts)
    return pool[places], of_document


def restore(ids: Ids, control: Mapping[str, int]) -> Ids:
    """The parts of a document in the order of its text, without control tokens; the inverse.

    `ids` are one document's, with or without its end.
    """
    if not len(ids) or ids[0] != control.get("fim_prefix"):
        return ids
    suffix, middle = (
        int(np.flatnonzero(ids == control[name])[0]) for name in ("fim_suffix", "fim_middle")
    )
    end = len(ids) - int(ids[-1] == control["end_of_document"])
    # Suffix first, the prefix stands before the middle already.
    return np.concatenate(
        [ids[1:suffix], ids[middle + 1 : end], ids[suffix + 1 : middle], ids[end:]]
    )
