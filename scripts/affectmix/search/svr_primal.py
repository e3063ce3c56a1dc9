"""Support vector regressions that share features, all solved at once, in the primal.

Minimised is ½ ‖w‖² + C Σ max(0, |yᵢ − φᵢ·w − b| − ε), as by libsvm with the kernel φ·φ, by the
alternating direction method of multipliers with over-relaxation (Boyd et al., "Distributed
optimization and statistical learning via the alternating direction method of multipliers", 2011).
A step is two products of the features with as many columns as there are problems, so that values
of C and ε and targets share the passes over the features, and the eigenvectors of their Gram
matrix serve every step size. A problem is done when the gap between its objective and that of
a feasible dual solution is a small part of the former.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Steps after which a problem is given up, and how often gaps are measured.
MAX_STEPS = 2000
CHECK_EVERY = 20
OVER_RELAXATION = 1.6
#: First width of the residuals that a step may cut off, as a part of the target's deviation.
FIRST_CUT = 0.3
#: Step sizes are changed where residuals differ by more than the square of this, by at most 5.
BALANCE = 1.5
LARGEST_CHANGE = 5.0


@dataclass(frozen=True)
class PrimalSolutions:
    """Solutions of k problems on p features.

    Attributes:
        weights: of the features [shape=(p, k)].
        bias: what is added [shape=(k,)].
        converged: whether the gap is within the tolerance [shape=(k,), bool].
        steps: steps taken [shape=(k,), int].
    """

    weights: np.ndarray
    bias: np.ndarray
    converged: np.ndarray
    steps: np.ndarray


class _Features:
    """Features as seen from their means, and ridge regressions on them."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.means = values.mean(axis=0, dtype=np.float64)
        gram = np.zeros((values.shape[1],) * 2)
        for start in range(0, len(values), 4096):
            block = values[start : start + 4096] - self.means
            gram += block.T @ block
        spectrum, vectors = np.linalg.eigh(gram)
        self._spectrum = np.clip(spectrum, 0.0, None)[:, None]
        self._vectors = vectors

    def products(self, columns: np.ndarray) -> np.ndarray:
        """Return the centred features' products with columns [shape=(n, k)] → [shape=(p, k)]."""
        raw = (self.values.T @ columns).astype(np.float64)
        return np.asarray(raw - np.outer(self.means, columns.sum(axis=0, dtype=np.float64)))

    def ridge(self, products: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return (G + I / step)⁻¹ products, each column with a step of its own."""
        turned = self._vectors.T @ products
        return np.asarray(self._vectors @ (turned / (self._spectrum + 1.0 / step)))

    def times(self, weights: np.ndarray) -> np.ndarray:
        """Return the centred features times weights. [shape=(n, k), float32]"""
        shift = (self.means @ weights).astype(np.float32)
        return np.asarray(self.values @ weights.astype(np.float32) - shift)


@dataclass
class _Running:
    """Problems that are not done; arrays have a column for each.

    ``missed`` is y − φw − b, ``cut`` what of it is to be accepted, ``dual`` the scaled multipliers.
    """

    problem: np.ndarray
    C: np.ndarray
    epsilon: np.ndarray
    step: np.ndarray
    y: np.ndarray
    missed: np.ndarray
    dual: np.ndarray

    def keep(self, kept: np.ndarray) -> None:
        for name, values in vars(self).items():
            setattr(self, name, np.ascontiguousarray(values[..., kept]))


def solve_primal(
    features: np.ndarray,
    Y: np.ndarray,
    *,
    column: np.ndarray,
    C: np.ndarray,
    epsilon: np.ndarray,
    tolerance: float,
    limit: int = MAX_STEPS,
) -> PrimalSolutions:
    """Solve several problems on the same features.

    Args:
        features: [shape=(n, p), float32].
        Y: targets [shape=(n, t)].
        column: column of ``Y`` of each problem [shape=(k,), int].
        C: bound of the dual coefficients of each problem, above 0 [shape=(k,)].
        epsilon: half width of the tube of each problem, at least 0 [shape=(k,)].
        tolerance: largest gap to the dual objective, as a part of the objective.
        limit: steps after which a problem counts as not converged.
    """
    shared = _Features(features)
    offsets = Y.mean(axis=0)
    spread = np.maximum(Y.std(axis=0), 1e-12)[column]
    y = (Y - offsets)[:, column].astype(np.float32)
    count = len(C)
    found = PrimalSolutions(
        np.zeros((features.shape[1], count)),
        offsets[column].astype(np.float64),
        np.zeros(count, dtype=bool),
        np.zeros(count, dtype=np.int64),
    )
    running = _Running(
        problem=np.arange(count),
        C=np.asarray(C, dtype=np.float64),
        epsilon=np.asarray(epsilon, dtype=np.float64),
        step=C / (FIRST_CUT * spread),
        y=y,
        missed=y.copy(),
        dual=np.zeros_like(y),
    )
    for number in range(1, limit + 1):
        before = running.missed
        accepted, weights, bias = _advance(shared, running)
        if number % CHECK_EVERY and number != limit:
            continue
        gap, objective = _gap(shared, running, weights)
        own = running.problem
        found.weights[:, own] = weights
        found.bias[own] = offsets[column[own]] + bias - shared.means @ weights
        found.steps[own] = number
        done = gap <= tolerance * objective
        found.converged[own[done]] = True
        if done.all():
            break
        _balance(running, accepted, before, spread[own])
        running.keep(~done)
    return found


def _advance(shared: _Features, run: _Running) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take one step; return the accepted residuals, weights and biases of centred features."""
    wanted = run.missed + run.dual
    epsilon, cut = run.epsilon.astype(np.float32), (run.C / run.step).astype(np.float32)
    size = np.abs(wanted)
    accepted = np.sign(wanted) * np.where(size <= epsilon, size, np.maximum(epsilon, size - cut))
    relaxed = OVER_RELAXATION * accepted + np.float32(1.0 - OVER_RELAXATION) * run.missed
    target = run.y - relaxed + run.dual
    bias = target.mean(axis=0, dtype=np.float64)
    weights = shared.ridge(shared.products(target), run.step)
    run.missed = run.y - shared.times(weights) - bias.astype(np.float32)
    run.dual = run.dual + run.missed - relaxed
    return accepted, weights, bias


def _gap(shared: _Features, run: _Running, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the gap to a feasible dual solution, and the objective [shapes=(k,)]."""
    outside = np.maximum(np.abs(run.missed) - run.epsilon, 0.0).sum(axis=0, dtype=np.float64)
    objective = 0.5 * np.square(weights).sum(axis=0) + run.C * outside
    beta = np.clip(run.step * run.dual, -run.C, run.C)
    for _ in range(5):  # the coefficients of a feasible solution sum to zero
        free = np.abs(beta) < run.C
        beta = np.clip(
            beta - free * (beta.sum(axis=0) / np.maximum(free.sum(axis=0), 1)), -run.C, run.C
        )
    expanded = shared.products(beta.astype(np.float32))
    dual = (run.y * beta).sum(axis=0) - run.epsilon * np.abs(beta).sum(axis=0)
    return objective - (dual - 0.5 * np.square(expanded).sum(axis=0)), objective


def _balance(run: _Running, accepted: np.ndarray, before: np.ndarray, spread: np.ndarray) -> None:
    """Make steps longer where the residuals disagree more than they move, and the reverse."""
    apart = np.sqrt(np.square(run.missed - accepted).sum(axis=0, dtype=np.float64)) / spread
    moved = np.sqrt(np.square(run.missed - before).sum(axis=0, dtype=np.float64))
    moved *= run.step / run.C
    tiny = np.finfo(np.float64).tiny
    ratio = np.sqrt(np.maximum(apart, tiny) / np.maximum(moved, tiny))
    ratio = np.clip(ratio, 1.0 / LARGEST_CHANGE, LARGEST_CHANGE)
    ratio = np.where((ratio > BALANCE) | (ratio < 1.0 / BALANCE), ratio, 1.0)
    run.step = run.step * ratio
    run.dual = (run.dual / ratio).astype(np.float32)
