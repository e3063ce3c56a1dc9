"""A fitted elastic net: plain arrays that predict from raw features, and how to get one."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.errors import ConfigError
from affectmix.search.decomposition import Decomposition, Standardizer
from affectmix.search.elasticnet_components import (
    Components,
    Solver,
    Wanted,
    best_alphas,
    inner_errors,
    inner_folds,
    variant_of,
)
from affectmix.search.elasticnet_path import MAX_SWEEPS, TOLERANCE


@dataclass(frozen=True)
class ElasticNetModel:
    """A fitted elastic net for raw features.

    Attributes:
        fill: what replaces values that are not finite [shape=(d,)].
        mean: mean of each column over the training rows [shape=(d,)].
        scale: standard deviation of each column, 1 where that is zero [shape=(d,)].
        coefficients: weights of the standardised features [shape=(d,)].
        intercept: prediction for a row of means.
        alpha: the penalty that the inner folds chose.
        components: number of principal components behind the weights.
        unconverged: how many of the inner folds' paths did not converge.
    """

    fill: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    coefficients: np.ndarray
    intercept: float
    alpha: float
    components: int
    unconverged: int

    @property
    def converged(self) -> bool:
        """Whether every inner fold's path reached its tolerance."""
        return self.unconverged == 0

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return predictions for raw features [shape=(m, d)] as [shape=(m,), float64]."""
        if np.ndim(X) != 2 or np.shape(X)[1] != len(self.coefficients):
            raise ConfigError(
                f"elasticnet: features of shape {np.shape(X)} found; this model was trained on"
                f" (rows, {len(self.coefficients)}): extract the same feature set"
            )
        rows = Standardizer(self.fill, self.mean, self.scale).apply(X)
        return rows @ self.coefficients + self.intercept

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return every attribute as an array, to be stored without pickling."""
        return {name: np.asarray(value) for name, value in asdict(self).items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> ElasticNetModel:
        """Return the model that :meth:`to_arrays` took apart."""
        return cls(
            fill=np.asarray(arrays["fill"], dtype=np.float64),
            mean=np.asarray(arrays["mean"], dtype=np.float64),
            scale=np.asarray(arrays["scale"], dtype=np.float64),
            coefficients=np.asarray(arrays["coefficients"], dtype=np.float64),
            intercept=float(arrays["intercept"]),
            alpha=float(arrays["alpha"]),
            components=int(arrays["components"]),
            unconverged=int(arrays["unconverged"]),
        )


def fit_elasticnet(
    X: np.ndarray,
    y: np.ndarray,
    params: Mapping[str, Any],
    *,
    tol: float = TOLERANCE,
    max_sweeps: int = MAX_SWEEPS,
    threads: int = 1,
) -> ElasticNetModel:
    """Fit one point of the space on all rows, choosing its penalty by the inner folds.

    Args:
        X: raw features, NaN and infinite values allowed [shape=(n, d)].
        y: target [shape=(n,)].
        params: ``pca``, ``whiten``, ``normalize`` and ``l1_ratio``.
        tol: allowed duality gap, as a part of the target's sum of squares.
        max_sweeps: passes over the coefficients after which a penalty is given up; counted in
            the model's ``unconverged``.
        threads: inner folds solved at a time; changes nothing but the time.

    Raises:
        ConfigError: if there are fewer than two rows, or the target does not fit them.
    """
    y = np.asarray(y, dtype=np.float64)
    if y.shape != (len(X),):
        raise ConfigError(f"elasticnet: {len(X)} rows, but a target of shape {y.shape} found")
    if not np.isfinite(y).all():
        raise ConfigError(
            f"elasticnet: {int((~np.isfinite(y)).sum())} value(s) of the target are not finite;"
            " leave out clips without a label"
        )
    folds = inner_folds(len(X))
    with threadpool_limits(threads):
        decomposition = Decomposition.fit(X)
    components = Components.of(decomposition, y[:, None])
    wanted = [Wanted(variant_of(params, decomposition), 0)]
    solver = Solver(tol, max_sweeps)
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(lambda held: inner_errors(components, held, wanted, solver), folds))
    (alpha,) = best_alphas(components, wanted, [errors for errors, _ in results])
    size = wanted[0].variant.size
    standardizer = decomposition.standardizer
    return ElasticNetModel(
        fill=standardizer.fill,
        mean=standardizer.mean,
        scale=standardizer.scale,
        coefficients=decomposition.components(size) @ components.fit(wanted[0], alpha),
        intercept=float(components.offsets[0]),
        alpha=alpha,
        components=size,
        unconverged=sum(int((~converged).sum()) for _, converged in results),
    )
