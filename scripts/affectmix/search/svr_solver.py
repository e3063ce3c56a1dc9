"""All support vector regressions that share one kernel matrix, solved together."""

from __future__ import annotations

# Jitted functions call each other inside one module only: numba's cache would not notice a
# change in another. So the turns between them are taken here, in Python.
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from affectmix.search.svr_active_set import active_set
from affectmix.search.svr_libsvm import SHRINK_EVERY, libsvm
from affectmix.search.svr_smo import intercept, kkt_gap, smo

#: Largest violation of the KKT conditions, as in scikit-learn.
TOLERANCE = 1e-3
#: Pairs optimised before a problem of n rows is given up: MAX_PAIRS + n × MAX_PAIRS_PER_ROW.
MAX_PAIRS = 100_000
MAX_PAIRS_PER_ROW = 500
#: Smallest and largest δ of the proximal steps, as parts of the kernel's mean diagonal.
DAMPING = (1e-5, 1e-2)
MAX_PROXIMAL_STEPS = 20


class Problem(NamedTuple):
    """Targets [shape=(n,)], bound of the coefficients, half width of the tube."""

    y: np.ndarray
    C: float
    epsilon: float


@dataclass(frozen=True)
class Solutions:
    """Solutions of k problems on n rows.

    Attributes:
        beta: dual coefficients [shape=(k, n)].
        bias: what is added to the kernel expansion [shape=(k,)].
        converged: whether the tolerance was reached [shape=(k,), bool].
        pairs: pairs of coefficients optimised [shape=(k,), int].
    """

    beta: np.ndarray
    bias: np.ndarray
    converged: np.ndarray
    pairs: np.ndarray


def solve(
    K: np.ndarray,
    Y: np.ndarray,
    *,
    column: np.ndarray,
    C: np.ndarray,
    epsilon: np.ndarray,
    shrinking: np.ndarray | None = None,
    convex: bool = True,
    tolerance: float = TOLERANCE,
    limit: int | None = None,
) -> Solutions:
    """Solve several problems on one kernel matrix.

    On a positive kernel a problem starts from the solution of a narrower box or a wider tube;
    a solution that touches no bound of its box serves every wider one. On an indefinite kernel
    each problem starts from zero and goes libsvm's way.

    Args:
        K: kernel matrix [shape=(n, n)].
        Y: targets [shape=(n, t)].
        column: column of ``Y`` of each problem [shape=(k,), int].
        C: bound of the coefficients of each problem, above 0 [shape=(k,)].
        epsilon: half width of the tube of each problem, at least 0 [shape=(k,)].
        shrinking: whether to shrink, for each problem [shape=(k,), bool]; never when None. On a
            convex problem it makes no difference.
        convex: whether the kernel is positive semidefinite.
        tolerance: largest violation of the KKT conditions.
        limit: pairs of coefficients to optimise before a problem counts as not converged;
            None for a limit by the number of rows.

    Returns:
        One solution per problem, in their order.
    """
    count, n = len(C), len(K)
    if limit is None:
        limit = MAX_PAIRS + n * MAX_PAIRS_PER_ROW
    found = Solutions(
        np.zeros((count, n)),
        np.full(count, np.nan),
        np.zeros(count, dtype=bool),
        np.zeros(count, dtype=np.int64),
    )
    if not np.isfinite(K).all():  # an overflown kernel: nothing to solve, nothing converged
        return found
    targets = np.ascontiguousarray(Y.T, dtype=np.float64)
    problems = [
        Problem(targets[t], float(c), float(e)) for t, c, e in zip(column, C, epsilon, strict=True)
    ]
    if not convex:
        shrink = np.zeros(count, dtype=bool) if shrinking is None else shrinking
        _solve_indefinite(K, problems, column, shrink, tolerance, limit, found)
        return found
    diagonal = np.diag(K).copy()
    for target in np.unique(column):
        order = np.lexsort((C, -epsilon))
        _solve_chain(K, diagonal, problems, order[column[order] == target], tolerance, limit, found)
    return found


def _solve_chain(
    K: np.ndarray,
    diagonal: np.ndarray,
    problems: Sequence[Problem],
    order: np.ndarray,
    tolerance: float,
    limit: int,
    found: Solutions,
) -> None:
    """Solve the problems of one target in the given order: falling tube, growing box."""
    earlier: dict[float, int] = {}  # C -> the last problem solved with it
    before = -1
    for k in order:
        y, C, epsilon = problems[k]
        narrower = before if before >= 0 and problems[before].epsilon == epsilon else -1
        start = narrower if narrower >= 0 else earlier.get(C, -1)
        beta = found.beta[k]
        if start >= 0:
            beta[:] = found.beta[start]
        if narrower >= 0 and np.abs(beta).max() < problems[narrower].C:
            found.bias[k], found.converged[k] = found.bias[start], True
        else:
            g = K @ beta - y
            found.pairs[k], found.converged[k] = _solve_one(
                K, diagonal, problems[k], tolerance, limit, beta, g
            )
            found.bias[k] = intercept(g, beta, C, epsilon)
        if found.converged[k]:
            earlier[C] = before = int(k)


def _solve_one(
    K: np.ndarray,
    diagonal: np.ndarray,
    problem: Problem,
    tolerance: float,
    limit: int,
    beta: np.ndarray,
    g: np.ndarray,
) -> tuple[int, bool]:
    """Alternate pairs and active sets, each turn of pairs twice as long as the last."""
    y, C, epsilon = problem
    done, turn = 0, 2 * len(y)
    while True:
        turn = min(turn, limit - done)
        pairs, reached = smo(K, diagonal, C, epsilon, tolerance, turn, beta, g)
        done += pairs
        if reached or done >= limit:
            return done, reached
        if active_set(K, y, C, epsilon, beta, g) and kkt_gap(g, beta, C, epsilon) < tolerance:
            return done, True
        if _proximal(K, diagonal, problem, tolerance, beta, g):
            return done, True
        turn *= 2


def _proximal(
    K: np.ndarray,
    diagonal: np.ndarray,
    problem: Problem,
    tolerance: float,
    beta: np.ndarray,
    g: np.ndarray,
) -> bool:
    """Approach the solution by active sets of problems that are not singular.

    Each adds ½ δ |β − previous β|² to the objective, which fades as the steps get short
    (Rockafellar, 1976: "Monotone operators and the proximal point algorithm"). What is not
    solved even so is tried with a larger δ.

    Returns:
        Whether the tolerance was reached; otherwise ``beta`` and ``g`` are nearer to it.
    """
    y, C, epsilon = problem
    damped, damped_g = K.copy(), np.empty_like(g)
    size = DAMPING[0]
    for _ in range(MAX_PROXIMAL_STEPS):
        delta = size * diagonal.mean()
        np.fill_diagonal(damped, diagonal + delta)
        if active_set(damped, y + delta * beta, C, epsilon, beta, damped_g):
            g[:] = K @ beta - y
            if kkt_gap(g, beta, C, epsilon) < tolerance:
                return True
        else:
            size *= 10.0
            if size > DAMPING[1]:
                return False
    return False


def _solve_indefinite(
    K: np.ndarray,
    problems: Sequence[Problem],
    column: np.ndarray,
    shrinking: np.ndarray,
    tolerance: float,
    limit: int,
    found: Solutions,
) -> None:
    """Solve each problem as libsvm does; once for both kinds of those that end before shrinking."""
    rounded = K.astype(np.float32)
    short: dict[tuple[int, float, float], int] = {}
    for k, (y, C, epsilon) in enumerate(problems):
        key = (int(column[k]), C, epsilon)
        if key in short:
            for values in (found.beta, found.bias, found.converged, found.pairs):
                values[k] = values[short[key]]
            continue
        found.pairs[k], found.converged[k], found.bias[k] = libsvm(
            K, rounded, y, C, epsilon, tolerance, limit, bool(shrinking[k]), found.beta[k]
        )
        if found.pairs[k] < min(2 * len(K), SHRINK_EVERY):
            short[key] = k
