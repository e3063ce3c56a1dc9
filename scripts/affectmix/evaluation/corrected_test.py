"""The corrected resampled t-test, and the adjustment for testing many differences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

Alternative = Literal["two-sided", "greater"]


@dataclass(frozen=True)
class CorrectedTest:
    """What the folds say of a mean difference; NaN where undefined.

    Attributes:
        mean: mean difference over folds.
        low, high: its corrected 95 % interval (two-sided, whatever the alternative).
        t, p: statistic and p-value against a mean of zero (or below, if one-sided).
        effect: mean by standard deviation of the paired differences (Cohen's d_z).
        count: number of folds, those of all repeats together.
    """

    mean: float
    low: float
    high: float
    t: float
    p: float
    effect: float
    count: int


def corrected_resampled_ttest(
    differences: npt.ArrayLike,
    *,
    ratio: float,
    alternative: Alternative = "two-sided",
    confidence: float = 0.95,
) -> CorrectedTest:
    """Test the mean of paired fold ``differences`` [shape=(n,)] against zero.

    Training sets of different folds overlap, so the plain t-test finds differences where
    there are none. The variance of the mean is taken as (1/n + ratio)·s² instead of s²/n
    (Nadeau & Bengio 2003, eq. 9; Bouckaert & Frank 2004 for repeated cross-validation).

    Args:
        differences: one per repeat and fold; NaN is undefined and left out.
        ratio: rows tested by rows trained on; `intervals.ratio_of_scheme`.
        alternative: ``greater`` tests whether the mean is above zero.
        confidence: coverage of the interval, in (0, 1).

    Returns:
        Without two defined differences, all but the mean and count are NaN. Differences
        that are all zero have p = 1; all the same and not zero, p = 0 (0 or 1 one-sided).
    """
    values = np.asarray(differences, dtype=float)
    values = values[~np.isnan(values)]
    count = values.size
    if count < 2:
        mean = float(values[0]) if count else math.nan
        return CorrectedTest(mean, math.nan, math.nan, math.nan, math.nan, math.nan, count)
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    error = spread * math.sqrt(1 / count + ratio)
    half = float(stats.t.ppf(0.5 + confidence / 2, count - 1)) * error
    if spread <= 1e-15 * max(1.0, abs(mean)):
        t = math.copysign(math.inf, mean) if mean else 0.0
        effect = math.nan
    else:
        t, effect = mean / error, mean / spread
    tail = float(stats.t.sf(t if alternative == "greater" else abs(t), count - 1))
    p = tail if alternative == "greater" else min(1.0, 2 * tail)
    if t == 0.0 and math.isnan(effect):
        p = 1.0
    return CorrectedTest(mean, mean - half, mean + half, t, p, effect, count)


def holm(p_values: npt.ArrayLike) -> np.ndarray:
    """Return Holm's step-down adjusted p-values [shape=(n,)] of one family of tests.

    NaN is not a test: it stays NaN and does not count.
    """
    given = np.asarray(p_values, dtype=float)
    adjusted = np.full(given.shape, math.nan)
    tests = np.flatnonzero(~np.isnan(given))
    order = tests[np.argsort(given[tests], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(given[order] * factors))
    return adjusted
