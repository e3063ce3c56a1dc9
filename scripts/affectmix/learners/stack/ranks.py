"""Rank-normalisation of columns: each value becomes its place among the training values.

As scikit-learn's ``QuantileTransformer`` with one quantile per training row, but a value that
occurs several times takes the middle of its places, at the ends of the range too: many
functionals are zero for a large part of the clips, and these are not extreme.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from affectmix.search.decomposition import Standardizer

#: Training sets with more rows keep so many evenly spaced quantiles of each column.
MOST_QUANTILES = 2000


@dataclass(frozen=True)
class Ranks:
    """Sorted training values of each column.

    Attributes:
        fill: what stands for values that are not finite [shape=(d,)].
        quantiles: ascending quantiles of each column [shape=(d, q), float32].
    """

    fill: np.ndarray
    quantiles: np.ndarray

    @classmethod
    def fit(cls, X: np.ndarray) -> Ranks:
        """Sort the columns of raw training features [shape=(n, d)]."""
        fill = Standardizer.fit(X).fill.astype(np.float32)
        ordered = np.sort(_finite(X, fill).T, axis=1)
        if ordered.shape[1] > MOST_QUANTILES:
            places = np.linspace(0, ordered.shape[1] - 1, MOST_QUANTILES).round().astype(int)
            ordered = np.ascontiguousarray(ordered[:, places])
        return cls(fill, ordered)

    def apply(self, X: np.ndarray) -> np.ndarray:
        """Return places in [0, 1] [shape=(m, d)] → [shape=(m, d), float32]."""
        return _places(np.ascontiguousarray(_finite(X, self.fill).T), self.quantiles).T


def _finite(X: np.ndarray, fill: np.ndarray) -> np.ndarray:
    values = np.asarray(X, dtype=np.float32)
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, fill)


@numba.njit(cache=True, nogil=True)
def _places(columns: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return the place of each value among its column's quantiles [shape=(d, m), float32]."""
    out = np.empty(columns.shape, dtype=np.float32)
    last = quantiles.shape[1] - 1
    for j in range(columns.shape[0]):
        known = quantiles[j]
        for i in range(columns.shape[1]):
            x = columns[j, i]
            low = np.searchsorted(known, x, side="left")
            if low > last:
                place = float(last)
            elif known[low] == x:
                place = 0.5 * (low + np.searchsorted(known, x, side="right") - 1)
            elif low == 0:
                place = 0.0
            else:
                below, above = np.float64(known[low - 1]), np.float64(known[low])
                place = low - 1 + (x - below) / (above - below)
            out[j, i] = place / last if last > 0 else 0.5
    return out
