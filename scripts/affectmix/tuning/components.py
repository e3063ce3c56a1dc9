"""Where a song lies among sounds: a few whitened principal components of its features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.cells.domain import HELD, Space
from affectmix.search.decomposition import Decomposition, Standardizer

COMPONENTS = 8


@dataclass(frozen=True)
class ComponentSpace:
    """Components of features, fitted on rows that no listener's song is among.

    Attributes:
        standardizer: imputation, means and scales of the raw features.
        axes: what standardised rows are multiplied with [shape=(d, q)].
        limit: standard deviations at which a feature is held.
    """

    standardizer: Standardizer
    axes: np.ndarray
    limit: float = np.inf

    @classmethod
    def fit(cls, X: np.ndarray) -> ComponentSpace:
        """Return at most `COMPONENTS` components of raw features [shape=(n, d)]."""
        if len(X) < 2 or X.shape[1] == 0:
            return cls(Standardizer.fit(np.zeros((1, X.shape[1]))), np.zeros((X.shape[1], 0)))
        with threadpool_limits(1, user_api="blas"):  # the same sums whatever the threads
            decomposition = Decomposition.fit(X)
            size = min(COMPONENTS, decomposition.rank)
            axes = decomposition.components(size) * decomposition.weights(size, whiten=True)
        return cls(decomposition.standardizer, axes)

    @classmethod
    def of_training(cls, space: Space) -> ComponentSpace:
        """Return at most `COMPONENTS` components of what a stored model was trained on.

        Args:
            space: of the model's domain.
        """
        first = slice(COMPONENTS)
        own = Standardizer(*(part.astype(float) for part in (space.fill, space.mean, space.scale)))
        axes = space.axes[:, first].astype(float) / space.deviations[first]
        return cls(own, axes, HELD)

    def apply(self, X: np.ndarray) -> np.ndarray:
        """Return the components of raw rows. [shape=(m, d)] → [shape=(m, q)]"""
        with threadpool_limits(1, user_api="blas"):
            return np.clip(self.standardizer.apply(X), -self.limit, self.limit) @ self.axes

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as plain arrays."""
        return {**vars(self.standardizer), "axes": self.axes, "limit": np.array(self.limit)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> ComponentSpace:
        """Return the space that :meth:`to_arrays` took apart."""
        own = Standardizer(arrays["fill"], arrays["mean"], arrays["scale"])
        return cls(own, arrays["axes"], float(arrays["limit"]))
