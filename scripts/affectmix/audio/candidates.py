"""Which pairs among many fingerprints are worth comparing, and at which offsets.

Fingerprints that share exact parts of words at one offset are candidates: an inverted index, as
in Haitsma and Kalker 2002, section 6, by sorting. Words are dealt to heaps by their keys and sorted
heap by heap; what they share is dealt to heaps by recordings and counted heap by heap. Heaps lie in
temporary files (in TMPDIR), so that memory does not grow with the words.
"""

from __future__ import annotations

import tempfile
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from affectmix.audio.fingerprint import BITS, EMPTY
from affectmix.audio.fingerprint_file import Fingerprints
from affectmix.machine_faults import cut_off, temporary_room

_KEY_BITS: Final = 24
_MOST_MET: Final = 4.0  # others of its key that a word meets on average; above, keys get longer
_SAMPLE: Final = 1 << 20  # words by which that is judged
_NEIGHBOURS: Final = 32  # that an entry is paired with among those of one key
_LEAST_VOTES: Final = 3
_OFFSETS_TRIED: Final = 3  # per pair of recordings
_OFFSET_BITS: Final = 20  # room for the offset in a packed number: 3 hours of frames either way
_OFFSET_ZERO: Final = 1 << (_OFFSET_BITS - 1)
_AT_ONCE: Final = 1 << 21  # words sorted at once: of 1,600 clips of 30 s
_CLASS_BITS: Final = 16  # of a key, by which words are dealt; those of one class stay together
_ENTRY: Final = np.dtype([("key", np.uint32), ("position", np.int64)])
_BOTH_ENDS: Final = (False, True)  # a key is the lowest, or the highest, bits of a word

Candidate = tuple[int, int, list[int]]


def candidates(fingerprints: Fingerprints, *, at_once: int = _AT_ONCE) -> Iterator[Candidate]:
    """Yield pairs of fingerprints with the offsets at which they share most keys.

    Args:
        fingerprints: words per frame, each [shape=(t,)].
        at_once: how many words are sorted at once; the pairs are the same for any number.

    Yields:
        Positions of the two, the first below the second, in order, and up to three offsets in
        frames by which the second starts after the first.

    Raises:
        MachineError: the temporary folder has no room for what is sorted.
    """
    starts, counts = _survey(fingerprints, at_once)
    entries, owners = int(counts[0].sum()), len(fingerprints)
    if not entries:
        return
    heaps = -(-entries // at_once)
    bits = _key_bits(*_sample(fingerprints, entries), entries)
    shared = (
        codes
        for highest in (_BOTH_ENDS if bits < BITS else (True,))
        for some in _by_key(
            _entries(_blocks(fingerprints, at_once), highest, bits),
            _evenly(counts[int(highest)], heaps),
        )
        for codes in _shared(some["key"], some["position"], starts, at_once)
    )
    for codes in _by_recording(shared, owners, 4 * heaps):
        yield from _counted(codes, owners)


def _survey(fingerprints: Fingerprints, at_once: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where each owner's words begin, and the end; and for either end of a word, how many
    words are in each class of keys. [shapes=(owners + 1,), (2, classes)]
    """
    lengths = array("q", [0])
    counts = np.zeros((2, 1 << _CLASS_BITS), np.int64)
    for block in _blocks(fingerprints, at_once):
        lengths.extend(map(len, block))
        words = np.concatenate(block)
        for highest in _BOTH_ENDS:
            own = _classes(words[words != EMPTY], highest)
            counts[int(highest)] += np.bincount(own, minlength=counts.shape[1])
    return np.cumsum(lengths), counts


def _blocks(fingerprints: Fingerprints, at_once: int) -> Iterator[list[np.ndarray]]:
    """Yield the fingerprints in order, as many together as have about ``at_once`` words."""
    block: list[np.ndarray] = []
    room = at_once
    for place in range(len(fingerprints)):
        block.append(fingerprints[place])
        room -= 32 + len(block[-1])  # an array of no words takes as much memory as 32
        if room <= 0:
            yield block
            block, room = [], at_once
    if block:
        yield block


def _sample(fingerprints: Fingerprints, entries: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the words of every nth fingerprint, and whose they are. [shapes=(n,), (n,)]"""
    places = range(0, len(fingerprints), -(-entries // _SAMPLE))
    several = [fingerprints[place] for place in places]
    words = np.concatenate(several)
    owners = np.repeat(np.arange(len(several)), [len(own) for own in several])
    return words[words != EMPTY], owners[words != EMPTY]


def _key_bits(words: np.ndarray, owners: np.ndarray, entries: int) -> int:
    """Return how long keys are: so long that a word meets few unrelated ones.

    Words of music are spread unevenly, so what a sample has in common is counted. Whole words in
    common are left out: copies have them, however long the keys.

    Args:
        words: of a sample, and whose they are. [shapes=(n,), (n,)]
        entries: how many words there are in all.
    """
    scale = entries / max(1, len(words))
    copies = _met(words, owners, scale)
    for bits in range(_KEY_BITS, BITS):
        most = max(_met(_keys(words, highest, bits), owners, scale) for highest in _BOTH_ENDS)
        if most - copies <= _MOST_MET:
            return bits
    return BITS


def _met(keys: np.ndarray, owners: np.ndarray, scale: float) -> float:
    """Return how many others of its key, from other recordings, a word is paired with on average.

    Reckoned for ``scale`` times as many words as the sample's. Of a key that even the sample has
    too often, each is paired with no more than its neighbours.
    """
    of_owners = np.unique((keys.astype(np.int64) << 31) + owners) >> 31
    last = np.flatnonzero(np.diff(of_owners))  # of each key's
    sharing = np.diff(last, prepend=-1, append=len(of_owners) - 1)
    each = (sharing - 1) / 2 * scale
    each[sharing > 2 * _NEIGHBOURS] = _NEIGHBOURS
    return float((sharing * each).sum()) / max(1, len(of_owners))


def _keys(words: np.ndarray, highest: bool, bits: int) -> np.ndarray:
    return words >> np.uint32(BITS - bits) if highest else words & np.uint32((1 << bits) - 1)


def _classes(words: np.ndarray, highest: bool) -> np.ndarray:
    """Return the class that the key of each word is in, whatever the length of keys."""
    return _keys(words, highest, _CLASS_BITS)


def _evenly(counts: np.ndarray, heaps: int) -> np.ndarray:
    """Return the heap, of about as many words as each other one, that each class goes to."""
    before = np.cumsum(counts) - counts
    return np.minimum(before * heaps // int(counts.sum()), heaps - 1)


def _entries(
    blocks: Iterable[list[np.ndarray]], highest: bool, bits: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, block by block, the classes and the entries (key, position) of all words."""
    start = 0
    for block in blocks:
        words = np.concatenate(block)
        places = np.flatnonzero(words != EMPTY)
        told = words[places]
        found = np.empty(len(told), _ENTRY)
        found["key"] = _keys(told, highest, bits)
        found["position"] = places + start
        yield _classes(told, highest), found
        start += len(words)


def _by_key(
    entries: Iterable[tuple[np.ndarray, np.ndarray]], heap_of: np.ndarray
) -> Iterator[np.ndarray]:
    """Yield the entries heap by heap, positions rising in each."""
    heaps = _Heaps(_ENTRY)
    numbers = np.arange(heap_of[-1] + 2)
    for classes, some in entries:
        own = heap_of[classes]
        order = np.argsort(own, kind="stable")
        heaps.deal(some[order], np.searchsorted(own[order], numbers))
    yield from heaps


def _shared(
    keys: np.ndarray, positions: np.ndarray, starts: np.ndarray, at_once: int
) -> Iterator[np.ndarray]:
    """Yield, for each key that two owners share, a number for the owners and the offset.

    Args:
        keys: of some words, [shape=(n,)].
        positions: of these words among all, rising, [shape=(n,)].
        starts: where each owner's words begin, and the end, [shape=(owners + 1,)].
        at_once: about how many numbers are yielded together.
    """
    order = np.argsort(keys, kind="stable")
    keys, positions = keys[order], positions[order]
    owner = np.searchsorted(starts, positions, side="right") - 1
    frame = positions - starts[owner]
    found: list[np.ndarray] = []
    for step in range(1, _NEIGHBOURS + 1):
        same = keys[step:] == keys[:-step]
        if not same.any():
            break
        here = np.flatnonzero(same & (owner[step:] != owner[:-step]))
        there = here + step
        pair = owner[here] * (len(starts) - 1) + owner[there]
        found.append((pair << _OFFSET_BITS) + frame[here] - frame[there] + _OFFSET_ZERO)
        if sum(map(len, found)) >= at_once:
            yield np.concatenate(found)
            found = []
    if found:
        yield np.concatenate(found)


def _by_recording(shared: Iterable[np.ndarray], owners: int, ranges: int) -> Iterator[np.ndarray]:
    """Yield the numbers of :func:`_shared` range of first owners by range of first owners."""
    bounds = np.linspace(0, owners, ranges + 1).astype(np.int64) * owners << _OFFSET_BITS
    heaps = _Heaps(np.dtype(np.int64))
    for codes in shared:
        codes.sort()
        heaps.deal(codes, np.searchsorted(codes, bounds))
    yield from heaps


def _counted(codes: np.ndarray, owners: int) -> Iterator[Candidate]:
    """Yield the pairs of owners with enough keys in common at one offset, and those offsets."""
    codes, votes = np.unique(codes, return_counts=True)
    near = votes.copy()  # a shift that is no whole number of frames divides them over two
    beside = codes[1:] == codes[:-1] + 1
    near[1:] += np.where(beside, votes[:-1], 0)
    near[:-1] += np.where(beside, votes[1:], 0)
    strong = near >= _LEAST_VOTES
    pair, offset, near = codes[strong] >> _OFFSET_BITS, codes[strong], near[strong]
    offset = (offset & ((1 << _OFFSET_BITS) - 1)) - _OFFSET_ZERO
    order = np.lexsort((offset, -near, pair))
    starts = np.flatnonzero(np.diff(pair[order], prepend=-1))
    for group in np.split(order, starts[1:]):
        if len(group):
            first, second = divmod(int(pair[group[0]]), owners)
            yield first, second, offset[group[:_OFFSETS_TRIED]].tolist()


class _Heaps:
    """Records of one type in numbered heaps on disk, read back in the order of numbers.

    They lie in one file without a name, which is gone when the job ends, whatever ends it.
    """

    def __init__(self, dtype: np.dtype) -> None:
        self._dtype = dtype
        self._extents: defaultdict[int, array] = defaultdict(lambda: array("q"))
        self._size = 0  # records
        with temporary_room("keys of fingerprints"):
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the heaps

    def deal(self, records: np.ndarray, bounds: np.ndarray) -> None:
        """Add to heap n the records from bounds[n] to bounds[n + 1]."""
        for number, (low, high) in enumerate(pairwise(bounds.tolist())):
            if high > low:
                self._extents[number].extend((self._size + low, high - low))
        with temporary_room("keys of fingerprints"):
            self._file.write(records.data)
            self._file.flush()
        self._size += len(records)

    def __iter__(self) -> Iterator[np.ndarray]:
        for number in sorted(self._extents):
            extents = np.reshape(self._extents.pop(number), (-1, 2)).tolist()
            yield np.concatenate([self._read(start, count) for start, count in extents])

    def _read(self, start: int, count: int) -> np.ndarray:
        self._file.seek(start * self._dtype.itemsize)
        found = np.fromfile(self._file, self._dtype, count)
        if len(found) < count:
            raise cut_off("keys of fingerprints")
        return found
