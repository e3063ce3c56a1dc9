"""Kernels of support vector regression, evaluated on matrices of inner products.

All values are scikit-learn's up to a constant: a polynomial kernel (u + c)^d is given as
(u + c)^d − c^d. The dual coefficients of a regression sum to zero, so that a constant changes
neither the solution nor a prediction; but with c = 100 and d = 5 it would be 10^10 and drown
what tells the rows apart.

libsvm, and so scikit-learn, trains on kernel values rounded to single precision and predicts
with double precision. On ill-conditioned kernels the rounding alone moves predictions by up to
10^-2, so that equal results need equal rounding: :meth:`Kernel.to_train` has it. Only where the
kernel has fewer features than there are rows is it left out: the rounding of a singular matrix
makes the problem unbounded in all but its box, libsvm does not get to an end, and what it stops
at is the rounding's doing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from affectmix.errors import ConfigError

#: Kernel names; a stored model holds the position in this tuple.
KERNELS = ("linear", "poly", "rbf", "sigmoid")


@dataclass(frozen=True)
class Kernel:
    """One kernel function, its width still relative to the data.

    Attributes:
        name: one of ``KERNELS``.
        gamma: ``scale`` (1 / (columns × variance)), ``auto`` (1 / columns) or a number above 0.
        degree: of a polynomial kernel, at least 1.
        coef0: of a polynomial (not negative) or sigmoid kernel.
    """

    name: str
    gamma: str | float = "scale"
    degree: int = 3
    coef0: float = 0.0

    @classmethod
    def of(cls, point: Mapping[str, Any]) -> Kernel:
        """Return the kernel of a point; parameters that it does not use are left at rest."""
        name = point.get("kernel", "rbf")
        if name not in KERNELS:
            raise ConfigError(f"kernel: {name!r} found; allowed: {', '.join(KERNELS)}")
        if name == "linear":
            return cls(name)
        gamma = point.get("gamma", "scale")
        coef0 = float(point.get("coef0", 0.0)) if name in ("poly", "sigmoid") else 0.0
        degree = int(point.get("degree", 3)) if name == "poly" else 3
        if name == "poly" and coef0 < 0.0:
            raise ConfigError(f"coef0: {coef0} found for a polynomial kernel; it must not be < 0")
        return cls(name, gamma, degree, coef0)

    @property
    def convex(self) -> bool:
        """Whether the kernel is positive semidefinite, so that the solution is unique."""
        return self.name != "sigmoid"

    def width(self, columns: int, variance: float) -> float:
        """Return gamma as a number.

        Args:
            columns: number of columns of the features.
            variance: variance over all their entries, ``X.var()``.
        """
        if self.gamma == "scale":
            return 1.0 / (columns * variance) if columns and variance > 0.0 else 1.0
        if self.gamma == "auto":
            return 1.0 / max(columns, 1)
        return float(self.gamma)

    def of_products(
        self, products: np.ndarray, left: np.ndarray, right: np.ndarray, gamma: float
    ) -> np.ndarray:
        """Return the kernel between rows a and rows b, less its constant [shape=(n, m)].

        Args:
            products: inner products a·b [shape=(n, m)].
            left: squared lengths of the rows a [shape=(n,)].
            right: squared lengths of the rows b [shape=(m,)].
            gamma: the width as a number.
        """
        if self.name == "linear":
            return products.copy()
        if self.name == "poly":
            # Here, as the other kernels predict without loading a compiler.
            from affectmix.search.kernel_loops import expanded

            return expanded(products, _coefficients(gamma, self.coef0, self.degree))
        values = products * gamma
        if self.name == "sigmoid":
            values += self.coef0
            return np.tanh(values, out=values)
        values *= 2.0
        values -= (gamma * left)[:, None]
        values -= gamma * right
        return np.exp(np.minimum(values, 0.0, out=values), out=values)

    def to_train(
        self, products: np.ndarray, squares: np.ndarray, gamma: float, columns: int
    ) -> np.ndarray:
        """Return the kernel between the training rows as libsvm rounds it [shape=(n, n)].

        An indefinite kernel is left in double precision; its solver does the rounding.

        Args:
            products: inner products of the rows [shape=(n, n)].
            squares: squared lengths of the rows [shape=(n,)].
            gamma: the width as a number.
            columns: number of columns of the rows.
        """
        regular = self._features(columns) >= len(squares)
        if self.name == "poly" and regular:
            from affectmix.search.kernel_loops import rounded

            return rounded(products, gamma, self.coef0, self.degree)
        values = self.of_products(products, squares, squares, gamma)
        round_it = self.convex and regular
        return values.astype(np.float32).astype(np.float64) if round_it else values

    def _features(self, columns: int) -> float:
        """Return how many features the kernel stands for, its constant not counted."""
        if self.name == "linear":
            return columns
        if self.name == "poly" and self.coef0 == 0.0:
            return math.comb(columns + self.degree - 1, self.degree)
        if self.name == "poly":
            return math.comb(columns + self.degree, self.degree) - 1
        return math.inf


def _coefficients(gamma: float, coef0: float, degree: int) -> np.ndarray:
    """Return the factors of u¹ … u^d in (γu + c)^d [shape=(d,)]."""
    powers = range(1, degree + 1)
    return np.array([math.comb(degree, k) * coef0 ** (degree - k) * gamma**k for k in powers])
