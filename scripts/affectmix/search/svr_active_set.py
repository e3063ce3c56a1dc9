"""Primal-dual active sets: support vector regression as a short row of linear systems.

When a kernel is so steep or so ill-conditioned that pairs of coefficients creep, the set of
bounded, zero and free coefficients is known long before their values are. For a given set the
free coefficients solve one linear system; the set is then corrected by what that solution
violates (Hintermüller, Ito and Kunisch, 2002: "The primal-dual active set strategy as a
semismooth Newton method"). It ends with the exact solution, or gives up.
"""

from __future__ import annotations

import numba
import numpy as np

#: More corrections than this are a cycle rather than a way.
MAX_CORRECTIONS = 15
#: A row of which less than this part is independent of the others makes a system singular.
SMALLEST_PIVOT = 1e-8


@numba.njit(cache=True, nogil=True)
def active_set(
    K: np.ndarray,
    y: np.ndarray,
    C: float,
    epsilon: float,
    beta: np.ndarray,
    g: np.ndarray,
) -> bool:
    """Replace ``beta`` and ``g`` by the exact solution, if corrections of their set lead to it.

    Args:
        K: positive kernel matrix [shape=(n, n)].
        y: targets [shape=(n,)].
        C: bound of the coefficients.
        epsilon: half width of the tube.
        beta: coefficients near the solution [shape=(n,)].
        g: Kβ − y [shape=(n,)].

    Returns:
        Whether the solution was found; otherwise nothing is changed.
    """
    n = len(y)
    state = _states(beta, C)
    for _ in range(MAX_CORRECTIONS):
        free = np.flatnonzero(np.abs(state) == 1)
        if len(free) < 2:
            return False
        fitted = np.zeros(n)
        fixed = 0.0
        for t in range(n):
            if abs(state[t]) == 2:
                value = C if state[t] > 0 else -C
                fixed += value
                fitted += value * K[t]
        system = np.empty((len(free), len(free)))
        values = np.empty(len(free))
        for a in range(len(free)):
            row = K[free[a]]
            for b in range(len(free)):
                system[a, b] = row[free[b]]
            values[a] = y[free[a]] - epsilon * state[free[a]] - fitted[free[a]]
        ones = np.ones(len(free))
        if not _solve_two(system, values, ones):
            return False
        bias = (values.sum() + fixed) / ones.sum()
        values -= bias * ones
        for a in range(len(free)):
            fitted += values[a] * K[free[a]]
        if _correct(state, free, values, y - fitted - bias, C, epsilon) == 0:
            for t in range(n):
                beta[t] = 0.0 if state[t] == 0 else (C if state[t] > 0 else -C)
            beta[free] = values
            g[:] = fitted - y
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _states(beta: np.ndarray, C: float) -> np.ndarray:
    """Return 0 for zero, ±1 for free and ±2 for bounded coefficients [shape=(n,)]."""
    state = np.zeros(len(beta), dtype=np.int8)
    for t in range(len(beta)):
        if beta[t] > 0.0:
            state[t] = 2 if beta[t] >= C else 1
        elif beta[t] < 0.0:
            state[t] = -2 if beta[t] <= -C else -1
    return state


@numba.njit(cache=True, nogil=True)
def _correct(
    state: np.ndarray,
    free: np.ndarray,
    values: np.ndarray,
    residual: np.ndarray,
    C: float,
    epsilon: float,
) -> int:
    """Correct the states by the free ``values`` and the ``residual``; return how many."""
    changes = 0
    slack = 1e-12  # rounding of a residual that lies exactly on the tube
    for t in range(len(state)):
        s, e = state[t], residual[t]
        if (s == 0 or s == -2) and e > (epsilon if s == 0 else -epsilon) + slack:
            state[t] = 1 if s == 0 else -1
            changes += 1
        elif (s == 0 or s == 2) and e < (-epsilon if s == 0 else epsilon) - slack:
            state[t] = -1 if s == 0 else 1
            changes += 1
    for a in range(len(free)):
        t = free[a]
        signed = values[a] * state[t]
        if signed < 0.0:
            state[t] = 0
            changes += 1
        elif signed > C:
            state[t] *= 2
            changes += 1
    return changes


@numba.njit(cache=True, nogil=True)
def _solve_two(system: np.ndarray, left: np.ndarray, right: np.ndarray) -> bool:
    """Solve a positive definite system for two right-hand sides, in place.

    Returns:
        False when the system is not positive definite to working precision.
    """
    try:
        L = np.linalg.cholesky(system)
    except Exception:
        return False
    n = len(left)
    for i in range(n):
        if L[i, i] * L[i, i] < SMALLEST_PIVOT * system[i, i]:
            return False
    for i in range(n):
        row = L[i]
        a, b = left[i], right[i]
        for k in range(i):
            a -= row[k] * left[k]
            b -= row[k] * right[k]
        left[i], right[i] = a / row[i], b / row[i]
    for i in range(n - 1, -1, -1):
        row = L[i]
        left[i] /= row[i]
        right[i] /= row[i]
        a, b = left[i], right[i]
        for k in range(i):
            left[k] -= row[k] * a
            right[k] -= row[k] * b
    return True
