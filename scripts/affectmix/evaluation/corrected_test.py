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


def corrected_welch_ttest(
    after: npt.ArrayLike,
    before: npt.ArrayLike,
    *,
    ratio_after: float,
    ratio_before: float,
    confidence: float = 0.95,
) -> CorrectedTest:
    """Test the difference of two means over folds that do not pair, two-sided.

    Each mean's variance is corrected for overlapping training sets as in
    `corrected_resampled_ttest`; the two are put together by Welch (1947), with the degrees
    of freedom of Welch and Satterthwaite. Folds that cut the same clips differently are
    taken as independent: what they have in common would narrow the interval.

    Args:
        after, before: values per fold [shape=(n,)] and [shape=(m,)]; NaN is left out.
        ratio_after, ratio_before: as ``ratio`` there, of each one's scheme.
        confidence: coverage of the interval, in (0, 1).

    Returns:
        ``mean`` is that of ``after`` less that of ``before``; ``effect`` is Cohen's d with
        the mean of both variances; ``count`` the fewer of both numbers of folds. Without
        two defined folds on both sides, all but the mean and count are NaN.
    """
    sides = [np.asarray(values, dtype=float) for values in (after, before)]
    sides = [values[~np.isnan(values)] for values in sides]
    count = min(values.size for values in sides)
    mean = float(sides[0].mean() - sides[1].mean()) if count else math.nan
    if count < 2:
        return CorrectedTest(mean, math.nan, math.nan, math.nan, math.nan, math.nan, count)
    variances = [float(values.var(ddof=1)) for values in sides]
    parts = [
        variance * (1 / values.size + ratio)
        for variance, values, ratio in zip(
            variances, sides, (ratio_after, ratio_before), strict=True
        )
    ]
    error = math.sqrt(sum(parts))
    if error <= 1e-15 * max(1.0, abs(mean)):
        t = math.copysign(math.inf, mean) if mean else 0.0
        return CorrectedTest(mean, mean, mean, t, 1.0 if t == 0.0 else 0.0, math.nan, count)
    freedom = sum(parts) ** 2 / sum(
        part**2 / (values.size - 1) for part, values in zip(parts, sides, strict=True)
    )
    half = float(stats.t.ppf(0.5 + confidence / 2, freedom)) * error
    t = mean / error
    p = min(1.0, 2 * float(stats.t.sf(abs(t), freedom)))
    return CorrectedTest(
        mean, mean - half, mean + half, t, p, mean / math.sqrt(sum(variances) / 2), count
    )


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
