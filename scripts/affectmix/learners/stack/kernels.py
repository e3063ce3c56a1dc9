"""The kernels of the ensemble's members, as functions of inner products.

Beside those of the support vector search there are two with longer tails, whose best width is
less critical: Matérn's with ν = ½, exp(−r), and the rational quadratic with α = 1, 1 / (1 + r²)
(Rasmussen and Williams, 2006: "Gaussian processes for machine learning", section 4.2).
"""

from __future__ import annotations

import numpy as np

#: Kernel names; a stored model holds the position in this tuple.
KERNELS = ("linear", "quadratic", "cubic", "rbf", "matern", "rational")


def kernel_values(
    name: str, products: np.ndarray, left: np.ndarray, right: np.ndarray, gamma: float
) -> np.ndarray:
    """Return the kernel between rows a and rows b [shape=(m, n), float64].

    Args:
        name: one of ``KERNELS``.
        products: inner products a·b [shape=(m, n)].
        left: squared lengths of the rows a [shape=(m,)].
        right: squared lengths of the rows b [shape=(n,)].
        gamma: scale of the products, or of the squared distances.
    """
    scaled = gamma * np.asarray(products, dtype=np.float64)
    if name == "linear":
        return scaled
    if name in ("quadratic", "cubic"):
        return (scaled + 1.0) ** (2 if name == "quadratic" else 3)
    scaled *= -2.0
    scaled += gamma * left[:, None]
    scaled += gamma * right
    squares = np.maximum(scaled, 0.0, out=scaled)
    if name == "rbf":
        return np.exp(-squares)
    if name == "matern":
        return np.exp(-np.sqrt(squares))
    return 1.0 / (1.0 + squares)
