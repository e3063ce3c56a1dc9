"""ElasticNet's search and fit on more rows than memory should hold: nothing grows with them.

Equal to :mod:`affectmix.search.elasticnet_search` to rounding, but for one thing: the rungs of a
search share the principal axes of their fold's whole training set, so that there is one
decomposition per fold and not one per fold and rung.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.features.disk_rows import Features
from affectmix.search import halving
from affectmix.search.axes import Axes
from affectmix.search.elasticnet_components import Solver, Wanted, variant_of
from affectmix.search.elasticnet_model import ElasticNetModel
from affectmix.search.elasticnet_sums import SummedComponents
from affectmix.search.fold_axes import FoldAxes
from affectmix.search.row_blocks import RunningRmse, blocks
from affectmix.search.task import SearchFold, SearchResult, SearchTask


def search_large(
    task: SearchTask,
    points: Sequence[dict[str, Any]],
    solver: Solver,
    *,
    exhaustive: bool,
    threads: int,
) -> SearchResult:
    """Search the points; see :func:`affectmix.search.elasticnet_search.search_elasticnet`."""
    axes = FoldAxes(task, [point["pca"] for point in points])

    def evaluate(rows: Sequence[np.ndarray], wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rmse = np.zeros(wanted.shape)
        converged = wanted.copy()
        for number, (fold, train) in enumerate(zip(task.folds, rows, strict=True)):
            own, reached = _score(task, points, fold, train, wanted, axes[number], solver, threads)
            rmse += own / len(task.folds)
            converged &= reached
        return rmse, converged

    with threadpool_limits(threads):
        return halving.search(task, [dict(p) for p in points], evaluate, exhaustive=exhaustive)


def _score(
    task: SearchTask,
    points: Sequence[Mapping[str, Any]],
    fold: SearchFold,
    train: np.ndarray,
    wanted: np.ndarray,
    axes: Axes,
    solver: Solver,
    threads: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Score the wanted points on one fold [shapes=(p, t), (p, t)]."""
    variants = {
        point: variant_of(points[point], axes)
        for point in np.flatnonzero(wanted.any(axis=1)).tolist()
    }
    pairs = np.argwhere(wanted).tolist()
    solved = sorted({Wanted(variants[point], target) for point, target in pairs})
    axes = axes.cut(max(item.variant.size for item in solved))
    components = SummedComponents.of(axes, task.X, task.Y, train)
    best, reached = _best(components, solved, solver, threads)
    coefficients = np.zeros((axes.basis.shape[1], len(solved)))
    intercepts = np.empty(len(solved))
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        fits = pool.map(lambda item, place: components.fit(item, place, solver), solved, best)
        for column, (found, intercept, ended) in enumerate(fits):
            coefficients[: len(found), column], intercepts[column] = found, intercept
            reached[column] &= ended
    raw = axes.basis @ coefficients
    running = RunningRmse(fold, len(solved))
    targets = np.array([item.target for item in solved])
    for place, block in blocks(task.X, fold.validation_rows):
        truth = task.Y[fold.validation_rows[place]][:, targets]
        running.add(place, axes.standardizer.apply(block) @ raw + intercepts - truth)
    column_of = {item: column for column, item in enumerate(solved)}
    rmse = np.full(wanted.shape, np.nan)
    converged = np.zeros(wanted.shape, dtype=bool)
    values = running.value()
    for point, target in pairs:
        column = column_of[Wanted(variants[point], target)]
        rmse[point, target], converged[point, target] = values[column], reached[column]
    return rmse, converged


def _best(
    components: SummedComponents, wanted: Sequence[Wanted], solver: Solver, threads: int
) -> tuple[list[int], np.ndarray]:
    """Return which penalty has the least mean error, the larger one of equals, for each path."""
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        folds = range(len(components.parts))
        results = list(pool.map(lambda k: components.inner_errors(k, wanted, solver), folds))
    best = np.mean([errors for errors, _ in results], axis=0).argmin(axis=1)
    return best.tolist(), np.all([converged for _, converged in results], axis=0)


def fit_large(
    X: Features,
    y: np.ndarray,
    params: Mapping[str, Any],
    axes: Axes,
    solver: Solver,
    *,
    threads: int = 1,
) -> ElasticNetModel:
    """Fit one point of the space on all rows; see :func:`fit_elasticnet`."""
    with threadpool_limits(threads):
        wanted = Wanted(variant_of(params, axes), 0)
        axes = axes.cut(wanted.variant.size)
        components = SummedComponents.of(axes, X, y[:, None], np.arange(len(X)))
        (best,), inner = _best(components, [wanted], solver, threads)
        coefficients, intercept, converged = components.fit(wanted, best, solver)
        standardizer = axes.standardizer
        return ElasticNetModel(
            fill=standardizer.fill,
            mean=standardizer.mean,
            scale=standardizer.scale,
            coefficients=axes.basis @ coefficients,
            intercept=intercept,
            alpha=float(components.alphas(wanted)[best]),
            components=wanted.variant.size,
            unconverged=int(not inner[0]) + int(not converged),
        )
