"""The mean predictor: what a model has to beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from affectmix.learners.base import Choice
from affectmix.search.task import SearchTask


@dataclass(frozen=True)
class MeanModel:
    """Predicts the training labels' mean for every clip."""

    mean: float
    converged: bool = True

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the mean once per row. [shape=(n, d)] → [shape=(n,)]"""
        return np.full(len(X), self.mean)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the mean as an array of one number."""
        return {"mean": np.array([self.mean])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> MeanModel:
        """Return the model of which ``to_arrays`` gave the arrays."""
        return cls(float(arrays["mean"][0]))


class MeanLearner:
    """Learns the mean of each target; there is nothing to search."""

    uses_features = False

    def search(self, task: SearchTask) -> Choice:
        """Return an empty choice per target."""
        return Choice({target: {} for target in task.targets})

    def fit(
        self, X: np.ndarray, Y: np.ndarray, targets: Sequence[str], choice: Choice
    ) -> dict[str, MeanModel]:
        """Return the mean of each column of ``Y``. [shape=(n, t)]"""
        return {
            target: MeanModel(float(mean))
            for target, mean in zip(targets, np.mean(Y, axis=0), strict=True)
        }
