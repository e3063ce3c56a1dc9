"""How far a clip is from those that a model was trained on, in words.

A clip's distance is the larger of two: to its nearest training clips in the first principal
components of the training features, and from the plane that these components span, without
which a sound unlike any other would not be noticed. Each is divided by the 95 % quantile
of the training clips' own distance, which is measured on parts of the training clips
whose components and neighbours come from the other parts, so that a clip is never its own
neighbour. The words are by quantiles of the larger of the two over the training clips.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

COMPONENTS: Final = 24  # at most, and one for ten clips: more say where single clips lie
CLIPS_PER_COMPONENT: Final = 10
NEIGHBOURS: Final = 5
MOST_CLIPS: Final = 2000  # drawn of those trained on, for time and memory grow with their square
FEWEST_CLIPS: Final = 10
USUAL: Final = 0.95
FAR: Final = 0.995
HELD: Final = 8.0  # standard deviations at which a feature is held, so that none decides alone


class Nearness(StrEnum):
    """How a clip lies to the training clips."""

    LIKE = "like the training clips"
    UNUSUAL = "unusual"
    FAR = "far from anything it was trained on"
    UNKNOWN = "not known"


@dataclass(frozen=True)
class Domain:
    """Where the training clips of a model lie.

    Attributes:
        space: standardised features and their principal components.
        near: components of training clips [shape=(n, q)].
        scales: 95 % quantiles of the training clips' two distances: to their neighbours, and
            from the components' plane [shape=(2,)].
        limits: of the distance: up to the first a clip is like them, up to the second it is
            unusual [shape=(2,)].
    """

    space: Space
    near: np.ndarray
    scales: np.ndarray
    limits: np.ndarray

    @classmethod
    def fit(cls, X: np.ndarray, parts: np.ndarray, *, seed: int) -> Domain | None:
        """Return where the training clips lie; None where they have no features, or are few.

        Args:
            X: raw features, or log-mels, of the training clips [shape=(n, ...)].
            parts: a number per clip, the same for all of a group; such as its outer fold
                [shape=(n,)].
            seed: of which clips stand for all where there are more than MOST_CLIPS.
        """
        if len(X) > MOST_CLIPS:
            drawn = np.random.default_rng([seed, len(X)]).choice(len(X), MOST_CLIPS, replace=False)
            drawn.sort()
            X, parts = X[drawn], parts[drawn]
        flat = summary(X[:])  # rows on disk too: they are few enough now
        if len(flat) < FEWEST_CLIPS or not flat.shape[1] or len(np.unique(parts)) < 2:
            return None
        size = min(COMPONENTS, max(2, len(flat) // CLIPS_PER_COMPONENT))
        distances = np.empty((len(flat), 2))
        for part in np.unique(parts):
            own = parts == part
            space = Space.fit(flat[~own], size)
            distances[own] = space.distances(flat[own], space.apply(flat[~own])[0])
        scales = np.maximum(_upper(distances, USUAL), 1e-9)
        found = (distances / scales).max(axis=1)[:, np.newaxis]
        limits = np.array([_upper(found, USUAL)[0], _upper(found, FAR)[0]])
        space = Space.fit(flat, size)
        near = space.apply(flat)[0].astype(np.float32)
        return cls(space, near, scales, limits)

    def distance(self, X: np.ndarray) -> np.ndarray:
        """Return the distance of some clips, 1 for what is usual at most. [shape=(m,)]

        Args:
            X: raw features, or log-mels [shape=(m, ...)].
        """
        found: np.ndarray = self.space.distances(summary(X), self.near) / self.scales
        return found.max(axis=1) / self.limits[0]

    def nearness(self, distance: float) -> Nearness:
        """Return what a distance means."""
        if distance <= 1:
            return Nearness.LIKE
        far = self.limits[1] / self.limits[0]
        return Nearness.UNUSUAL if distance <= far else Nearness.FAR

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays."""
        return {
            "fill": self.space.fill,
            "mean": self.space.mean,
            "scale": self.space.scale,
            "axes": self.space.axes,
            "deviations": self.space.deviations,
            "near": self.near,
            "scales": self.scales,
            "limits": self.limits,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Domain:
        """Return the domain that :meth:`to_arrays` took apart."""
        space = Space(*(arrays[name] for name in ("fill", "mean", "scale", "axes", "deviations")))
        return cls(space, arrays["near"], arrays["scales"], arrays["limits"])


@dataclass(frozen=True)
class Space:
    """Standardised features and their first principal components, float32.

    Attributes:
        fill: medians, in place of what is not finite [shape=(d,)].
        mean, scale: of each feature [shape=(d,)].
        axes: principal axes [shape=(d, q)].
        deviations: standard deviation of each component [shape=(q,)].
    """

    fill: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    axes: np.ndarray
    deviations: np.ndarray

    @classmethod
    def fit(cls, flat: np.ndarray, size: int) -> Space:
        """Return the space of some clips [shape=(n, d), n >= 2], of ``size`` components at most."""
        values = np.where(np.isfinite(flat), flat, np.nan).astype(np.float64)
        empty = np.isnan(values).all(axis=0)
        values[:, empty] = 0.0
        fill = np.nanmedian(values, axis=0)
        values = np.where(np.isnan(values), fill, values)
        mean, scale = values.mean(axis=0), values.std(axis=0)
        scale = np.where(scale > 1e-12 * np.maximum(np.abs(mean), 1e-30), scale, 1.0)
        held = np.clip((values - mean) / scale, -HELD, HELD)
        variances, vectors = np.linalg.eigh(held @ held.T)
        order = np.argsort(variances)[::-1][: min(size, len(flat) - 1)]
        order = order[variances[order] > 1e-9 * max(variances.max(), 1e-30)]
        axes = held.T @ vectors[:, order] / np.sqrt(variances[order])
        deviations = np.sqrt(variances[order] / len(flat))
        parts = (fill, mean, scale, axes, deviations)
        return cls(*(part.astype(np.float32) for part in parts))

    def apply(self, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return components in their standard deviations, and the distance from their plane.

        Args:
            flat: [shape=(m, d)].

        Returns:
            [shapes=(m, q), (m,)], float64.
        """
        values = np.where(np.isfinite(flat), flat, self.fill).astype(np.float64)
        held = np.clip((values - self.mean) / self.scale, -HELD, HELD)
        along = held @ self.axes
        off = np.square(held).sum(axis=1) - np.square(along).sum(axis=1)
        return along / self.deviations, np.sqrt(np.maximum(off, 0.0))

    def distances(self, flat: np.ndarray, near: np.ndarray) -> np.ndarray:
        """Return the mean distance to the nearest of ``near``, and that from the plane.

        Args:
            flat: [shape=(m, d)].
            near: components of the clips that may be neighbours [shape=(n, q)].

        Returns:
            [shape=(m, 2)].
        """
        along, off = self.apply(flat)
        found = np.empty((len(along), 2))
        k = min(NEIGHBOURS, len(near))
        for row, (point, rest) in enumerate(zip(along, off, strict=True)):
            squares = np.square(near - point).sum(axis=1)
            found[row] = np.sqrt(np.partition(squares, k - 1)[:k]).mean(), rest
        return found


def summary(X: np.ndarray) -> np.ndarray:
    """Return one row of numbers per clip: functionals as they are, of log-mels their moments.

    Args:
        X: functionals [shape=(n, d)], or log-mels in dB [shape=(n, stems, bands, frames)], in
            which NaN stands beyond a clip's end.

    Returns:
        [shape=(n, d or 2 · stems · bands)].
    """
    if X.ndim == 2:
        return X
    moments = np.empty((len(X), 2, *X.shape[1:-1]), dtype=np.float32)
    for row, levels in enumerate(X):
        heard = levels.astype(np.float32)
        moments[row] = np.nanmean(heard, axis=-1), np.nanstd(heard, axis=-1)
    return moments.reshape(len(X), -1)


def _upper(values: np.ndarray, share: float) -> np.ndarray:
    """Return a quantile of each column with the finite-sample correction [shape=(columns,)]."""
    rank = min(len(values), int(np.ceil((len(values) + 1) * share)))
    return np.partition(values, rank - 1, axis=0)[rank - 1]
