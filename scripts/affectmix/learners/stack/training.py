"""One training set in every form that the members of an ensemble learn from.

Inputs are named: ``standard`` (standardised features), ``uniform`` (ranks in [0, 1],
standardised) and ``normal`` (ranks as normal scores, standardised). All statistics are those of
the training rows; columns that do not vary there count for nothing.
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np
from scipy.special import ndtri

from affectmix.learners.stack.ranks import Ranks
from affectmix.search.decomposition import Decomposition, Standardizer

INPUTS = ("standard", "uniform", "normal")


class TrainingSet:
    """Raw training features, and what has been computed of them.

    Args:
        X: raw features, NaN and infinite values allowed [shape=(n, d)].
    """

    def __init__(self, X: np.ndarray) -> None:
        self.X = np.ascontiguousarray(X, dtype=np.float32)
        self._held: tuple[str, np.ndarray] | None = None
        self._standardizers: dict[str, Standardizer] = {}
        self._decompositions: dict[str, Decomposition] = {}

    @property
    def n(self) -> int:
        """Number of training rows."""
        return len(self.X)

    @cached_property
    def ranks(self) -> Ranks:
        """The training values of each column in order."""
        return Ranks.fit(self.X)

    def rows(self, name: str) -> np.ndarray:
        """Return the training rows of an input [shape=(n, d), float32]; the last is kept."""
        if self._held is None or self._held[0] != name:
            own = self._transformed(name, self.X)
            if name not in self._standardizers:
                self._standardizers[name] = Standardizer.fit(own)
            self._held = (name, self._standardized(name, own))
        return self._held[1]

    def apply(self, name: str, X: np.ndarray) -> np.ndarray:
        """Return raw rows in the form of an input [shape=(m, d), float32]."""
        if name not in self._standardizers:
            self.rows(name)
        return self._standardized(name, self._transformed(name, X))

    def decomposition(self, name: str) -> Decomposition:
        """Return the principal components of an input, without what projects further rows."""
        if name not in self._decompositions:
            fitted = Decomposition.fit(self.rows(name))
            self._decompositions[name] = fitted.without_rows()
        return self._decompositions[name]

    def _standardized(self, name: str, transformed: np.ndarray) -> np.ndarray:
        rows = self._standardizers[name].apply(transformed).astype(np.float32)
        rows[:, self._constant] = 0.0
        return rows

    @cached_property
    def _constant(self) -> np.ndarray:
        """Which columns do not vary [shape=(d,), bool]."""
        X = self.X
        finite = np.isfinite(X)
        high = np.where(finite, X, -np.inf).max(axis=0)
        low = np.where(finite, X, np.inf).min(axis=0)
        return ~(high > low)

    def _transformed(self, name: str, X: np.ndarray) -> np.ndarray:
        """Return an input before it is standardised."""
        if name == "standard":
            return X
        places = self.ranks.apply(X)
        if name == "uniform":
            return places
        margin = 0.5 / self.n  # the outermost places, instead of infinite scores
        return ndtri(np.clip(places, margin, 1.0 - margin))


class Geometry(Protocol):
    """What gives inner products between the training rows and others."""

    def products(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Return products [shape=(m, n)] and the others' squared lengths [shape=(m,)]."""
        ...


class Rows:
    """Other rows in the forms of a training set.

    Args:
        training: what the forms were learnt from.
        X: raw features of the other rows [shape=(m, d)].
    """

    def __init__(self, training: TrainingSet, X: np.ndarray) -> None:
        self.training = training
        self._X = np.asarray(X, dtype=np.float32)
        self._held: tuple[str, np.ndarray] | None = None
        self._products: tuple[Geometry, tuple[np.ndarray, np.ndarray]] | None = None

    def __len__(self) -> int:
        return len(self._X)

    def rows(self, name: str) -> np.ndarray:
        """Return the rows in the form of an input [shape=(m, d), float32]; the last is kept."""
        if self._held is None or self._held[0] != name:
            self._held = (name, self.training.apply(name, self._X))
        return self._held[1]

    def products(self, geometry: Geometry) -> tuple[np.ndarray, np.ndarray]:
        """Return ``geometry.products(self)``; the last geometry's are kept."""
        if self._products is None or self._products[0] is not geometry:
            self._products = (geometry, geometry.products(self))
        return self._products[1]
