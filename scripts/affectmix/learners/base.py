"""What a learner is: it searches, fits and predicts all targets of a cell at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from affectmix.files import read_sealed
from affectmix.search.task import SearchTask


@dataclass(frozen=True)
class Choice:
    """What a search chose, in a form that JSON can hold.

    Attributes:
        points: target → hyper-parameters.
        report: what the search says of itself: counts of points, rungs and fits that did
            not converge, and the chosen points' scores.
    """

    points: dict[str, dict[str, Any]]
    report: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the choice as plain data."""
        return {"points": self.points, "report": self.report}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Choice:
        """Return the choice that :meth:`to_json` wrote."""
        return cls(dict(data["points"]), dict(data["report"]))

    @classmethod
    def read(cls, path: str | Path) -> Choice:
        """Return the choice of a search file, which :func:`files.write_sealed` wrote."""
        return cls.from_json(read_sealed(path))


class TargetModel(Protocol):
    """A fitted model of one target.

    Attributes:
        converged: whether every solver behind it reached its tolerance.
    """

    @property
    def converged(self) -> bool: ...

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return predictions of raw features. [shape=(n, ...)] → [shape=(n,)]"""
        ...

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything that the model consists of, as plain arrays."""
        ...


class Learner(Protocol):
    """One way of learning, with settings of its own.

    Attributes:
        uses_features: False for baselines that look at labels alone.
    """

    uses_features: bool

    def search(self, task: SearchTask) -> Choice:
        """Choose hyper-parameters for every target on the task's folds."""
        ...

    def fit(
        self, X: np.ndarray, Y: np.ndarray, targets: Sequence[str], choice: Choice
    ) -> Mapping[str, TargetModel]:
        """Fit every target on all given rows with the chosen hyper-parameters.

        Args:
            X: features, one row per clip [shape=(n, ...)].
            Y: targets in [-1, 1] [shape=(n, t)].
            targets: names of the columns of ``Y``.
            choice: what a search chose.

        Returns:
            target → fitted model, in the order of ``targets``.
        """
        ...


@runtime_checkable
class MeasuringLearner(Learner, Protocol):
    """A learner that can say more of tested clips than its predictions hold."""

    def measure(
        self, models: Mapping[str, TargetModel], X: np.ndarray, Y: np.ndarray
    ) -> dict[str, Any]:
        """Return measures of fitted models on tested clips, in a form that JSON can hold.

        Args:
            models: what ``fit`` returned.
            X: the tested clips' features, the same array that was predicted [shape=(n, ...)].
            Y: their targets [shape=(n, t)].
        """
        ...
