"""Fits one elastic net of given hyper-parameters."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.errors import ConfigError
from affectmix.features.disk_rows import Features
from affectmix.search.axes import Axes
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
from affectmix.search.elasticnet_large import fit_large
from affectmix.search.elasticnet_model import ElasticNetModel
from affectmix.search.elasticnet_path import MAX_SWEEPS, TOLERANCE
from affectmix.search.task import EXACT_ROWS


def fit_elasticnet(
    X: Features,
    y: np.ndarray,
    params: Mapping[str, Any],
    *,
    tol: float = TOLERANCE,
    max_sweeps: int = MAX_SWEEPS,
    exact_rows: int = EXACT_ROWS,
    threads: int = 1,
    axes: Axes | None = None,
) -> ElasticNetModel:
    """Fit one point of the space on all rows, choosing its penalty by the inner folds.

    Args:
        X: raw features, NaN and infinite values allowed [shape=(n, d)].
        y: target [shape=(n,)].
        params: ``pca``, ``whiten``, ``normalize`` and ``l1_ratio``.
        tol: allowed duality gap, as a part of the target's sum of squares.
        max_sweeps: passes over the coefficients after which a penalty is given up; counted in
            the model's ``unconverged``.
        exact_rows: more rows than this are fitted by sums over blocks of them; the model is
            the same to rounding.
        threads: inner folds solved at a time; changes nothing but the time.
        axes: of all rows, where they are more than ``exact_rows``; None to make them.

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
    solver = Solver(tol, max_sweeps)
    if len(X) > exact_rows:
        return fit_large(X, y, params, axes or Axes.fit(X), solver, threads=threads)
    with threadpool_limits(threads):
        decomposition = Decomposition.fit(X[:])
    components = Components.of(decomposition, y[:, None])
    wanted = [Wanted(variant_of(params, decomposition), 0)]
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
