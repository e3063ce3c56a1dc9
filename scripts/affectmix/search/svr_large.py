"""SVR's search and fit on more rows than a kernel matrix can have: through landmarks.

Rungs of a search whose training sets are small enough keep exact kernels
(:mod:`affectmix.search.svr_search`). Above, the rungs share the principal axes of their fold's
whole training set, each kernel is approximated by landmarks, and all values of C and epsilon and
all targets of a kernel are solved together on the landmarks' features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.errors import ConfigError
from affectmix.features.disk_rows import Features
from affectmix.search.axes import Axes
from affectmix.search.fold_axes import FoldAxes
from affectmix.search.kernels import Kernel
from affectmix.search.landmarks import Landmarks, content_order, draw
from affectmix.search.row_blocks import BLOCK, RunningRmse
from affectmix.search.svr_model import SvrModel
from affectmix.search.svr_plan import Problem, make_plan
from affectmix.search.svr_primal import solve_primal
from affectmix.search.task import SearchFold, SearchTask


def refuse_indefinite(points: Sequence[Mapping[str, Any]], rows: int, exact_rows: int) -> None:
    """Raise a ConfigError where a kernel among the points cannot be approximated."""
    if any(not Kernel.of(point).convex for point in points):
        raise ConfigError(
            f"space: the sigmoid kernel is not positive and cannot be approximated by landmarks, "
            f"but {rows} rows are trained on, above exact_rows ({exact_rows}); leave the kernel "
            "out of the space, as svr_paper_rbf does, or raise the learner's exact_rows"
        )


class LargeScores:
    """Scores points through landmarks, with each fold's axes kept from rung to rung.

    Args:
        task: rows, targets and folds.
        points: hyper-parameters, as of :func:`affectmix.search.svr_search.search_svr`.
        threads: of the products of matrices.
        tol: largest gap to the dual objective, as a part of the objective.
        landmarks: rows that stand for all.
    """

    def __init__(
        self,
        task: SearchTask,
        points: Sequence[Mapping[str, Any]],
        *,
        threads: int,
        tol: float,
        landmarks: int,
    ) -> None:
        self._task = task
        self._points = points
        self._threads = threads
        self._settings = (landmarks, tol)
        self._axes = FoldAxes(task, [float(point.get("pca", 1.0)) for point in points])

    @cached_property
    def _order(self) -> np.ndarray:
        return content_order(self._task.X)

    def __call__(
        self, rows: Sequence[np.ndarray], wanted: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Score the wanted points on given training rows, as :data:`halving.Evaluate` says."""
        rmse, converged = np.zeros(wanted.shape), wanted.copy()
        with threadpool_limits(self._threads, user_api="blas"):
            for number, (fold, own) in enumerate(zip(self._task.folds, rows, strict=True)):
                axes, order = self._axes[number], self._order
                found = score_fold(
                    self._task, self._points, fold, own, wanted, axes, order, self._settings
                )
                rmse += found[0] / len(self._task.folds)
                converged &= found[1]
        return rmse, converged


def score_fold(
    task: SearchTask,
    points: Sequence[Mapping[str, Any]],
    fold: SearchFold,
    rows: np.ndarray,
    wanted: np.ndarray,
    axes: Axes,
    order: np.ndarray,
    settings: tuple[int, float],
) -> tuple[np.ndarray, np.ndarray]:
    """Score points on the given training rows of one fold.

    Args:
        task, points, wanted: as of :func:`affectmix.search.svr_search.score_svr`.
        fold: the fold.
        rows: positions of the training rows [shape=(n,)].
        axes: principal axes of the fold's training set.
        order: of all rows, as :func:`content_order` gives it.
        settings: how many rows stand for all, and the tolerance of the solver.

    Returns:
        RMSE, NaN where not wanted, and whether all problems converged [both shape=(p, t)].
    """
    landmarks, tol = settings
    train, validation = axes.scores(task.X, rows), axes.scores(task.X, fold.validation_rows)
    Y, truth = task.Y[rows], task.Y[fold.validation_rows]
    chosen = draw(order[rows], landmarks)
    rmse, converged = np.full(wanted.shape, np.nan), np.zeros(wanted.shape, dtype=bool)
    for (share, whiten), kernels in make_plan(points, wanted).items():
        size = axes.size(share)
        weights = axes.weights(size, whiten=whiten).astype(np.float32)
        own, new = train[:, :size] * weights, validation[:, :size] * weights
        for kernel, problems in kernels.items():
            mapping = Landmarks.fit(_with_width(kernel, axes, size, weights), own[chosen])
            features = mapping.features(own)
            jobs = _jobs(problems, wanted)
            column = np.array([target for _, target in jobs])
            found = solve_primal(
                features,
                Y,
                column=column,
                C=np.array([problem.C for problem, _ in jobs]),
                epsilon=np.array([problem.epsilon for problem, _ in jobs]),
                tolerance=tol,
            )
            running = RunningRmse(fold, len(jobs))
            for start in range(0, len(new), BLOCK):
                place = slice(start, start + BLOCK)
                predicted = mapping.features(new[place]) @ found.weights + found.bias
                running.add(place, predicted - truth[place][:, column])
            values = running.value()
            for job, (problem, target) in enumerate(jobs):
                rmse[problem.points, target] = values[job]
                converged[problem.points, target] = found.converged[job]
    return rmse, converged


def _jobs(problems: Sequence[Problem], wanted: np.ndarray) -> list[tuple[Problem, int]]:
    return [
        (problem, target)
        for problem in problems
        for target in range(wanted.shape[1])
        if wanted[problem.points, target].any()
    ]


def _with_width(kernel: Kernel, axes: Axes, size: int, weights: np.ndarray) -> Kernel:
    """Return the kernel with its gamma as a number, of rows of so many components."""
    spread = axes.variance[:size] * np.square(weights, dtype=np.float64)
    variance = float(spread.sum() / (axes.n * size)) if size else 0.0
    return Kernel(kernel.name, kernel.width(size, variance), kernel.degree, kernel.coef0)


def fit_large(
    X: Features,
    y: np.ndarray,
    params: Mapping[str, Any],
    axes: Axes,
    *,
    tol: float,
    landmarks: int,
) -> SvrModel:
    """Fit one target on all rows; see :func:`affectmix.search.svr_fit.fit_svr`.

    The landmarks take the support vectors' place, so that the model is one like any other.
    """
    size = axes.size(float(params.get("pca", 1.0)))
    axes = axes.cut(size)
    weights = axes.weights(size, whiten=bool(params.get("whiten", False)))
    kernel = _with_width(Kernel.of(params), axes, size, weights)
    rows = axes.scores(X) * weights.astype(np.float32)
    mapping = Landmarks.fit(kernel, rows[draw(content_order(X), landmarks)])
    found = solve_primal(
        mapping.features(rows),
        np.asarray(y, dtype=np.float64)[:, None],
        column=np.array([0]),
        C=np.array([float(params.get("C", 1.0))]),
        epsilon=np.array([float(params.get("epsilon", 0.1))]),
        tolerance=tol,
    )
    return SvrModel(
        axes.standardizer,
        axes.basis * weights,
        mapping.rows,
        mapping.mixing @ found.weights[:, 0],
        float(found.bias[0]),
        kernel,
        bool(found.converged[0]),
    )
