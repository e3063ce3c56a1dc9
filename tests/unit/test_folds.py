"""Folds: groups whole, classes and sizes balanced, few clips moved by a new one."""

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import ConfigError
from affectmix.schemas import SPLITS
from affectmix.splits.folds import make_splits
from affectmix.splits.schemes import Scheme
from affectmix.tables import check_table
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold


def corpus(n=200, n_groups=None, n_classes=6, seed=0):
    """Return classes and groups; without ``n_groups`` every clip is its own."""
    rng = np.random.default_rng(seed)
    clips = [f"clip{i:04d}" for i in range(n)]
    group = rng.integers(0, n_groups, n) if n_groups else np.arange(n)
    classes = pd.DataFrame({"clip_id": clips, "class": rng.integers(0, n_classes, n)})
    groups = pd.DataFrame(
        {"corpus": "music", "clip_id": clips, "group": [f"g{number}" for number in group]}
    )
    return classes, groups


def cut(classes, groups, name="cv5", *, repeats=1, seed=0, **options):
    scheme = Scheme.parse(name, repeats=repeats)
    return make_splits(classes, groups, corpus="music", scheme=scheme, seed=seed, **options)


def counts(frame):
    return pd.crosstab(frame["fold"], frame["class"])


@given(st.integers(0, 10**6), st.integers(12, 150), st.integers(2, 12), st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_single_clips_are_cut_like_a_stratified_k_fold(seed, n, folds, n_classes):
    classes, groups = corpus(n, n_classes=n_classes, seed=seed)
    frame = cut(classes, groups, f"cv{folds}", seed=seed).frame
    table = counts(frame).reindex(range(folds), fill_value=0)
    assert (table.max() - table.min()).max() <= 1
    assert table.sum(axis=1).max() - table.sum(axis=1).min() <= 2


def test_class_counts_are_scikit_learns_for_single_clips():
    classes, groups = corpus(233)
    ours = counts(cut(classes, groups).frame)
    fold = np.empty(233, dtype=int)
    for number, (_, rows) in enumerate(StratifiedKFold(5).split(classes, classes["class"])):
        fold[rows] = number
    theirs = pd.crosstab(fold, classes["class"])
    for name in ours:
        assert sorted(ours[name]) == sorted(theirs[name])


@given(st.integers(0, 10**6), st.sampled_from(["cv3", "cv5", "holdout_70_15_15"]))
@settings(max_examples=40, deadline=None)
def test_groups_stay_whole_and_no_fold_is_empty(seed, name):
    classes, groups = corpus(60, n_groups=9, seed=seed)
    splits = cut(classes, groups, name, seed=seed, repeats=2)
    check_table(splits.frame, SPLITS, "splits")
    joined = splits.frame.merge(groups, on="clip_id")
    assert (joined.groupby(["repeat", "group"])["fold"].nunique() == 1).all()
    folds = Scheme.parse(name).folds
    assert (joined.groupby("repeat")["fold"].nunique() == folds).all()


def test_grouped_folds_are_as_balanced_as_scikit_learns():
    departures = {"ours": [], "theirs": []}
    for seed in range(10):
        classes, groups = corpus(240, n_groups=30, seed=seed)
        fold = np.empty(240, dtype=int)
        theirs = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        for number, (_, rows) in enumerate(
            theirs.split(classes, classes["class"], groups["group"])
        ):
            fold[rows] = number
        frame = cut(classes, groups, seed=seed).frame
        for who, table in (
            ("ours", counts(frame)),
            ("theirs", pd.crosstab(fold, classes["class"])),
        ):
            departures[who].append(np.square(table - table.sum() / 5).to_numpy().mean())
    assert np.mean(departures["ours"]) <= 1.05 * np.mean(departures["theirs"])


def test_what_is_left_of_the_classes_evens_out_the_sizes():
    spreads = []
    for seed in range(40):
        classes, groups = corpus(47 + seed, n_classes=1 + seed % 8, seed=seed)
        sizes = cut(classes, groups, seed=seed).frame["fold"].value_counts()
        spreads.append(sizes.max() - sizes.min())
    assert np.mean(np.array(spreads) <= 1) > 0.85


@pytest.mark.parametrize("seed", range(6))
def test_a_group_too_large_for_any_fold_leaves_the_others_filled(seed):
    classes, groups = corpus(104, n_classes=1)
    groups.loc[:99, "group"] = "orchestra"
    frame = cut(classes, groups, seed=seed).frame
    assert sorted(frame["fold"].value_counts()) == [1, 1, 1, 1, 100]


def test_holdout_has_the_shares_that_its_name_says():
    classes, groups = corpus(1000)
    table = counts(cut(classes, groups, "holdout_70_15_15").frame)
    assert (table - np.outer([0.15, 0.15, 0.7], table.sum())).abs().to_numpy().max() <= 1
    np.testing.assert_allclose(table.sum(axis=1), [150, 150, 700], atol=3)


def test_rows_in_any_order_give_the_same_folds():
    classes, groups = corpus(150, n_groups=60)
    first = cut(classes, groups, repeats=2).frame
    mixed = cut(
        classes.sample(frac=1, random_state=1), groups.sample(frac=1, random_state=2), repeats=2
    ).frame
    pd.testing.assert_frame_equal(first, mixed)


def test_names_of_groups_and_other_corpora_do_not_matter():
    classes, groups = corpus(150, n_groups=60)
    other = groups.assign(corpus="sounds", clip_id="s" + groups["clip_id"])
    renamed = groups.assign(group="artist " + groups["group"].str[::-1])
    first = cut(classes, groups).frame
    pd.testing.assert_frame_equal(first, cut(classes, pd.concat([other, renamed])).frame)


def test_repeats_and_seeds_shuffle_anew():
    classes, groups = corpus(200)
    frame = cut(classes, groups, repeats=3).frame
    wide = frame.pivot(index="clip_id", columns="repeat", values=["fold", "priority"])
    for a, b in ((0, 1), (1, 2), (0, 2)):
        assert (wide["fold"][a] == wide["fold"][b]).mean() < 0.35
        assert abs(wide["priority"][a].corr(wide["priority"][b])) < 0.25
    other = cut(classes, groups, seed=1).frame
    assert (other["fold"].to_numpy() == frame["fold"].to_numpy()[:200]).mean() < 0.35
    assert cut(classes, groups, repeats=1).frame.equals(frame.iloc[:200])


def test_priorities_are_uniform_and_a_new_clip_moves_none():
    classes, groups = corpus(1000)
    frame = cut(classes, groups).frame.set_index("clip_id")
    assert frame["priority"].is_unique
    np.testing.assert_allclose(
        frame["priority"].quantile([0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.06
    )
    fewer = cut(classes.drop(index=17), groups).frame.set_index("clip_id")
    assert fewer["priority"].equals(frame["priority"].drop("clip0017"))


def test_a_new_clip_moves_few_others():
    classes, groups = corpus(400, n_groups=220)
    full = cut(classes, groups).frame.set_index("clip_id")["fold"]
    moved = []
    for row in range(0, 400, 25):
        less = cut(classes.drop(index=row), groups).frame.set_index("clip_id")["fold"]
        moved.append((less != full[less.index]).mean())
    assert np.mean(moved) < 0.06


def test_too_few_groups_are_refused():
    classes, groups = corpus(40, n_groups=4)
    with pytest.raises(ConfigError, match=r"at least 5 groups.*make 4.*fewer folds"):
        cut(classes, groups)
    assert cut(classes, groups, "cv5_ungrouped").frame["fold"].nunique() == 5


def test_a_clip_without_group_is_refused():
    classes, groups = corpus(40)
    with pytest.raises(ConfigError, match="clip0007"):
        cut(classes, groups.drop(index=7))


def test_what_the_report_should_say():
    classes, groups = corpus(40, n_classes=1)
    assert "one class" in cut(classes, groups).warnings[0]
    classes.loc[:2, "class"] = 1
    (warning, second) = cut(classes, groups).warnings
    assert "fold" in warning
    assert "no clip of class 1" in second
    parted = cut(classes, groups, "cv2_ungrouped").warnings
    assert any("may leak" in text for text in parted)
    classes, groups = corpus(200)
    assert cut(classes, groups).warnings == ()


@pytest.mark.parametrize(
    ("name", "kind", "folds", "shares"),
    [
        ("cv5", "kfold", 5, (0.2,) * 5),
        ("cv10", "kfold", 10, (0.1,) * 10),
        ("holdout_70_15_15", "holdout", 3, (0.15, 0.15, 0.7)),
        ("cv4_ungrouped", "kfold", 4, (0.25,) * 4),
    ],
)
def test_schemes_are_read(name, kind, folds, shares):
    scheme = Scheme.parse(name, repeats=2)
    assert (scheme.kind, scheme.folds, scheme.repeats) == (kind, folds, 2)
    assert scheme.shares == pytest.approx(shares)
    assert scheme.grouped == (not name.endswith("_ungrouped"))
    assert scheme.test_folds() == (tuple(range(folds)) if kind == "kfold" else (0,))


def test_search_folds_are_the_others():
    cv5, holdout = Scheme.parse("cv5"), Scheme.parse("holdout_70_15_15")
    assert cv5.search_folds(2) == (0, 1, 3, 4)
    assert cv5.search_folds(None) == (0, 1, 2, 3, 4)
    assert holdout.search_folds(0) == (1,)
    assert holdout.search_folds(None) == (0, 1)
    with pytest.raises(ConfigError, match="does not test fold 1"):
        holdout.search_folds(1)
    with pytest.raises(ConfigError, match="at least 3 folds"):
        Scheme.parse("cv2").search_folds(0)


@pytest.mark.parametrize(
    "name", ["cv1", "cv", "CV5", "cv05", "holdout_70_15_10", "holdout_85_0_15", "loo", "cv5_", ""]
)
def test_unknown_schemes_are_refused(name):
    with pytest.raises(ConfigError, match="unknown; allowed is"):
        Scheme.parse(name)


def test_repeats_below_one_are_refused():
    with pytest.raises(ConfigError, match="repeats is 0"):
        Scheme.parse("cv5", repeats=0)
