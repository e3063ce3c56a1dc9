"""Which pairs among many fingerprints are worth comparing, and at which offsets.

Fingerprints that share exact parts of words at one offset are candidates: an inverted index, as
in Haitsma and Kalker 2002, section 6, by sorting. Words are sorted range of keys by range of
keys, and what they share is counted range of recordings by range of recordings, with temporary
files in between (in TMPDIR), so that memory beside the words themselves does not grow with them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from affectmix.audio.fingerprint import BITS, EMPTY

_KEY_BITS: Final = 24
_FULLEST: Final = 8  # entries per key on average, above which keys get longer
_NEIGHBOURS: Final = 32  # that an entry is paired with among those of one key
_LEAST_VOTES: Final = 3
_OFFSETS_TRIED: Final = 3  # per pair of recordings
_OFFSET_BITS: Final = 20  # room for the offset in a packed number: 6 hours of frames
_OFFSET_ZERO: Final = 1 << (_OFFSET_BITS - 1)
_AT_ONCE: Final = 1 << 22  # words sorted at once: of 3,000 clips of 30 s, in half a GB
_RANGE_BITS: Final = 12  # of a key, by which ranges of keys are cut

Candidate = tuple[int, int, list[int]]


def candidates(
    fingerprints: Sequence[np.ndarray], *, at_once: int = _AT_ONCE
) -> Iterator[Candidate]:
    """Yield pairs of fingerprints with the offsets at which they share most keys.

    Args:
        fingerprints: words per frame, each [shape=(t,)].
        at_once: how many words are sorted at once; the pairs are the same for any number.

    Yields:
        Positions of the two, the first below the second, in order, and up to three offsets in
        frames by which the second starts after the first.
    """
    if not any(len(words) for words in fingerprints):
        return
    words = np.concatenate(list(fingerprints))
    starts = np.cumsum([0, *(len(own) for own in fingerprints)])
    entries = int(np.count_nonzero(words != EMPTY))
    parts = max(1, -(-entries // at_once))
    bits = _key_bits(entries)
    shared = (
        _shared(keys, positions, starts)
        for shift in (0, BITS - bits)  # two overlapping parts of each word
        for keys, positions in _key_ranges(words, shift, bits, parts)
    )
    if parts == 1:
        yield from _counted(np.concatenate(list(shared)), len(fingerprints))
        return
    with tempfile.TemporaryDirectory(prefix="affectmix-") as folder:
        for codes in _by_recording(shared, len(fingerprints), 4 * parts, Path(folder)):
            yield from _counted(codes, len(fingerprints))


def _key_bits(entries: int) -> int:
    """Return how long keys are: so long that few unrelated words have one in common."""
    return min(BITS, max(_KEY_BITS, (max(0, entries - 1) // _FULLEST).bit_length()))


def _key_ranges(
    words: np.ndarray, shift: int, bits: int, parts: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the keys of all words and their positions, about equally many keys at a time."""
    ranges = 1 << _RANGE_BITS
    own = np.empty(len(words), np.uint16)
    for start in range(0, len(words), _AT_ONCE):
        some = words[start : start + _AT_ONCE]
        top = _keys(some, shift, bits) >> np.uint32(bits - _RANGE_BITS)
        own[start : start + _AT_ONCE] = np.where(some == EMPTY, ranges, top)
    up_to = np.cumsum(np.bincount(own, minlength=ranges + 1)[:ranges])
    cuts = np.searchsorted(up_to, np.arange(1, parts) * (up_to[-1] / parts)) + 1
    for low, high in pairwise([0, *np.unique(cuts[cuts < ranges]).tolist(), ranges]):
        positions = np.flatnonzero((own >= low) & (own < high))
        yield _keys(words[positions], shift, bits), positions


def _keys(words: np.ndarray, shift: int, bits: int) -> np.ndarray:
    return (words >> np.uint32(shift)) & np.uint32((1 << bits) - 1)


def _shared(keys: np.ndarray, positions: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return, for each key that two owners share, a number for the owners and the offset.

    Args:
        keys: of some words, [shape=(n,)].
        positions: of these words among all, rising, [shape=(n,)].
        starts: where each owner's words begin, and the end, [shape=(owners + 1,)].
    """
    order = np.argsort(keys, kind="stable")
    keys, positions = keys[order], positions[order]
    owner = np.searchsorted(starts, positions, side="right") - 1
    frame = positions - starts[owner]
    found = [np.empty(0, np.int64)]
    for step in range(1, _NEIGHBOURS + 1):
        same = keys[step:] == keys[:-step]
        if not same.any():
            break
        here = np.flatnonzero(same & (owner[step:] != owner[:-step]))
        there = here + step
        pair = owner[here] * (len(starts) - 1) + owner[there]
        found.append((pair << _OFFSET_BITS) + frame[here] - frame[there] + _OFFSET_ZERO)
    return np.concatenate(found)


def _by_recording(
    shared: Iterable[np.ndarray], owners: int, ranges: int, folder: Path
) -> Iterator[np.ndarray]:
    """Yield the numbers of :func:`_shared` range of first owners by range of first owners."""
    bounds = np.linspace(0, owners, ranges + 1).astype(np.int64) * owners << _OFFSET_BITS
    for codes in shared:
        codes.sort()
        places = np.searchsorted(codes, bounds)
        for number, (low, high) in enumerate(pairwise(places)):
            if high > low:
                with (folder / str(number)).open("ab") as stream:
                    codes[low:high].tofile(stream)
    for number in range(ranges):
        file = folder / str(number)
        if file.exists():
            yield np.fromfile(file, np.int64)
            file.unlink()


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
