"""Search of the hyper-parameters of ``StandardScaler → PCA → SVR`` with all common work shared.

For each fold and rung, one decomposition serves every share of variance; for each of these, one
matrix of inner products serves every kernel; and for each kernel, all values of C and epsilon
and all targets are solved together. Points that differ in ``shrinking`` alone are one problem,
except with a sigmoid kernel: that problem is not convex, and shrinking changes what is found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.errors import ConfigError
from affectmix.search.decomposition import Decomposition
from affectmix.search.halving import search
from affectmix.search.kernels import Kernel
from affectmix.search.landmarks import LANDMARKS
from affectmix.search.row_blocks import blocks
from affectmix.search.svr_large import LargeScores, refuse_indefinite
from affectmix.search.svr_plan import Problem, make_plan
from affectmix.search.svr_solver import TOLERANCE, solve
from affectmix.search.task import EXACT_ROWS, SearchFold, SearchResult, SearchTask


@dataclass(frozen=True)
class _FoldData:
    """One fold's rows in principal coordinates, not whitened."""

    fold: SearchFold
    decomposition: Decomposition
    validation: np.ndarray
    Y_train: np.ndarray
    Y_validation: np.ndarray


@dataclass(frozen=True)
class _Products:
    """Inner products of one fold's rows at one PCA size, and their squared lengths."""

    train: np.ndarray
    validation: np.ndarray
    train_squares: np.ndarray
    validation_squares: np.ndarray
    columns: int
    variance: float


def search_svr(
    task: SearchTask,
    points: list[dict[str, Any]],
    *,
    exhaustive: bool = False,
    threads: int = 1,
    tol: float = TOLERANCE,
    limit: int | None = None,
    factor: int = 4,
    smallest: float = 0.1,
    exact_rows: int = EXACT_ROWS,
    landmarks: int = LANDMARKS,
) -> SearchResult:
    """Search hyper-parameters of standardisation, PCA and support vector regression.

    Args:
        task: rows, targets and folds.
        points: hyper-parameters with the keys pca (share of variance in (0, 1], 1 for every
            component that varies), whiten, kernel, degree, coef0, gamma, shrinking, C, epsilon.
        exhaustive: score all points on all rows instead of halving.
        threads: how many folds are worked on at once, which changes nothing but the time; of
            approximate kernels the threads of BLAS, which move the last digits.
        tol: tolerance of the solver, as scikit-learn's ``tol``.
        limit: pairs of coefficients to optimise before a problem counts as not converged;
            None for a limit by the number of rows.
        factor: one point in ``factor`` goes on to the next rung.
        smallest: share of the training rows in the first rung.
        exact_rows: rungs that train on more rows than this in some fold have approximate
            kernels; see :mod:`affectmix.search.svr_large`.
        landmarks: rows that stand for all in approximate kernels.

    Returns:
        All points, their scores and the best point per target.

    Raises:
        ConfigError: on no points, targets that are not finite, or training sets of fewer than
            two rows.
    """
    if not points:
        raise ConfigError("search space: it holds no point; give each parameter a value")
    if not np.isfinite(task.Y).all():
        raise ConfigError("targets: NaN or infinite; search over labelled rows only")
    if min(len(fold.train) for fold in task.folds) < 2:
        raise ConfigError(
            "folds: one has fewer than 2 training rows; use fewer folds or more clips"
        )

    most = max(len(fold.train) for fold in task.folds)
    if most > exact_rows:
        refuse_indefinite(points, most, exact_rows)
    large = LargeScores(task, points, threads=threads, tol=tol, landmarks=landmarks)

    def evaluate(rows: Sequence[np.ndarray], wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if max(map(len, rows)) > exact_rows:
            return large(rows, wanted)
        return score_svr(task, points, rows, wanted, threads=threads, tol=tol, limit=limit)

    return search(task, points, evaluate, exhaustive=exhaustive, factor=factor, smallest=smallest)


def score_svr(
    task: SearchTask,
    points: Sequence[Mapping[str, Any]],
    rows: Sequence[np.ndarray],
    wanted: np.ndarray,
    *,
    threads: int = 1,
    tol: float = TOLERANCE,
    limit: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Score points on given training rows.

    Args:
        task: rows, targets and folds.
        points: hyper-parameters, as of :func:`search_svr`.
        rows: positions of the training rows of each fold.
        wanted: which pairs of point and target to score [shape=(p, t), bool].
        threads, tol, limit: as of :func:`search_svr`.

    Returns:
        RMSE, NaN where not wanted, and whether all folds converged [both shape=(p, t)].
    """
    plan = make_plan(points, wanted)
    rmse = np.full((len(task.folds), *wanted.shape), np.nan)
    converged = np.zeros((len(task.folds), *wanted.shape), dtype=bool)

    def work(fold: int) -> None:
        data = _fold_data(task, task.folds[fold], rows[fold], shares=[share for share, _ in plan])
        out = (rmse[fold], converged[fold])
        for (share, whiten), kernels in plan.items():
            products = _products(data, share, whiten)
            for kernel, problems in kernels.items():
                _score(data, products, kernel, problems, wanted, (tol, limit), out)

    # One thread per matrix product: more would fight with ours, and move the last digits.
    with ThreadPoolExecutor(threads) as pool, threadpool_limits(1, user_api="blas"):
        for done in [pool.submit(work, fold) for fold in range(len(task.folds))]:
            done.result()
    return rmse.mean(axis=0), np.asarray(converged.all(axis=0))


def _fold_data(
    task: SearchTask, fold: SearchFold, rows: np.ndarray, *, shares: Sequence[float]
) -> _FoldData:
    """Decompose the training rows of one fold and project its validation rows."""
    decomposition = Decomposition.fit(task.X[rows])
    size = decomposition.size(max(shares))
    validation = np.concatenate(
        [
            decomposition.project(block)[:, :size]
            for _, block in blocks(task.X, fold.validation_rows)
        ]
    )
    return _FoldData(
        fold,
        decomposition.without_rows(),
        validation,
        task.Y[rows],
        task.Y[fold.validation_rows],
    )


def _products(data: _FoldData, share: float, whiten: bool) -> _Products:
    """Return the inner products at one share of variance."""
    size = data.decomposition.size(share)
    weights = data.decomposition.weights(size, whiten=whiten)
    train = data.decomposition.scores[:, :size] * weights
    validation = data.validation[:, :size] * weights
    return _Products(
        train @ train.T,
        validation @ train.T,
        np.square(train).sum(axis=1),
        np.square(validation).sum(axis=1),
        size,
        float(np.square(train).mean()) if size else 0.0,
    )


def _score(
    data: _FoldData,
    products: _Products,
    kernel: Kernel,
    problems: Sequence[Problem],
    wanted: np.ndarray,
    stop: tuple[float, int | None],
    out: tuple[np.ndarray, np.ndarray],
) -> None:
    """Solve the problems of one kernel and write the scores of their points into ``out``."""
    jobs = [
        (problem, target)
        for problem in problems
        for target in range(wanted.shape[1])
        if wanted[problem.points, target].any()
    ]
    gamma = kernel.width(products.columns, products.variance)
    squares = products.train_squares
    column = np.array([target for _, target in jobs])
    solutions = solve(
        kernel.to_train(products.train, squares, gamma, products.columns),
        data.Y_train,
        column=column,
        C=np.array([problem.C for problem, _ in jobs]),
        epsilon=np.array([problem.epsilon for problem, _ in jobs]),
        shrinking=np.array([problem.shrinking for problem, _ in jobs]),
        convex=kernel.convex,
        tolerance=stop[0],
        limit=stop[1],
    )
    between = kernel.of_products(products.validation, products.validation_squares, squares, gamma)
    predicted = between @ solutions.beta.T + solutions.bias
    scores = data.fold.rmse(predicted - data.Y_validation[:, column])
    rmse, converged = out
    for job, (problem, target) in enumerate(jobs):
        rmse[problem.points, target] = scores[job]
        converged[problem.points, target] = solutions.converged[job]
