"""The search for near-duplicates: bands give candidates, true similarities decide."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.config import ShingleConfig
from corpusforge.engine.executor import Executor, one_ahead
from corpusforge.near.banding import band_keys, least_matches, likely, sketches
from corpusforge.near.clusters import Edges, Forest
from corpusforge.near.exact import Contents
from corpusforge.near.rows import JoinedRows, fixed_width
from corpusforge.near.scratch import BandKeys, ShingleSets, Sketches
from corpusforge.near.shingles import sets_of_texts
from corpusforge.near.verifier import Held, Verifier
from corpusforge.storage.documents import string_buffers

_LOADED_HASHES = 2 << 20  # of shingle sets in memory at a time: 16 MiB
_BLOCK = 1 << 16  # contents of a band looked at together
_TINY_BUCKET = 8  # members; of so few, all are compared with all
_SMALL_BUCKET = 64  # members; of so many, all that are in different clusters
_PENDING_PAIRS = 1 << 20
_PIVOTS = 4  # of a larger bucket, before it is cut by the rarer shingles of its members
_SAMPLED_SHINGLES = 128  # of each member, for that cut
_SAMPLED_IN_ALL = 1 << 20
_SCATTER = np.uint64(0x9E3779B97F4A7C15)

Numbers = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Search:
    """One search among the distinct contents of some rows."""

    rows: JoinedRows
    contents: Contents
    threshold: float
    shingle: ShingleConfig
    bands: int
    rows_a_band: int
    executor: Executor
    directory: Path  # for temporary files

    def edges(self) -> Edges:
        """Verified edges that hold every cluster together.

        In memory at once: 8 bytes a content of band keys, 8 of places of shingle sets, 4 of
        clusters, beside the 4 bytes a row that say its content.
        """
        with (
            closing(BandKeys(self.directory, self.bands, self.rows.total)) as keys,
            closing(Sketches(self.directory, len(self.contents))) as sketches,
            closing(ShingleSets(self.directory, len(self.contents))) as sets,
        ):
            for _ in self.executor.in_threads(
                lambda index: self._read_signatures(index, keys, sketches),
                range(len(self.rows.live_counts)),
            ):
                pass
            self._write_sets(self._involved(keys, sketches), sets)
            return self._verified(keys, sketches, sets)

    def _read_signatures(self, index: int, keys: BandKeys, sketched: Sketches) -> None:
        part = self.rows.select(index, ["signature", "shingles"])
        column = part["signature"]
        signatures = fixed_width(column, np.uint16).reshape(-1, column.type.byte_width // 2)
        of_part = band_keys(signatures, self.bands, self.rows_a_band)
        # Without words there is nothing to be similar in; `_buckets` keeps these apart.
        of_part[:, part["shingles"].to_numpy() == 0] = 0
        keys.write(self.rows.firsts[index], of_part)
        sketched.write(self.contents.of_row[self.rows.rows_of(index)], sketches(signatures))

    def _involved(self, keys: BandKeys, sketches: Sketches) -> npt.NDArray[np.bool_]:
        """The contents that may be like another one: in a bucket with it, and by their sketches."""
        matches = least_matches(self.threshold)
        involved = np.zeros(len(self.contents), bool)
        for band in range(self.bands):
            for members, buckets in self._buckets(keys, band):
                small = np.bincount(buckets)[buckets] <= _SMALL_BUCKET
                involved[members[~small]] = True
                members, buckets = members[small], buckets[small]
                sketch = sketches.read(members)
                for left, right in _pairs(buckets):
                    new = ~(involved[members[left]] & involved[members[right]])
                    left, right = left[new], right[new]
                    alike = likely(sketch[left], sketch[right], matches)
                    involved[members[left[alike]]] = True
                    involved[members[right[alike]]] = True
        return involved

    def _buckets(self, keys: BandKeys, band: int) -> Iterator[tuple[Numbers, Numbers]]:
        """Contents that share a band with others: their numbers, and those of their buckets.

        A bucket is never split; buckets and members come in order.
        """
        bits = np.uint64(max(len(self.contents) - 1, 1).bit_length())
        low = (np.uint64(1) << bits) - np.uint64(1)
        packed = np.empty(len(self.contents), np.uint64)
        for rows, block in keys.read(band):
            numbers = self.contents.of_row[rows]
            wide = numbers.astype(np.uint64)
            block[block == 0] = (wide[block == 0] + np.uint64(1)) * _SCATTER
            packed[numbers] = block & ~low | wide
        packed.sort()
        begin = 0
        while begin < len(packed):
            end = min(begin + _BLOCK, len(packed))
            end = int(np.searchsorted(packed, packed[end - 1] | low, side="right"))
            block = packed[begin:end]
            begin = end
            keys_of_block = block >> bits
            joined = keys_of_block[1:] == keys_of_block[:-1]
            shared = np.zeros(len(block), bool)
            shared[1:] |= joined
            shared[:-1] |= joined
            members = (block[shared] & low).astype(np.int32)
            if len(members):
                yield members, _numbered(keys_of_block[shared])

    def _write_sets(self, involved: npt.NDArray[np.bool_], sets: ShingleSets) -> None:
        """Read the text of each involved content once more and keep its shingles."""
        # Of several rows with one content the first is read; which one that is changes nothing.
        read = np.zeros(len(involved), bool)
        first = []
        for index in range(len(self.rows.live_counts)):
            numbers = self.contents.of_row[self.rows.rows_of(index)]
            fresh = np.flatnonzero(involved[numbers] & ~read[numbers])
            _, once = np.unique(numbers[fresh], return_index=True)
            first.append(np.sort(fresh[once]))
            read[numbers[first[-1]]] = True
        wanted = [index for index, places in enumerate(first) if len(places)]

        def write(task: int) -> None:
            index = wanted[task]
            numbers = self.contents.of_row[self.rows.rows_of(index)][first[index]]
            done = 0
            for texts in self.rows.take(index, ["text"], first[index]):
                for chunk in texts["text"].chunks:
                    hashes, lengths = sets_of_texts(*string_buffers(chunk), self.shingle)
                    sets.write(numbers[done : done + len(chunk)], hashes, lengths)
                    done += len(chunk)

        for _ in self.executor.in_threads(write, range(len(wanted))):
            pass

    def _verified(self, keys: BandKeys, sketches: Sketches, sets: ShingleSets) -> Edges:
        verifier = Verifier(sets, Forest(len(self.contents)), self.threshold, self.executor)

        def blocks() -> Iterator[tuple[Numbers, Numbers, Held]]:
            for band in range(self.bands):
                for members, buckets in self._buckets(keys, band):
                    yield members, buckets, Held.of(members, sketches)

        for members, buckets, held in one_ahead(blocks()):
            verifier.hold(held)
            rest = _joined(members, buckets, _PIVOTS, verifier)
            if len(rest[0]):
                _joined(*_cut_by_rare_shingles(*rest, sets), 1, verifier)
        return verifier.edges()


def _joined(
    members: Numbers, buckets: Numbers, pivots: int, verifier: Verifier
) -> tuple[Numbers, Numbers]:
    """Unite what is alike in buckets; gives what is left of the large ones after so many pivots.

    In a tiny bucket everybody is compared with everybody, so that a cluster's best edges are known.
    In others the first member is compared with all others, which settles most of them. In what is
    left of a small one everybody is compared with everybody of another cluster: who joined the
    pivot may be like a third one that the pivot is not like. In a large one that would be
    quadratic; there the next of those apart is the next pivot.
    """
    tiny = np.bincount(buckets)[buckets] <= _TINY_BUCKET
    _all_pairs(members[tiny], buckets[tiny], verifier)
    members, buckets = _unsettled(members[~tiny], buckets[~tiny], verifier)
    large = np.bincount(buckets)[buckets] > _SMALL_BUCKET
    apart = _star(members, buckets, verifier)
    _all_pairs(*_unsettled(members[~large], buckets[~large], verifier), verifier, apart=True)
    members, buckets = members[large & apart], buckets[large & apart]
    for _ in range(pivots - 1):
        apart = _star(members, buckets, verifier)
        members, buckets = members[apart], buckets[apart]
    return members, buckets


def _star(members: Numbers, buckets: Numbers, verifier: Verifier) -> npt.NDArray[np.bool_]:
    """Compare the first member of each bucket with the others; says who stays apart from it."""
    pivot = members[_firsts(buckets)]
    apart: npt.NDArray[np.bool_] = verifier.forest.roots(members) != verifier.forest.roots(pivot)
    verifier.unite(pivot[apart], members[apart])
    apart = verifier.forest.roots(members) != verifier.forest.roots(pivot)
    return apart


def _all_pairs(members: Numbers, buckets: Numbers, verifier: Verifier, apart: bool = False) -> None:
    """Compare the members of each bucket, or those that are of different clusters (`apart`)."""
    roots = verifier.forest.roots(members)
    pending: list[tuple[Numbers, Numbers]] = []
    for left, right in _pairs(buckets):
        if apart:
            different = roots[left] != roots[right]
            left, right = left[different], right[different]
        pending.append((members[left], members[right]))
        if sum(len(some) for some, _ in pending) > _PENDING_PAIRS:
            verifier.unite(*map(np.concatenate, zip(*pending, strict=True)))
            pending, roots = [], verifier.forest.roots(members)
    if pending:
        verifier.unite(*map(np.concatenate, zip(*pending, strict=True)))


def _pairs(buckets: Numbers) -> Iterator[tuple[Places, Places]]:
    """Places of all pairs within small buckets: neighbours, then next but one, and so on."""
    left = np.arange(len(buckets))
    for apart in range(1, _SMALL_BUCKET):
        left = left[: np.searchsorted(left, len(buckets) - apart)]
        left = left[buckets[left + apart] == buckets[left]]
        if not len(left):
            return
        yield left, left + apart


def _unsettled(members: Numbers, buckets: Numbers, verifier: Verifier) -> tuple[Numbers, Numbers]:
    """The buckets that are not one cluster yet."""
    roots = verifier.forest.roots(members)
    apart: npt.NDArray[np.bool_] = roots != roots[_firsts(buckets)]
    stays = np.bincount(buckets, weights=apart, minlength=1)[buckets] > 0
    return members[stays], buckets[stays]


def _firsts(buckets: Numbers) -> Places:
    """For each member the place of the first one in its bucket."""
    begins = np.ones(len(buckets), bool)
    begins[1:] = buckets[1:] != buckets[:-1]
    firsts: Places = np.flatnonzero(begins)[np.cumsum(begins) - 1]
    return firsts


def _numbered(keys: npt.NDArray[np.generic]) -> Numbers:
    """Sorted keys as numbers of their runs, from 0."""
    begins = np.zeros(len(keys), bool)
    begins[1:] = keys[1:] != keys[:-1]
    return np.cumsum(begins, dtype=np.int32)


def _split(members: Numbers, buckets: npt.NDArray[Any]) -> list[Numbers]:
    """Members of each bucket."""
    return np.split(members, np.flatnonzero(np.diff(buckets)) + 1) if len(members) else []


def _cut_by_rare_shingles(
    members: Numbers, buckets: Numbers, sets: ShingleSets
) -> tuple[Numbers, Numbers]:
    """Smaller buckets inside large ones: members that share a shingle.

    What brought a large bucket together is text that all of it shares, such as one long licence
    header; pairs that are alike beyond it share shingles that few others have. A sample of every
    member's shingles, the same of all in a bucket, is enough to find them by.
    """
    sample = max(min(_SAMPLED_SHINGLES, _SAMPLED_IN_ALL // len(members)), 1)
    shingles, owners, places = [], [], []
    for bucket, inside in enumerate(_split(members, buckets)):
        lengths = sets.lengths(inside)
        one_in = np.uint64(max(int(np.median(lengths)) // sample, 1))
        for some in _split(inside, np.cumsum(lengths) // _LOADED_HASHES):
            loaded = sets.load(some)
            hashes = loaded.flat()
            sampled = (hashes >> np.uint64(32)) % one_in == 0
            shingles.append(hashes[sampled])
            owners.append(np.repeat(loaded.contents, loaded.lengths)[sampled])
            places.append(np.full(len(shingles[-1]), bucket, np.int32))
    shingle, owner, place = map(np.concatenate, (shingles, owners, places))
    order = np.lexsort((owner, shingle, place))
    shingle, owner, place = shingle[order], owner[order], place[order]
    joined = (shingle[1:] == shingle[:-1]) & (place[1:] == place[:-1])
    begins = np.ones(len(owner), bool)
    begins[1:] = ~joined
    shared = ~begins
    shared[:-1] |= joined
    return owner[shared], np.cumsum(begins, dtype=np.int32)[shared]
