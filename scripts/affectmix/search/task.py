"""What a hyper-parameter search is given and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from affectmix.features.disk_rows import Features

#: Training sets of more rows than this are searched and fitted in ways that bear any number of
#: rows: sums over blocks in place of the rows themselves, and landmarks in place of kernels.
EXACT_ROWS = 5000


@dataclass(frozen=True)
class SearchFold:
    """One inner fold of a search.

    Attributes:
        train: positions into the task's rows that are trained on.
        validate: view -> positions that are predicted; only the views of the mixture.
    """

    train: np.ndarray
    validate: Mapping[str, np.ndarray]

    @cached_property
    def validation_rows(self) -> np.ndarray:
        """Positions of every validated row, once each, sorted [shape=(m,)]."""
        return np.unique(np.concatenate([np.asarray(v) for v in self.validate.values()]))

    def rmse(self, errors: np.ndarray) -> np.ndarray:
        """Return the mean over the views of each one's root mean squared error.

        Args:
            errors: predicted minus true values of ``validation_rows`` [shape=(m, ...)].

        Returns:
            One value for each trailing index of ``errors`` [shape=(...)].
        """
        squares = np.square(errors)
        return np.mean([np.sqrt(squares[rows].mean(axis=0)) for rows in self._places], axis=0)

    @cached_property
    def _places(self) -> list[np.ndarray]:
        """Where each view's rows stand among ``validation_rows``."""
        return [np.searchsorted(self.validation_rows, rows) for rows in self.validate.values()]


@dataclass(frozen=True)
class SearchTask:
    """Rows, targets and inner folds of one search.

    Attributes:
        X: raw features, NaN and infinite values allowed, in memory or on disk
            [shape=(n, d), float32].
        Y: targets in [-1, 1] [shape=(n, t), float64].
        targets: names of the columns of ``Y``.
        strata: corpus and class of each row, as one number, for stratified rungs [shape=(n,)].
        priority: order of nested sampling inside a stratum, in [0, 1] [shape=(n,)].
        folds: the inner folds.
        seed: seed of whatever the search draws.
    """

    X: Features
    Y: np.ndarray
    targets: tuple[str, ...]
    strata: np.ndarray
    priority: np.ndarray
    folds: tuple[SearchFold, ...]
    seed: int


@dataclass(frozen=True)
class SearchResult:
    """Everything that a search found.

    Attributes:
        points: all points of the space, as plain dictionaries of hyper-parameters.
        scores: one row per (rung, point, target): rung, share of the training rows, point
            (index into ``points``), target, rmse (mean over folds of the mean over views),
            converged (in every fold).
        chosen: target -> hyper-parameters.
        unconverged: how many (point, target) pairs did not converge in some fold, per rung.
    """

    points: list[dict[str, Any]]
    scores: pd.DataFrame
    chosen: dict[str, dict[str, Any]]
    unconverged: dict[int, int]
