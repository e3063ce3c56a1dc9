"""Fits one support vector regression of given hyper-parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.features.disk_rows import Features
from affectmix.search.axes import Axes
from affectmix.search.decomposition import Decomposition
from affectmix.search.kernels import Kernel
from affectmix.search.landmarks import LANDMARKS
from affectmix.search.svr_large import fit_large, refuse_indefinite
from affectmix.search.svr_model import SvrModel
from affectmix.search.svr_solver import TOLERANCE, solve
from affectmix.search.task import EXACT_ROWS


def fit_svr(
    X: Features,
    y: np.ndarray,
    params: Mapping[str, Any],
    *,
    tol: float = TOLERANCE,
    limit: int | None = None,
    exact_rows: int = EXACT_ROWS,
    landmarks: int = LANDMARKS,
    axes: Axes | None = None,
) -> SvrModel:
    """Fit one target on all rows with the given hyper-parameters.

    Args:
        X: raw features, NaN and infinite values allowed [shape=(n, d), n >= 2].
        y: targets [shape=(n,)].
        params: a point of the search: pca, whiten, kernel, degree, coef0, gamma, shrinking, C,
            epsilon.
        tol: largest violation of the KKT conditions.
        limit: pairs of coefficients to optimise before giving up; None for a limit by rows.
        exact_rows: on more rows than this the kernel is approximated; see
            :mod:`affectmix.search.svr_large`.
        landmarks: rows that stand for all in an approximate kernel.
        axes: of all rows, where they are more than ``exact_rows``; None to make them.

    Returns:
        The model; its ``converged`` is False when the limit was reached.
    """
    with threadpool_limits(1, user_api="blas"):
        if len(X) > exact_rows:
            refuse_indefinite([params], len(X), exact_rows)
            return fit_large(X, y, params, axes or Axes.fit(X), tol=tol, landmarks=landmarks)
        decomposition = Decomposition.fit(X[:])
        size = decomposition.size(float(params.get("pca", 1.0)))
        weights = decomposition.weights(size, whiten=bool(params.get("whiten", False)))
        rows = decomposition.scores[:, :size] * weights
        relative = Kernel.of(params)
        variance = float(np.square(rows).mean()) if size else 0.0
        gamma = relative.width(size, variance)
        squares = np.square(rows).sum(axis=1)
        found = solve(
            relative.to_train(rows @ rows.T, squares, gamma, size),
            np.asarray(y, dtype=np.float64)[:, None],
            column=np.array([0]),
            C=np.array([float(params.get("C", 1.0))]),
            epsilon=np.array([float(params.get("epsilon", 0.1))]),
            shrinking=np.array([bool(params.get("shrinking", True))]),
            convex=relative.convex,
            tolerance=tol,
            limit=limit,
        )
        directions = decomposition.components(size) * weights
    used = found.beta[0] != 0.0
    return SvrModel(
        decomposition.standardizer,
        directions,
        rows[used],
        found.beta[0][used],
        float(found.bias[0]),
        Kernel(relative.name, gamma, relative.degree, relative.coef0),
        bool(found.converged[0]),
    )
