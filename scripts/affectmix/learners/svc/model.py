"""A fitted support vector machine of one class, as plain arrays that can be stored anywhere.

It predicts without a solver; :mod:`affectmix.learners.svc.learner` fits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.search.decomposition import Standardizer

if TYPE_CHECKING:
    from affectmix.learners.stack.ranks import Ranks

SCALINGS = ("rank", "standard")  # a stored model holds the position in this tuple


class Scaler(Protocol):
    """What makes columns of functionals comparable."""

    def apply(self, X: np.ndarray) -> np.ndarray:
        """Return scaled rows. [shape=(m, d)] → [shape=(m, d)]"""
        ...


def fit_scaler(name: str, X: np.ndarray) -> Scaler:
    """Return the scaling called ``name`` of raw training rows. [shape=(n, d)]"""
    return _ranks().fit(X) if name == "rank" else Standardizer.fit(X)


def _ranks() -> type[Ranks]:
    """Return the class of rank scalings, whose module needs numba."""
    from affectmix.learners.stack.ranks import Ranks

    return Ranks


def squared_distances(rows: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Return the squared distances of two sets of rows. [shapes=(m, d), (s, d)] → [(m, s)]"""
    with threadpool_limits(1, user_api="blas"):  # the same sums whatever the threads
        squares = rows @ support.T
    squares *= -2.0
    squares += np.square(rows).sum(axis=1)[:, None]
    squares += np.square(support).sum(axis=1)
    return np.maximum(squares, 0.0, out=squares)


@dataclass(frozen=True)
class SvcModel:
    """Scaling, support vectors and calibration of one indicator.

    Attributes:
        scaling: one of ``SCALINGS``.
        scaler: fitted to the training rows.
        support: scaled support vectors; none where training had one class [shape=(s, d)].
        dual: their coefficients [shape=(s,)].
        bias: what is added to the decision value.
        gamma: width of the kernel.
        slope, offset: of the probability, 1 / (1 + exp(-(slope · decision value + offset))).
    """

    scaling: str
    scaler: Scaler
    support: np.ndarray
    dual: np.ndarray
    bias: float
    gamma: float
    slope: float
    offset: float
    converged: bool = True

    def decide(self, X: np.ndarray) -> np.ndarray:
        """Return the decision value of raw rows, NaN and infinite values allowed [shape=(m,)]."""
        rows = np.asarray(self.scaler.apply(X), dtype=np.float64)
        squares = squared_distances(rows, self.support.astype(np.float64))
        return np.exp(-self.gamma * squares) @ self.dual + self.bias

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return 2 p - 1 of raw rows, in [-1, 1]. [shape=(m, d)] → [shape=(m,)]"""
        return np.tanh((self.slope * self.decide(X) + self.offset) / 2)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as numeric arrays."""
        scaler = {f"scaler.{name}": value for name, value in vars(self.scaler).items()}
        numbers: dict[str, Any] = {
            "scaling": SCALINGS.index(self.scaling),
            "bias": self.bias,
            "gamma": self.gamma,
            "slope": self.slope,
            "offset": self.offset,
        }
        plain = {name: np.array(value) for name, value in numbers.items()}
        return {**scaler, **plain, "support": self.support, "dual": self.dual}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> SvcModel:
        """Return the model that :meth:`to_arrays` took apart."""
        scaling = SCALINGS[int(arrays["scaling"])]
        kept = {
            name.removeprefix("scaler."): value
            for name, value in arrays.items()
            if name.startswith("scaler.")
        }
        return cls(
            scaling=scaling,
            scaler=_ranks()(**kept) if scaling == "rank" else Standardizer(**kept),
            support=arrays["support"],
            dual=arrays["dual"],
            bias=float(arrays["bias"]),
            gamma=float(arrays["gamma"]),
            slope=float(arrays["slope"]),
            offset=float(arrays["offset"]),
        )
