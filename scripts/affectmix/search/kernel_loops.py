"""The compiled loops of the polynomial kernel."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def expanded(u: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return Σ factors[k − 1] uᵏ by Horner's rule."""
    out = np.empty_like(u)
    last = len(factors) - 1
    for row in range(u.shape[0]):
        for column in range(u.shape[1]):
            x = u[row, column]
            total = factors[last]
            for k in range(last - 1, -1, -1):
                total = total * x + factors[k]
            out[row, column] = total * x
    return out


@numba.njit(cache=True, nogil=True)
def rounded(u: np.ndarray, gamma: float, coef0: float, degree: int) -> np.ndarray:
    """Return (γu + c)^d rounded to single precision, less c^d."""
    out = np.empty_like(u)
    constant = coef0**degree
    for row in range(u.shape[0]):
        for column in range(u.shape[1]):
            x = gamma * u[row, column] + coef0
            power = x
            for _ in range(degree - 1):
                power *= x
            out[row, column] = np.float64(np.float32(power)) - constant
    return out
