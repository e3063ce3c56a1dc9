"""One target of a general model, as a cell asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from affectmix.errors import TableError
from affectmix.learners.user_tuned.encoded import Encoded
from affectmix.learners.user_tuned.model import GeneralModel
from affectmix.learners.user_tuned.outputs import to_predictions


@dataclass
class Heard:
    """What all targets of a model last heard, so that the network hears it once."""

    X: np.ndarray | None = None
    encoded: Encoded | None = None


@dataclass(frozen=True)
class UserTunedModel:
    """One target of a general model.

    Attributes:
        core: the model, the same for all targets.
        column: the target's place among its outputs.
        heard: what it last heard, the same for all targets.
    """

    core: GeneralModel
    column: int
    heard: Heard

    @classmethod
    def of_all_targets(cls, core: GeneralModel) -> dict[str, UserTunedModel]:
        """Return target → its model, all of them with one core."""
        heard = Heard()
        return {name: cls(core, column, heard) for column, name in enumerate(core.plan.targets)}

    @property
    def converged(self) -> bool:
        """Whether some epoch of each stage ended with a finite loss."""
        return min(self.core.plan.epochs) > 0

    def encode(self, X: np.ndarray) -> Encoded:
        """Return the features of clips; those of the last array asked for are kept.

        Args:
            X: log-mels in dB, NaN beyond a clip's end [shape=(n, 1, bands, columns)].

        Raises:
            TableError: the log-mels are of more than one stem, or of other bands.
        """
        if X.ndim != 4 or X.shape[1] != 1:
            raise TableError(
                f"log-mels of shape {X.shape} (clips, stems, bands, columns) found; this model "
                "listens to one stem. Take features of the stem that it was trained on."
            )
        if self.heard.X is not X or self.heard.encoded is None:
            self.heard.X, self.heard.encoded = X, self.core.encode(X[:, 0])
        return self.heard.encoded

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the mean over windows of the target: 2p - 1, or its value. [shape=(n,)]"""
        scores = self.core.clip_scores(self.encode(X))
        return to_predictions(scores, self.core.plan.output)[:, self.column]

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the whole model's arrays with the first target, and nothing else with others."""
        place = {"column": np.array([self.column])}
        return place if self.column else {**self.core.to_arrays(), **place}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, Mapping[str, np.ndarray]]
    ) -> dict[str, UserTunedModel]:
        """Return target → model of target → what ``to_arrays`` gave."""
        (whole,) = [own for own in arrays.values() if not own["column"][0]]
        return cls.of_all_targets(GeneralModel.from_arrays(whole))
