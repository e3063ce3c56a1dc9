"""The ladder from an honest number to a reported one: each step has its cause, and adds up."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from affectmix.evaluation.attribution import (
    COLUMNS,
    GAIN,
    LEVEL,
    PAIRED,
    UNPAIRED,
    attribute_gains,
    reported_ways,
)
from affectmix.evaluation.corrected_test import corrected_resampled_ttest, corrected_welch_ttest
from scipy import stats

ALONE, BOTH = "music-100_sounds-000", "music-100_sounds-100"
FOLDS = np.array([-0.02, 0.01, 0.0, 0.03, -0.02])
# rung → (scheme, protocol, arithmetic, R² of the view alone, R² with the other view)
SETTINGS = {
    "mixed": ("cv5", "nested", "clean", 0.40, 0.42),
    "ungrouped": ("cv5_ungrouped", "nested", "clean", 0.43, 0.46),
    "selected": ("cv5", "paper", "clean", 0.41, 0.44),
    "selected_ungrouped": ("cv5_ungrouped", "paper", "clean", 0.45, 0.49),
    "reference_2023": ("cv5_ungrouped", "paper", "reference_2023", math.nan, 0.76),
    "reference_2024": ("cv5_ungrouped", "paper", "reference_2024", math.nan, 0.56),
}
WHOLE = ("mixed", "ungrouped", "selected_ungrouped", "reference_2023", "reference_2024")


def cell(mean: float, *, wobble: float = 1.0, learner: str = "svr", **fields: str) -> pd.DataFrame:
    """R² of five folds of one cell on the view music, with a known mean."""
    rows = {"repeat": 0, "fold": range(5), "value": mean + wobble * FOLDS}
    names = {"experiment": "joint", "learner": learner, "features": "is13", "control": "none"}
    named = {**names, "view": "music", "target": "arousal", "metric": "r2", **fields}
    return pd.DataFrame(rows).assign(**named)


def study(rungs: tuple[str, ...], *, alone: tuple[str, ...] = (), **fields: str) -> pd.DataFrame:
    """Metrics with the mixed cells of ``rungs``, and the view alone under those of ``alone``."""
    parts = []
    for rung, mixture in itertools.chain(
        itertools.product(rungs, [BOTH]), itertools.product(alone, [ALONE])
    ):
        scheme, protocol, arithmetic, single, both = SETTINGS[rung]
        named = {"scheme": scheme, "protocol": protocol, "arithmetic": arithmetic}
        parts.append(
            cell(both, wobble=1.5, mixture=mixture, **named, **fields)
            if mixture == BOTH
            else cell(single, mixture=mixture, **named, **fields)
        )
    return pd.concat(parts, ignore_index=True)


def by_rung(metrics: pd.DataFrame) -> pd.DataFrame:
    return attribute_gains(metrics).set_index("rung")


def test_whole_ladder_over_numbers_selected_in_the_same_way() -> None:
    found = by_rung(study(WHOLE, alone=("mixed", "ungrouped", "selected_ungrouped")))
    assert list(found.index) == ["alone", *WHOLE]
    assert set(found["basis"]) == {GAIN}
    assert set(found["missing"]) == {""}
    gains = {
        "mixed": 0.02,
        "ungrouped": 0.03,
        "selected_ungrouped": 0.04,
        "reference_2023": 0.31,
        "reference_2024": 0.11,
    }
    assert found["gain"].drop("alone").to_dict() == pytest.approx(gains)
    steps = {
        "mixed": (0.02, "alone", "domain", PAIRED),
        "ungrouped": (0.01, "mixed", "groups", UNPAIRED),
        "selected_ungrouped": (0.01, "ungrouped", "selection", PAIRED),
        "reference_2023": (0.27, "selected_ungrouped", "leak", PAIRED),
        "reference_2024": (0.07, "selected_ungrouped", "leak", PAIRED),
    }
    for rung, (size, after, cause, test) in steps.items():
        row = found.loc[rung]
        assert row["step"] == pytest.approx(size)
        assert (row["after"], row["cause"], row["test"]) == (after, cause, test)
    assert math.isnan(found.loc["alone", "step"])
    assert found.loc["reference_2023", "alone"] == pytest.approx(0.45)


def test_steps_of_every_way_add_up_to_the_reported_gain() -> None:
    ladders = attribute_gains(study(WHOLE, alone=("mixed", "ungrouped", "selected_ungrouped")))
    ways = list(reported_ways(ladders))
    assert [way["rung"].iloc[-1] for way in ways] == ["reference_2023", "reference_2024"]
    for way in ways:
        assert list(way["rung"][:4]) == ["alone", *WHOLE[:3]]
        assert way["step"].sum() == pytest.approx(way["gain"].iloc[-1])


def test_the_domain_step_is_the_corrected_test_of_mixing() -> None:
    found = by_rung(study(WHOLE, alone=("mixed",))).loc["mixed"]
    by_hand = corrected_resampled_ttest(0.02 + 0.5 * FOLDS, ratio=1 / 4)
    assert (found["ci95_low"], found["ci95_high"]) == pytest.approx((by_hand.low, by_hand.high))
    assert found["p"] == pytest.approx(by_hand.p)
    assert found["effect"] == pytest.approx(by_hand.effect)
    assert found["folds"] == 5


def test_levels_are_the_basis_where_only_the_honest_number_alone_was_run() -> None:
    found = by_rung(study(WHOLE, alone=("mixed",)))
    assert set(found["basis"]) == {LEVEL}
    assert found["alone"].drop("alone").tolist() == pytest.approx([0.40] * 5)
    assert found.loc["ungrouped", "step"] == pytest.approx(0.04)
    assert found.loc["reference_2023", "gain"] == pytest.approx(0.36)
    chain = ["mixed", "ungrouped", "selected_ungrouped", "reference_2023"]
    assert found.loc[chain, "step"].sum() == pytest.approx(0.36)


def test_folds_of_another_scheme_do_not_pair() -> None:
    found = by_rung(study(WHOLE, alone=("mixed",))).loc["ungrouped"]
    ratios = {"ratio_after": 1 / 4, "ratio_before": 1 / 4}
    by_hand = corrected_welch_ttest(0.46 + 1.5 * FOLDS, 0.42 + 1.5 * FOLDS, **ratios)
    assert (found["ci95_low"], found["ci95_high"]) == pytest.approx((by_hand.low, by_hand.high))
    assert found["test"] == UNPAIRED


def test_rungs_that_were_not_run_are_named_and_their_causes_joined() -> None:
    found = by_rung(study(("mixed", "selected_ungrouped", "reference_2023"), alone=("mixed",)))
    assert set(found["missing"]) == {"ungrouped;reference_2024"}
    assert found.loc["selected_ungrouped", "cause"] == "groups + selection"
    assert found.loc["selected_ungrouped", "after"] == "mixed"


def test_without_any_number_alone_there_is_no_domain_step() -> None:
    found = by_rung(study(("mixed", "selected_ungrouped", "reference_2023")))
    assert "alone" in found["missing"].iloc[0]
    assert math.isnan(found.loc["mixed", "step"])
    assert found.loc["mixed", "cause"] == ""
    assert found["gain"].isna().all()
    assert found.loc["reference_2023", "step"] == pytest.approx(0.27)


def test_a_gain_that_was_only_selected_has_all_causes_at_once() -> None:
    rungs = ("selected_ungrouped", "reference_2023")
    found = by_rung(study(rungs, alone=("selected_ungrouped",)))
    assert set(found["basis"]) == {GAIN}
    assert found.loc["selected_ungrouped", "cause"] == "domain + groups + selection"
    assert found.loc["selected_ungrouped", "step"] == pytest.approx(0.04)
    assert found.loc["reference_2023", "cause"] == "leak"


def test_selection_on_grouped_folds_pairs_with_the_honest_number() -> None:
    metrics = study(("mixed", "selected"), alone=("mixed", "selected"))
    found = by_rung(metrics)
    row = found.loc["selected"]
    assert (row["cause"], row["test"]) == ("selection", PAIRED)
    assert row["missing"] == "ungrouped;reference_2023;reference_2024"
    both = by_rung(pd.concat([metrics, study(WHOLE[1:3])], ignore_index=True))
    assert both.loc["selected", "after"] == "mixed"
    assert both.loc["selected_ungrouped", "after"] == "ungrouped"  # those folds pair


def test_mixtures_that_nothing_is_reported_of_have_no_ladder() -> None:
    metrics = pd.concat([study(("mixed",), alone=("mixed",)), study(("mixed",), learner="mean")])
    assert attribute_gains(metrics).empty
    assert list(attribute_gains(metrics).columns) == [*COLUMNS, "p_holm"]
    assert attribute_gains(study(("selected",), alone=("selected",))).empty  # nothing beside it
    controls = study(WHOLE, alone=("mixed",), control="permuted")
    assert attribute_gains(controls).empty
    assert attribute_gains(study(WHOLE, learner="mean")).empty


def test_row_order_does_not_matter() -> None:
    metrics = study(WHOLE, alone=("mixed", "ungrouped"))
    shuffled = metrics.sample(frac=1, random_state=np.random.RandomState(3))
    pd.testing.assert_frame_equal(attribute_gains(metrics), attribute_gains(shuffled))


def test_undefined_folds_are_left_out() -> None:
    metrics = study(WHOLE, alone=("mixed",))
    metrics.loc[metrics["fold"] > 0, "value"] = math.nan
    found = by_rung(metrics).loc["ungrouped"]
    assert math.isnan(found["p"])
    assert math.isnan(found["p_holm"])


def test_corrected_welch_against_scipy_without_correction() -> None:
    rng = np.random.default_rng(0)
    after, before = rng.normal(0.5, 0.2, 7), rng.normal(0.3, 0.1, 5)
    found = corrected_welch_ttest(after, before, ratio_after=0.0, ratio_before=0.0)
    plain = stats.ttest_ind(after, before, equal_var=False)
    assert found.t == pytest.approx(plain.statistic)
    assert found.p == pytest.approx(plain.pvalue)
    interval = plain.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    wider = corrected_welch_ttest(after, before, ratio_after=0.25, ratio_before=0.25)
    assert wider.high - wider.low > found.high - found.low
    assert found.count == 5


def test_corrected_welch_of_constant_folds() -> None:
    ratios = {"ratio_after": 0.25, "ratio_before": 0.25}
    same = corrected_welch_ttest([0.2, 0.2], [0.2, 0.2], **ratios)
    assert (same.mean, same.p) == (0, 1)
    apart = corrected_welch_ttest([0.3, 0.3], [0.2, 0.2], **ratios)
    assert apart.p == 0
    assert math.isnan(corrected_welch_ttest([0.3], [0.2, 0.1], **ratios).p)
    assert math.isnan(corrected_welch_ttest([], [0.2, 0.1], **ratios).mean)
