"""Intervals that hold what they promise, from the errors of predictions out of fold.

An interval is the prediction plus or minus a quantile of the absolute errors that the cell's own
outer folds made on clips they had not seen (Vovk, "Cross-conformal predictors", 2015; the
"jackknife" with folds of Barber, Candès, Ramdas and Tibshirani, "Predictive inference with the
jackknife+", 2021, section 1.2). CV+ would need the model of every fold at prediction time. The
final model stands in for them: it was trained on more clips than each, so that its errors are
not larger but by chance. The quantile has the correction for finite samples.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


def half_width(residuals: np.ndarray, coverage: float, *, clips: int | None = None) -> float:
    """Return the half width of an interval that holds a share ``coverage`` of new clips.

    That is the ⌈(n + 1) · coverage⌉-th smallest of n absolute errors. Where a clip was predicted
    in several repeats, it has several errors, and still counts once in the correction.

    Args:
        residuals: absolute errors [shape=(m,)].
        coverage: in (0, 1).
        clips: n; the number of errors if None.

    Returns:
        At least 0; infinite where there are too few clips for the coverage.

    >>> half_width(np.arange(1.0, 11.0), 0.5)
    6.0
    >>> half_width(np.arange(1.0, 6.0), 0.9)
    inf
    """
    n = len(residuals) if clips is None else clips
    rank = math.ceil((n + 1) * coverage - 1e-9)  # (n + 1) × .9 is 90.00000000000001 for 99
    if n == 0 or rank > n:
        return math.inf
    place = math.ceil(rank / n * len(residuals) - 1e-9)
    return float(np.partition(residuals, place - 1)[place - 1])


@dataclass(frozen=True)
class Calibration:
    """Absolute errors out of fold of a cell, over the views that it was trained on.

    Attributes:
        residuals: target → absolute errors [shape=(m,), float32].
        clips: how many clips they are of.
    """

    residuals: Mapping[str, np.ndarray]
    clips: int

    def half_width(self, target: str, coverage: float) -> float:
        """Return the half width of a target's interval; see :func:`half_width`."""
        return half_width(self.residuals[target], coverage, clips=self.clips)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the errors, sorted, and the number of clips as arrays."""
        arrays = {
            f"residuals.{target}": np.sort(errors).astype(np.float32)
            for target, errors in self.residuals.items()
        }
        return {**arrays, "clips": np.array([self.clips])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Calibration:
        """Return the calibration that :meth:`to_arrays` took apart."""
        named = {
            name.removeprefix("residuals."): array
            for name, array in arrays.items()
            if name.startswith("residuals.")
        }
        return cls(named, int(arrays["clips"][0]))
