"""Support vector regression on an indefinite kernel, step by step as libsvm takes it.

With a sigmoid kernel the dual is not convex: what is found depends on the way there, and even
shrinking, which elsewhere only saves time, changes the result. So this solver repeats libsvm's
way (Chang and Lin, 2011: "LIBSVM: a library for support vector machines", sections 4 and 5): two
coefficients per row, kernel rows in single precision, the same choice among ties, the same
moments of shrinking and the same order after it, always from zero.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

#: Curvature of a pair that has none.
TAU = 1e-12
#: Shrinking is tried every so many pairs, or every 2n when that is less.
SHRINK_EVERY = 1000


class _State(NamedTuple):
    """The 2n coefficients in their present order; the active ones come first.

    ``kernel`` [shape=(n, n), float32] and ``diagonal`` [shape=(n,)] stay in the order of the
    rows; the others [shape=(2n,)] are: row and sign of each coefficient, its value, gradient,
    the part of the gradient that bounded coefficients make, and the gradient at zero.
    """

    kernel: np.ndarray
    diagonal: np.ndarray
    row: np.ndarray
    sign: np.ndarray
    alpha: np.ndarray
    gradient: np.ndarray
    bounded: np.ndarray
    linear: np.ndarray


@numba.njit(cache=True, nogil=True)
def libsvm(
    K: np.ndarray,
    rounded: np.ndarray,
    y: np.ndarray,
    C: float,
    epsilon: float,
    tolerance: float,
    limit: int,
    shrinking: bool,
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
        shrinking: whether to shrink.
        beta: coefficients, overwritten [shape=(n,)].

    Returns:
        The number of pairs optimised, whether the tolerance was reached, and the bias.
    """
    n = len(y)
    linear = np.concatenate((epsilon - y, epsilon + y))
    row = np.concatenate((np.arange(n), np.arange(n)))
    sign = np.concatenate((np.ones(n), -np.ones(n)))
    s = _State(
        rounded,
        np.diag(K).copy(),
        row,
        sign,
        np.zeros(2 * n),
        linear.copy(),
        np.zeros(2 * n),
        linear,
    )
    every = min(2 * n, SHRINK_EVERY)
    active, counter, done, unshrunk = 2 * n, every + 1, 0, False
    converged = False
    while done < limit:
        counter -= 1
        if counter == 0:
            counter = every
            if shrinking:
                active, unshrunk = _shrink(s, active, unshrunk, C, tolerance)
        i, j = _pair(s, active, C, tolerance)
        if j < 0:
            _restore_gradient(s, active, C)
            active = 2 * n
            i, j = _pair(s, active, C, tolerance)
            if j < 0:
                converged = True
                break
            counter = 1
        done += 1
        _step(s, i, j, active, C)
    beta[:] = 0.0
    for t in range(2 * n):
        beta[s.row[t]] += s.sign[t] * s.alpha[t]
    return done, converged, _bias(s, active, C)


@numba.njit(cache=True, nogil=True)
def _pair(s: _State, active: int, C: float, tolerance: float) -> tuple[int, int]:
    """Return the next pair of coefficients; the second is −1 at the tolerance."""
    i, highest = -1, -np.inf
    for t in range(active):
        free_up = s.alpha[t] < C if s.sign[t] > 0.0 else s.alpha[t] > 0.0
        value = -s.sign[t] * s.gradient[t]
        if free_up and value >= highest:
            i, highest = t, value
    if i < 0:
        return -1, -1
    kernel_row, own = s.kernel[s.row[i]], s.diagonal[s.row[i]]
    j, best, lowest = -1, np.inf, -np.inf
    for t in range(active):
        free_down = s.alpha[t] > 0.0 if s.sign[t] > 0.0 else s.alpha[t] < C
        if not free_down:
            continue
        value = s.sign[t] * s.gradient[t]
        lowest = max(lowest, value)
        violation = highest + value
        if violation > 0.0:
            curvature = own + s.diagonal[s.row[t]] - 2.0 * kernel_row[s.row[t]]
            gain = -(violation * violation) / (curvature if curvature > 0.0 else TAU)
            if gain <= best:
                j, best = t, gain
    return (i, -1) if highest + lowest < tolerance else (i, j)


@numba.njit(cache=True, nogil=True)
def _step(s: _State, i: int, j: int, active: int, C: float) -> None:
    """Optimise one pair and carry its change over to the gradient."""
    alpha, sign = s.alpha, s.sign
    a_i, a_j = alpha[i], alpha[j]
    _clip(s, i, j, C)
    d_i, d_j = (alpha[i] - a_i) * sign[i], (alpha[j] - a_j) * sign[j]
    row_i, row_j = s.kernel[s.row[i]], s.kernel[s.row[j]]
    for t in range(active):
        s.gradient[t] += sign[t] * (row_i[s.row[t]] * d_i + row_j[s.row[t]] * d_j)
    for t, before in ((i, a_i), (j, a_j)):
        if (before >= C) != (alpha[t] >= C):
            change = -C * sign[t] if before >= C else C * sign[t]
            kernel_row = s.kernel[s.row[t]]
            for k in range(len(alpha)):
                s.bounded[k] += change * sign[k] * kernel_row[s.row[k]]


@numba.njit(cache=True, nogil=True)
def _clip(s: _State, i: int, j: int, C: float) -> None:
    """Optimise two coefficients inside their box, with libsvm's order of the clippings."""
    alpha, G = s.alpha, s.gradient
    curvature = s.diagonal[s.row[i]] + s.diagonal[s.row[j]] - 2.0 * s.kernel[s.row[i], s.row[j]]
    if curvature <= 0.0:
        curvature = TAU
    if s.sign[i] != s.sign[j]:
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
def _shrink(s: _State, active: int, unshrunk: bool, C: float, tolerance: float) -> tuple[int, bool]:
    """Move coefficients that seem settled at a bound behind the active ones.

    Returns:
        How many are active now, and whether all have been let back once near the end.
    """
    up, down = -np.inf, -np.inf
    for t in range(active):
        value = s.sign[t] * s.gradient[t]
        if s.alpha[t] < C if s.sign[t] > 0.0 else s.alpha[t] > 0.0:
            up = max(up, -value)
        if s.alpha[t] > 0.0 if s.sign[t] > 0.0 else s.alpha[t] < C:
            down = max(down, value)
    if not unshrunk and up + down <= 10.0 * tolerance:
        unshrunk = True
        _restore_gradient(s, active, C)
        active = len(s.alpha)
    t = 0
    while t < active:
        if _settled(s, t, up, down, C):
            active -= 1
            while active > t:
                if not _settled(s, active, up, down, C):
                    _swap(s, t, active)
                    break
                active -= 1
        t += 1
    return active, unshrunk


@numba.njit(cache=True, nogil=True)
def _settled(s: _State, t: int, up: float, down: float, C: float) -> bool:
    """Return whether a coefficient is at a bound that its gradient holds it to."""
    G = s.gradient[t]
    if s.alpha[t] >= C:
        beyond = up if s.sign[t] > 0.0 else down
        return beyond < -G
    if s.alpha[t] <= 0.0:
        beyond = down if s.sign[t] > 0.0 else up
        return beyond < G
    return False


@numba.njit(cache=True, nogil=True)
def _swap(s: _State, a: int, b: int) -> None:
    """Let two coefficients change places."""
    s.row[a], s.row[b] = s.row[b], s.row[a]
    for values in (s.sign, s.alpha, s.gradient, s.bounded, s.linear):
        values[a], values[b] = values[b], values[a]


@numba.njit(cache=True, nogil=True)
def _restore_gradient(s: _State, active: int, C: float) -> None:
    """Bring the gradient of the coefficients that are not active up to date."""
    for i in range(active, len(s.alpha)):
        s.gradient[i] = s.bounded[i] + s.linear[i]
        kernel_row = s.kernel[s.row[i]]
        for j in range(active):
            if 0.0 < s.alpha[j] < C:
                s.gradient[i] += s.alpha[j] * s.sign[i] * s.sign[j] * kernel_row[s.row[j]]


@numba.njit(cache=True, nogil=True)
def _bias(s: _State, active: int, C: float) -> float:
    """Return the bias: the mean over the free coefficients, or the middle of its range."""
    total, free = 0.0, 0
    above, below = np.inf, -np.inf
    for t in range(active):
        value = s.sign[t] * s.gradient[t]
        if 0.0 < s.alpha[t] < C:
            total += value
            free += 1
        elif (s.alpha[t] >= C) == (s.sign[t] > 0.0):
            below = max(below, value)
        else:
            above = min(above, value)
    return -total / free if free else -0.5 * (above + below)
