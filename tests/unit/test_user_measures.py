"""Measures of how well a listener is known, against the paper's own example and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from affectmix.evaluation.user_curves import paper_table, user_curves
from affectmix.evaluation.user_measures import (
    accuracy,
    affect_measures,
    calibration_error,
    difference_error,
    quadrant_measures,
)
from affectmix.report.evidence import Evidence
from affectmix.report.sections.users import users_section
from affectmix.report.user_tables import with_published

# Fig. 6 of Gasparini and Marchi, in its own order A-V-, A-V+, A+V-, A+V+.
FIG6 = np.array(
    [
        [0.0, 100.0, 0.0, 0.0],
        [60.0, 40.0, 0.0, 0.0],
        [11.1, 11.1, 11.1, 66.7],
        [14.3, 0.0, 14.3, 71.4],
        [12.5, 0.0, 62.5, 25.0],
    ]
)
FIG6_USER = np.array([1, 0, 0, 1, 1])
FIG6_DIFFERENCE = [0.0, 0.0, 55.6, 71.4, 62.5]


def test_the_difference_error_is_that_of_the_papers_example() -> None:
    for shares, user, printed in zip(FIG6 / 100, FIG6_USER, FIG6_DIFFERENCE, strict=True):
        error = difference_error(shares[None], np.array([user]))
        assert error == pytest.approx(printed) if printed else np.isnan(error)
    whole = difference_error(FIG6 / 100, FIG6_USER)
    assert whole == pytest.approx(np.mean(FIG6_DIFFERENCE[2:]))
    assert accuracy(FIG6.argmax(axis=1), FIG6_USER) == pytest.approx(2 / 5)


def test_affect_errors_agree_with_each_other() -> None:
    felt = np.array([[0.0, 0.5], [0.4, -0.5], [-0.4, 0.0]])
    predicted = felt + np.array([[0.1, -0.2], [0.1, 0.2], [-0.1, 0.2]])
    found = {(t, m): v for t, m, v in affect_measures(predicted, felt)}
    assert found["valence", "rmse"] == pytest.approx(0.1)
    assert found["arousal", "rmse"] == pytest.approx(0.2)
    assert found["both", "rmse"] == pytest.approx(np.sqrt((0.01 + 0.04) / 2))
    assert found["valence", "r2"] == pytest.approx(1 - 0.01 / felt[:, 0].var())
    alike = {m: v for t, m, v in affect_measures(felt, np.zeros((3, 2))) if t == "valence"}
    assert np.isnan(alike["r2"])


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    probabilities = np.full((10, 4), 0.1)
    probabilities[:, 0] = 0.7
    felt = np.array([0] * 5 + [1] * 5)
    assert calibration_error(probabilities, felt) == pytest.approx(0.2)
    sure = np.eye(4)[felt]
    assert calibration_error(sure, felt) == 0
    named = {m: v for _, m, v in quadrant_measures(probabilities, probabilities, felt)}
    assert named["log_loss"] == pytest.approx(-(np.log(0.7) + np.log(0.1)) / 2)


def users() -> pd.DataFrame:
    """Return a table of four listeners whose gap of .2 is closed by .05 per song."""
    cell = {
        **dict.fromkeys(("experiment", "cell", "learner", "features", "mixture"), "x"),
        "scheme": "cv3",
        "protocol": "nested",
        "arithmetic": "clean",
        "control": "none",
        "repeat": 0,
        "fold": 0,
        "kind": "shift",
        "clips": 9,
    }
    rows = []
    for number in range(4):
        level = 0.4 + 0.01 * number
        listener = {**cell, "listener": f"shift_{number:03d}"}
        values = {("general", "none", 0): level, ("upper_bound", "none", 0): level - 0.2}
        values |= {("ridge_correction", "random", n): level - 0.05 * n for n in (1, 2)}
        values |= {("paper", "random", 2): level + 0.02}
        for (method, chooser, songs), value in values.items():
            line = {**listener, "method": method, "chooser": chooser, "songs": songs}
            for songs_of in ("other", "all"):
                both = {"song_set": songs_of, "target": "both", "metric": "rmse", "value": value}
                right = {"song_set": songs_of, "target": "quadrant", "metric": "accuracy"}
                rows += [{**line, **both}, {**line, **right, "value": 1 - value}]
    return pd.DataFrame(rows)


def test_curves_tell_the_share_of_the_gap_that_is_closed() -> None:
    curves = user_curves(users(), seed=1)
    own = curves[(curves["target"] == "both") & (curves["song_set"] == "other")]
    shares = own.set_index(["method", "songs"])["recovered"]
    assert shares["ridge_correction", 1] == pytest.approx(0.25)
    assert shares["ridge_correction", 2] == pytest.approx(0.5)
    assert shares["paper", 2] == pytest.approx(-0.1)
    assert np.isnan(shares["general", 0])
    assert (own["listeners"] == 4).all()
    pd.testing.assert_frame_equal(curves, user_curves(users(), seed=1))
    shuffled = users().sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(curves, user_curves(shuffled, seed=1))


@pytest.mark.parametrize("below", ["rmse", "accuracy"])
def test_where_the_bound_is_worse_no_share_of_a_gap_is_told(below: str) -> None:
    table = users()
    bound = (table["method"] == "upper_bound") & (table["metric"] == below)
    table.loc[bound, "value"] += {"rmse": 0.3, "accuracy": -0.3}[below]
    curves = user_curves(table, seed=1)
    own = curves[(curves["song_set"] == "other") & (curves["method"] == "paper")]
    shares = own.set_index("metric")["recovered"]
    other = "accuracy" if below == "rmse" else "rmse"
    assert np.isnan(shares[below])
    assert shares[other] == pytest.approx(-0.1)


def test_a_section_of_quadrants_without_a_gap_claims_nothing() -> None:
    table = users().replace({"songs": {2: 10}})
    table = table[table["metric"] == "accuracy"]
    table.loc[table["method"] == "upper_bound", "value"] -= 0.3
    section = users_section(Evidence("e", pd.DataFrame({"learner": ["x"]}), users=table))
    assert section is not None
    told = " ".join(str(block.text) for block in section.blocks if hasattr(block, "text"))
    assert "of the gap in" not in told


def test_the_papers_numbers_stand_beside_as_many_songs_and_nowhere_else() -> None:
    table = paper_table(user_curves(users(), seed=1)).assign(songs=[0, 10, 1, 20, 0])
    beside = with_published(table.assign(method=["general", "paper", "x", "y", "upper_bound"]))
    assert beside["published_with"].round(3).tolist()[:2] == [0.447, 0.627]
    assert beside["published_without"].round(3).tolist()[1] == 0.533
    assert beside["published_difference"].tolist()[:2] == [44.62, 35.0]
    assert beside["published_with"].isna().tolist() == [False, False, True, False, True]


def test_the_section_says_what_songs_are_worth_and_where_nothing_is_to_be_said() -> None:
    metrics = pd.DataFrame({"learner": ["x"]})
    assert users_section(Evidence("e", metrics)) is None
    ten = users().replace({"songs": {2: 10}})
    section = users_section(Evidence("e", metrics, users=ten))
    assert section is not None
    assert set(section.figures) == {"users"}
    assert set(section.tables) == {"users_curves", "users_table4", "users_calibration"}
    told = " ".join(str(block.text) for block in section.blocks if hasattr(block, "text"))
    assert "x: 10 random songs close 50% (50% to 50%) of the gap in error" in told
    assert "by ridge_correction, over 4 simulated listeners" in told
