"""Learners against each other on the same training set, fold by fold."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from affectmix.evaluation.corrected_test import corrected_resampled_ttest, holm
from affectmix.evaluation.learner_comparisons import (
    BETTER,
    NOT_SHOWN,
    UNDEFINED,
    WORSE,
    compare_learners,
)

FOLDS = np.array([-0.02, 0.01, 0.0, 0.03, -0.02])
FIELDS = {
    "experiment": "joint",
    "features": "is13",
    "mixture": "music-100_sounds-100",
    "scheme": "cv5",
    "protocol": "nested",
    "arithmetic": "clean",
    "control": "none",
    "view": "music",
    "target": "arousal",
}


def cell(learner: str, mean: float, *, wobble: float = 1.0, **fields: str) -> pd.DataFrame:
    rows = {"repeat": 0, "fold": range(5), "value": mean + wobble * FOLDS, "metric": "r2"}
    return pd.DataFrame(rows).assign(**{**FIELDS, "learner": learner, **fields})


def table(*cells: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(cells, ignore_index=True)


def test_every_pair_once_with_the_corrected_test() -> None:
    metrics = table(
        cell("svr", 0.5, wobble=2.0), cell("elasticnet", 0.3), cell("stack", 0.5, wobble=2.1)
    )
    found = compare_learners(metrics)
    pairs = list(zip(found["learner"], found["other"], strict=True))
    assert pairs == [("elasticnet", "stack"), ("elasticnet", "svr"), ("stack", "svr")]
    row = found.iloc[1]
    by_hand = corrected_resampled_ttest(-0.2 - FOLDS, ratio=1 / 4)
    assert row["gain"] == pytest.approx(-0.2)
    assert (row["value"], row["other_value"]) == pytest.approx((0.3, 0.5))
    assert (row["ci95_low"], row["ci95_high"]) == pytest.approx((by_hand.low, by_hand.high))
    assert (row["p"], row["effect"]) == pytest.approx((by_hand.p, by_hand.effect))
    assert found["p_holm"].tolist() == pytest.approx(holm(found["p"]).tolist())
    assert found["verdict"].tolist() == [WORSE, WORSE, NOT_SHOWN]


def test_a_lower_rmse_is_better() -> None:
    metrics = table(cell("svr", 0.2, wobble=2.0), cell("elasticnet", 0.4)).assign(metric="rmse")
    row = compare_learners(metrics, metric="rmse").iloc[0]
    assert row["learner"] == "elasticnet"
    assert row["gain"] == pytest.approx(-0.2)
    assert row["verdict"] == WORSE
    assert compare_learners(metrics).empty


@pytest.mark.parametrize(
    "other",
    [
        {"mixture": "music-100_sounds-000"},
        {"features": "egemaps"},
        {"protocol": "paper"},
        {"arithmetic": "reference_2023"},
        {"scheme": "cv5_ungrouped"},
        {"view": "sounds"},
        {"target": "valence"},
    ],
)
def test_only_cells_that_differ_in_nothing_else_are_compared(other: dict[str, str]) -> None:
    assert compare_learners(table(cell("svr", 0.5), cell("elasticnet", 0.3, **other))).empty


def test_the_mean_predictor_and_controls_are_left_out() -> None:
    metrics = table(
        cell("svr", 0.5),
        cell("floor", 0.0),
        cell("svr", 0.1, control="permuted"),
        cell("elasticnet", 0.1, control="permuted"),
    )
    assert compare_learners(metrics, mean_learners=("floor",)).empty


def test_families_are_adjusted_apart() -> None:
    partial = {"mixture": "music-100_sounds-025"}
    metrics = table(
        cell("svr", 0.5, wobble=2.0),
        cell("elasticnet", 0.3),
        cell("svr", 0.5, wobble=2.0, **partial),
        cell("elasticnet", 0.3, **partial),
    )
    found = compare_learners(metrics)
    assert found["full"].tolist() == [False, True]
    assert found["p_holm"].tolist() == found["p"].tolist()


def test_one_fold_is_no_test() -> None:
    metrics = table(cell("svr", 0.5), cell("elasticnet", 0.3))
    found = compare_learners(metrics[metrics["fold"] == 0])
    assert found["verdict"].tolist() == [UNDEFINED]
    assert math.isnan(found["p"].iloc[0])


def test_a_better_learner_that_comes_first_by_name() -> None:
    found = compare_learners(table(cell("svr", 0.2, wobble=2.0), cell("elasticnet", 0.5)))
    assert found["verdict"].tolist() == [BETTER]
