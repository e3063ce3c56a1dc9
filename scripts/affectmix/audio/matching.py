"""Finding, among many fingerprints, those of the same recording: candidates are compared whole."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from affectmix.audio.candidates import candidates
from affectmix.audio.fingerprint import EMPTY, bit_error_rate
from affectmix.audio.fingerprint_file import Fingerprints

SURE_ERROR: Final = 0.20  # bit error rate; see tests/benchmarks/fingerprint.py
LARGEST_ERROR: Final = 0.30  # where no other offset comes near, as in a shared drum loop
_LEAST_GAP: Final = 0.08  # by which the error at other offsets must then be larger
_ONE_FRAME_OFF: Final = 0.10  # that an error is larger by, at most, one frame beside the best
LEAST_OVERLAP: Final = 0.3  # of the shorter recording's words
_SHORT_WORDS: Final = 86  # 2 s: shorter overlaps must have at most SURE_ERROR
_LEAST_WORDS: Final = 20  # half a second: less can agree by chance
_BESIDE: Final = 20  # frames, 0.46 s: nearer offsets share sound with the best one
_LONGEST_LOOP: Final = 430  # frames, 10 s
_COLUMNS: Final = ["first", "second", "offset", "error", "overlap"]


def same_recordings(
    fingerprints: Fingerprints,
    *,
    largest_error: float = LARGEST_ERROR,
    least_overlap: float = LEAST_OVERLAP,
) -> pd.DataFrame:
    """Find the pairs of fingerprints that come from one recording.

    Candidates are compared at the offsets at which they share keys, and where any of these comes
    near, at those beside too.

    Args:
        fingerprints: words per frame, each [shape=(t,)].
        largest_error: bit error rate up to which two may be the same, 0 to .5; above
            :data:`SURE_ERROR` only if the overlap is long and the offset stands out.
        least_overlap: part of the shorter's words that must overlap, 0 to 1.

    Returns:
        first and second (positions, first < second), offset (frames by which the second
        starts after the first), error (bit error rate), overlap (share of the shorter's
        words); sorted. Of more than 33 copies of a recording not every pair is listed, but
        all are joined through others.
    """
    rows = []
    for first, second, offsets in candidates(fingerprints):
        one, other = fingerprints[first], fingerprints[second]
        near = [
            offset
            for offset in offsets
            if bit_error_rate(one, other, offset)[0] <= largest_error + _ONE_FRAME_OFF
        ]
        if not near:  # as most, which share keys by chance
            continue
        shorter = min(np.count_nonzero(one != EMPTY), np.count_nonzero(other != EMPTY))
        tried = sorted({offset + step for offset in near for step in (-1, 0, 1)})
        results = [(*bit_error_rate(one, other, offset), offset) for offset in tried]
        enough = [r for r in results if r[1] >= max(_LEAST_WORDS, least_overlap * shorter)]
        if enough:
            error, count, offset = min(enough)
            sure = error <= SURE_ERROR
            if sure or (
                error <= largest_error
                and count >= _SHORT_WORDS
                and _stands_out(one, other, offset, error, count)
            ):
                rows.append((first, second, offset, error, count / shorter))
    return pd.DataFrame(sorted(rows), columns=_COLUMNS)


def _stands_out(one: np.ndarray, other: np.ndarray, offset: int, error: float, count: int) -> bool:
    """Whether every other offset within 10 s, at half the overlap, has a clearly larger error.

    Two pieces over one loop agree about equally well at many offsets.
    """
    for distance in range(_BESIDE, _LONGEST_LOOP):
        for step in (offset - distance, offset + distance):
            elsewhere, told = bit_error_rate(one, other, step)
            if told >= count / 2 and elsewhere < error + _LEAST_GAP:
                return False
    return True
