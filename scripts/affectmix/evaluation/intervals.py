"""Means with their 95 % intervals, over the folds of one or more repeats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from affectmix.splits.schemes import Scheme


@dataclass(frozen=True)
class Interval:
    """A mean and the bounds of its confidence interval; NaN where undefined.

    Attributes:
        mean: mean over the defined values.
        low, high: bounds; NaN below two values, as one value says nothing of the spread.
        count: how many values were defined.
    """

    mean: float
    low: float
    high: float
    count: int


def repeated_interval(
    repeats: Sequence[npt.ArrayLike], *, confidence: float = 0.95, ratio: float = 0.0
) -> Interval:
    """Return the mean over all folds of all repeats, with an interval that repeats cannot shrink.

    Folds of another repeat are the same clips cut differently, not new evidence. The
    spread is therefore pooled within the repeats, and counted as one repeat's folds;
    with one repeat this is the plain t interval over folds. Where each repeat has one
    fold (repeated holdout), the spread is that between repeats, whose test sets
    overlap, widened as Nadeau and Bengio (2003) do, by ``ratio``.

    Args:
        repeats: one array [shape=(folds,)] per repeat; NaN is undefined and left out.
        confidence: coverage in (0, 1).
        ratio: test rows by training rows; used for repeated holdouts alone.
    """
    kept = [_defined(values) for values in repeats]
    kept = [values for values in kept if values.size]
    if not kept:
        return Interval(math.nan, math.nan, math.nan, 0)
    everything = np.concatenate(kept)
    mean = float(everything.mean())
    if len(kept) == 1 or any(values.size > 1 for values in kept):
        kept = [values for values in kept if values.size > 1]
        freedom = sum(values.size - 1 for values in kept) / max(len(kept), 1)
        scale = 1 / (freedom + 1)
    else:
        kept = [everything]
        freedom = everything.size - 1
        scale = 1 / everything.size + ratio
    if freedom < 1:
        return Interval(mean, math.nan, math.nan, everything.size)
    squares = sum(float(np.square(values - values.mean()).sum()) for values in kept)
    variance = squares / sum(values.size - 1 for values in kept)
    half = float(stats.t.ppf(0.5 + confidence / 2, freedom)) * math.sqrt(variance * scale)
    return Interval(mean, mean - half, mean + half, everything.size)


def ratio_of_scheme(name: str) -> float:
    """Return the rows tested by the rows trained on in one fold of the scheme ``name``.

    ``cv5`` tests one fold of five: 1/4. ``holdout_70_15_15`` trains on 70 and tests 15.

    Raises:
        ConfigError: the scheme is unknown.
    """
    scheme = Scheme.parse(name)
    if scheme.kind == "kfold":
        return 1 / (scheme.folds - 1)
    return scheme.shares[0] / scheme.shares[2]


def _defined(values: npt.ArrayLike) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    return array[~np.isnan(array)]
