"""A trained segment system as the model of one target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from affectmix.learners.segments.grid import Segments
from affectmix.learners.segments.system import SegmentSystem


@dataclass(frozen=True)
class SegmentsModel:
    """One target of a system; all targets' models share it.

    Attributes:
        system: what predicts.
        column: the target's place among the system's targets.
        report: how training went, as plain data.
        clean: each training segment's probability of having a label that holds, clip by clip
            in the order of training [shape=(s,)]; empty where none was told.
    """

    system: SegmentSystem
    column: int
    report: Mapping[str, Any] = field(default_factory=dict)
    clean: np.ndarray = field(default_factory=lambda: np.empty(0))

    @property
    def converged(self) -> bool:
        """Whether training ended with finite numbers."""
        return self.system.finite

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the target of each clip, of classes 2p - 1.

        Args:
            X: log-mels in dB, NaN beyond a clip's end [shape=(n, stems, bands, frames)].

        Raises:
            TableError: the log-mels have another size than those trained on.
        """
        return self.system.songs(X)[:, self.column].copy()

    def segments(self, X: np.ndarray) -> tuple[Segments, np.ndarray]:
        """Return clips' segments, and probabilities or values of all targets. [shape=(s, t)]"""
        segments, outputs = self.system.outputs(X)
        return segments, self.system.answers.shares(outputs)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the column, and, of the first target alone, the system's arrays."""
        system = {} if self.column else self.system.to_arrays()
        return {**system, "column": np.array(self.column)}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, Mapping[str, np.ndarray]]
    ) -> dict[str, SegmentsModel]:
        """Return target → model from target → the arrays that :meth:`to_arrays` gave."""
        (whole,) = [own for own in arrays.values() if int(own["column"]) == 0]
        system = SegmentSystem.from_arrays(whole)
        return {target: cls(system, int(own["column"])) for target, own in arrays.items()}
