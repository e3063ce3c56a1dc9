"""What the learner ``segments`` costs to train, on one core: networks × epochs × segments.

Measured on a processor of 2024 with log-mels of 128 bands and 43 frames a second; a GPU takes
a small part of it, which is why large networks want one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from affectmix.evaluation.segment_tables import lengths_of
from affectmix.features.segments import segment_starts

# CPU seconds per second of a segment and epoch, of plain training.
_SECOND: Final[Mapping[str, float]] = {
    "small": 7e-4,
    "dense": 7e-5,
    "vgg16": 0.045,
    "vgg16_bn": 0.05,
}
_FULL: Final = 1.7  # times as much with losses of all segments, and two passes with dropout


def segments_seconds(settings: Mapping[str, Any], rows: float, folds: int) -> tuple[float, str]:
    """Return the seconds of one search and fit, and what the figure says.

    Args:
        settings: of a learner of kind ``segments``.
        rows: clips that it trains on.
        folds: of its scheme; all but the tested one are inner folds.
    """
    wanted = settings["inner_folds"]
    inner = folds - 1 if wanted is None else min(wanted, folds - 1)
    each = [_seconds_of(settings, length, rows) for length in lengths_of(settings)]
    networks = len(each) * inner + 1
    note = f"{networks} networks for each of them, on one core"
    if settings["backbone"].startswith("vgg"):
        note += "; an H200 takes about a thousandth"
    return sum(each) * inner + max(each), note


def _seconds_of(settings: Mapping[str, Any], length: float, rows: float) -> float:
    """Return the seconds of one network on segments of one length."""
    overlap = settings["overlap_s"]
    segments = len(
        segment_starts(
            settings["clip_s"],
            segment_s=length,
            overlap_s=max(length - 1.0, 0.0) if overlap is None else overlap,
        )
    )
    times = _FULL if settings["method"] == "full" else 1.0
    heard_s = rows * segments * length
    return float(settings["epochs"] * heard_s * _SECOND[settings["backbone"]] * times)
