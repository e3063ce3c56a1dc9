"""Principal axes of many rows: from the covariance side, in blocks of rows.

The statistics, and the standardised rows' Gram matrix over the columns, are summed up block by
block in double precision, so that memory grows with the square of the columns and not with the
rows. Rows are standardised before their products are summed: nothing cancels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from affectmix.features.disk_rows import Features
from affectmix.search.decomposition import (
    RANK_TOLERANCE,
    Spectrum,
    Standardizer,
    medians,
    scales_of,
)
from affectmix.search.row_blocks import blocks

#: Of more rows than this, evenly spread ones stand for all where medians are taken.
MEDIAN_ROWS = 4096


@dataclass(frozen=True)
class Axes(Spectrum):
    """Principal axes of standardised training rows.

    Attributes:
        basis: what standardised rows are multiplied with to get scores [shape=(d, q)].
    """

    basis: np.ndarray

    @classmethod
    def fit(cls, X: Features, rows: np.ndarray | None = None) -> Axes:
        """Return all axes of non-zero variance of raw rows [shape=(n, d), n >= 2].

        Args:
            X: raw features, NaN and infinite values allowed.
            rows: positions of the training rows; None for all.
        """
        import scipy.linalg  # here, as what predicts has no use for it

        standardizer = standardizer_of(X, rows)
        d = X.shape[1]
        gram = np.zeros((d, d), order="F")
        n = 0
        for _, block in blocks(X, rows):
            Z = standardizer.apply(block)
            # In place, and one triangle only: the other is never looked at.
            gram = scipy.linalg.blas.dsyrk(1.0, Z.T, beta=1.0, c=gram, overwrite_c=1, lower=1)
            n += len(Z)
        values, vectors = scipy.linalg.eigh(gram, lower=True, overwrite_a=True, check_finite=False)
        values = values[::-1]
        total = float(np.clip(values, 0.0, None).sum())
        rank = int((values > RANK_TOLERANCE * max(values[0], np.finfo(np.float64).tiny)).sum())
        basis = np.asfortranarray(vectors[:, ::-1][:, :rank])
        return cls(standardizer, n, values[:rank].copy(), total, basis)

    def cut(self, size: int) -> Axes:
        """Return the same with the first ``size`` axes alone, to free the others' memory.

        The variance is kept whole, so that shares of it mean the same.
        """
        return replace(self, basis=self.basis[:, :size].copy(order="F"))

    def scores(self, X: Features, rows: np.ndarray | None = None) -> np.ndarray:
        """Return raw rows in principal coordinates, not whitened [shape=(n, q), float32]."""
        count = len(X) if rows is None else len(rows)
        found = np.empty((count, self.basis.shape[1]), dtype=np.float32)
        for place, block in blocks(X, rows):
            found[place] = self.standardizer.apply(block) @ self.basis
        return found


def standardizer_of(X: Features, rows: np.ndarray | None = None) -> Standardizer:
    """Return the statistics of raw rows; medians are of MEDIAN_ROWS of them at most."""
    count = len(X) if rows is None else len(rows)
    spread = np.unique(np.linspace(0, count - 1, min(count, MEDIAN_ROWS)).round().astype(int))
    fill = _medians(X[spread if rows is None else rows[spread]])
    mean = np.zeros(X.shape[1])
    for _, block in blocks(X, rows):
        mean += _filled(block, fill).sum(axis=0)
    mean /= count
    variance = np.zeros(X.shape[1])
    for _, block in blocks(X, rows):
        variance += np.square(_filled(block, fill) - mean).sum(axis=0)
    return Standardizer(fill, mean, scales_of(count, mean, variance / count))


def _medians(values: np.ndarray) -> np.ndarray:
    """Return each column's median, a few columns at a time."""
    parts = [values[:, at : at + 256].astype(np.float64) for at in range(0, values.shape[1], 256)]
    return np.concatenate([medians(part, np.isfinite(part)) for part in parts] or [np.empty(0)])


def _filled(block: np.ndarray, fill: np.ndarray) -> np.ndarray:
    values = block.astype(np.float64)
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, fill)
