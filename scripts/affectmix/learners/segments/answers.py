"""Labels as a network learns them: classes with their probabilities, or values. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

REGRESSION = ("valence", "arousal")


@dataclass(frozen=True)
class Answers:
    """What the outputs of a network stand for.

    Attributes:
        targets: names of the targets that are predicted.
        classes: of a class task, which of all classes occur among the training clips; none
            for regression. The classes are the targets, or of a single one *not* and *it*.
    """

    targets: tuple[str, ...]
    classes: tuple[int, ...] | None

    @classmethod
    def of(cls, Y: np.ndarray, targets: Sequence[str]) -> Answers:
        """Return the answers that training labels ask for. [shape=(n, t)]"""
        if tuple(targets) == REGRESSION:
            return cls(tuple(targets), None)
        found = np.unique(_classes(Y))
        return cls(tuple(targets), tuple(int(each) for each in found))

    @property
    def outputs(self) -> int:
        """How many outputs the network has."""
        return len(self.targets) if self.classes is None else len(self.classes)

    @property
    def possible(self) -> int:
        """How many classes there could be; 0 for regression."""
        return 0 if self.classes is None else max(2, len(self.targets))

    @property
    def missing(self) -> list[str]:
        """Names of the classes that no training clip has, whose probability is 0."""
        if self.classes is None:
            return []
        names = self.targets if len(self.targets) > 1 else (f"not {self.targets[0]}", *self.targets)
        return [name for place, name in enumerate(names) if place not in self.classes]

    def encode(self, Y: np.ndarray) -> npt.NDArray[np.float32]:
        """Return labels as the outputs should be: one-hot, or as they are. [shape=(n, outputs)]"""
        if self.classes is None:
            return np.asarray(Y, dtype=np.float32)
        own = _classes(Y)[:, None] == np.array(self.classes)[None, :]
        return own.astype(np.float32)

    def scores(self, outputs: np.ndarray) -> npt.NDArray[np.float64]:
        """Return outputs, or probabilities p as 2p - 1, by target. [shape=(n, t)]"""
        return outputs.astype(float) if self.classes is None else 2 * self.shares(outputs) - 1

    def shares(self, outputs: np.ndarray) -> npt.NDArray[np.float64]:
        """Return the probability, or the predicted value, of each target. [shape=(n, t)]"""
        if self.classes is None:
            return outputs.astype(float)
        every = np.zeros((len(outputs), self.possible))
        every[:, list(self.classes)] = outputs
        return every if len(self.targets) > 1 else every[:, 1:]

    def to_json(self) -> dict[str, Any]:
        """Return the answers as plain data."""
        classes = None if self.classes is None else list(self.classes)
        return {"targets": list(self.targets), "classes": classes}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Answers:
        """Return the answers that :meth:`to_json` wrote."""
        classes = data["classes"]
        return cls(tuple(data["targets"]), None if classes is None else tuple(classes))


def _classes(Y: np.ndarray) -> npt.NDArray[np.int64]:
    """Return the class of each row of indicators in {-1, 1}. [shape=(n,)]"""
    Y = np.asarray(Y)
    return (Y[:, 0] > 0).astype(np.int64) if Y.shape[1] == 1 else Y.argmax(axis=1)
