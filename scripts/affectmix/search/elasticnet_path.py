"""Elastic-net solutions along a path of penalties, from a Gram matrix alone.

The objective is scikit-learn's: for centred features Z [shape=(n, p)] and target y

    1 / (2 n) ‖y − Z w‖² + alpha · l1_ratio ‖w‖₁ + alpha (1 − l1_ratio) / 2 ‖w‖²

and so are the method (cyclic coordinate descent, warm starts from penalty to penalty) and the
stopping rule (duality gap of at most ``tol`` ‖y‖², asked for once a sweep changes no coefficient
by more than ``tol`` of the largest one). The iterates are therefore those of
``sklearn.linear_model.enet_path`` to rounding, at any tolerance; only the cost per call is less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

#: The paper's settings of ``ElasticNetCV``, and scikit-learn's ratio of last to first penalty.
ALPHAS = 100
ALPHA_RANGE = 1e-3
MAX_SWEEPS = 1_000_000
TOLERANCE = 1e-5
#: A sweep that changes no coefficient by more than this part of the largest one is rounding.
ROUNDING = 4.0 * 2.0**-52


@dataclass(frozen=True)
class Path:
    """Solutions along a path of penalties.

    Attributes:
        coefficients: one row per penalty [shape=(a, p)].
        gaps: duality gap reached, in units of ‖y‖² [shape=(a,)].
        sweeps: passes over the coordinates [shape=(a,)].
        converged: whether every gap is within the tolerance.
    """

    coefficients: np.ndarray
    gaps: np.ndarray
    sweeps: np.ndarray
    converged: bool


def alpha_grid(correlation: np.ndarray, *, n: int, l1_ratio: float) -> np.ndarray:
    """Return the penalties that ``ElasticNetCV(alphas=100)`` tries, descending [shape=(100,)].

    Args:
        correlation: Zᵀ y of the centred features and target [shape=(p,)].
        n: number of rows.
        l1_ratio: share of the absolute-value penalty, in (0, 1].
    """
    largest = float(np.abs(correlation).max(initial=0.0)) / (n * l1_ratio)
    floor = float(np.finfo(np.float64).resolution)
    if largest <= floor:
        return np.full(ALPHAS, floor)
    return np.geomspace(largest, largest * ALPHA_RANGE, num=ALPHAS)


def solve_path(
    gram: np.ndarray,
    correlation: np.ndarray,
    *,
    target_norm2: float,
    n: int,
    alphas: np.ndarray,
    l1_ratio: float,
    tol: float = TOLERANCE,
    max_sweeps: int = MAX_SWEEPS,
) -> Path:
    """Solve the elastic net for each penalty in turn.

    Args:
        gram: Zᵀ Z of the centred features [shape=(p, p), C-contiguous].
        correlation: Zᵀ y [shape=(p,)].
        target_norm2: ‖y‖² of the centred target.
        n: number of rows.
        alphas: penalties, descending [shape=(a,)].
        l1_ratio: share of the absolute-value penalty, in (0, 1].
        tol: allowed duality gap as a part of ``target_norm2``.
        max_sweeps: passes over the coordinates after which a penalty is given up; so is one
            whose sweeps change nothing beyond rounding while the gap stays too wide.
    """
    coefficients = np.empty((len(alphas), len(correlation)))
    gaps, sweeps = _descend(
        gram,
        correlation,
        float(target_norm2),
        n * l1_ratio * alphas,
        n * (1.0 - l1_ratio) * alphas,
        max_sweeps,
        float(tol),
        coefficients,
    )
    converged = bool((gaps <= tol * target_norm2).all())
    return Path(coefficients, gaps / (target_norm2 or 1.0), sweeps, converged)


@njit(cache=True, nogil=True)
def _descend(
    gram: np.ndarray,
    correlation: np.ndarray,
    target_norm2: float,
    l1_penalties: np.ndarray,
    l2_penalties: np.ndarray,
    max_sweeps: int,
    tol: float,
    coefficients: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Fill ``coefficients`` in place; return gaps and sweeps per penalty."""
    w = np.zeros(len(correlation))
    residual = correlation.copy()  # Zᵀ (y − Z w)
    gaps = np.empty(len(l1_penalties))
    sweeps = np.zeros(len(l1_penalties), dtype=np.int64)
    for a in range(len(l1_penalties)):
        l1, l2 = l1_penalties[a], l2_penalties[a]
        gap = _gap(w, residual, correlation, target_norm2, l1, l2)
        done = 0.0 <= gap <= tol * target_norm2  # rounding can make a gap negative
        while not done and sweeps[a] < max_sweeps:
            step, largest = _sweep(gram, w, residual, l1, l2)
            sweeps[a] += 1
            stalled = step <= ROUNDING * largest
            if stalled or step <= tol * largest or sweeps[a] == max_sweeps:
                gap = _gap(w, residual, correlation, target_norm2, l1, l2)
                done = gap <= tol * target_norm2 or stalled
        gaps[a] = gap
        coefficients[a] = w
    return gaps, sweeps


@njit(cache=True, nogil=True)
def _sweep(
    gram: np.ndarray, w: np.ndarray, residual: np.ndarray, l1: float, l2: float
) -> tuple[float, float]:
    """Minimise over one coordinate after the other; return largest step and coefficient."""
    step = 0.0
    largest = 0.0
    for j in range(len(w)):
        norm2 = gram[j, j]
        if norm2 == 0.0:
            continue
        old = w[j]
        pull = residual[j] + old * norm2
        new = 0.0
        if pull > l1:
            new = (pull - l1) / (norm2 + l2)
        elif pull < -l1:
            new = (pull + l1) / (norm2 + l2)
        if new != old:
            change = new - old
            w[j] = new
            for i in range(len(w)):
                residual[i] -= change * gram[j, i]
            step = max(step, abs(change))
        largest = max(largest, abs(new))
    return step, largest


@njit(cache=True, nogil=True)
def _gap(
    w: np.ndarray,
    residual: np.ndarray,
    correlation: np.ndarray,
    target_norm2: float,
    l1: float,
    l2: float,
) -> float:
    """Duality gap, with the residual scaled into the dual's feasible set."""
    explained = 0.0
    inner = 0.0
    norm1 = 0.0
    norm2 = 0.0
    steepest = 0.0
    for j in range(len(w)):
        explained += w[j] * correlation[j]
        inner += w[j] * residual[j]
        norm1 += abs(w[j])
        norm2 += w[j] * w[j]
        steepest = max(steepest, abs(residual[j] - l2 * w[j]))
    scale = 1.0 if steepest <= l1 else l1 / steepest
    error2 = target_norm2 - explained - inner
    return (
        0.5 * (1.0 + scale * scale) * (error2 + l2 * norm2)
        + l1 * norm1
        - scale * (target_norm2 - explained)
    )
