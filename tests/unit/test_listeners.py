"""Listeners of an experiment: nothing leaks, and ten songs close half of the gap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from affectmix.config.listener_checks import listener_faults
from affectmix.config.project import Project
from affectmix.corpora.demo import design
from affectmix.errors import ConfigError
from affectmix.evaluation.user_curves import user_curves
from affectmix.schemas import QUADRANTS, USERS
from affectmix.tables import check_table
from affectmix.tasks import Task, scores_from_probabilities
from affectmix.tuning.experiment import tune_all
from affectmix.tuning.library import Library, read_library
from affectmix.tuning.songs import Songs, quadrant_probabilities

CLIPS = 240
FOLDS = 5
ERROR = 0.19  # of an SVR on IS13 on the demo's mean ratings, out of fold
SETTINGS = {
    "simulated": 12,
    "noise": 0.27,
    "raters": 0,
    "min_songs": 4,
    "songs": [1, 10],
    "methods": ["ridge_correction"],
    "choosers": ["random", "suggested"],
    "paper_songs": [10],
}


def demo() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the demo's labels and single ratings, and predictions as good as a model's."""
    frame = design.design(part="music", clips=CLIPS)
    labels = frame[["clip_id", "valence", "arousal", "quadrant", "source"]].assign(corpus="demo")
    ratings = design.ratings(part="music", clips=CLIPS).assign(corpus="demo")
    scatter = ERROR * np.random.default_rng(5).standard_normal((CLIPS, 2))
    values = labels[["valence", "arousal"]].to_numpy()
    # A regression's predictions are drawn towards the mean by its error.
    variance = values.var(axis=0)
    shrunk = (values + scatter) * variance / (variance + ERROR**2)
    predictions = pd.concat(
        [
            labels[["corpus", "clip_id"]].assign(
                view="demo", target=t, y_true=values[:, i], y_pred=shrunk[:, i], in_train=0
            )
            for i, t in enumerate(("valence", "arousal"))
        ]
    )
    return labels, ratings, predictions


def libraries(
    *, task: Task = Task.REGRESSION
) -> tuple[list[Library], dict[tuple[int, int], pd.DataFrame]]:
    labels, _, predictions = demo()
    groups = labels.assign(group=labels["source"])[["corpus", "clip_id", "group"]]
    if task is Task.QUADRANT:
        wide = predictions.pivot(index=["corpus", "clip_id"], columns="target", values="y_pred")
        likely = quadrant_probabilities(wide[["valence", "arousal"]].to_numpy(), spread=0.35)
        scores = scores_from_probabilities(likely, task)
        columns = {f"q{n + 1}": scores[:, n] for n in range(len(QUADRANTS))}
        frame = wide.reset_index()[["corpus", "clip_id"]].assign(**columns)
        predictions = frame.melt(["corpus", "clip_id"], var_name="target", value_name="y_pred")
        predictions = predictions.assign(in_train=0)
    fold = labels["source"].map(
        {source: place % FOLDS for place, source in enumerate(sorted(set(labels["source"])))}
    )
    own, training = [], {}
    for number in range(FOLDS):
        clips = labels.loc[fold == number, "clip_id"]
        tested = predictions[predictions["clip_id"].isin(clips)]
        own.append(read_library(tested, labels, groups, task=task, repeat=0, fold=number))
        training[0, number] = labels[fold != number]
    return own, training


def as_table(tuned: pd.DataFrame) -> pd.DataFrame:
    names = ("experiment", "cell", "learner", "features", "mixture", "scheme", "protocol")
    table = tuned.assign(**dict.fromkeys((*names, "arithmetic", "control"), "x"))
    return table.astype({"repeat": "Int32", "fold": "Int32"})


def test_ten_songs_close_half_of_the_gap_on_songs_that_were_not_tuned_with() -> None:
    own, training = libraries()
    tuned = tune_all(own, pd.DataFrame(), SETTINGS, training=training, seed=2024)
    table = as_table(tuned)
    check_table(table, USERS, where="here")
    curves = user_curves(table, seed=1)
    rows = curves[(curves["target"] == "both") & (curves["song_set"] == "other")]
    closed = rows.set_index(["chooser", "songs"])["recovered"]
    assert closed["suggested", 10] > 0.5
    assert closed["suggested", 10] > closed["suggested", 1]
    row = rows.set_index(["chooser", "songs"]).loc[("suggested", 10)]
    assert row["recovered_low"] > 0.4
    again = tune_all(own, pd.DataFrame(), SETTINGS, training=training, seed=2024)
    pd.testing.assert_frame_equal(tuned, again)


def test_quadrants_alone_close_part_of_the_gap() -> None:
    own, training = libraries(task=Task.QUADRANT)
    settings = {**SETTINGS, "methods": ["bayesian_head", "ridge_correction", "paper"]}
    tuned = tune_all(own, pd.DataFrame(), settings, training=training, seed=2024)
    assert set(tuned["method"]) == {"general", "upper_bound", "bayesian_head"}
    check_table(as_table(tuned), USERS, where="here")
    curves = user_curves(as_table(tuned), seed=1)
    rows = curves[(curves["metric"] == "accuracy") & (curves["song_set"] == "other")]
    closed = rows.set_index(["method", "chooser", "songs"])["recovered"]
    assert closed["bayesian_head", "random", 10] > 0.2


def test_what_is_measured_on_was_never_asked_about_nor_of_its_group() -> None:
    own, _ = libraries()
    for library in own:
        asked, others = library.halves(seed=3)
        assert sorted([*asked, *others]) == list(range(len(library.songs)))
        groups = library.clips["group"].to_numpy()
        assert not set(groups[asked]) & set(groups[others])
        assert len(asked) >= len(library.songs) / 2 - 1
        again, _ = library.halves(seed=3)
        assert again.tolist() == asked.tolist()


@pytest.mark.parametrize("folds", [3, 5])
def test_each_kind_of_listener_meets_every_fold(folds: int) -> None:
    own, training = libraries()
    count = 3 * folds  # each of three kinds once on each fold
    settings = {**SETTINGS, "simulated": count, "songs": [1], "choosers": ["random"]}
    tuned = tune_all(own[:folds], pd.DataFrame(), settings, training=training, seed=2)
    listeners = tuned.dropna(subset=["listener"]).drop_duplicates("listener")
    assert listeners.groupby(["kind", "fold"]).size().tolist() == [1] * count


def test_a_song_that_was_trained_on_is_refused() -> None:
    labels, _, predictions = demo()
    groups = labels.assign(group=labels["source"])[["corpus", "clip_id", "group"]]
    leaked = predictions.assign(in_train=1)
    with pytest.raises(ConfigError, match="was trained on"):
        read_library(leaked, labels, groups, task=Task.REGRESSION, repeat=0, fold=0)
    with pytest.raises(ConfigError, match="valence_class"):
        read_library(predictions, labels, groups, task=Task.VALENCE_CLASS, repeat=0, fold=0)


def test_raters_are_those_with_the_most_ratings_and_enough_songs() -> None:
    own, training = libraries()
    _, ratings, _ = demo()
    settings = {**SETTINGS, "simulated": 0, "raters": 3, "min_songs": 8, "songs": [1, 2]}
    tuned = tune_all(own, ratings, settings, training=training, seed=1)
    most = ratings.groupby("rater").size().sort_values(ascending=False, kind="stable")
    assert set(tuned["listener"].dropna()) <= set(most.index[:3])
    assert set(tuned["kind"]) == {"rater"}
    assert "upper_bound" not in set(tuned["method"])
    with pytest.raises(ConfigError, match="no rater has min_songs: 1000"):
        tune_all(own, ratings, {**settings, "min_songs": 1000}, training=training, seed=1)


def test_raters_of_two_corpora_with_one_name_are_two_people() -> None:
    own, training = libraries()
    _, ratings, _ = demo()
    clips = pd.concat([library.clips for library in own[:2]])["clip_id"]
    second = own[1].clips.assign(corpus="other")
    both = [own[0], replace(own[1], clips=second)]
    rows = ratings[ratings["clip_id"].isin(clips)].drop_duplicates("clip_id")
    there = rows["clip_id"].isin(second["clip_id"])
    named = rows.assign(rater="7", corpus=np.where(there, "other", "demo"))
    unheard = named.assign(rater="8", corpus="not tested")
    settings = {**SETTINGS, "simulated": 0, "raters": 2, "min_songs": 8, "songs": [2]}
    table = pd.concat([named, unheard, unheard.assign(clip_id=unheard["clip_id"] + "x")])
    tuned = tune_all(both, table, settings, training=training, seed=1)
    assert set(tuned["listener"].dropna()) == {"demo:7", "other:7"}


def test_simulated_listeners_need_valence_and_arousal() -> None:
    own, training = libraries()
    lacking = own[0].clips.assign(valence=np.nan)
    with pytest.raises(ConfigError, match="set it to 0"):
        tune_all(
            [replace(own[0], clips=lacking)],
            pd.DataFrame(),
            SETTINGS,
            training=training,
            seed=1,
        )


def test_libraries_keep_their_songs_in_the_order_of_their_ids() -> None:
    labels, _, predictions = demo()
    groups = labels.assign(group=labels["source"])[["corpus", "clip_id", "group"]]
    shuffled = predictions.sample(frac=1, random_state=1)
    options = {"task": Task.REGRESSION, "repeat": 0, "fold": 0}
    one = read_library(predictions, labels, groups, **options)
    other = read_library(shuffled, labels.sample(frac=1), groups, **options)
    pd.testing.assert_frame_equal(one.clips, other.clips)
    np.testing.assert_array_equal(one.songs.predicted, other.songs.predicted)
    assert isinstance(one.songs, Songs)
    assert one.clips["clip_id"].is_monotonic_increasing


def config(**listeners: object) -> dict:
    """Return a small configuration with listeners."""
    root = {"adapter": "demo", "part": "music", "clips": 40}
    cells = [{"learners": ["mean", "svr"], "features": ["egemaps"], "mixtures": [{"music": 1}]}]
    return {
        "corpora": {"music": root},
        "features": {"egemaps": {"set": "eGeMAPSv02"}},
        "learners": {"mean": {"kind": "mean"}, "svr": {"kind": "svr", "space": "svr_small"}},
        "experiments": {"one": {"cells": cells, "listeners": {"from": ["svr"], **listeners}}},
    }


def test_the_defaults_of_listeners_are_filled_in() -> None:
    settings = Project(config()).config["experiments"]["one"]["listeners"]
    assert settings["songs"] == [1, 2, 5, 10, 20]
    assert settings["simulated"] == 20
    assert settings["raters"] == 0


@pytest.mark.parametrize(
    ("listeners", "says"),
    [
        ({"from": ["svrr"]}, "did you mean 'svr'"),
        ({"from": ["mean"]}, "predicts a mean"),
        ({"simulated": 0}, "both 0"),
        ({"methods": ["paper"]}, "of kind user_tuned"),
        ({"method": ["ridge_correction"]}, "unknown key 'method'"),
        ({"songs": [0]}, "songs"),
    ],
)
def test_listeners_that_cannot_be_are_refused(listeners: dict, says: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Project(config(**listeners))
    assert says in str(raised.value)


def test_a_class_of_two_has_no_listeners() -> None:
    project = Project(config())
    learners = {"svr": {"kind": "svr", "task": "valence_class"}}
    settings = project.config["experiments"]["one"]["listeners"]
    cells = project.experiments["one"]
    (fault,) = listener_faults("here", {"learners": learners}, settings, cells)
    assert "valence_class" in fault
