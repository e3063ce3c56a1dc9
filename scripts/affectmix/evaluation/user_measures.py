"""How well a model knows one listener: errors, accuracy, difference error, calibration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from affectmix.corpora.base import TARGETS

BOTH: Final = "both"  # valence and arousal together, as a target
QUADRANT: Final = "quadrant"
BINS: Final = 10
_FLOOR = 1e-12

Measure = tuple[str, str, float]  # target, metric, value


def affect_measures(predicted: np.ndarray, felt: np.ndarray) -> Iterator[Measure]:
    """Yield RMSE and R² of valence and of arousal, and RMSE over both.

    Args:
        predicted: valence and arousal [shape=(n, 2), n >= 1].
        felt: the listener's [shape=(n, 2)].
    """
    errors = np.square(predicted - felt)
    for column, target in enumerate(TARGETS):
        yield target, "rmse", float(np.sqrt(errors[:, column].mean()))
        spread = float(np.square(felt[:, column] - felt[:, column].mean()).mean())
        explained = 1 - errors[:, column].mean() / spread if spread > _FLOOR else np.nan
        yield target, "r2", float(explained)
    yield BOTH, "rmse", float(np.sqrt(errors.mean()))


def quadrant_measures(
    probabilities: np.ndarray, shares: np.ndarray, felt: np.ndarray
) -> Iterator[Measure]:
    """Yield accuracy, difference error and log loss.

    Args:
        probabilities: of each quadrant [shape=(n, 4), n >= 1].
        shares: of each song's windows by quadrant [shape=(n, 4)]; the largest decides.
        felt: place of the listener's quadrant [shape=(n,)].
    """
    yield QUADRANT, "accuracy", accuracy(shares.argmax(axis=1), felt)
    yield QUADRANT, "difference_error", difference_error(shares, felt)
    own = np.maximum(probabilities[np.arange(len(felt)), felt], _FLOOR)
    yield QUADRANT, "log_loss", float(-np.log(own).mean())


def accuracy(decided: np.ndarray, felt: np.ndarray) -> float:
    """Return the share of songs whose quadrant is right [shapes=(n,)]."""
    return float((np.asarray(decided) == np.asarray(felt)).mean())


def difference_error(shares: np.ndarray, felt: np.ndarray) -> float:
    """Return the mean difference error over the songs that are decided wrongly, in per cent.

    Of a song it is the share of its windows that have the decided quadrant, less the share of
    those that have the listener's (Gasparini and Marchi, section 5 and Fig. 6).

    Args:
        shares: of each song's windows by quadrant, in [0, 1] [shape=(n, 4)].
        felt: place of the listener's quadrant [shape=(n,)].

    Returns:
        0 to 100; NaN where every song is right.

    >>> difference_error(np.array([[0.111, 0.111, 0.111, 0.667], [1, 0, 0, 0]]), np.array([0, 0]))
    55.6
    """
    decided = shares.argmax(axis=1)
    rows = np.arange(len(felt))
    differences = (shares[rows, decided] - shares[rows, felt])[decided != felt]
    return round(float(100 * differences.mean()), 10) if len(differences) else float("nan")


def calibration_error(probabilities: np.ndarray, felt: np.ndarray, *, bins: int = BINS) -> float:
    """Return the expected calibration error of the likeliest class.

    Songs are sorted into bins of equal width by the probability of their likeliest class; the
    error is the mean gap between that probability and the accuracy, weighted by the songs.

    Args:
        probabilities: of each class [shape=(n, classes), n >= 1].
        felt: place of the true class [shape=(n,)].
        bins: how many bins.
    """
    sure = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == felt).astype(float)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    gaps = np.bincount(place, right, minlength=bins) - np.bincount(place, sure, minlength=bins)
    return float(np.abs(gaps).sum() / count.sum())
