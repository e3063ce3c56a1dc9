"""The choice among variants inside the training folds, and how long to train what is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from affectmix.learners.emomucs.systems import System, TrainingSet, Workshop
from affectmix.learners.emomucs.variants import Variant
from affectmix.search.task import SearchTask

REFIT = 1_000_000  # names the training set of a refit; inner folds are 0, 1, 2, ...


@dataclass(frozen=True)
class Found:
    """What one variant reached on the inner folds.

    Attributes:
        variant: which.
        systems: one per inner fold.
        rmse: the mean over folds, views and targets of the RMSE.
        by_target: the same for each target [shape=(2,)].
    """

    variant: Variant
    systems: Sequence[System]
    rmse: float
    by_target: np.ndarray

    def best_fold(self) -> int:
        """Return the inner fold whose model had the lowest validation loss."""
        losses = [system.whole.loss for system in self.systems]
        return int(np.argmin(np.nan_to_num(losses, nan=np.inf)))

    def typical_epochs(self) -> dict[str, Any]:
        """Return the median over inner folds of how long each part was trained."""
        each = [system.epochs() for system in self.systems]
        sources = np.median([one["sources"] for one in each], axis=0)
        fused = np.median([one["fused"] for one in each])
        return {
            "sources": [round(float(epochs)) for epochs in sources],
            "fused": round(float(fused)),
        }

    def to_json(self) -> dict[str, Any]:
        """Return what the search file says of the variant."""
        return {
            **self.variant.to_json(),
            "rmse": self.rmse,
            "losses": [system.whole.loss for system in self.systems],
            "epochs": [system.epochs() for system in self.systems],
        }


def search_variants(
    task: SearchTask, workshop: Workshop, candidates: Sequence[Variant]
) -> list[Found]:
    """Train every variant on every inner fold, and score it as other learners are scored.

    Each inner fold's validated rows stop its training, and score it: the paper's nesting.
    The outer fold is in neither.
    """
    sets = [
        TrainingSet(fold.train, number, validate=fold.validation_rows)
        for number, fold in enumerate(task.folds)
    ]
    found = []
    for variant in candidates:
        systems = workshop.train(variant, sets)
        predicted = workshop.predict(systems)
        by_target = np.mean(
            [
                fold.rmse(own[fold.validation_rows] - task.Y[fold.validation_rows])
                for own, fold in zip(predicted, task.folds, strict=True)
            ],
            axis=0,
        )
        found.append(Found(variant, systems, float(np.mean(by_target)), by_target))
    return found


def best_of(found: Sequence[Found]) -> Found:
    """Return the variant with the lowest error; the first one where errors are equal."""
    return min(found, key=lambda each: each.rmse if np.isfinite(each.rmse) else np.inf)
