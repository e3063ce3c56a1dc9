"""The noise ceiling, against numbers worked out by hand, by ANOVA, and known truths."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from affectmix.corpora.demo.design import design, ratings
from affectmix.corpora.rater_counts import RatingScale, count_listeners
from affectmix.evaluation.noise_ceiling import (
    COLUMNS,
    COUNTED,
    DECLARED,
    READ_OFF,
    Raters,
    count_raters,
    noise_ceilings,
)


def labels_of(values: np.ndarray, spreads: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "clip_id": [f"c{i:04}" for i in range(len(values))],
            "valence": values,
            "valence_sd": spreads,
            "arousal": math.nan,
            "arousal_sd": math.nan,
        }
    )


def ceiling(
    labels: pd.DataFrame, counts: int | pd.DataFrame | None, seed: int = 1, ddof: int = 1
) -> pd.Series:
    raters = Raters(counts, DECLARED, ddof)
    found = noise_ceilings({"songs": labels}, {"songs": raters}, seed=seed)
    assert len(found) == 1
    return found.iloc[0]


def test_by_hand() -> None:
    # Var = 1/3 with n - 1, mean s² = .04: noise of a mean of 4 is .01
    labels = labels_of(np.array([-0.5, 0.5, -0.5, 0.5]), np.full(4, 0.2))
    row = ceiling(labels, 4)
    assert row["r2"] == pytest.approx(1 - 0.01 * 3)
    assert row["rmse"] == pytest.approx(0.1)
    between = 1 / 3 - 0.01
    assert row["one_r2"] == pytest.approx(between / (between + 0.04))
    assert (row["clips"], row["raters_low"], row["raters_high"]) == (4, 4, 4)
    assert not row["one_is_bound"]


def test_equals_the_intraclass_correlations_of_an_analysis_of_variance() -> None:
    rng = np.random.default_rng(5)
    scores = rng.normal(0, 0.3, (30, 1)) + rng.normal(0, 0.4, (30, 6))
    within = scores.var(axis=1, ddof=1).mean()
    between = 6 * scores.mean(axis=1).var(ddof=1)
    row = ceiling(labels_of(scores.mean(axis=1), scores.std(axis=1, ddof=1)), 6)
    assert row["r2"] == pytest.approx((between - within) / between)
    assert row["one_r2"] == pytest.approx((between - within) / (between + 5 * within))


@pytest.mark.parametrize("part", ["music", "sounds"])
def test_a_model_that_knows_the_truth_of_the_demo_reaches_the_ceiling(part: str) -> None:
    demo = design(part=part, clips=2000)
    counts = count_raters(ratings(part=part, clips=2000))
    assert counts.to_numpy().min() == counts.to_numpy().max() == 10
    found = noise_ceilings({part: demo}, {part: Raters(counts, COUNTED)}, seed=1).set_index(
        "target"
    )
    for target in ("valence", "arousal"):
        left = np.square(demo[target] - demo[f"{target}_true"]).mean() / demo[target].var()
        row = found.loc[target]
        assert row["r2_low"] < 1 - left < row["r2_high"]
        assert row["raters_low"] == row["raters_high"] == 10


def test_without_raters_only_a_bound_on_one_listener_is_known() -> None:
    labels = labels_of(np.array([-0.5, 0.5, -0.5, 0.5]), np.full(4, 0.2))
    row = ceiling(labels, None)
    assert row[["r2", "r2_low", "r2_high", "rmse", "raters_low"]].isna().all()
    assert row["one_r2"] == pytest.approx((1 / 3) / (1 / 3 + 0.04))
    assert row["one_is_bound"]
    assert row["one_r2"] > ceiling(labels, 4)["one_r2"]


def test_more_raters_raise_the_ceiling_of_the_mean_and_not_of_one() -> None:
    rng = np.random.default_rng(0)
    labels = labels_of(rng.uniform(-0.8, 0.8, 60), rng.uniform(0.2, 0.5, 60))
    few, many = ceiling(labels, 5), ceiling(labels, 500)
    assert few["r2"] < many["r2"] < 1
    assert many["r2"] > 0.99
    assert many["one_r2"] == pytest.approx(ceiling(labels, None)["one_r2"], abs=0.01)


def test_counted_raters_and_single_ratings() -> None:
    votes = pd.DataFrame(
        {
            "clip_id": ["a", "a", "a", "b", "b", "c"],
            "rater": ["1", "2", "3", "1", "2", "1"],
            "valence": [0.1, 0.2, None, 0.3, 0.5, 0.9],
            "arousal": [0.1, 0.2, 0.3, None, None, 0.1],
        }
    )
    counts = count_raters(votes)
    assert counts.loc["a"].to_dict() == {"valence": 2, "arousal": 3}
    labels = pd.DataFrame(
        {
            "clip_id": ["a", "b", "c"],
            "valence": [0.15, 0.4, 0.9],
            "valence_sd": [0.07, 0.14, math.nan],
            "arousal": [0.2, math.nan, 0.1],
            "arousal_sd": [0.1, math.nan, math.nan],
        }
    )
    row = ceiling(labels, counts)  # arousal has one clip with a deviation: no ceiling
    assert (row["target"], row["clips"]) == ("valence", 2)
    variance = np.var([0.15, 0.4], ddof=1)
    assert row["r2"] == pytest.approx(1 - (0.07**2 / 2 + 0.14**2 / 2) / 2 / variance)


def test_labels_that_are_all_noise_have_a_ceiling_of_zero() -> None:
    row = ceiling(labels_of(np.linspace(-0.01, 0.01, 20), np.full(20, 0.9)), 3)
    assert (row["r2"], row["one_r2"]) == (0, 0)


def test_views_without_deviations_have_no_row() -> None:
    plain = labels_of(np.array([-0.5, 0.5]), np.array([math.nan, math.nan]))
    found = noise_ceilings({"songs": plain}, {"songs": Raters(5, DECLARED)}, seed=1)
    assert found.empty
    assert list(found.columns) == list(COLUMNS)


def test_seeded_and_free_of_row_order() -> None:
    rng = np.random.default_rng(2)
    labels = labels_of(rng.uniform(-0.8, 0.8, 50), rng.uniform(0.2, 0.5, 50))
    first = ceiling(labels, 5)
    shuffled = labels.sample(frac=1, random_state=np.random.RandomState(1))
    pd.testing.assert_series_equal(first, ceiling(shuffled, 5))
    assert first["r2_low"] != ceiling(labels, 5, seed=2)["r2_low"]
    assert first["r2_low"] < first["r2"] < first["r2_high"]


def nine_point_labels(raters: list[int], ddof: int) -> pd.DataFrame:
    """Labels as published: the means and deviations of ratings on nine points, on [-1, 1]."""
    rng = np.random.default_rng(11)
    rows = []
    for number, count in enumerate(raters):
        row: dict[str, object] = {"clip_id": f"c{number:03}"}
        for target in ("valence", "arousal"):
            ratings_ = (rng.integers(1, 10, count) - 5) / 4
            row[target] = ratings_.mean()
            row[f"{target}_sd"] = ratings_.std(ddof=ddof)
        rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("ddof", "least", "raters"), [(1, 2, [10, 11, 22, 24, 25, 13]), (0, 10, [10, 11, 13])]
)
def test_listeners_are_read_off_means_and_deviations(
    ddof: int, least: int, raters: list[int]
) -> None:
    labels = nine_point_labels(raters * 40, ddof)
    shuffled = labels.sample(frac=1, random_state=np.random.RandomState(0))
    found = count_listeners(shuffled, RatingScale(points=9, ddof=ddof, least=least))
    assert found is not None
    right = found.sort_index()["valence"].to_numpy() == np.array(raters * 40)
    assert right.mean() > 0.99
    assert found["arousal"].equals(found["valence"].rename("arousal"))


def test_deviations_that_divide_by_n_leave_parts_open_below_the_least() -> None:
    labels = nine_point_labels([10] * 60, ddof=0)
    labels.loc[0, ["valence", "arousal", "valence_sd", "arousal_sd"]] = [0.0, 0.0, 0.25, 0.25]
    free, bound = (count_listeners(labels, RatingScale(9, 0, least)) for least in (2, 10))
    assert free is not None and bound is not None
    assert free.loc["c000", "valence"] == 2  # one point below the middle, one above
    assert set(bound["valence"]) == {10}


def test_rounded_or_foreign_numbers_tell_nothing() -> None:
    labels = nine_point_labels([22] * 100, ddof=1)
    scale = RatingScale(points=9, ddof=1)
    assert count_listeners(labels, scale) is not None
    assert count_listeners(labels.round(2), scale) is None
    assert count_listeners(labels, RatingScale(points=9, ddof=0)) is None
    assert count_listeners(labels, RatingScale(points=8, ddof=1)) is None


def test_deviations_that_divide_by_n_give_the_same_ceiling() -> None:
    with_one, with_none = (nine_point_labels([10] * 50, ddof) for ddof in (1, 0))
    found = [
        noise_ceilings({"a": labels}, {"a": Raters(10, DECLARED, ddof)}, seed=1)
        for labels, ddof in ((with_one, 1), (with_none, 0))
    ]
    numbers = ["r2", "rmse", "one_r2", "r2_low", "r2_high"]
    pd.testing.assert_frame_equal(found[0][numbers], found[1][numbers])


def test_the_table_says_where_the_number_of_raters_is_from() -> None:
    labels = nine_point_labels([22] * 50, ddof=1)
    counts = count_listeners(labels, RatingScale(points=9, ddof=1))
    found = noise_ceilings({"a": labels}, {"a": Raters(counts, READ_OFF)}, seed=1)
    assert set(found["raters_from"]) == {READ_OFF}
    assert found["raters_low"].tolist() == [22, 22]
    assert set(noise_ceilings({"a": labels}, {}, seed=1)["raters_from"]) == {"unknown"}
