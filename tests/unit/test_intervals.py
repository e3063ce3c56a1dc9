"""Intervals over folds and corrected tests, against numbers worked out by other means."""

from __future__ import annotations

import math

import numpy as np
import pytest
from affectmix.errors import ConfigError
from affectmix.evaluation.corrected_test import corrected_resampled_ttest, holm
from affectmix.evaluation.intervals import Interval, ratio_of_scheme, repeated_interval
from scipy import stats


def t_interval(values: list[float]) -> Interval:
    """The paper's interval: over the folds of one repeat."""
    return repeated_interval([values])


def half_width(interval: Interval) -> float:
    return (interval.high - interval.low) / 2


def test_t_interval_of_one_to_five() -> None:
    interval = t_interval([1, 2, 3, 4, 5])
    assert interval.mean == 3
    # t(.975, 4) = 2.776445, s = sqrt(2.5), half width = t·s/sqrt(5)
    assert half_width(interval) == pytest.approx(1.963243, abs=1e-6)
    assert interval.low == pytest.approx(3 - 1.963243, abs=1e-6)


def test_undefined_folds_are_left_out_and_do_not_count() -> None:
    assert t_interval([1, math.nan, 3]) == t_interval([1, 3])
    nothing = t_interval([math.nan])
    assert nothing.count == 0
    assert math.isnan(nothing.mean)
    one = t_interval([2.5, math.nan])
    assert one.mean == 2.5
    assert math.isnan(one.low)


def test_repeats_of_the_same_folds_do_not_narrow_the_interval() -> None:
    folds = np.array([0.2, 0.3, 0.1, 0.25, 0.4])
    once, often = t_interval(folds), repeated_interval([folds] * 10)
    assert often.low == pytest.approx(once.low)
    assert often.high == pytest.approx(once.high)


def test_repeated_holdout_is_widened_by_the_overlap() -> None:
    values = [0.1, 0.2, 0.3, 0.4]
    plain = t_interval(values)
    holdout = repeated_interval([[v] for v in values], ratio=15 / 70)
    assert holdout.mean == pytest.approx(plain.mean)
    widening = math.sqrt((1 / 4 + 15 / 70) / (1 / 4))
    assert half_width(holdout) == pytest.approx(half_width(plain) * widening)


@pytest.mark.parametrize(
    ("scheme", "ratio"),
    [
        ("cv5", 1 / 4),
        ("cv10", 1 / 9),
        ("cv5_ungrouped", 1 / 4),
        ("holdout_70_20_10", 10 / 70),
    ],
)
def test_ratio_of_ratio_of_scheme_rows(scheme: str, ratio: float) -> None:
    assert ratio_of_scheme(scheme) == pytest.approx(ratio)


def test_unknown_schemes_are_named() -> None:
    with pytest.raises(ConfigError, match="'loo'"):
        ratio_of_scheme("loo")


def test_corrected_t_by_hand() -> None:
    test = corrected_resampled_ttest([0.1, 0.2, 0.1, 0.3, 0.2], ratio=1 / 4)
    s = math.sqrt(0.028 / 4)  # squared deviations from .18 add up to .028
    t = 0.18 / (s * math.sqrt(1 / 5 + 1 / 4))
    assert test.t == pytest.approx(t)
    assert test.p == pytest.approx(2 * stats.t.sf(t, 4))
    assert test.effect == pytest.approx(0.18 / s)
    assert test.low == pytest.approx(0.18 - 2.776445 * s * math.sqrt(0.45), abs=1e-6)


def test_without_overlap_it_is_the_plain_paired_t_test() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=12), rng.normal(size=12)
    ours = corrected_resampled_ttest(a - b, ratio=0.0, alternative="greater")
    theirs = stats.ttest_rel(a, b, alternative="greater")
    assert ours.t == pytest.approx(theirs.statistic)
    assert ours.p == pytest.approx(theirs.pvalue)


def test_differences_without_spread() -> None:
    assert corrected_resampled_ttest([0, 0, 0], ratio=0.25).p == 1
    assert corrected_resampled_ttest([0.1] * 3, ratio=0.25).p == 0
    assert corrected_resampled_ttest([-0.1] * 3, ratio=0.25, alternative="greater").p == 1
    assert math.isnan(corrected_resampled_ttest([0.4], ratio=0.25).p)


def test_correction_holds_its_level_where_the_plain_test_does_not() -> None:
    """Folds that share 80 % of their noise: the plain test is wrong far too often."""
    rng = np.random.default_rng(7)
    runs, plain, corrected = 2000, 0, 0
    for _ in range(runs):
        differences = rng.normal() * math.sqrt(0.2) + rng.normal(size=5) * math.sqrt(0.8)
        plain += corrected_resampled_ttest(differences, ratio=0).p < 0.05
        corrected += corrected_resampled_ttest(differences, ratio=0.25).p < 0.05
    assert plain / runs > 0.1
    assert corrected / runs == pytest.approx(0.05, abs=0.015)


def test_holm_known_answer_and_undefined_tests() -> None:
    adjusted = holm([0.01, 0.04, 0.03, 0.005, math.nan])
    assert adjusted[:4] == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert math.isnan(adjusted[4])
    assert holm([0.9, 0.8]) == pytest.approx([1, 1])
    assert holm([]).size == 0
