"""ElasticNet on principal components, searched with all common work shared.

A point is what scikit-learn would write as ``StandardScaler`` → ``PCA(n_components=pca,
whiten=whiten)`` → ``ElasticNetCV(alphas=100, cv=5, max_iter=10**6, tol=1e-5,
l1_ratio=l1_ratio)``, after "Joint learning of emotions in music and generalized sounds", section
2.3; a ``pca`` of 1 keeps every component of non-zero variance. Per training set there is one
decomposition; :mod:`affectmix.search.elasticnet_components` says what else is shared, and what
``normalize`` and the inner folds are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.errors import ConfigError
from affectmix.search import halving
from affectmix.search.decomposition import Decomposition
from affectmix.search.elasticnet_components import (
    Components,
    Solver,
    Variant,
    Wanted,
    best_alphas,
    inner_errors,
    inner_folds,
    variant_of,
)
from affectmix.search.elasticnet_fit import fit_elasticnet
from affectmix.search.elasticnet_large import search_large
from affectmix.search.elasticnet_model import ElasticNetModel
from affectmix.search.elasticnet_path import MAX_SWEEPS, TOLERANCE
from affectmix.search.task import EXACT_ROWS, SearchFold, SearchResult, SearchTask

__all__ = ["ElasticNetModel", "fit_elasticnet", "search_elasticnet"]

In = TypeVar("In")
Out = TypeVar("Out")


def search_elasticnet(
    task: SearchTask,
    points: Sequence[dict[str, Any]],
    *,
    exhaustive: bool = False,
    tol: float = TOLERANCE,
    max_sweeps: int = MAX_SWEEPS,
    exact_rows: int = EXACT_ROWS,
    threads: int = 1,
) -> SearchResult:
    """Search the points for each target by itself, all targets together.

    Args:
        task: rows, targets and folds.
        points: as :func:`affectmix.search.spaces.load_space` returns them.
        exhaustive: score all points on all rows instead of halving.
        tol: allowed duality gap of the inner folds' paths, as a part of the target's sum of
            squares; the paper's is 1e-5.
        max_sweeps: passes over the coefficients after which a penalty is given up. A point with
            such a penalty in any inner fold counts as not converged.
        exact_rows: with more training rows than this in some fold, the search goes by sums
            over blocks of rows, and its rungs share each fold's decomposition; see
            :mod:`affectmix.search.elasticnet_large`.
        threads: paths solved at a time; changes nothing but the time.

    Raises:
        ConfigError: on no points, targets that are not finite, or
            training sets of fewer than two rows.
    """
    if not points:
        raise ConfigError("search space: it holds no point; give each parameter a value")
    if not np.isfinite(task.Y).all():
        raise ConfigError("targets: some value is not finite; leave out clips without a label")
    listed = [dict(point) for point in points]
    solver = Solver(tol, max_sweeps)
    if max(len(fold.train) for fold in task.folds) > exact_rows:
        return search_large(task, listed, solver, exhaustive=exhaustive, threads=threads)

    def evaluate(rows: Sequence[np.ndarray], wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _evaluate(task, listed, rows, wanted, solver, threads)

    with threadpool_limits(1):
        return halving.search(task, listed, evaluate, exhaustive=exhaustive)


@dataclass(frozen=True)
class _Prepared:
    """One fold of a rung: its training set, validation rows, and what is to be solved.

    Attributes:
        fold: the inner fold of the search.
        components: training rows and targets.
        validation: validation rows in principal coordinates [shape=(m, r)].
        variants: what each wanted point means here, by the point's index.
        wanted: what to solve, each once, ordered so that Gram matrices are shared.
        held: held-out rows of each fold that chooses penalties.
    """

    fold: SearchFold
    components: Components
    validation: np.ndarray
    variants: dict[int, Variant]
    wanted: list[Wanted]
    held: list[np.ndarray]


def _evaluate(
    task: SearchTask,
    points: Sequence[dict[str, Any]],
    rows: Sequence[np.ndarray],
    wanted: np.ndarray,
    solver: Solver,
    threads: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Score the wanted points on given training rows, as :data:`halving.Evaluate` says."""
    prepared = _in_threads(
        lambda pair: _prepare(task, points, *pair, wanted),
        zip(task.folds, rows, strict=True),
        threads,
    )
    jobs = [(fold, held) for fold in prepared for held in fold.held]
    solved = iter(
        _in_threads(
            lambda job: inner_errors(job[0].components, job[1], job[0].wanted, solver),
            jobs,
            threads,
        )
    )
    rmse = np.zeros(wanted.shape)
    converged = wanted.copy()
    for fold in prepared:
        results = [next(solved) for _ in fold.held]
        fold_rmse, fold_converged = _score(task, fold, results)
        for point, target in np.argwhere(wanted).tolist():
            item = Wanted(fold.variants[point], target)
            rmse[point, target] += fold_rmse[item] / len(prepared)
            converged[point, target] &= fold_converged[item]
    return np.where(wanted, rmse, np.nan), converged


def _prepare(
    task: SearchTask,
    points: Sequence[dict[str, Any]],
    fold: SearchFold,
    train: np.ndarray,
    wanted: np.ndarray,
) -> _Prepared:
    held = inner_folds(len(train))
    decomposition = Decomposition.fit(task.X[train])
    variants = {
        point: variant_of(points[point], decomposition)
        for point in np.flatnonzero(wanted.any(axis=1)).tolist()
    }
    unique = {Wanted(variants[point], target) for point, target in np.argwhere(wanted).tolist()}
    return _Prepared(
        fold=fold,
        components=Components.of(decomposition, task.Y[train]),
        validation=decomposition.project(task.X[fold.validation_rows]),
        variants=variants,
        wanted=sorted(unique),
        held=held,
    )


def _score(
    task: SearchTask, fold: _Prepared, results: Sequence[tuple[np.ndarray, np.ndarray]]
) -> tuple[dict[Wanted, float], dict[Wanted, bool]]:
    """Refit each variant with its best penalty; return its RMSE and whether it converged."""
    components = fold.components
    alphas = best_alphas(components, fold.wanted, [errors for errors, _ in results])
    converged = np.all([ok for _, ok in results], axis=0)
    truth = task.Y[fold.fold.validation_rows]
    errors = np.empty((len(truth), len(fold.wanted)))
    for column, (item, alpha) in enumerate(zip(fold.wanted, alphas, strict=True)):
        coefficients = components.fit(item, alpha)
        predicted = fold.validation[:, : item.variant.size] @ coefficients
        errors[:, column] = predicted + components.offsets[item.target] - truth[:, item.target]
    rmse = fold.fold.rmse(errors)
    return (
        {item: float(value) for item, value in zip(fold.wanted, rmse, strict=True)},
        {item: bool(value) for item, value in zip(fold.wanted, converged, strict=True)},
    )


def _in_threads(function: Callable[[In], Out], items: Iterable[In], threads: int) -> list[Out]:
    """Return the function's values in the items' order, computed by so many threads."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))
