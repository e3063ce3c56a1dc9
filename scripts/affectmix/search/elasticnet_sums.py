"""Elastic nets from sums of squares and products alone, whatever the number of rows.

What :mod:`affectmix.search.elasticnet_components` computes from the rows in principal
coordinates is had here from each inner fold's Gram matrix, products with the targets and sums:
training sets are sums of folds, and a solution's squared error on a fold is
‖y‖² − 2 bᵀXᵀy + bᵀXᵀX b. The rows are passed once, in blocks.

The axes need not be those of the rows summed up: rungs of a search share the axes of their
fold's whole training set. Columns are then neither centred nor orthogonal over the rows, so that
the final fit is the path's solution and not a closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from affectmix.features.disk_rows import Features
from affectmix.search.axes import Axes
from affectmix.search.elasticnet_components import (
    InnerFold,
    Solver,
    Wanted,
    fold_scales,
    inner_folds,
    solve_fold,
)
from affectmix.search.elasticnet_path import alpha_grid, solve_path
from affectmix.search.row_blocks import blocks


@dataclass(frozen=True)
class Sums:
    """Sums over some rows, in principal coordinates and of targets.

    Attributes:
        n: number of rows.
        columns: sums of the columns [shape=(q,)].
        targets: sums of the targets [shape=(t,)].
        gram: sums of products of columns [shape=(q, q)].
        correlation: of columns with targets [shape=(q, t)].
        squares: of the targets' squares [shape=(t,)].
    """

    n: int
    columns: np.ndarray
    targets: np.ndarray
    gram: np.ndarray
    correlation: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, axes: Axes, X: Features, Y: np.ndarray, rows: np.ndarray) -> Sums:
        """Pass the rows at some positions once [shapes=(n, d), (n, t), (m,)]."""
        q, t = axes.basis.shape[1], Y.shape[1]
        total = cls(
            len(rows), np.zeros(q), np.zeros(t), np.zeros((q, q)), np.zeros((q, t)), np.zeros(t)
        )
        for place, block in blocks(X, rows):
            S, y = axes.standardizer.apply(block) @ axes.basis, Y[rows[place]]
            for sums, values in (
                (total.columns, S.sum(axis=0)),
                (total.targets, y.sum(axis=0)),
                (total.gram, S.T @ S),
                (total.correlation, S.T @ y),
                (total.squares, np.square(y).sum(axis=0)),
            ):
                sums += values
        return total

    def plus(self, other: Sums, *, sign: float = 1.0) -> Sums:
        """Return the sums over both sets of rows, or with ``sign=-1`` over what is left."""
        return Sums(
            self.n + int(sign) * other.n,
            self.columns + sign * other.columns,
            self.targets + sign * other.targets,
            self.gram + sign * other.gram,
            self.correlation + sign * other.correlation,
            self.squares + sign * other.squares,
        )

    def means(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the means of columns and targets [shapes=(q,), (t,)]."""
        return self.columns / self.n, self.targets / self.n

    def around(self, centre: np.ndarray, offsets: np.ndarray) -> Sums:
        """Return the sums of rows less a centre, and of targets less offsets."""
        cross = np.outer(self.columns, centre)
        products = np.outer(self.columns, offsets) + np.outer(centre, self.targets)
        return Sums(
            self.n,
            self.columns - self.n * centre,
            self.targets - self.n * offsets,
            self.gram - cross - cross.T + self.n * np.outer(centre, centre),
            self.correlation - products + self.n * np.outer(centre, offsets),
            self.squares - 2.0 * offsets * self.targets + self.n * offsets**2,
        )

    def errors(self, coefficients: np.ndarray, scales: np.ndarray, target: int) -> np.ndarray:
        """Return the mean squared error of each row of coefficients [shape=(a,)]."""
        size = len(scales)
        b = coefficients * scales
        explained = ((b @ self.gram[:size, :size]) * b).sum(axis=1)
        missed = self.squares[target] - 2.0 * b @ self.correlation[:size, target] + explained
        return np.asarray(missed / self.n)


@dataclass(frozen=True)
class SummedComponents:
    """One training set as the sums of its inner folds.

    Attributes:
        axes: of these rows, or of more rows of the same fold.
        parts: one per inner fold.
    """

    axes: Axes
    parts: list[Sums]

    @classmethod
    def of(cls, axes: Axes, X: Features, Y: np.ndarray, rows: np.ndarray) -> SummedComponents:
        """Sum up the rows at some positions; inner folds are consecutive ones of these."""
        return cls(axes, [Sums.of(axes, X, Y, rows[held]) for held in inner_folds(len(rows))])

    @cached_property
    def _raw(self) -> Sums:
        total = self.parts[0]
        for part in self.parts[1:]:
            total = total.plus(part)
        return total

    @cached_property
    def whole(self) -> Sums:
        """Centred sums over all rows."""
        return self._raw.around(*self._raw.means())

    def scales(self, size: int, scaling: str) -> np.ndarray:
        """Return by what the first columns are multiplied over all training rows."""
        if scaling == "normalize":
            norm = np.sqrt(np.clip(np.diag(self.whole.gram)[:size], 0.0, None))
            return 1.0 / np.where(norm > 0.0, norm, 1.0)
        return self.axes.weights(size, whiten=scaling == "whiten")

    def alphas(self, wanted: Wanted) -> np.ndarray:
        """Return the penalties to try, descending [shape=(100,)]."""
        size, scaling, l1_ratio = wanted.variant
        pull = self.scales(size, scaling) * self.whole.correlation[:size, wanted.target]
        return alpha_grid(pull, n=self.whole.n, l1_ratio=l1_ratio)

    def inner_errors(
        self, held: int, wanted: Sequence[Wanted], solver: Solver
    ) -> tuple[np.ndarray, np.ndarray]:
        """Solve all wanted paths without one inner fold; see :func:`solve_fold`."""
        train = self._raw.plus(self.parts[held], sign=-1.0)
        means = train.means()
        centred = train.around(*means)
        fold = InnerFold(
            centred.gram,
            centred.correlation,
            centred.squares,
            centred.n,
            held=self.parts[held].around(*means),
        )
        return solve_fold(self, fold, wanted, solver)

    def fit(self, wanted: Wanted, best: int, solver: Solver) -> tuple[np.ndarray, float, bool]:
        """Solve a path over all rows down to one penalty.

        Args:
            wanted: what to solve.
            best: which of the penalties.
            solver: when to stop.

        Returns:
            Coefficients of the unscaled columns [shape=(size,)], intercept, and whether it
            converged.
        """
        size, scaling, l1_ratio = wanted.variant
        whole = self.whole
        scales = fold_scales(self, whole.gram, size, scaling)
        path = solve_path(
            np.ascontiguousarray(whole.gram[:size, :size] * scales * scales[:, None]),
            scales * whole.correlation[:size, wanted.target],
            target_norm2=whole.squares[wanted.target],
            n=whole.n,
            alphas=self.alphas(wanted)[: best + 1],
            l1_ratio=l1_ratio,
            tol=solver.tol,
            max_sweeps=solver.max_sweeps,
        )
        coefficients = scales * path.coefficients[-1]
        centre, offsets = self._raw.means()
        intercept = float(offsets[wanted.target] - centre[:size] @ coefficients)
        return coefficients, intercept, path.converged
