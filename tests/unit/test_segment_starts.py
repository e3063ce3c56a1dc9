"""Where segments begin, and how many there are: whole ones only."""

from __future__ import annotations

import numpy as np
import pytest
from affectmix.errors import ConfigError
from affectmix.features.segments import count_segments, segment_starts


def test_a_clip_has_as_many_segments_as_fit_whole() -> None:
    starts = segment_starts(30.9, segment_s=3, overlap_s=2, clip_s=30)
    np.testing.assert_array_equal(starts, np.arange(28.0))
    np.testing.assert_array_equal(segment_starts(5.9, segment_s=2, overlap_s=0), [0, 2])
    np.testing.assert_array_equal(segment_starts(2.0, segment_s=1, overlap_s=0.5), [0, 0.5, 1])
    assert segment_starts(0.99, segment_s=1, overlap_s=0).size == 0
    assert segment_starts(1.0, segment_s=1, overlap_s=0).size == 1


def test_rounded_durations_lose_no_segment() -> None:
    assert segment_starts(29.9999999, segment_s=1, overlap_s=0).size == 30
    assert segment_starts(0.3, segment_s=0.1, overlap_s=0).size == 3
    assert segment_starts(29.99, segment_s=1, overlap_s=0).size == 29


@pytest.mark.parametrize(("segment_s", "each"), [(1, 30), (2, 29), (3, 28), (4, 27), (5, 26)])
def test_the_count_falls_by_one_per_clip_and_second(segment_s: int, each: int) -> None:
    whole, short = [45.0] * 564, [16.08] * 203
    count = count_segments(whole + short, segment_s=segment_s, overlap_s=segment_s - 1, clip_s=30)
    assert count == 564 * each + 203 * (17 - segment_s)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"segment_s": 0, "overlap_s": 0}, "segment_s is 0"),
        ({"segment_s": 3, "overlap_s": 3}, "overlap_s is 3"),
        ({"segment_s": 3, "overlap_s": -1}, "overlap_s is -1"),
        ({"segment_s": 3, "overlap_s": 2, "clip_s": 2}, "clip_s is 2"),
    ],
)
def test_impossible_lengths_are_refused(settings: dict[str, float], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        segment_starts(30.0, **settings)
