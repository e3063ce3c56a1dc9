"""Greedy ensemble selection, with replacement, over out-of-fold predictions.

After Caruana, Niculescu-Mizil, Crew and Ksikes (2004): "Ensemble selection from libraries of
models": members are added one at a time, each the one that lowers the error of the average most
(sections 2 and 2.1). With a few hundred clips that overfits, so it is repeated over small random
subsets of the members, whose ensembles are averaged (section 2.3).

The error is the search's objective: the mean over folds of the mean over views of the root mean
squared error. It needs nothing but the products of the members' errors in each fold and view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from affectmix.search.task import SearchFold

#: Members of the smallest random subset.
SMALLEST_BAG = 3


@dataclass(frozen=True)
class ErrorProducts:
    """Mean products of the members' errors with each other.

    Attributes:
        products: one matrix per fold and view [shape=(k, c, c)].
        share: what each of them counts for; sums to 1 [shape=(k,)].
    """

    products: np.ndarray
    share: np.ndarray

    @classmethod
    def of(cls, folds: Sequence[SearchFold], errors: Sequence[np.ndarray]) -> ErrorProducts:
        """Compute them from errors of each fold's ``validation_rows`` [shape=(m, c) each]."""
        products, share = [], []
        for fold, missed in zip(folds, errors, strict=True):
            for rows in fold.validate.values():
                own = missed[np.searchsorted(fold.validation_rows, rows)]
                products.append(own.T @ own / len(own))
                share.append(1.0 / (len(folds) * len(fold.validate)))
        return cls(np.array(products), np.array(share))

    def of_members(self) -> np.ndarray:
        """Return the objective of each member by itself [shape=(c,)]."""
        squares = np.einsum("kcc->kc", self.products)
        return self.share @ np.sqrt(np.maximum(squares, 0.0))

    def of_weights(self, weights: np.ndarray) -> float:
        """Return the objective of a weighted average [shape=(c,), sum 1]."""
        squares = np.einsum("kij,i,j->k", self.products, weights, weights, optimize=True)
        return float(self.share @ np.sqrt(np.maximum(squares, 0.0)))

    def subset(self, members: np.ndarray) -> ErrorProducts:
        """Return those of some members."""
        return ErrorProducts(self.products[:, members[:, None], members], self.share)


def select(products: ErrorProducts, *, steps: int) -> np.ndarray:
    """Return how often each member was taken [shape=(c,), int].

    Args:
        products: of the members' errors.
        steps: members to take, with replacement; the best of the averages on the way counts.
    """
    own = np.einsum("kcc->kc", products.products)
    counts = np.zeros(own.shape[1], dtype=int)
    best, lowest = counts, np.inf
    with_sum = np.zeros_like(own)  # products of each member's errors with the sum's
    of_sum = np.zeros(len(own))
    for step in range(steps):
        squares = (of_sum[:, None] + 2.0 * with_sum + own) / (step + 1) ** 2
        objective = products.share @ np.sqrt(np.maximum(squares, 0.0))
        taken = int(np.argmin(objective))
        of_sum = of_sum + 2.0 * with_sum[:, taken] + own[:, taken]
        with_sum = with_sum + products.products[:, taken]
        counts = counts.copy()
        counts[taken] += 1
        if objective[taken] < lowest:
            best, lowest = counts, float(objective[taken])
    return best


def bagged_selection(
    products: ErrorProducts,
    *,
    steps: int,
    bags: int,
    share: float,
    seed: Sequence[int],
) -> np.ndarray:
    """Return the members' weights, averaged over random subsets [shape=(c,), sum 1].

    Args:
        products: of the members' errors.
        steps: as of :func:`select`.
        bags: number of subsets.
        share: of the members in a subset, in (0, 1]; but no fewer than ``SMALLEST_BAG``.
        seed: of the subsets.
    """
    count = len(products.of_members())
    size = min(count, max(SMALLEST_BAG, round(share * count)))
    rng = np.random.default_rng(seed)
    weights = np.zeros(count)
    for _ in range(bags):
        members = np.sort(rng.permutation(count)[:size])
        counts = select(products.subset(members), steps=steps)
        weights[members] += counts / counts.sum() / bags
    return weights
