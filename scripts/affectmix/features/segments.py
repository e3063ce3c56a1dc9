"""Where the segments of a clip begin: whole segments only, nothing is padded.

Sun et al., "Semi-Supervised Self-Learning Enhanced Music Emotion Recognition", sections 3.3
and 4.1: segments of 1 to 5 s whose overlap is a second less than their length, no padding.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from affectmix.errors import ConfigError

_ROUNDING_S: Final = 1e-6  # by which a duration may miss a whole number of segments


def segment_starts(
    duration_s: float, *, segment_s: float, overlap_s: float, clip_s: float | None = None
) -> npt.NDArray[np.float64]:
    """Return where a clip's segments start, in seconds, ascending [shape=(segments,)].

    Args:
        duration_s: of the clip.
        segment_s: length of a segment, above 0.
        overlap_s: of one segment with the next, from 0 to less than ``segment_s``.
        clip_s: what lies beyond is cut off first; None for the whole clip.

    Returns:
        As many starts as whole segments fit; none for a clip shorter than a segment.

    Raises:
        ConfigError: a length or overlap is impossible.

    >>> float(segment_starts(30.4, segment_s=3, overlap_s=2, clip_s=30)[-1])
    27.0
    """
    _check(segment_s=segment_s, overlap_s=overlap_s, clip_s=clip_s)
    heard = duration_s if clip_s is None else min(duration_s, clip_s)
    hop_s = float(segment_s - overlap_s)
    count = math.floor((heard - segment_s + _ROUNDING_S) / hop_s) + 1
    return np.arange(max(count, 0), dtype=np.float64) * hop_s


def frames_in(seconds: float, *, frames: int, clip_s: float) -> int:
    """Return how many whole frames some seconds hold, where ``clip_s`` are ``frames`` frames.

    The last frame, centred on the end, belongs to no second.

    >>> frames_in(30.0, frames=1292, clip_s=30.0)
    1291
    """
    return math.floor(seconds * (frames - 1) / clip_s + _ROUNDING_S)


def grid_of(lengths_s: Iterable[float]) -> float:
    """Return the longest time, in seconds, of which all lengths are multiples, to 1 ms.

    >>> grid_of([2.5, 1.0])
    0.5
    """
    return math.gcd(*(round(1000 * length) for length in lengths_s)) / 1000


def count_segments(
    durations_s: Iterable[float],
    *,
    segment_s: float,
    overlap_s: float,
    clip_s: float | None = None,
) -> int:
    """Return how many segments clips of these durations (s) have together: Table 1's number.

    Table 1 itself has more of them: a hop of a second loses at most one segment per clip and
    second of length, and its numbers fall faster than that in all three corpora.

    >>> count_segments([30.0, 16.5], segment_s=2, overlap_s=1)
    44
    """
    return sum(
        len(segment_starts(d, segment_s=segment_s, overlap_s=overlap_s, clip_s=clip_s))
        for d in durations_s
    )


def _check(*, segment_s: float, overlap_s: float, clip_s: float | None) -> None:
    if not segment_s > 0:
        raise ConfigError(f"segment_s is {segment_s!r}; it must be above 0, for example 3")
    if not 0 <= overlap_s < segment_s:
        raise ConfigError(
            f"overlap_s is {overlap_s!r}; it must be at least 0 and less than segment_s "
            f"({segment_s:g}), for example {max(segment_s - 1, 0):g}"
        )
    if clip_s is not None and not clip_s >= segment_s:
        raise ConfigError(
            f"clip_s is {clip_s!r}; it must be at least segment_s ({segment_s:g}), or null for "
            "whole clips"
        )
