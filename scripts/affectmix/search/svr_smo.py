"""Sequential minimal optimisation of support vector regression on a positive kernel.

The dual in one coefficient per row: minimise ½ βᵀKβ − yᵀβ + ε Σ|β| subject to Σβ = 0 and
|β| ≤ C. Pairs of rows are chosen by second-order information and the run ends when the KKT
conditions hold within the tolerance, both as in libsvm (Fan, Chen and Lin, 2005: "Working set
selection using second order information for training support vector machines").
"""

from __future__ import annotations

import numba
import numpy as np

#: Curvature of a pair that has none, as in libsvm.
TAU = 1e-12


@numba.njit(cache=True, nogil=True)
def kkt_gap(g: np.ndarray, beta: np.ndarray, C: float, epsilon: float) -> float:
    """Return by how much the KKT conditions are violated; below 0 when they are not.

    Args:
        g: Kβ − y [shape=(n,)].
        beta: coefficients [shape=(n,)].
        C: bound of the coefficients.
        epsilon: half width of the tube.
    """
    highest, lowest = -np.inf, np.inf
    for t in range(len(beta)):
        if beta[t] < C:
            highest = max(highest, -g[t] - epsilon if beta[t] >= 0.0 else -g[t] + epsilon)
        if beta[t] > -C:
            lowest = min(lowest, -g[t] - epsilon if beta[t] > 0.0 else -g[t] + epsilon)
    return highest - lowest


@numba.njit(cache=True, nogil=True)
def intercept(g: np.ndarray, beta: np.ndarray, C: float, epsilon: float) -> float:
    """Return the bias: the mean over the free support vectors, or the middle of its range."""
    total, free = 0.0, 0
    highest, lowest = -np.inf, np.inf
    for t in range(len(beta)):
        b = beta[t]
        if 0.0 < b < C:
            total += -g[t] - epsilon
            free += 1
        elif -C < b < 0.0:
            total += -g[t] + epsilon
            free += 1
        if b < C:
            highest = max(highest, -g[t] - epsilon if b >= 0.0 else -g[t] + epsilon)
        if b > -C:
            lowest = min(lowest, -g[t] - epsilon if b > 0.0 else -g[t] + epsilon)
    return total / free if free else 0.5 * (highest + lowest)


@numba.njit(cache=True, nogil=True)
def smo(
    K: np.ndarray,
    diagonal: np.ndarray,
    C: float,
    epsilon: float,
    tolerance: float,
    limit: int,
    beta: np.ndarray,
    g: np.ndarray,
) -> tuple[int, bool]:
    """Improve ``beta`` and ``g`` in place until the tolerance or the limit is reached.

    Args:
        K: kernel matrix [shape=(n, n)]; ``diagonal``: its diagonal [shape=(n,)].
        C: bound of the coefficients; ``epsilon``: half width of the tube.
        tolerance: largest violation of the KKT conditions.
        limit: largest number of pairs to optimise.
        beta: feasible coefficients [shape=(n,)]; ``g``: Kβ − y [shape=(n,)].

    Returns:
        The number of pairs optimised, and whether the tolerance was reached.
    """
    n = len(beta)
    low = np.empty(n)
    for done in range(limit + 1):
        i = -1
        highest, lowest = -np.inf, np.inf
        for t in range(n):
            b, v = beta[t], -g[t]
            up = v - epsilon if b >= 0.0 else v + epsilon
            down = v - epsilon if b > 0.0 else v + epsilon
            up = up if b < C else -np.inf
            down = down if b > -C else np.inf
            low[t] = down
            lowest = min(lowest, down)
            if up > highest:
                highest, i = up, t
        if highest - lowest < tolerance or i < 0:
            return done, True
        if done == limit:
            break
        row_i, k_ii = K[i], diagonal[i]
        j, best = -1, -1.0
        for t in range(n):
            violation = highest - low[t]
            curvature = k_ii + diagonal[t] - 2.0 * row_i[t]
            curvature = curvature if curvature > 0.0 else TAU
            gain = violation * violation / curvature if violation > 0.0 else -1.0
            if gain > best:
                best, j = gain, t
        curvature = k_ii + diagonal[j] - 2.0 * row_i[j]
        step = _move(i, j, (highest - low[j]) / max(curvature, TAU), C, beta)
        row_j = K[j]
        for t in range(n):
            g[t] += step * (row_i[t] - row_j[t])
    return limit, False


@numba.njit(cache=True, nogil=True)
def _move(i: int, j: int, step: float, C: float, beta: np.ndarray) -> float:
    """Raise β_i and lower β_j, at most to the next bound or to zero; return by how much."""
    b_i, b_j = beta[i], beta[j]
    room_i = -b_i if b_i < 0.0 else C - b_i
    room_j = b_j if b_j > 0.0 else C + b_j
    step = min(step, room_i, room_j)
    # Set bounds exactly: a rounding error away from them a coefficient would count as free.
    beta[i] = b_i + step if step < room_i else (0.0 if b_i < 0.0 else C)
    beta[j] = b_j - step if step < room_j else (0.0 if b_j > 0.0 else -C)
    return step
