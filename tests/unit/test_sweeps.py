"""Sweeps over shares: found among any mixtures, gains and trends tested, names told."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd
import pytest
from affectmix.evaluation.comparisons import skill_over_mean
from affectmix.evaluation.corrected_test import corrected_resampled_ttest
from affectmix.evaluation.learning_curves import curve_points, trends
from affectmix.evaluation.metrics import fold_rows
from affectmix.evaluation.random_labels import against_random_labels
from affectmix.evaluation.sweeps import find_sweeps, with_all_views
from affectmix.splits.mixtures import mixture_name
from sweep_metrics import sweep_metrics

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
FIG4 = [{"music": 1.0, "sounds": s} for s in SHARES] + [
    {"music": s, "sounds": 1.0} for s in SHARES[:-1]
]
THREE = [{"music": 1.0, "sounds": s, "speech": 1.0} for s in (0.0, 0.5, 1.0)]


def helped(view: str, mixture: Mapping[str, float], control: str) -> float:
    """Every share of another view takes error away, but not if its labels are random."""
    others = sum(s for v, s in mixture.items() if v != view and control != f"uniform-{v}")
    return 0.5 - 0.1 * others - 0.2 * mixture.get(view, 0.0)


@cache
def fig4(repeats: int = 1) -> pd.DataFrame:
    return sweep_metrics(FIG4, helped, learners=("svr", "mean"), repeats=repeats)


def test_sweeps_of_two_views_are_the_two_halves_of_fig_4() -> None:
    music, sounds = find_sweeps(mixture_name(m) for m in FIG4)
    assert (music.varied, music.fixed, music.name) == (
        "music",
        (("sounds", 1.0),),
        "music added to sounds",
    )
    assert [share for share, _ in music.mixtures] == list(SHARES)
    assert sounds.mixtures[1] == (0.25, "music-100_sounds-025")


def test_one_view_may_vary_among_three_and_more() -> None:
    (sweep,) = find_sweeps(mixture_name(m) for m in THREE)
    assert sweep.name == "sounds added to music + speech"
    assert sweep.mixtures[1] == (0.5, "music-100_sounds-050_speech-100")
    four = [{**m, "birds": 0.5} for m in THREE]
    (sweep,) = find_sweeps(mixture_name(m) for m in four)
    assert sweep.name == "sounds added to 50 % birds + music + speech"
    both = [*THREE, *({**m, "speech": 0.0} for m in THREE)]
    assert [s.name for s in find_sweeps(mixture_name(m) for m in both)] == [
        "sounds added to music",
        "sounds added to music + speech",
    ]


def test_two_shares_are_no_sweep_and_views_not_named_have_none() -> None:
    assert find_sweeps(["music-100_sounds-000", "music-100_sounds-100"]) == []
    (sweep,) = find_sweeps(["music-100", "music-100_sounds-050", "music-100_sounds-100"])
    assert sweep.mixtures[0] == (0.0, "music-100")
    (alone,) = find_sweeps(["music-025", "music-050", "music-100"])
    assert alone.name == "music alone"


def test_shares_that_add_up_to_one_are_a_sweep_of_their_own() -> None:
    mixtures = [{"music": 1 - p, "sounds": p} for p in (0.0, 0.25, 1.0)]
    (sweep,) = find_sweeps(mixture_name(m) for m in mixtures)
    assert (sweep.varied, sweep.giving_way) == ("sounds", "music")
    assert sweep.name == "sounds instead of music"
    beside = [{**m, "speech": 1.0} for m in mixtures]
    (sweep,) = find_sweeps(mixture_name(m) for m in beside)
    assert sweep.name == "sounds instead of music, with speech"


def test_mixtures_are_named_by_all_views_once() -> None:
    alone = sweep_metrics([{"music": 1.0}], helped)
    named = with_all_views(pd.concat([alone, fig4()], ignore_index=True))
    both = named[named["mixture"] == "music-100_sounds-000"]
    assert set(both["cell"]) == {
        "svr__music-100_sounds-000__none",
        "mean__music-100_sounds-000__none",
    }
    assert len(named) == len(fig4())


def test_gains_are_over_share_zero_and_own_clips_apart() -> None:
    points = curve_points(fig4())
    assert set(points["learner"]) == {"svr"}
    added = points[(points["view"] == "music") & ~points["own"]]
    assert added["share"].tolist() == list(SHARES)
    assert np.isnan(added["gain"].iloc[0])
    assert (added["gain"].iloc[1:] > 0).all()
    assert added["gain"].iloc[1:].is_monotonic_increasing
    np.testing.assert_allclose(
        added["gain"].iloc[1:], added["r2"].iloc[1:] - added["r2"].iloc[0], atol=1e-12
    )
    assert len(points) == 2 * 2 * len(SHARES)
    assert set(points["p_holm"].dropna() >= points["p"].dropna()) == {True}


@pytest.mark.parametrize("repeats", [1, 3])
def test_trend_is_the_corrected_test_of_the_folds_slopes(repeats: int) -> None:
    tested = trends(fig4(repeats))
    row = tested[(tested["view"] == "music") & ~tested["own"]].iloc[0]
    rows = fold_rows(fig4(repeats)).query("learner == 'svr' and view == 'music' and metric == 'r2'")
    by_share = {
        share: rows[rows["mixture"] == f"music-100_sounds-{round(100 * share):03d}"]
        .set_index(["repeat", "fold"])["value"]
        .sort_index()
        for share in SHARES
    }
    slopes = np.polyfit(SHARES, np.array([by_share[s].to_numpy() for s in SHARES]), 1)[0]
    expected = corrected_resampled_ttest(slopes, ratio=1 / 4)
    found = row[["gain", "ci95_low", "ci95_high", "effect", "p"]].to_numpy(float)
    wanted = [expected.mean, expected.low, expected.high, expected.effect, expected.p]
    assert found == pytest.approx(wanted)
    assert (row["folds"], row["verdict"], row["shares"]) == (5 * repeats, "helped", 5)


def test_trend_falls_where_more_is_worse_and_is_not_shown_where_nothing_changes() -> None:
    def worse(view: str, mixture: Mapping[str, float], control: str) -> float:
        return 0.3 + 0.2 * mixture["sounds"] if view == "music" else 0.3

    tested = trends(sweep_metrics(FIG4[:5], worse)).set_index("view")
    assert tested.loc["music", "verdict"] == "hurt"
    assert tested.loc["sounds", "verdict"] == "not shown"
    assert tested.loc["sounds", "p"] == 1


def test_complementary_sweeps_have_points_but_no_gains() -> None:
    mixtures = [{"music": 1 - p, "sounds": p} for p in SHARES]
    points = curve_points(sweep_metrics(mixtures, helped))
    assert points["gain"].isna().all()
    assert set(points["giving_way"]) == {"music"}
    assert len(points) == 2 * len(SHARES)
    assert trends(sweep_metrics(mixtures, helped)).empty


def test_random_labels_are_paired_with_real_ones() -> None:
    metrics = sweep_metrics(FIG4[1:5], helped, controls=("none", "uniform-sounds"))
    compared = against_random_labels(metrics)
    assert len(compared) == 4 * 2
    assert set(compared["randomised"]) == {"sounds"}
    music = compared[~compared["own"]].sort_values("mixture")
    assert (music["gain"] > 0).all()
    assert music["gain"].is_monotonic_increasing
    np.testing.assert_allclose(music["gain"], music["clean"] - music["random"], atol=1e-12)
    assert music["verdict"].iloc[-1] == "helped"
    own = compared[compared["own"]]
    assert (own["gain"] == 0).all()  # tested on sounds, whose error hangs on music and itself
    assert against_random_labels(fig4()).empty


def test_partial_mixtures_do_not_dilute_the_skill_of_full_ones() -> None:
    skill = skill_over_mean(fig4())
    pair = fig4()[fig4()["mixture"].isin(mixture_name(m) for m in (FIG4[0], FIG4[4], FIG4[5]))]
    alone = skill_over_mean(pair)
    key = ["mixture", "view"]
    full = skill[skill["full"]].set_index(key)["p_holm"].sort_index()
    pd.testing.assert_series_equal(full, alone.set_index(key)["p_holm"].sort_index())
    assert len(full) == 3 * 2


def test_nothing_to_sweep_gives_empty_tables() -> None:
    pair = sweep_metrics([FIG4[0], FIG4[4]], helped)
    assert curve_points(pair).empty
    assert trends(pair).empty
    assert {"gain", "p_holm", "verdict"} <= set(trends(pair).columns)


def test_order_of_rows_does_not_matter() -> None:
    shuffled = fig4().sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(curve_points(shuffled), curve_points(fig4()))
    pd.testing.assert_frame_equal(trends(shuffled), trends(fig4()))
