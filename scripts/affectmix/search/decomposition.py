"""Imputation, standardisation and PCA of one training set, computed once for every use.

Equal to scikit-learn's ``StandardScaler`` followed by ``PCA(svd_solver="full")``, but by one
eigendecomposition of the smaller of Gram matrix and covariance matrix, from which every share
of variance, whitened or not, is read off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from affectmix.errors import ConfigError

#: Components whose variance is below this part of the largest count as zero: rounding in the
#: Gram matrix cannot tell them from nothing.
RANK_TOLERANCE = 1e-11


@dataclass(frozen=True)
class Standardizer:
    """Column medians, means and scales of a training set.

    Attributes:
        fill: median of each column's finite values, 0 where it has none [shape=(d,)].
        mean: column means after imputation [shape=(d,)].
        scale: column standard deviations; 1 for columns of zero variance [shape=(d,)].
    """

    fill: np.ndarray
    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, X: np.ndarray) -> Standardizer:
        """Return the statistics of raw features [shape=(n, d)]."""
        values = np.asarray(X, dtype=np.float64)
        finite = np.isfinite(values)
        fill = medians(values, finite)
        if not finite.all():
            values = np.where(finite, values, fill)
        mean = values.mean(axis=0)
        variance = np.square(values - mean).mean(axis=0)
        return cls(fill, mean, scales_of(len(values), mean, variance))

    def apply(self, X: np.ndarray) -> np.ndarray:
        """Return standardised features; NaN and infinite values are imputed [shape=(m, d)]."""
        values = np.array(X, dtype=np.float64)
        if not np.isfinite(values).all():
            values = np.where(np.isfinite(values), values, self.fill)
        values -= self.mean
        values /= self.scale
        return values


def scales_of(n: int, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return by what columns of n rows are divided: 1 for those of zero variance [shape=(d,)]."""
    # scikit-learn's rule for a column that differs from a constant by rounding alone.
    eps = np.finfo(np.float64).eps
    constant = variance <= n * eps * variance + np.square(n * mean * eps)
    return np.where(constant, 1.0, np.sqrt(variance))


def medians(values: np.ndarray, finite: np.ndarray) -> np.ndarray:
    """Return each column's median over its finite values, 0 where there are none."""
    fill = np.zeros(values.shape[1])
    whole = finite.all(axis=0)
    if whole.all():
        return np.median(values, axis=0)
    fill[whole] = np.median(values[:, whole], axis=0)
    for column in np.flatnonzero(~whole & finite.any(axis=0)):
        fill[column] = np.median(values[finite[:, column], column])
    return fill


@dataclass(frozen=True)
class Spectrum:
    """How the variance of one standardised training set spreads over its components.

    Attributes:
        standardizer: the statistics of the training rows.
        n: number of training rows.
        variance: sums of squares along each component, descending, n times what
            ``numpy.var`` would say; only components above the rank tolerance [shape=(r,)].
        total: sum of squares over all components.
    """

    standardizer: Standardizer
    n: int
    variance: np.ndarray
    total: float

    @property
    def rank(self) -> int:
        """Number of components of non-zero variance."""
        return len(self.variance)

    def size(self, share: float) -> int:
        """Return how many components ``PCA(n_components=share)`` keeps; all of them for 1.0."""
        if not 0.0 < share <= 1.0:
            raise ConfigError(f"pca: share of variance {share} found; it must lie in (0, 1]")
        if self.rank == 0 or share == 1.0:
            return self.rank
        cumulative = np.cumsum(self.variance / self.total)
        enough = int(np.searchsorted(cumulative, share, side="right")) + 1
        return min(self.rank, enough)

    def weights(self, size: int, *, whiten: bool) -> np.ndarray:
        """Return by what each of the first ``size`` scores is multiplied [shape=(size,)].

        Ones, or with ``whiten`` the inverse standard deviations (n − 1 in the denominator, as
        scikit-learn).
        """
        if not whiten:
            return np.ones(size)
        return np.sqrt((self.n - 1) / self.variance[:size])


@dataclass(frozen=True)
class Decomposition(Spectrum):
    """Principal components of one standardised training set.

    Attributes:
        scores: training rows in principal coordinates, not whitened [shape=(n, r)].
        basis: what standardised rows are multiplied with to get scores [shape=(d, r)], or None
            when ``rows`` is kept instead.
        rows: standardised training rows [shape=(n, d)], or None when ``basis`` is kept.
    """

    scores: np.ndarray
    basis: np.ndarray | None
    rows: np.ndarray | None

    @classmethod
    def fit(cls, X: np.ndarray) -> Decomposition:
        """Decompose raw training features [shape=(n, d), n >= 2]."""
        import scipy.linalg  # here, as what predicts has no use for it

        standardizer = Standardizer.fit(X)
        Z = standardizer.apply(X)
        n, d = Z.shape
        tall = n > d
        values, vectors = scipy.linalg.eigh(Z.T @ Z if tall else Z @ Z.T, check_finite=False)
        values, vectors = values[::-1], vectors[:, ::-1]
        total = float(np.clip(values, 0.0, None).sum())
        rank = int((values > RANK_TOLERANCE * max(values[0], np.finfo(np.float64).tiny)).sum())
        variance = values[:rank].copy()
        vectors = np.ascontiguousarray(vectors[:, :rank])
        if tall:
            return cls(standardizer, n, variance, total, Z @ vectors, vectors, None)
        return cls(standardizer, n, variance, total, vectors * np.sqrt(variance), None, Z)

    def without_rows(self) -> Decomposition:
        """Return the same without what only further projections need, to free its memory."""
        return replace(self, basis=None, rows=None)

    def project(self, X: np.ndarray) -> np.ndarray:
        """Return raw rows in principal coordinates, not whitened [shape=(m, r)]."""
        Z = self.standardizer.apply(X)
        if self.basis is not None:
            return Z @ self.basis
        assert self.rows is not None
        # Z V = Z Zᵀ U / S, and the scores are U S: the components themselves are not needed.
        return (Z @ self.rows.T) @ (self.scores / self.variance)

    def components(self, size: int) -> np.ndarray:
        """Return the first ``size`` principal axes as columns [shape=(d, size)]."""
        if self.basis is not None:
            return self.basis[:, :size]
        assert self.rows is not None
        return self.rows.T @ (self.scores[:, :size] / self.variance[:size])
