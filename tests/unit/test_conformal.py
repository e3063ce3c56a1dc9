"""Conformal quantiles and coverage by hand, and how far clips are from the training clips."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from affectmix.cells.conformal import Calibration, half_width
from affectmix.cells.domain import Domain, Nearness, Space, summary
from affectmix.evaluation.coverage import ALL_VIEWS, binomial_bounds, measure_coverage, verdicts
from affectmix.evaluation.metrics import CELL_FIELDS
from affectmix.schemas import COVERAGE
from affectmix.tables import check_table


@pytest.mark.parametrize(
    ("count", "coverage", "expected"),
    [
        (9, 0.9, 9.0),  # ⌈10 × .9⌉ = 9
        (8, 0.9, math.inf),  # ⌈9 × .9⌉ = 9 of 8
        (99, 0.9, 90.0),  # (n + 1) × .9 is 90 exactly, and floats say a little more
        (100, 0.9, 91.0),
        (19, 0.95, 19.0),
        (0, 0.5, math.inf),
    ],
)
def test_the_quantile_has_the_finite_sample_correction(
    count: int, coverage: float, expected: float
) -> None:
    errors = np.random.default_rng(0).permutation(np.arange(1.0, count + 1))
    assert half_width(errors, coverage) == expected


def test_repeats_of_a_clip_are_no_new_clips() -> None:
    errors = np.repeat(np.arange(1.0, 9.0), 3)
    assert half_width(errors, 0.9) == 8.0  # as if there were 24
    assert half_width(errors, 0.9, clips=8) == math.inf
    assert half_width(np.repeat(np.arange(1.0, 100.0), 3), 0.9, clips=99) == 90.0


def test_intervals_cover_new_draws_as_often_as_promised() -> None:
    rng = np.random.default_rng(1)
    held = [
        np.abs(rng.normal()) <= half_width(np.abs(rng.normal(size=39)), 0.8) for _ in range(4000)
    ]
    assert np.mean(held) == pytest.approx(0.8, abs=0.02)


def test_a_calibration_is_the_same_after_storing() -> None:
    errors = {"valence": np.array([0.3, 0.1, 0.2]), "arousal": np.array([0.5, 0.4, 0.6])}
    again = Calibration.from_arrays(Calibration(errors, 3).to_arrays())
    assert again.clips == 3
    assert again.half_width("arousal", 0.5) == pytest.approx(0.5)


def predictions(errors: np.ndarray, **fields: str) -> pd.DataFrame:
    """Return one view's predictions of valence in two folds, with these errors."""
    named = dict.fromkeys(CELL_FIELDS, "x") | {"mixture": "a-100_b-000", "control": "none"}
    named |= {"protocol": "nested", "arithmetic": "clean", **fields}
    half = len(errors) // 2
    return pd.DataFrame(
        {
            "view": "a",
            "corpus": "a",
            "clip_id": [f"c{place:03d}" for place in range(len(errors))],
            "target": "valence",
            "y_true": errors,
            "y_pred": 0.0,
            "repeat": 0,
            "fold": [0] * half + [1] * (len(errors) - half),
            **named,
        }
    )


def test_each_fold_is_held_by_the_other_folds_errors() -> None:
    # Fold 0 has errors .01 … .20; fold 1 the same, but twice as large.
    first = np.arange(1, 21) / 100
    table = measure_coverage(predictions(np.concatenate([first, 2 * first])), ["x"])
    check_table(table, COVERAGE, where="coverage")
    (whole,) = table[table["view"] == ALL_VIEWS].itertuples()
    # ⌈21 × .9⌉ = 19: fold 0 is held by .38, all of it; fold 1 by .19, 9 of its 20.
    assert whole.coverage == pytest.approx(29 / 40)
    assert whole.half_width == pytest.approx((0.38 + 0.19) / 2)
    assert (whole.low, whole.high) == binomial_bounds(29 / 40, 40)
    assert verdicts(table).loc[table["view"] == ALL_VIEWS, "verdict"].tolist() == ["too low"]


def test_views_not_trained_on_do_not_calibrate_and_are_not_judged() -> None:
    rng = np.random.default_rng(2)
    own = predictions(np.abs(rng.normal(size=200)) / 9)
    other = predictions(np.full(200, 0.9)).assign(view="b", corpus="b")
    table = verdicts(measure_coverage(pd.concat([own, other]), ["x"]))
    by_view = table.set_index("view")
    assert by_view.loc["b", "coverage"] == 0
    assert by_view.loc["b", "verdict"] == ""
    assert not by_view.loc["b", "trained_on"]
    assert by_view.loc["a", "coverage"] == by_view.loc[ALL_VIEWS, "coverage"]
    assert by_view.loc[ALL_VIEWS, "verdict"] == "as promised"


def test_cells_without_a_final_model_have_no_coverage() -> None:
    errors = np.arange(40) / 100
    both = pd.concat([predictions(errors, cell="svr"), predictions(errors, cell="blend")])
    assert set(measure_coverage(both, ["svr"])["cell"]) == {"svr"}
    table = measure_coverage(both, [])
    assert table.empty
    check_table(table, COVERAGE, where="coverage")


def test_bounds_of_no_hit_and_of_nothing_but_hits() -> None:
    assert binomial_bounds(0.0, 20)[0] == 0
    assert binomial_bounds(1.0, 20)[1] == 1
    assert binomial_bounds(1.0, 20)[0] == pytest.approx(0.025 ** (1 / 20))


def clips(count: int, seed: int, width: int = 60) -> np.ndarray:
    """Return clips that vary in five directions out of ``width``."""
    rng = np.random.default_rng(seed)
    plane = np.random.default_rng(0).normal(size=(5, width))
    return (rng.normal(size=(count, 5)) @ plane + 0.1 * rng.normal(size=(count, width)) + 3).astype(
        np.float32
    )


@pytest.fixture(scope="module")
def domain() -> Domain:
    found = Domain.fit(clips(200, 1), np.arange(200) % 5, seed=0)
    assert found is not None
    return found


def test_new_clips_of_the_kind_are_like_the_training_clips(domain: Domain) -> None:
    words = [domain.nearness(d) for d in domain.distance(clips(1000, 2))]
    assert words.count(Nearness.LIKE) / 1000 == pytest.approx(0.95, abs=0.04)
    assert words.count(Nearness.FAR) <= 30


def test_clips_far_off_are_far_in_the_plane_and_out_of_it(domain: Domain) -> None:
    rng = np.random.default_rng(3)
    along = clips(20, 4) + 4 * (clips(20, 5) - 3)
    outside = clips(20, 6) + 3 * rng.normal(size=(20, 60)).astype(np.float32)
    broken = np.full((1, 60), np.nan, np.float32)
    for far in (along, outside):
        words = [domain.nearness(d) for d in domain.distance(far)]
        assert words.count(Nearness.FAR) >= 16
    assert np.isfinite(domain.distance(broken)).all()


def test_a_training_clip_is_not_its_own_neighbour() -> None:
    # Pairs of equal clips in one part, as groups are: the other parts hold no copy of them.
    X = clips(100, 7).repeat(2, axis=0)
    honest = Domain.fit(X, np.arange(200) // 2 % 5, seed=0)
    naive = Domain.fit(X, np.arange(200) % 2, seed=0)
    assert honest is not None
    assert naive is not None
    assert naive.scales[0] < 0.9 * honest.scales[0]


def test_what_one_feature_can_say_is_bounded(domain: Domain) -> None:
    far, further = clips(1, 8), clips(1, 8)
    far[0, 7], further[0, 7] = 1e3, 1e9
    assert domain.distance(far)[0] == domain.distance(further)[0] < 50


def test_a_domain_is_the_same_after_storing(domain: Domain) -> None:
    again = Domain.from_arrays(domain.to_arrays())
    X = clips(5, 9)
    np.testing.assert_array_equal(again.distance(X), domain.distance(X))


@pytest.mark.parametrize("count", [12, 24, 60])
def test_the_few_clips_of_a_small_set_are_not_far_from_themselves(count: int) -> None:
    own = clips(count, 1)
    few = Domain.fit(own, np.arange(count) % 3, seed=0)
    assert few is not None
    assert all(few.nearness(d) is Nearness.LIKE for d in few.distance(own))
    assert few.nearness(few.distance(own[:1] + 30)[0]) is Nearness.FAR


def test_of_many_clips_some_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affectmix.cells.domain.MOST_CLIPS", 150)
    X = clips(400, 1)
    few = Domain.fit(X, np.arange(400) % 5, seed=0)
    again = Domain.fit(X, np.arange(400) % 5, seed=0)
    assert few is not None
    assert again is not None
    assert len(few.near) == 150
    np.testing.assert_array_equal(few.near, again.near)
    words = [few.nearness(d) for d in few.distance(clips(500, 2))]
    assert words.count(Nearness.LIKE) / 500 == pytest.approx(0.95, abs=0.05)


def test_too_few_clips_or_none_of_their_features_tell_nothing() -> None:
    assert Domain.fit(clips(5, 1), np.arange(5), seed=0) is None
    assert Domain.fit(np.empty((50, 0)), np.arange(50) % 5, seed=0) is None
    assert Domain.fit(clips(50, 1), np.zeros(50), seed=0) is None


def test_features_that_never_vary_are_left_at_rest() -> None:
    X = clips(30, 1)
    X[:, 0] = 5
    X[:, 1] = np.nan
    along, off = Space.fit(X, 3).apply(X)
    assert np.isfinite(along).all()
    assert np.isfinite(off).all()


def test_log_mels_are_summed_up_by_their_moments_without_what_is_not_there() -> None:
    levels = np.full((1, 2, 3, 4), -40, np.float16)
    levels[0, 1, :, 2:] = np.nan
    levels[0, 1, 0, :2] = [-10, -30]
    (row,) = summary(levels)
    assert row.shape == (12,)
    assert row[:6].tolist() == [-40, -40, -40, -20, -40, -40]
    assert row[6:].tolist() == [0, 0, 0, 10, 0, 0]
