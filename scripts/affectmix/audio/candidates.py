"""Which pairs among many fingerprints are worth comparing, and at which offsets.

Fingerprints that share exact parts of words at one offset are candidates: an inverted index, as
in Haitsma and Kalker 2002, section 6, by sorting. Words are dealt to temporary files (in TMPDIR)
by ranges of keys and sorted file by file; what they share is dealt to files by ranges of
recordings and counted file by file. So memory does not grow with the words.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from affectmix.audio.fingerprint import BITS, EMPTY
from affectmix.audio.fingerprint_file import Fingerprints
from affectmix.machine_faults import temporary_room

_KEY_BITS: Final = 24
_MOST_PAIRS: Final = 4.0  # that a word makes by chance on average, above which keys get longer
_SAMPLE: Final = 1 << 20  # words by which that is judged
_NEIGHBOURS: Final = 32  # that an entry is paired with among those of one key
_LEAST_VOTES: Final = 3
_OFFSETS_TRIED: Final = 3  # per pair of recordings
_OFFSET_BITS: Final = 20  # room for the offset in a packed number: 6 hours of frames
_OFFSET_ZERO: Final = 1 << (_OFFSET_BITS - 1)
_AT_ONCE: Final = 1 << 21  # words sorted at once: of 1,600 clips of 30 s
_RANGE_BITS: Final = 12  # of a key, by which ranges of keys are cut
_ENTRY: Final = np.dtype([("key", np.uint32), ("position", np.int64)])
_HIGHEST: Final = (False, True)  # the two parts of a word that are keys; they overlap
_LOWEST: Final = _HIGHEST[:1]

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
    parts = max(1, -(-entries // at_once))
    bits = _key_bits(*_sample(fingerprints, entries), entries)
    with tempfile.TemporaryDirectory(prefix="affectmix-") as folder:
        shared = (
            codes
            for highest in (_HIGHEST if bits < BITS else _LOWEST)
            for some in _by_key(
                _entries(_blocks(fingerprints, at_once), highest, bits),
                _evenly(counts[int(highest)], parts),
                Path(folder),
            )
            for codes in _shared(some["key"], some["position"], starts, at_once)
        )
        for codes in _by_recording(shared, owners, 4 * parts, Path(folder)):
            yield from _counted(codes, owners)


def _survey(fingerprints: Fingerprints, at_once: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where each owner's words begin, and the end; and of both keys, how many words are
    in each range. [shapes=(owners + 1,), (2, ranges)]
    """
    lengths = [0]
    counts = np.zeros((2, 1 << _RANGE_BITS), np.int64)
    for block in _blocks(fingerprints, at_once):
        lengths += map(len, block)
        words = np.concatenate(block)
        for highest in _HIGHEST:
            own = _ranges(words[words != EMPTY], highest)
            counts[int(highest)] += np.bincount(own, minlength=counts.shape[1])
    return np.cumsum(lengths), counts


def _blocks(fingerprints: Fingerprints, at_once: int) -> Iterator[list[np.ndarray]]:
    """Yield the fingerprints in order, as many together as have ``at_once`` words."""
    block: list[np.ndarray] = []
    room = at_once
    for place in range(len(fingerprints)):
        block.append(fingerprints[place])
        room -= len(block[-1])
        if room <= 0:
            yield block
            block, room = [], at_once
    if block:
        yield block


def _sample(fingerprints: Fingerprints, entries: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the words of every nth fingerprint, and whose they are. [shapes=(n,), (n,)]"""
    places = range(0, len(fingerprints), max(1, -(-entries // _SAMPLE)))
    several = [fingerprints[place] for place in places]
    words = np.concatenate([np.empty(0, np.uint32), *several])
    owners = np.repeat(np.arange(len(several)), [len(own) for own in several])
    return words[words != EMPTY], owners[words != EMPTY]


def _key_bits(words: np.ndarray, owners: np.ndarray, entries: int) -> int:
    """Return how long keys are: so long that few unrelated words have one in common.

    Words of music are spread unevenly, so what a sample has in common is counted. Whole words in
    common are left out: copies have them, however long the keys.

    Args:
        words: of a sample, and whose they are. [shapes=(n,), (n,)]
        entries: how many words there are in all.
    """
    scale = entries / max(1, len(words)) ** 2
    copies = _pairs(words, owners)
    for bits in range(_KEY_BITS, BITS):
        most = max(_pairs(_keys(words, highest, bits), owners) for highest in _HIGHEST)
        if (most - copies) * scale <= _MOST_PAIRS:
            return bits
    return BITS


def _pairs(keys: np.ndarray, owners: np.ndarray) -> int:
    """Return how many pairs of keys are equal, and of two owners."""
    of_all = np.unique(keys, return_counts=True)[1]
    own = np.unique((keys.astype(np.int64) << 31) + owners, return_counts=True)[1]
    return int((of_all * (of_all - 1)).sum() - (own * (own - 1)).sum()) // 2


def _keys(words: np.ndarray, highest: bool, bits: int) -> np.ndarray:
    return words >> np.uint32(BITS - bits) if highest else words & np.uint32((1 << bits) - 1)


def _ranges(words: np.ndarray, highest: bool) -> np.ndarray:
    """Return the range that the key of each word is in; words with one key are in one range."""
    return words >> np.uint32(BITS - _RANGE_BITS) if highest else words % (1 << _RANGE_BITS)


def _evenly(counts: np.ndarray, parts: int) -> np.ndarray:
    """Return which of some parts, of about equally many words, each range belongs to."""
    before = np.cumsum(counts) - counts
    return before * parts // max(1, int(counts.sum()))


def _entries(
    blocks: Iterable[list[np.ndarray]], highest: bool, bits: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, block by block, the ranges and the entries (key, position) of all words."""
    start = 0
    for block in blocks:
        words = np.concatenate(block)
        places = np.flatnonzero(words != EMPTY)
        told = words[places]
        found = np.empty(len(told), _ENTRY)
        found["key"] = _keys(told, highest, bits)
        found["position"] = places + start
        yield _ranges(told, highest), found
        start += len(words)


def _by_key(
    entries: Iterable[tuple[np.ndarray, np.ndarray]], part_of: np.ndarray, folder: Path
) -> Iterator[np.ndarray]:
    """Yield the entries part of the ranges by part of the ranges, positions rising in each."""
    files = _Files(folder, "keys", _ENTRY)
    for ranges, some in entries:
        part = part_of[ranges].astype(np.uint16)  # sorted by radix
        order = np.argsort(part, kind="stable")
        files.deal(some[order], np.searchsorted(part[order], np.arange(part_of[-1] + 2)))
    yield from files


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


def _by_recording(
    shared: Iterable[np.ndarray], owners: int, ranges: int, folder: Path
) -> Iterator[np.ndarray]:
    """Yield the numbers of :func:`_shared` range of first owners by range of first owners."""
    # The lower an owner, the more others are above it: these ranges have equally many pairs.
    firsts = np.floor(owners * (1 - np.sqrt(np.linspace(1, 0, ranges + 1)))).astype(np.int64)
    bounds = firsts * owners << _OFFSET_BITS
    files = _Files(folder, "recordings", np.dtype(np.int64))
    for codes in shared:
        codes.sort()
        files.deal(codes, np.searchsorted(codes, bounds))
    yield from files


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


class _Files:
    """Records of one type in numbered files, read back in the order of numbers and removed."""

    def __init__(self, folder: Path, name: str, dtype: np.dtype) -> None:
        self._folder = folder
        self._name = name
        self._dtype = dtype
        self._files: dict[int, Path] = {}

    def deal(self, records: np.ndarray, bounds: np.ndarray) -> None:
        """Append to file n the records from bounds[n] to bounds[n + 1]."""
        with temporary_room("the keys of fingerprints"):
            for number, (low, high) in enumerate(pairwise(bounds.tolist())):
                if high > low:
                    with self._file(number).open("ab") as stream:
                        stream.write(records[low:high].data)

    def __iter__(self) -> Iterator[np.ndarray]:
        for _, file in sorted(self._files.items()):
            yield np.fromfile(file, self._dtype)
            file.unlink()

    def _file(self, number: int) -> Path:
        if number not in self._files:
            self._files[number] = self._folder / f"{self._name}{number}"
        return self._files[number]
