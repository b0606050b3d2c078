"""The search for near-duplicates: bands propose candidate pairs, true similarities decide."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpusforge.arrays import Integers, group_starts, run_places, sorted_unique
from corpusforge.config import ShingleConfig
from corpusforge.engine.executor import Executor, one_ahead
from corpusforge.near.banding import (
    GOLDEN_RATIO,
    band_keys,
    may_be_similar,
    min_equal_slots,
    shorten,
)
from corpusforge.near.clusters import Edges, UnionFind
from corpusforge.near.exact import ContentNumbers, DistinctContents
from corpusforge.near.rows import JoinedRows, fixed_width
from corpusforge.near.scratch import BandKeys, ShingleSets, ShortSignatures
from corpusforge.near.shingle_kernels import Hashes
from corpusforge.near.shingles import shingle_sets
from corpusforge.near.verifier import Verifier
from corpusforge.storage.documents import string_buffers

_LOADED_HASHES = 2 << 20  # shingle hashes in memory at a time: 16 MiB
_BLOCK = 1 << 16  # contents of a band in one batch
_TINY_BUCKET = 8  # members; all pairs are compared
_SMALL_BUCKET = 64  # members; all pairs in different clusters are compared
_PENDING_PAIRS = 1 << 20
_PIVOTS = 4  # pivots in a larger bucket, before it is split by its members' rare shingles
_SAMPLED_SHINGLES = 128  # of each member, for that cut
_MAX_SAMPLE = 1 << 20  # shingles of all members


@dataclass(frozen=True)
class Buckets:
    """Contents in buckets: `members[i]` is in the bucket `numbers[i]`; both are sorted."""

    members: ContentNumbers
    numbers: npt.NDArray[np.int32]

    @classmethod
    def of_groups(cls, members: ContentNumbers, starts: npt.NDArray[np.bool_]) -> "Buckets":
        """Make a bucket of each group with at least two members."""
        shared = ~(starts & np.append(starts, True)[1:])
        return cls(members[shared], np.cumsum(starts[shared], dtype=np.int32) - 1)

    def __len__(self) -> int:
        return len(self.members)

    def take(self, which: npt.NDArray[np.bool_]) -> "Buckets":
        return Buckets(self.members[which], self.numbers[which])

    def sizes(self) -> Integers:
        """The size of each member's bucket."""
        return np.bincount(self.numbers)[self.numbers]

    def firsts(self) -> Integers:
        """The place of the first member of each member's bucket."""
        starts = group_starts(self.numbers)
        firsts: Integers = np.flatnonzero(starts)[np.cumsum(starts) - 1]
        return firsts


@dataclass(frozen=True)
class Search:
    """A search among the distinct contents of some rows."""

    rows: JoinedRows
    contents: DistinctContents
    threshold: float
    shingle: ShingleConfig
    bands: int
    rows_per_band: int
    executor: Executor
    directory: Path  # for temporary files

    def find_edges(self) -> Edges:
        """Find verified edges that connect every cluster.

        Memory: 8 bytes per content for band keys, 8 for the locations of shingle sets and 4 for
        clusters, along with the 4 bytes per row for its content.
        """
        with (
            closing(BandKeys(self.directory, self.bands, self.rows.total)) as keys,
            closing(ShortSignatures(self.directory, len(self.contents))) as signatures,
            closing(ShingleSets(self.directory, len(self.contents))) as sets,
        ):
            for _ in self.executor.in_threads(
                lambda index: self._read_signatures(index, keys, signatures),
                range(len(self.rows)),
            ):
                pass
            self._write_sets(self._find_candidates(keys, signatures), sets)
            return self._verify(keys, signatures, sets)

    def _read_signatures(self, index: int, keys: BandKeys, short: ShortSignatures) -> None:
        """Write the band keys and short signatures of a part."""
        part = self.rows.select(index, ["signature", "shingles"])
        column = part["signature"]
        signatures = fixed_width(column, np.uint16).reshape(-1, column.type.byte_width // 2)
        of_part = band_keys(signatures, self.bands, self.rows_per_band)
        # A text without words is similar to nothing; `_buckets` keeps key 0 out of buckets.
        of_part[:, part["shingles"].to_numpy() == 0] = 0
        keys.write(self.rows.first_rows[index], of_part)
        short.write(self.contents.of_row[self.rows.row_slice(index)], shorten(signatures))

    def _find_candidates(
        self, keys: BandKeys, signatures: ShortSignatures
    ) -> npt.NDArray[np.bool_]:
        """Mark the contents that may be similar to another one, by bucket and short signature."""
        equal_slots = min_equal_slots(self.threshold)
        candidates = np.zeros(len(self.contents), bool)
        for band in range(self.bands):
            for buckets in self._buckets(keys, band):
                small = buckets.sizes() <= _SMALL_BUCKET
                candidates[buckets.members[~small]] = True
                buckets = buckets.take(small)
                members = buckets.members
                short = signatures.read(members)
                for left, right in _pairs(buckets):
                    new = ~(candidates[members[left]] & candidates[members[right]])
                    left, right = left[new], right[new]
                    similar = may_be_similar(short[left], short[right], equal_slots)
                    candidates[members[left[similar]]] = True
                    candidates[members[right[similar]]] = True
        return candidates

    def _buckets(self, keys: BandKeys, band: int) -> Iterator[Buckets]:
        """Yield the buckets of a band in batches; a bucket is never split."""
        bits = np.uint64(max(len(self.contents) - 1, 1).bit_length())
        low = (np.uint64(1) << bits) - np.uint64(1)
        packed = np.empty(len(self.contents), np.uint64)
        for rows, block in keys.read(band):
            numbers = self.contents.of_row[rows]
            wide = numbers.astype(np.uint64)
            block[block == 0] = (wide[block == 0] + np.uint64(1)) * GOLDEN_RATIO
            packed[numbers] = block & ~low | wide
        packed.sort()
        begin = 0
        while begin < len(packed):
            end = min(begin + _BLOCK, len(packed))
            end = int(np.searchsorted(packed, packed[end - 1] | low, side="right"))
            block = packed[begin:end]
            begin = end
            members = (block & low).astype(np.int32)
            if len(buckets := Buckets.of_groups(members, group_starts(block >> bits))):
                yield buckets

    def _write_sets(self, candidates: npt.NDArray[np.bool_], sets: ShingleSets) -> None:
        """Read the text of each candidate once more and write its shingles."""
        # Of several rows with one content the first is read; which one does not matter.
        read = np.zeros(len(candidates), bool)
        first = []
        for index in range(len(self.rows)):
            numbers = self.contents.of_row[self.rows.row_slice(index)]
            fresh = np.flatnonzero(candidates[numbers] & ~read[numbers])
            _, once = np.unique(numbers[fresh], return_index=True)
            first.append(np.sort(fresh[once]))
            read[numbers[first[-1]]] = True
        wanted = [index for index, places in enumerate(first) if len(places)]

        def write(task: int) -> None:
            index = wanted[task]
            numbers = self.contents.of_row[self.rows.row_slice(index)][first[index]]
            done = 0
            for texts in self.rows.take(index, ["text"], first[index]):
                for chunk in texts["text"].chunks:
                    hashes, lengths = shingle_sets(*string_buffers(chunk), self.shingle)
                    sets.write(numbers[done : done + len(chunk)], hashes, lengths)
                    done += len(chunk)

        for _ in self.executor.in_threads(write, range(len(wanted))):
            pass

    def _verify(self, keys: BandKeys, signatures: ShortSignatures, sets: ShingleSets) -> Edges:
        """Compare the members of all buckets."""
        verifier = Verifier(sets, UnionFind(len(self.contents)), self.threshold, self.executor)

        def batches() -> Iterator[tuple[Buckets, ContentNumbers, Hashes]]:
            for band in range(self.bands):
                for buckets in self._buckets(keys, band):
                    members = sorted_unique(buckets.members)
                    yield buckets, members, signatures.read(members)

        for buckets, members, loaded in one_ahead(batches()):
            verifier.use(members, loaded)
            rest = _compare_members(buckets, _PIVOTS, verifier)
            if len(rest):
                _compare_members(_cut_by_rare_shingles(rest, sets), 1, verifier)
        return verifier.edges()


def _compare_members(buckets: Buckets, pivots: int, verifier: Verifier) -> Buckets:
    """Compare the members of buckets; return what is left of large ones after so many pivots.

    In a tiny bucket all pairs are compared, so that a cluster's best edges are known. In others
    the first member is the pivot: it is compared with all others, which settles most of them. In
    what is left of a small bucket all pairs in different clusters are compared: a member that
    joined the pivot may be similar to a third one that the pivot is not similar to. In a large
    bucket that would take quadratic time, so the next member that stayed apart is the next pivot.
    """
    tiny = buckets.sizes() <= _TINY_BUCKET
    _compare_all(buckets.take(tiny), verifier)
    buckets = _unsettled(buckets.take(~tiny), verifier)
    large = buckets.sizes() > _SMALL_BUCKET
    apart = _compare_with_pivots(buckets, verifier)
    _compare_all(_unsettled(buckets.take(~large), verifier), verifier, only_apart=True)
    buckets = buckets.take(large & apart)
    for _ in range(pivots - 1):
        buckets = buckets.take(_compare_with_pivots(buckets, verifier))
    return buckets


def _compare_with_pivots(buckets: Buckets, verifier: Verifier) -> npt.NDArray[np.bool_]:
    """Compare the first member of each bucket with the others; mark those that stay apart."""
    members, roots = buckets.members, verifier.clusters.roots
    pivot = members[buckets.firsts()]
    apart: npt.NDArray[np.bool_] = roots(members) != roots(pivot)
    verifier.compare(pivot[apart], members[apart])
    apart = roots(members) != roots(pivot)
    return apart


def _compare_all(buckets: Buckets, verifier: Verifier, only_apart: bool = False) -> None:
    """Compare all pairs in each bucket, or only those in different clusters."""
    members = buckets.members
    roots = verifier.clusters.roots(members)
    pending: list[tuple[ContentNumbers, ContentNumbers]] = []
    for left, right in _pairs(buckets):
        if only_apart:
            different = roots[left] != roots[right]
            left, right = left[different], right[different]
        pending.append((members[left], members[right]))
        if sum(len(some) for some, _ in pending) > _PENDING_PAIRS:
            verifier.compare(*map(np.concatenate, zip(*pending, strict=True)))
            pending, roots = [], verifier.clusters.roots(members)
    if pending:
        verifier.compare(*map(np.concatenate, zip(*pending, strict=True)))


def _pairs(buckets: Buckets) -> Iterator[tuple[Integers, Integers]]:
    """Yield the places of all pairs in small buckets: neighbours, then next but one, and so on."""
    numbers = buckets.numbers
    left = np.arange(len(numbers))
    for apart in range(1, _SMALL_BUCKET):
        left = left[: np.searchsorted(left, len(numbers) - apart)]
        left = left[numbers[left + apart] == numbers[left]]
        if not len(left):
            return
        yield left, left + apart


def _unsettled(buckets: Buckets, verifier: Verifier) -> Buckets:
    """Drop the buckets that are in one cluster."""
    roots = verifier.clusters.roots(buckets.members)
    apart: npt.NDArray[np.bool_] = roots != roots[buckets.firsts()]
    numbers = buckets.numbers
    return buckets.take(np.bincount(numbers, weights=apart, minlength=1)[numbers] > 0)


def _split(members: ContentNumbers, numbers: npt.NDArray[np.integer]) -> list[ContentNumbers]:
    """Start a new bucket wherever the sorted bucket number changes."""
    return np.split(members, np.flatnonzero(np.diff(numbers)) + 1)


def _cut_by_rare_shingles(buckets: Buckets, sets: ShingleSets) -> Buckets:
    """Cut large buckets into smaller ones, of members that share a shingle.

    The members of a large bucket share text, such as a long licence header. Pairs that are similar
    beyond that text share shingles that few others have. A sample of the members' shingles, drawn
    by hash, finds them.
    """
    sample = max(min(_SAMPLED_SHINGLES, _MAX_SAMPLE // len(buckets)), 1)
    shingles, owners, places = [], [], []
    for bucket, inside in enumerate(_split(buckets.members, buckets.numbers)):
        lengths = sets.lengths(inside)
        one_in = np.uint64(max(int(np.median(lengths)) // sample, 1))
        for some in _split(inside, np.cumsum(lengths) // _LOADED_HASHES):
            loaded = sets.load(some)
            hashes = loaded.hashes[run_places(loaded.begins, loaded.lengths)]
            sampled = (hashes >> np.uint64(32)) % one_in == 0
            shingles.append(hashes[sampled])
            owners.append(np.repeat(loaded.contents, loaded.lengths)[sampled])
            places.append(np.full(len(shingles[-1]), bucket, np.int32))
    shingle, owner, place = map(np.concatenate, (shingles, owners, places))
    order = np.lexsort((owner, shingle, place))
    shingle, owner, place = shingle[order], owner[order], place[order]
    return Buckets.of_groups(owner, group_starts(shingle, place))
