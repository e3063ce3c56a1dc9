"""A cell's final model: every target, fitted on all rows of its mixture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from affectmix.cells.conformal import Calibration
from affectmix.cells.domain import Domain
from affectmix.learners.base import TargetModel

if TYPE_CHECKING:
    from affectmix.tuning.correction import Correction


@dataclass(frozen=True)
class FinalModel:
    """A cell's model of every target, fitted on all rows of its mixture.

    Attributes:
        models: target → fitted model.
        feature_names: names of the columns that ``predict`` takes, in order; none where it
            takes log-mels [shape=(n, stems, bands, frames)].
        description: the cell's settings, the chosen points and the training corpora.
        calibration: the cell's errors out of fold; None where there are none, as of classes.
        domain: where the training clips lie; None where they have no features, or are few.
        tuning: what makes it a listener's; None for the general model.
    """

    models: Mapping[str, TargetModel]
    feature_names: list[str]
    description: Mapping[str, Any]
    calibration: Calibration | None = None
    domain: Domain | None = None
    tuning: Correction | None = None

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return one column per target, in their order. [shape=(n, ...)] → [shape=(n, t)]"""
        if self.tuning is not None:
            return self.tuning.predict(X)
        return np.column_stack([model.predict(X) for model in self.models.values()])
