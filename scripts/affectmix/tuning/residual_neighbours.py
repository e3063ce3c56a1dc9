"""What the general model got wrong on the nearest rated songs, added to its predictions."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from affectmix.tuning.songs import Songs, bounded

WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the kernel; a typical distance of two songs is 1 to 3
SHRINKAGES = (0.5, 1.0, 2.0, 5.0, 20.0)  # neighbours' worth of songs without any residual
DEFAULT = (1.0, 2.0)  # width and shrinkage where leaving one out would leave too few
FEWEST = 3  # songs from which width and shrinkage are chosen
COMPONENT_SCALE = 0.25  # of a component with unit variance, beside predictions in [-1, 1]


@dataclass(frozen=True)
class NeighbourCorrection:
    """Residuals of rated songs and how far they reach.

    Attributes:
        places: where the rated songs lie [shape=(n, d)].
        residuals: the listener's value less the predicted one [shape=(n, t)].
        width: standard deviation of the Gaussian kernel.
        shrinkage: weight of no residual, beside the songs' weights of at most 1 each.
    """

    places: np.ndarray
    residuals: np.ndarray
    width: float
    shrinkage: float

    def predict(self, songs: Songs) -> np.ndarray:
        """Return the listener's value of every row. [shape=(rows, t)]"""
        near = _kernel(places_of(songs), self.places, self.width)
        return bounded(songs.predicted + _smoothed(near, self.residuals, self.shrinkage))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return songs, residuals, width and shrinkage."""
        numbers = {"width": np.array(self.width), "shrinkage": np.array(self.shrinkage)}
        return {"places": self.places, "residuals": self.residuals, **numbers}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> NeighbourCorrection:
        """Return the correction that :meth:`to_arrays` took apart."""
        width, shrinkage = float(arrays["width"]), float(arrays["shrinkage"])
        return cls(arrays["places"], arrays["residuals"], width, shrinkage)


def fit_neighbours(songs: Songs, targets: np.ndarray) -> NeighbourCorrection:
    """Return the correction whose width and shrinkage leave-one-out predicts best.

    Args:
        songs: the listener's songs.
        targets: what the model should have said of them [shape=(n, t)].
    """
    whole = songs.averaged
    places, residuals = places_of(whole), targets - whole.predicted
    if len(places) < FEWEST:
        return NeighbourCorrection(places, residuals, *DEFAULT)
    errors = {}
    for width, shrinkage in itertools.product(WIDTHS, SHRINKAGES):
        near = _kernel(places, places, width)
        np.fill_diagonal(near, 0.0)
        left = residuals - _smoothed(near, residuals, shrinkage)
        errors[width, shrinkage] = float(np.square(left).sum())
    width, shrinkage = min(errors, key=lambda point: (errors[point], -point[1], point[0]))
    return NeighbourCorrection(places, residuals, width, shrinkage)


def places_of(songs: Songs) -> np.ndarray:
    """Return predictions beside components, on comparable scales. [shape=(rows, t + d)]"""
    return np.column_stack([songs.predicted, COMPONENT_SCALE * songs.components])


def _smoothed(near: np.ndarray, residuals: np.ndarray, shrinkage: float) -> np.ndarray:
    return near @ residuals / (shrinkage + near.sum(axis=1, keepdims=True))


def _kernel(rows: np.ndarray, songs: np.ndarray, width: float) -> np.ndarray:
    squares = np.square(rows[:, None, :] - songs[None, :, :]).sum(axis=2)
    return np.exp(-0.5 * squares / width**2)
