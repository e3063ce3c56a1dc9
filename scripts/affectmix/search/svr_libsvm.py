"""Support vector regression on an indefinite kernel, step by step as libsvm takes it.

With a sigmoid kernel the dual is not convex: what is found depends on the way there. So this
solver repeats libsvm's way (Chang and Lin, 2011: "LIBSVM: a library for support vector
machines", section 4): two coefficients per row, kernel rows in single precision, the same choice
among ties, always from zero.
"""

from __future__ import annotations

import numba
import numpy as np

#: Curvature of a pair that has none.
TAU = 1e-12


@numba.njit(cache=True, nogil=True)
def libsvm(
    K: np.ndarray,
    rounded: np.ndarray,
    y: np.ndarray,
    C: float,
    epsilon: float,
    tolerance: float,
    limit: int,
    beta: np.ndarray,
) -> tuple[int, bool, float]:
    """Solve one problem from zero and write its coefficients into ``beta``.

    Args:
        K: kernel matrix [shape=(n, n)].
        rounded: the same in single precision [shape=(n, n), float32].
        y: targets [shape=(n,)].
        C: bound of the coefficients.
        epsilon: half width of the tube.
        tolerance: largest violation of the KKT conditions.
        limit: largest number of pairs to optimise.
        beta: coefficients, overwritten [shape=(n,)].

    Returns:
        The number of pairs optimised, whether the tolerance was reached, and the bias.
    """
    n = len(y)
    alpha = np.zeros(2 * n)
    G = np.empty(2 * n)
    G[:n], G[n:] = epsilon - y, epsilon + y
    diagonal = np.diag(K).copy()
    done, converged = 0, False
    while True:
        i, j = _pair(rounded, diagonal, alpha, G, C, tolerance)
        converged = j < 0
        if converged or done == limit:
            break
        done += 1
        a_i, a_j = alpha[i], alpha[j]
        _step(i, j, rounded[i % n, j % n], diagonal, alpha, G, C)
        d_i = (alpha[i] - a_i) * (1.0 if i < n else -1.0)
        d_j = (alpha[j] - a_j) * (1.0 if j < n else -1.0)
        row_i, row_j = rounded[i % n], rounded[j % n]
        for t in range(n):
            change = row_i[t] * d_i + row_j[t] * d_j
            G[t] += change
            G[n + t] -= change
    beta[:] = alpha[:n] - alpha[n:]
    return done, converged, _bias(alpha, G, C)


@numba.njit(cache=True, nogil=True)
def _pair(
    rounded: np.ndarray,
    diagonal: np.ndarray,
    alpha: np.ndarray,
    G: np.ndarray,
    C: float,
    tolerance: float,
) -> tuple[int, int]:
    """Return the next pair of coefficients; the second is −1 at the tolerance."""
    n = len(diagonal)
    i, highest = -1, -np.inf
    for t in range(n):
        if alpha[t] < C and -G[t] >= highest:
            i, highest = t, -G[t]
    for t in range(n, 2 * n):
        if alpha[t] > 0.0 and G[t] >= highest:
            i, highest = t, G[t]
    if i < 0:
        return -1, -1
    row, own = rounded[i % n], diagonal[i % n]
    j, best, lowest = -1, np.inf, -np.inf
    for t in range(2 * n):
        k = t % n
        if t < n:
            if alpha[t] <= 0.0:
                continue
            value = G[t]
        else:
            if alpha[t] >= C:
                continue
            value = -G[t]
        lowest = max(lowest, value)
        violation = highest + value
        if violation > 0.0:
            curvature = own + diagonal[k] - 2.0 * row[k]
            gain = -(violation * violation) / (curvature if curvature > 0.0 else TAU)
            if gain <= best:
                j, best = t, gain
    return (i, -1) if highest + lowest < tolerance else (i, j)


@numba.njit(cache=True, nogil=True)
def _step(
    i: int,
    j: int,
    k_ij: float,
    diagonal: np.ndarray,
    alpha: np.ndarray,
    G: np.ndarray,
    C: float,
) -> None:
    """Optimise two coefficients inside their box, with libsvm's order of the clippings."""
    n = len(diagonal)
    curvature = diagonal[i % n] + diagonal[j % n] - 2.0 * k_ij
    if curvature <= 0.0:
        curvature = TAU
    if (i < n) != (j < n):
        delta = (-G[i] - G[j]) / curvature
        difference = alpha[i] - alpha[j]
        alpha[i] += delta
        alpha[j] += delta
        if difference > 0.0:
            if alpha[j] < 0.0:
                alpha[j], alpha[i] = 0.0, difference
            if alpha[i] > C:
                alpha[i], alpha[j] = C, C - difference
        else:
            if alpha[i] < 0.0:
                alpha[i], alpha[j] = 0.0, -difference
            if alpha[j] > C:
                alpha[j], alpha[i] = C, C + difference
        return
    delta = (G[i] - G[j]) / curvature
    total = alpha[i] + alpha[j]
    alpha[i] -= delta
    alpha[j] += delta
    if total > C:
        if alpha[i] > C:
            alpha[i], alpha[j] = C, total - C
        if alpha[j] > C:
            alpha[j], alpha[i] = C, total - C
    else:
        if alpha[j] < 0.0:
            alpha[j], alpha[i] = 0.0, total
        if alpha[i] < 0.0:
            alpha[i], alpha[j] = 0.0, total


@numba.njit(cache=True, nogil=True)
def _bias(alpha: np.ndarray, G: np.ndarray, C: float) -> float:
    """Return the bias: the mean over the free coefficients, or the middle of its range."""
    n = len(alpha) // 2
    total, free = 0.0, 0
    above, below = np.inf, -np.inf
    for t in range(2 * n):
        value = G[t] if t < n else -G[t]
        if alpha[t] >= C:
            if t < n:
                below = max(below, value)
            else:
                above = min(above, value)
        elif alpha[t] <= 0.0:
            if t < n:
                above = min(above, value)
            else:
                below = max(below, value)
        else:
            total += value
            free += 1
    return -total / free if free else -0.5 * (above + below)
