"""Elastic nets on one training set's principal components, for many points at once.

**Inner folds.** The five folds that choose among the penalties are those of scikit-learn's
``ElasticNetCV(cv=5)``: blocks of consecutive training rows, in the order in which the rows are
given, whatever their corpora and groups. Rows that a point is scored on are not among them.
Fewer than five training rows make as many folds as there are rows.

**normalize.** scikit-learn dropped this option in 1.2; what it did is defined here. Features are
centred and divided by their Euclidean norm over the rows fitted on (not by their standard
deviation), the elastic net is solved for these, and the coefficients are divided by the norms.
The penalties tried are computed from features normalised over all training rows; each inner fold
then normalises over its own. Whitening before it changes nothing, so such points are solved once.

**What is shared.** Per inner fold one Gram matrix of all components, whose leading blocks, scaled
along the diagonal, serve every PCA size, whitening and normalisation, every l1_ratio and penalty,
and all targets. On the whole training set the components are orthogonal, so that the final fit
has a closed form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple, Protocol

import numpy as np

from affectmix.errors import ConfigError
from affectmix.search.decomposition import Decomposition, Spectrum
from affectmix.search.elasticnet_path import ALPHAS, MAX_SWEEPS, TOLERANCE, alpha_grid, solve_path

INNER_FOLDS = 5


class Variant(NamedTuple):
    """What of a point matters for one training set; points that agree here are solved once."""

    size: int
    scaling: str  # "plain", "whiten" or "normalize"
    l1_ratio: float


class Wanted(NamedTuple):
    """One variant for one target, by the target's column."""

    variant: Variant
    target: int


@dataclass(frozen=True)
class Solver:
    """When to stop a path.

    Attributes:
        tol: allowed duality gap, as a part of the target's sum of squares.
        max_sweeps: passes over the coefficients after which a penalty is given up.
    """

    tol: float = TOLERANCE
    max_sweeps: int = MAX_SWEEPS


@dataclass(frozen=True)
class Components:
    """One training set in principal coordinates, and its targets.

    Attributes:
        scores: training rows, not whitened; columns centred and orthogonal [shape=(n, r)].
        variance: sum of squares of each column [shape=(r,)].
        targets: centred targets [shape=(n, t)].
        offsets: means of the targets [shape=(t,)].
        correlation: scores' products with the targets [shape=(r, t)].
    """

    scores: np.ndarray
    variance: np.ndarray
    targets: np.ndarray
    offsets: np.ndarray
    correlation: np.ndarray

    @classmethod
    def of(cls, decomposition: Decomposition, Y: np.ndarray) -> Components:
        """Join a decomposition with the targets of its rows [shape=(n, t)]."""
        offsets = Y.mean(axis=0)
        targets = Y - offsets
        scores = decomposition.scores
        return cls(scores, decomposition.variance, targets, offsets, scores.T @ targets)

    @property
    def n(self) -> int:
        """Number of training rows."""
        return len(self.scores)

    def scales(self, size: int, scaling: str) -> np.ndarray:
        """Return by what the first columns are multiplied over all training rows."""
        if scaling == "plain":
            return np.ones(size)
        norm = np.sqrt(self.variance[:size])
        return (np.sqrt(self.n - 1) if scaling == "whiten" else 1.0) / norm

    def alphas(self, wanted: Wanted) -> np.ndarray:
        """Return the penalties to try, descending [shape=(100,)]."""
        size, scaling, l1_ratio = wanted.variant
        pull = self.scales(size, scaling) * self.correlation[:size, wanted.target]
        return alpha_grid(pull, n=self.n, l1_ratio=l1_ratio)

    def fit(self, wanted: Wanted, alpha: float) -> np.ndarray:
        """Return the coefficients of the unscaled columns, over all training rows.

        The columns are orthogonal, so each coefficient is a soft threshold [shape=(size,)].
        """
        size, scaling, l1_ratio = wanted.variant
        scales = self.scales(size, scaling)
        pull = scales * self.correlation[:size, wanted.target]
        shrunk = np.sign(pull) * np.maximum(np.abs(pull) - self.n * alpha * l1_ratio, 0.0)
        norm2 = scales**2 * self.variance[:size]
        return scales * shrunk / (norm2 + self.n * alpha * (1.0 - l1_ratio))


def variant_of(point: Mapping[str, Any], spectrum: Spectrum) -> Variant:
    """Return what a point of the space means for one training set."""
    scaling = "normalize" if point["normalize"] else "whiten" if point["whiten"] else "plain"
    return Variant(spectrum.size(point["pca"]), scaling, point["l1_ratio"])


def inner_folds(n: int) -> list[np.ndarray]:
    """Return the rows held out in each inner fold, as ``KFold(5)`` would.

    Raises:
        ConfigError: if there are fewer than two training rows.
    """
    if n < 2:
        raise ConfigError(
            f"elasticnet: {n} training row(s) found; at least 2 are needed to choose a penalty:"
            " add clips or lower the number of folds"
        )
    return np.array_split(np.arange(n), min(INNER_FOLDS, n))


class Held(Protocol):
    """Rows that were held out, and what a path's solutions are scored on."""

    def errors(self, coefficients: np.ndarray, scales: np.ndarray, target: int) -> np.ndarray:
        """Return the mean squared error of each row of coefficients [shape=(a,)].

        Args:
            coefficients: of scaled columns [shape=(a, q)].
            scales: of the first q columns [shape=(q,)].
            target: column of the targets.
        """
        ...


@dataclass(frozen=True)
class InnerFold:
    """One inner fold: what its paths are solved on, and what they are scored on.

    Attributes:
        gram: of the centred columns of the rows trained on [shape=(q, q)].
        correlation: their products with the centred targets [shape=(q, t)].
        norm2: sums of squares of the targets [shape=(t,)].
        n: number of rows trained on.
        held: the others.
    """

    gram: np.ndarray
    correlation: np.ndarray
    norm2: np.ndarray
    n: int
    held: Held


class Scaled(Protocol):
    """A training set whose columns can be scaled, and which says what penalties to try."""

    def scales(self, size: int, scaling: str) -> np.ndarray: ...

    def alphas(self, wanted: Wanted) -> np.ndarray: ...


@dataclass(frozen=True)
class _HeldRows:
    """Held-out rows, centred by the means of those trained on [shapes=(m, q), (m, t)]."""

    rows: np.ndarray
    truth: np.ndarray

    def errors(self, coefficients: np.ndarray, scales: np.ndarray, target: int) -> np.ndarray:
        scaled = self.rows[:, : len(scales)] * scales
        missed = coefficients @ scaled.T - self.truth[:, target]
        return np.asarray(np.square(missed).mean(axis=1))


def inner_errors(
    components: Components, held: np.ndarray, wanted: Sequence[Wanted], solver: Solver
) -> tuple[np.ndarray, np.ndarray]:
    """Solve all wanted paths without some rows, and score them on these.

    Args:
        components: the training set.
        held: positions of the inner fold's held-out rows [shape=(m,)].
        wanted: what to solve, neighbours of equal size and scaling sharing their Gram matrix.
        solver: when to stop.

    Returns:
        As :func:`solve_fold`.
    """
    kept = np.ones(components.n, dtype=bool)
    kept[held] = False
    most = max((item.variant.size for item in wanted), default=0)
    train, test = components.scores[kept, :most], components.scores[held, :most]
    centre = train.mean(axis=0)
    train, test = train - centre, test - centre
    offsets = components.targets[kept].mean(axis=0)
    target, truth = components.targets[kept] - offsets, components.targets[held] - offsets
    fold = InnerFold(
        gram=train.T @ train,
        correlation=train.T @ target,
        norm2=np.square(target).sum(axis=0),
        n=len(train),
        held=_HeldRows(test, truth),
    )
    return solve_fold(components, fold, wanted, solver)


def solve_fold(
    components: Scaled, fold: InnerFold, wanted: Sequence[Wanted], solver: Solver
) -> tuple[np.ndarray, np.ndarray]:
    """Solve all wanted paths of an inner fold, and score them on what is held out.

    Returns:
        Mean squared error per path and penalty [shape=(w, 100)], and whether each path
        converged [shape=(w,)].
    """
    errors = np.empty((len(wanted), ALPHAS))
    converged = np.empty(len(wanted), dtype=bool)
    for (size, scaling), group in groupby(enumerate(wanted), key=lambda pair: pair[1].variant[:2]):
        scales = fold_scales(components, fold.gram, size, scaling)
        scaled_gram = np.ascontiguousarray(fold.gram[:size, :size] * scales * scales[:, None])
        for row, item in group:
            path = solve_path(
                scaled_gram,
                scales * fold.correlation[:size, item.target],
                target_norm2=fold.norm2[item.target],
                n=fold.n,
                alphas=components.alphas(item),
                l1_ratio=item.variant.l1_ratio,
                tol=solver.tol,
                max_sweeps=solver.max_sweeps,
            )
            errors[row] = fold.held.errors(path.coefficients, scales, item.target)
            converged[row] = path.converged
    return errors, converged


def fold_scales(components: Scaled, gram: np.ndarray, size: int, scaling: str) -> np.ndarray:
    """Scales of the first columns in an inner fold: only normalising looks at its rows."""
    if scaling != "normalize":
        return components.scales(size, scaling)
    norm = np.sqrt(np.diag(gram)[:size])
    return 1.0 / np.where(norm > 0.0, norm, 1.0)


def best_alphas(
    components: Components, wanted: Sequence[Wanted], errors: Sequence[np.ndarray]
) -> list[float]:
    """Return the penalty of least mean error over the inner folds, the larger one of equals.

    Args:
        components: the training set.
        wanted: what was solved [length w].
        errors: per inner fold, as :func:`inner_errors` returns them [shape=(w, 100) each].
    """
    best = np.mean(errors, axis=0).argmin(axis=1)
    return [float(components.alphas(item)[index]) for item, index in zip(wanted, best, strict=True)]
