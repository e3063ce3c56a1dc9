"""Metrics per fold and over folds, and the tests between cells."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import ConfigError, TableError
from affectmix.evaluation.comparisons import (
    compare_mixtures,
    permutation_verdict,
    skill_over_mean,
)
from affectmix.evaluation.metrics import (
    compute_metrics,
    fold_rows,
    mean_rows,
    require_consistency,
    score,
)
from affectmix.evaluation.mixture_shares import added, describe, is_full, trained_views
from affectmix.schemas import METRICS
from affectmix.tables import check_table, read_table, write_table
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

MIXTURES = ("music-100_sounds-000", "music-000_sounds-100", "music-100_sounds-100")


def predictions_of(
    *,
    learner: str = "svr",
    mixture: str = "music-100_sounds-100",
    control: str = "none",
    noise: float = 0.3,
    slope: float = 0.8,
    repeats: int = 1,
    seed: int = 0,
) -> pd.DataFrame:
    """Predictions of one cell on two views, five folds of 80 clips, whose error is known."""
    parts = []
    for number, view in enumerate(("music", "sounds")):
        for target in ("valence", "arousal"):
            truth = np.random.default_rng([number, target == "valence"]).uniform(-1, 1, 400)
            for repeat in range(repeats):
                rng = np.random.default_rng([seed, number, target == "valence", repeat])
                parts.append(
                    pd.DataFrame(
                        {
                            "repeat": repeat,
                            "fold": np.arange(400) % 5,
                            "corpus": view,
                            "view": view,
                            "clip_id": [f"c{i:03}" for i in range(400)],
                            "target": target,
                            "y_true": truth,
                            "y_pred": slope * truth + noise * rng.normal(size=400),
                            "in_train": 0,
                        }
                    )
                )
    fields = {
        "experiment": "joint",
        "learner": learner,
        "features": "is13",
        "mixture": mixture,
        "scheme": "cv5",
        "protocol": "nested",
        "arithmetic": "clean",
        "control": control,
    }
    return pd.concat(parts, ignore_index=True).assign(
        cell="__".join([learner, mixture, control]), **fields
    )


def test_scores_equal_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    truth, predicted = rng.uniform(-1, 1, 50), rng.uniform(-1, 1, 50)
    scores = score(truth, predicted)
    assert scores["rmse"] == pytest.approx(root_mean_squared_error(truth, predicted))
    assert scores["mae"] == pytest.approx(mean_absolute_error(truth, predicted))
    assert scores["r2"] == pytest.approx(r2_score(truth, predicted))
    assert scores["pearson"] == pytest.approx(np.corrcoef(truth, predicted)[0, 1])


def test_concordance_known_answers() -> None:
    truth = np.array([-1.0, 0.0, 1.0])
    assert score(truth, truth)["ccc"] == pytest.approx(1)
    assert score(truth, -truth)["ccc"] == pytest.approx(-1)
    # covariance 2/3, variances 2/3, offset .5: 2·(2/3) / (4/3 + .25)
    assert score(truth, truth + 0.5)["ccc"] == pytest.approx((4 / 3) / (4 / 3 + 0.25))


def test_undefined_is_null_and_never_zero() -> None:
    flat = score(np.full(4, 0.1), np.array([0.0, 0.1, 0.2, 0.3]))
    assert all(math.isnan(flat[name]) for name in ("r2", "pearson", "ccc"))
    assert flat["rmse"] > 0
    constant = score(np.array([0.0, 0.5]), np.full(2, 1 / 3))
    assert math.isnan(constant["pearson"])
    assert constant["ccc"] == 0
    assert constant["r2"] < 0


def test_table_holds_folds_and_means(tmp_path) -> None:
    metrics = compute_metrics(predictions_of(repeats=2))
    check_table(metrics, METRICS, where="metrics")
    folds, means = fold_rows(metrics), mean_rows(metrics)
    assert len(folds) == 2 * 5 * 2 * 2 * 5
    assert len(means) == 2 * 2 * 5
    assert folds["ci95_low"].isna().all()
    key = ["view", "target", "metric"]
    expected = folds.groupby(key)["value"].mean()
    pd.testing.assert_series_equal(means.set_index(key)["value"].sort_index(), expected)
    assert (means["ci95_low"] < means["value"]).all()
    write_table(metrics, tmp_path / "m.parquet", METRICS)
    again = read_table(tmp_path / "m.parquet", METRICS)
    assert again["fold"].isna().sum() == len(means)


def test_interval_of_one_repeat_is_the_papers() -> None:
    metrics = compute_metrics(predictions_of())
    one = metrics.query("view == 'music' and target == 'arousal' and metric == 'rmse'")
    values = one["value"][one["fold"].notna()].to_numpy()
    half = 2.7764451052 * values.std(ddof=1) / math.sqrt(5)
    mean = one[one["fold"].isna()].iloc[0]
    assert mean["ci95_high"] - mean["value"] == pytest.approx(half)


def test_order_of_rows_does_not_matter() -> None:
    rows = predictions_of()
    shuffled = rows.sample(frac=1, random_state=5)
    pd.testing.assert_frame_equal(compute_metrics(rows), compute_metrics(shuffled))


def test_a_constant_fold_is_null_and_left_out_of_the_mean() -> None:
    rows = predictions_of()
    rows.loc[rows["fold"] == 2, "y_true"] = 0.25
    metrics = compute_metrics(rows).query("metric == 'r2'")
    folds, means = fold_rows(metrics), mean_rows(metrics)
    assert folds["value"][folds["fold"] == 2].isna().all()
    assert folds["value"][folds["fold"] != 2].notna().all()
    assert means["value"].notna().all()


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinite_predictions_are_an_error(value: float) -> None:
    rows = predictions_of()
    rows.loc[3, "y_pred"] = value
    with pytest.raises(TableError, match="not finite"):
        compute_metrics(rows)


def test_r2_and_rmse_have_to_agree() -> None:
    good = pd.DataFrame({"rmse": [0.5], "r2": [0.0], "cell": ["c"]})
    require_consistency(good, np.array([0.25]))
    with pytest.raises(TableError, match="contradicts"):
        require_consistency(good.assign(r2=0.1), np.array([0.25]))


def test_mixture_names() -> None:
    assert trained_views("iads_e-100_pmemo-000") == ("iads_e",)
    assert is_full("iads_e-100_pmemo-000")
    assert not is_full("iads_e-100_pmemo-025")
    assert describe("iads_e-100_pmemo-025") == "iads_e + 25 % pmemo"
    assert added("iads_e-100_pmemo-025", "iads_e") == "25 % pmemo"
    with pytest.raises(ConfigError, match="iads_e-25"):
        describe("iads_e-25")


def study(**noises: float) -> pd.DataFrame:
    """Metrics of the three mixtures, each with an error of its own, and a mean predictor."""
    parts = []
    for number, mixture in enumerate(MIXTURES):
        noise = noises.get(("music", "sounds", "both")[number], 0.5)
        parts.append(predictions_of(mixture=mixture, noise=noise, seed=number))
        parts.append(predictions_of(learner="mean", mixture=mixture, slope=0, noise=0.0))
    return compute_metrics(pd.concat(parts, ignore_index=True))


def test_mixing_that_helps_is_found_and_signed() -> None:
    compared = compare_mixtures(study(both=0.05))
    assert len(compared) == 4  # two views by two targets; the mean predictor is left out
    assert set(compared["verdict"]) == {"helped"}
    row = compared.query("view == 'music' and target == 'arousal'").iloc[0]
    assert row["gain"] == pytest.approx(row["mixed"] - row["alone"])
    assert row["p_holm"] >= row["p"]
    assert row["folds"] == 5
    assert set(compare_mixtures(study(both=0.05), metric="rmse")["verdict"]) == {"helped"}
    hurt = compare_mixtures(study(music=0.1, sounds=0.1, both=0.9), metric="rmse")
    assert set(hurt["verdict"]) == {"hurt"}
    assert (hurt["gain"] < 0).all()


def test_mixing_that_changes_nothing_is_not_shown() -> None:
    rows = [predictions_of(mixture=mixture) for mixture in MIXTURES]
    compared = compare_mixtures(compute_metrics(pd.concat(rows)))
    assert set(compared["verdict"]) == {"not shown"}
    assert (compared["p"] == 1).all()


def test_partial_mixtures_are_a_family_of_their_own() -> None:
    names = [*MIXTURES, "music-100_sounds-050"]
    rows = [predictions_of(mixture=name, seed=i) for i, name in enumerate(names)]
    compared = compare_mixtures(compute_metrics(pd.concat(rows)))
    partial = compared[~compared["full"]]
    assert set(partial["view"]) == {"music"}  # only half of sounds: nothing to compare with
    assert partial["p_holm"].max() <= 2 * partial["p"].max()


def test_skill_over_the_mean_predictor() -> None:
    skill = skill_over_mean(study(music=0.1, sounds=0.1, both=0.1))
    assert set(skill["learner"]) == {"svr"}
    assert set(skill["verdict"]) == {"skill"}
    blind = [
        predictions_of(slope=0.0, noise=0.5),
        predictions_of(learner="mean", slope=0, noise=0.0),
    ]
    assert set(skill_over_mean(compute_metrics(pd.concat(blind)))["verdict"]) == {"no skill"}


@pytest.mark.parametrize("with_mean", [True, False])
def test_permuted_labels(with_mean: bool) -> None:
    def verdicts(slope: float) -> pd.DataFrame:
        rows = [predictions_of(control="permuted", slope=slope, noise=0.1)]
        if with_mean:
            rows.append(predictions_of(learner="mean", control="permuted", slope=0, noise=0.0))
        rows.append(predictions_of())  # a cell without a control is not tested here
        return permutation_verdict(compute_metrics(pd.concat(rows)))

    assert set(verdicts(0.0)["verdict"]) == {"no skill"}
    assert set(verdicts(0.8)["verdict"]) == {"skill"}
    against = "mean predictor" if with_mean else "zero R²"
    assert set(verdicts(0.0)["against"]) == {against}
    assert len(verdicts(0.0)) == 4


def test_without_controls_the_verdicts_are_empty_tables() -> None:
    metrics = compute_metrics(predictions_of())
    for table in (permutation_verdict(metrics), skill_over_mean(metrics)):
        assert table.empty
        assert "verdict" in table
    assert compare_mixtures(metrics).empty
