"""Fits one elastic net of given hyper-parameters."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.errors import ConfigError
from affectmix.search.decomposition import Decomposition
from affectmix.search.elasticnet_components import (
    Components,
    Solver,
    Wanted,
    best_alphas,
    inner_errors,
    inner_folds,
    variant_of,
)
from affectmix.search.elasticnet_model import ElasticNetModel
from affectmix.search.elasticnet_path import MAX_SWEEPS, TOLERANCE


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
