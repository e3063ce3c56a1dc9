"""What a song's segments say of it: seven statistics per output, means or votes. No torch here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

STATISTICS = ("max", "min", "first_quartile", "median", "third_quartile", "mean", "share_above")


def statistics(
    outputs: np.ndarray, clip: np.ndarray, clips: int, *, share_above: float
) -> npt.NDArray[np.float64]:
    """Return the statistics of each clip's segments (Sun et al., equation 10).

    Args:
        outputs: probabilities of classes, or predicted values [shape=(s, k)].
        clip: each segment's clip [shape=(s,)].
        clips: how many clips there are.
        share_above: θ, which the seventh statistic counts the outputs above of.

    Returns:
        The statistics of the first output, then those of the second one, and so on; NaN for
        clips without a segment. [shape=(clips, 7 * k)]

    >>> statistics(np.array([[0.2], [0.8]]), np.array([0, 0]), 1, share_above=0.5).round(2)
    array([[0.8 , 0.2 , 0.35, 0.5 , 0.65, 0.5 , 0.5 ]])
    """

    def of_one(own: np.ndarray) -> np.ndarray:
        low, middle, high = np.quantile(own, [0.25, 0.5, 0.75], axis=0)
        above = (own > share_above).mean(axis=0)
        rows = own.max(axis=0), own.min(axis=0), low, middle, high, own.mean(axis=0), above
        return np.column_stack(rows).ravel()

    return _by_clip(of_one, outputs, clip, clips, len(STATISTICS) * outputs.shape[1])


def means(outputs: np.ndarray, clip: np.ndarray, clips: int) -> npt.NDArray[np.float64]:
    """Return the mean output of each clip's segments; NaN without any. [shape=(clips, k)]"""
    return _by_clip(lambda own: own.mean(axis=0), outputs, clip, clips, outputs.shape[1])


def votes(outputs: np.ndarray, clip: np.ndarray, clips: int) -> npt.NDArray[np.float64]:
    """Return which share of each clip's segments is for each class. [shape=(clips, k)]"""
    chosen = np.eye(outputs.shape[1])[outputs.argmax(axis=1)]
    return means(chosen, clip, clips)


def medians(outputs: np.ndarray, clip: np.ndarray, clips: int) -> npt.NDArray[np.float64]:
    """Return the median output of each clip's segments, votes' like for values."""
    return _by_clip(lambda own: np.median(own, axis=0), outputs, clip, clips, outputs.shape[1])


def _by_clip(
    of_one: Callable[[np.ndarray], np.ndarray],
    outputs: np.ndarray,
    clip: np.ndarray,
    clips: int,
    width: int,
) -> npt.NDArray[np.float64]:
    made = np.full((clips, width), np.nan)
    order = np.argsort(clip, kind="stable")
    present, first = np.unique(clip[order], return_index=True)
    for row, own in zip(present, np.split(order, first[1:]), strict=True):
        made[row] = of_one(outputs[own].astype(float))
    return made
