"""Where a kernel measures: all columns, each with a weight, or principal components.

Weights are powers of the columns' absolute correlations with the target over the training rows,
so that thousands of columns without relation to the target do not drown the few that have one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from affectmix.learners.stack.training import Rows, TrainingSet


@dataclass(frozen=True)
class Weighted:
    """All columns of an input, each with a weight.

    Attributes:
        training: the training rows.
        input: name of the input.
        weights: of the columns [shape=(d,), float32].
    """

    training: TrainingSet
    input: str
    weights: np.ndarray

    @cached_property
    def train_products(self) -> np.ndarray:
        """Inner products of the training rows [shape=(n, n)]."""
        rows = self.training.rows(self.input) * self.weights
        return rows @ rows.T

    @cached_property
    def train_squares(self) -> np.ndarray:
        """Squared lengths of the training rows [shape=(n,)]."""
        return np.diag(self.train_products).astype(np.float64)

    def products(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Return other rows' products [shape=(m, n)] and squared lengths [shape=(m,)]."""
        own = self.training.rows(self.input) * self.weights
        others = rows.rows(self.input) * self.weights
        return others @ own.T, np.einsum("ij,ij->i", others, others, dtype=np.float64)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return what cannot be computed from the training rows alone."""
        return {"weights": self.weights}


@dataclass(frozen=True)
class Principal:
    """The first principal components of an input.

    Attributes:
        training: the training rows.
        input: name of the input.
        scores: training rows in these components, whitened or not [shape=(n, q)].
        axes: what inner products with the training rows are multiplied with to get the
            scores of other rows [shape=(n, q)].
    """

    training: TrainingSet
    input: str
    scores: np.ndarray
    axes: np.ndarray

    @cached_property
    def train_products(self) -> np.ndarray:
        """Inner products of the training rows [shape=(n, n)]."""
        return self.scores @ self.scores.T

    @cached_property
    def train_squares(self) -> np.ndarray:
        """Squared lengths of the training rows [shape=(n,)]."""
        return np.square(self.scores).sum(axis=1)

    def products(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Return other rows' products [shape=(m, n)] and squared lengths [shape=(m,)]."""
        own = self.training.rows(self.input).astype(np.float64)
        others = rows.rows(self.input).astype(np.float64) @ own.T @ self.axes
        return others @ self.scores.T, np.square(others).sum(axis=1)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return what cannot be computed from the training rows alone."""
        return {"scores": self.scores, "axes": self.axes}


Geometry = Weighted | Principal


def geometries(
    training: TrainingSet, Y: np.ndarray, member: Mapping[str, Any]
) -> Iterator[tuple[Geometry, Sequence[int]]]:
    """Yield the geometries of a member, and which targets each one serves.

    Args:
        training: the training rows.
        Y: their targets [shape=(n, t)].
        member: with ``input`` and either ``relevance``, the power of the weights, or ``pca``,
            the share of variance, and ``whiten``.
    """
    every = range(Y.shape[1])
    if "pca" in member:
        yield principal(training, member["input"], member["pca"], member["whiten"]), every
        return
    relevance = np.abs(_correlations(training.rows(member["input"]), Y)) ** member["relevance"]
    for target in every:
        yield Weighted(training, member["input"], relevance[:, target]), [target]


def principal(training: TrainingSet, name: str, share: float, whiten: bool) -> Principal:
    """Return the components that explain a share of an input's variance."""
    found = training.decomposition(name)
    size = found.size(share)
    weights = found.weights(size, whiten=whiten)
    scores = found.scores[:, :size]
    return Principal(training, name, scores * weights, scores / found.variance[:size] * weights)


def _correlations(rows: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Return the correlations of standardised columns with the targets [shape=(d, t)]."""
    centred = Y - Y.mean(axis=0)
    spread = centred.std(axis=0)
    scaled = centred / np.where(spread > 0.0, spread, 1.0)
    return rows.T @ (scaled / len(rows)).astype(np.float32)
