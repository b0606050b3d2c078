"""Fill-in-the-middle: cuts documents in three between characters and reorders the parts.

The method is that of arXiv 2207.14255, with the rates and the order of StarCoder (arXiv
2305.06161). Prefix first (PSM): `<|fim_prefix|> P <|fim_suffix|> S <|fim_middle|> M`. Suffix first
(SPM, the second form in the paper): `<|fim_prefix|> <|fim_suffix|> S <|fim_middle|> P M`. Each part
is encoded separately, as it will be in a prompt.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.arrays import Integers, run_places
from corpusforge.config import FillInTheMiddleConfig
from corpusforge.errors import InputError
from corpusforge.storage.documents import draws, string_buffers
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES, Encoded, Ids

_CONTROL = ("fim_prefix", "fim_suffix", "fim_middle")
# The order of a document's parts: 0, 1, 2 are prefix, middle, suffix; 3, 4, 5 are `_CONTROL`.
_PSM = (3, 0, 4, 2, 5, 1)
_SPM = (3, 4, 2, 5, 0, 1)


@dataclass(frozen=True)
class Cuts:
    """The documents of a column that are cut, where, and which of them are written suffix first."""

    num_documents: int
    rows: Integers  # ascending
    places: Integers  # int64[rows, 2]: bytes of the column before the middle and before the suffix
    suffix_first: npt.NDArray[np.bool_]

    @property
    def parts(self) -> Integers:
        """Number of texts that each document becomes, 3 or 1. int64[documents]."""
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
    """Draw which documents are cut, and where, from the text of each and the seed.

    Places are drawn uniformly over bytes and moved back to the start of the character.
    """
    rows = np.flatnonzero(may_cut & (draws(content_hash, "fim", seed) < config.rate))
    offsets, data = string_buffers(texts)
    starts, ends = (offsets[rows + n].astype(np.int64) for n in (0, 1))
    drawn = [draws(content_hash, f"fim cut {n}", seed)[rows] for n in (1, 2)]
    places = np.sort([starts + (draw * (ends - starts + 1)).astype(np.int64) for draw in drawn], 0)
    content = np.frombuffer(data, np.uint8)
    for _ in range(3):  # a character has at most three continuation bytes
        inside = (places > starts) & (places < ends)
        inside[inside] = (content[places[inside]] & 0xC0) == 0x80
        places[inside] -= 1
    suffix_first = draws(content_hash, "fim order", seed)[rows] < config.spm_rate
    return Cuts(len(texts), rows, places.T, suffix_first)


def cut_texts(texts: pa.Array, cuts: Cuts) -> pa.Array:
    """Cut texts into the parts to encode, without copying: three per cut document, else one."""
    offsets, data = string_buffers(texts)
    bounds = np.insert(offsets, np.repeat(cuts.rows + 1, 2), cuts.places.reshape(-1))
    return pa.StringArray.from_buffers(len(bounds) - 1, pa.py_buffer(bounds.astype(np.int32)), data)


def join_parts(ids: Ids, lengths: Integers, cuts: Cuts, control: Mapping[str, int]) -> Encoded:
    """Join the encoded parts of `cut_texts` into documents, with control tokens between them.

    Raises:
        InputError: the vocabulary has no control tokens for fill-in-the-middle.
    """
    missing = [CONTROL_PIECES[name] for name in _CONTROL if name not in control]
    if missing:
        raise InputError(
            "the vocabulary has no control tokens for fill-in-the-middle",
            got=f"no {', '.join(missing)}",
            do="let corpusforge train the tokenizer, or set corpus.fill_in_the_middle.rate to 0",
        )
    # The control tokens are appended as three segments of one token each.
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


def restore_order(ids: Ids, control: Mapping[str, int]) -> Ids:
    """Put the ids of a document in the order of its text, without fill-in-the-middle tokens.

    The inverse of `join_parts`. An end-of-document id is kept.
    """
    if not len(ids) or ids[0] != control.get("fim_prefix"):
        return ids
    suffix, middle = (
        int(np.flatnonzero(ids == control[name])[0]) for name in ("fim_suffix", "fim_middle")
    )
    end = len(ids) - int(ids[-1] == control["end_of_document"])
    # In a suffix-first document, the prefix is already before the middle.
    return np.concatenate(
        [ids[1:suffix], ids[middle + 1 : end], ids[suffix + 1 : middle], ids[end:]]
    )
