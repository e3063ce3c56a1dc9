"""Mixtures: names, sizes, nesting, and no group on both sides, for any number of views."""

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import ConfigError
from affectmix.splits import mixtures
from affectmix.splits.inner import inner_search_folds, reported_search_folds
from affectmix.splits.mixtures import ViewRows, mixture_name, parse_mixture, training_rows
from affectmix.splits.schemes import Scheme
from hypothesis import given, settings
from hypothesis import strategies as st

KEY = ["corpus", "clip_id"]
CV5 = Scheme.parse("cv5")


def view(name, n=100, *, corpus=None, n_groups=None, seed=0, folds=5, prefix=None):
    """Make a view; with ``n_groups`` its groups are called g0, g1, … and shared by name."""
    rng = np.random.default_rng([seed, len(name)])
    group = rng.integers(0, n_groups, n) if n_groups else np.arange(n)
    fold_of = rng.permutation(np.arange(n) % folds)
    frame = pd.DataFrame(
        {
            "clip_id": [f"c{i:03d}" for i in range(n)],
            "fold": [fold_of[g] for g in group] if n_groups else fold_of,
            "class": rng.integers(0, 3, n),
            "priority": rng.random(n),
            "group": [f"{prefix or name}{g}" for g in group],
        }
    )
    return ViewRows(name, corpus or name, frame)


def keys(frame):
    return set(frame[KEY].itertuples(index=False, name=None))


def test_names_go_both_ways():
    assert mixture_name({"iads_e": 1, "pmemo": 0.25}) == "iads_e-100_pmemo-025"
    assert mixture_name({"pmemo": 0.25, "iads_e": 1.0}) == "iads_e-100_pmemo-025"
    assert parse_mixture("iads_e-100_pmemo-025") == {"iads_e": 1.0, "pmemo": 0.25}
    assert parse_mixture("025_a-050_b_100-075") == {"025_a": 0.5, "b_100": 0.75}


VIEW_NAME = st.from_regex(r"[a-z0-9]{1,4}(_[a-z0-9]{1,4}){0,2}", fullmatch=True)


@given(st.dictionaries(VIEW_NAME, st.integers(0, 100).map(lambda n: n / 100), min_size=1))
@settings(deadline=None)
def test_any_name_is_read_back(shares):
    assert parse_mixture(mixture_name(shares)) == shares


@pytest.mark.parametrize(
    "name",
    ["", "a", "a-25", "a-101", "a-0100", "b-100_a-100", "a-100_a-050", "A-100", "a-100_", "a--100"],
)
def test_unreadable_names_are_refused(name):
    with pytest.raises(ConfigError, match="cannot be read"):
        parse_mixture(name)


@pytest.mark.parametrize("share", [0.333, -0.01, 1.01, 25])
def test_shares_are_whole_percents(share):
    with pytest.raises(ConfigError, match="whole percents"):
        mixture_name({"a": share})


def test_faulty_mixtures_are_refused():
    views = [view("a"), view("b")]
    with pytest.raises(ConfigError, match="'c' is not among"):
        training_rows(views, {"c": 1}, held_out={0})
    with pytest.raises(ConfigError, match="no view with a share above 0"):
        training_rows(views, {"a": 0, "b": 0}, held_out={0})
    with pytest.raises(ConfigError, match="no row is left"):
        training_rows(views, {"a": 1}, held_out=range(5))


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(0, 4), st.booleans())
@settings(max_examples=40, deadline=None)
def test_smaller_shares_nest_in_larger_ones(seed, n_views, fold, grouped):
    groups = 40 if grouped else None
    views = [
        view(name, 80, n_groups=groups, seed=seed, prefix="g" if grouped else None)
        for name in ("a", "bb", "ccc", "dddd")[:n_views]
    ]
    fixed = {v.view: 1.0 for v in views[1:]}
    previous: set = set()
    for share in (0.0, 0.1, 0.25, 0.5, 0.75, 1.0):
        if not fixed and share == 0:
            continue
        try:
            rows = keys(training_rows(views, {"a": share, **fixed}, held_out={fold}))
        except ConfigError:  # so many shared groups that nothing is left
            rows = set()
        assert previous <= rows
        previous = rows


@given(st.integers(0, 10**6), st.sets(st.integers(0, 4), max_size=3))
@settings(max_examples=40, deadline=None)
def test_no_trained_group_is_held_out_in_any_view(seed, held_out):
    views = [view(name, 60, n_groups=45, seed=seed, prefix="g") for name in ("a", "bb", "ccc")]
    try:
        train = training_rows(views, {"a": 1, "bb": 0.5}, held_out=held_out)
    except ConfigError:
        return
    group_of = {(v.corpus, c): g for v in views for c, g in v.frame[["clip_id", "group"]].values}
    trained = {group_of[key] for key in keys(train)}
    for one in views:
        tested = one.frame[one.frame["fold"].isin(held_out)]
        assert not trained & set(tested["group"])
        assert not keys(train) & {(one.corpus, clip) for clip in tested["clip_id"]}
    assert set(train["view"]) <= {"a", "bb"}


def test_sizes_are_shares_of_each_class_with_halves_rounded_up():
    one = view("a", 203)
    for percent in (1, 25, 35, 50, 75, 100):
        train = training_rows([one], {"a": percent / 100}, held_out={2})
        left = one.frame[one.frame["fold"] != 2]
        for name, own in left.groupby("class"):
            kept = train[train["class"] == name]
            assert len(kept) == int(np.floor(percent * len(own) / 100 + 0.5))
            assert kept["priority"].max() < own.loc[
                ~own["clip_id"].isin(kept["clip_id"]), "priority"
            ].min() or len(kept) == len(own)


def test_a_half_is_rounded_up_whatever_the_float():
    one = view("a", 10)
    one.frame["class"] = 0
    assert len(mixtures.take_share(one.frame, 0.35)) == 4
    assert len(mixtures.take_share(one.frame, 0.25)) == 3
    assert len(mixtures.take_share(one.frame, 0.05)) == 1
    assert len(mixtures.take_share(one.frame, 0.04)) == 0


def test_held_out_groups_are_dropped_before_shares_are_taken():
    a, b = view("a", 100, prefix="g"), view("bb", 100, prefix="g", seed=1)
    train = training_rows([a, b], {"a": 0.5}, held_out={0})
    held = set(b.frame.loc[b.frame["fold"] == 0, "group"]) | set(
        a.frame.loc[a.frame["fold"] == 0, "group"]
    )
    eligible = a.frame[~a.frame["group"].isin(held)]
    assert len(eligible) < 70
    assert abs(len(train) - len(eligible) / 2) <= 1.5


def test_two_views_of_one_corpus_do_not_repeat_rows():
    whole = view("iads_e", 100)
    part = ViewRows("iads_e_no_music", "iads_e", whole.frame[whole.frame["class"] > 0])
    train = training_rows([whole, part], {"iads_e": 1, "iads_e_no_music": 1}, held_out={0})
    assert not train.duplicated(KEY).any()
    assert len(train) == 80
    assert (train["copies"] == 1).all()
    some = training_rows([whole, part], {"iads_e": 0.25, "iads_e_no_music": 1}, held_out={0})
    inside = (whole.frame["class"] > 0) & (whole.frame["fold"] != 0)
    assert set(whole.frame.loc[inside, "clip_id"]) <= set(some["clip_id"])
    assert inside.sum() < len(some) < 80


def test_order_of_views_and_rows_does_not_matter():
    a, b = view("a", 90, n_groups=60, prefix="g"), view("bb", 70, n_groups=60, prefix="g")
    mixed = [ViewRows(v.view, v.corpus, v.frame.sample(frac=1, random_state=3)) for v in (b, a)]
    shares = {"a": 0.5, "bb": 0.75}
    first = training_rows([a, b], shares, held_out={1})
    pd.testing.assert_frame_equal(first, training_rows(mixed, shares, held_out={1}))


def test_tested_rows_are_the_same_for_every_mixture_and_cover_each_view_once():
    views = [view("a", 53), view("bb", 41)]
    parts = [mixtures.test_rows(views, fold=fold) for fold in range(5)]
    everything = pd.concat(parts)
    assert list(everything) == ["view", "corpus", "clip_id"]
    assert len(everything) == 94
    assert not everything.duplicated().any()


def test_inner_folds_are_the_other_folds_with_no_group_on_both_sides():
    views = [view(name, 120, n_groups=100, prefix="g") for name in ("a", "bb", "ccc")]
    shares = {"a": 1, "bb": 0.5, "ccc": 0}
    train = training_rows(views, shares, held_out={3})
    folds = inner_search_folds(train, views, shares, scheme=CV5, outer=3)
    assert len(folds) == 4
    group_of = {(v.corpus, c): g for v in views for c, g in v.frame[["clip_id", "group"]].values}
    for number, fold in zip((0, 1, 2, 4), folds, strict=True):
        fit = train.iloc[fold.train]
        trained = {group_of[key] for key in keys(fit)}
        assert set(fit["fold"]) <= {0, 1, 2, 4} - {number}
        for one in views:
            assert not trained & set(one.frame.loc[one.frame["fold"] == number, "group"])
        assert set(fold.validate) == {"a", "bb"}
        for name, rows in fold.validate.items():
            assert set(train.iloc[rows]["fold"]) == {number}
            assert set(train.iloc[rows]["view"]) == {name}
            assert len(rows) == ((train["fold"] == number) & (train["view"] == name)).sum()
        assert not set(fold.train) & set(fold.validation_rows)


def test_inner_training_sets_are_shared_between_outer_folds():
    views = [view("a", 100), view("bb", 100)]
    shares = {"a": 1, "bb": 1}

    def inner(outer, wanted):
        train = training_rows(views, shares, held_out={outer})
        folds = inner_search_folds(train, views, shares, scheme=CV5, outer=outer)
        return keys(train.iloc[folds[CV5.search_folds(outer).index(wanted)].train])

    assert inner(0, 3) == inner(3, 0)


def test_a_clip_in_two_views_is_validated_for_both():
    whole = view("iads_e", 100)
    part = ViewRows("no_music", "iads_e", whole.frame[whole.frame["class"] > 0])
    shares = {"iads_e": 1, "no_music": 1}
    train = training_rows([whole, part], shares, held_out={0})
    folds = inner_search_folds(train, [whole, part], shares, scheme=CV5, outer=0)
    for fold in folds:
        assert len(fold.validate["iads_e"]) == 20
        assert set(fold.validate["no_music"]) < set(fold.validate["iads_e"])


def test_final_models_search_over_all_folds_and_holdouts_over_the_validation_fold():
    one, shares = view("a", 100), {"a": 1}
    everything = training_rows([one], shares, held_out=())
    folds = inner_search_folds(everything, [one], shares, scheme=CV5, outer=None)
    assert [len(fold.validate["a"]) for fold in folds] == [20] * 5
    holdout = Scheme.parse("holdout_70_15_15")
    three = view("a", 99, folds=3)
    train = training_rows([three], shares, held_out={0})
    (fold,) = inner_search_folds(train, [three], shares, scheme=holdout, outer=0)
    assert set(train.iloc[fold.train]["fold"]) == {2}
    assert set(train.iloc[fold.validate["a"]]["fold"]) == {1}


def test_an_inner_fold_with_nothing_to_choose_by_is_refused():
    one = view("a", 30)
    train = training_rows([one], {"a": 1}, held_out={0})
    train = train[train["fold"] != 2].reset_index(drop=True)
    with pytest.raises(ConfigError, match=r"folds \[0, 2\] held out"):
        inner_search_folds(train, [one], {"a": 1}, scheme=CV5, outer=0)


def test_the_papers_protocol_chooses_on_the_reported_folds():
    views = [view("a", 60), view("bb", 40), view("ccc", 30)]
    shares = {"a": 1, "bb": 0.25, "ccc": 0}
    rows, folds = reported_search_folds(views, shares, scheme=CV5)
    assert len(rows) == 100
    for number, fold in enumerate(folds):
        expected = training_rows(views, shares, held_out={number})
        assert keys(rows.iloc[fold.train]) == keys(expected)
        tested = mixtures.test_rows(views, fold=number)
        for name in ("a", "bb"):
            assert keys(rows.iloc[fold.validate[name]]) == keys(tested[tested["view"] == name])
        assert set(fold.validate) == {"a", "bb"}


def test_a_replay_chooses_on_the_rows_of_its_search_phase():
    views, shares = [view("a", 60), view("bb", 50)], {"a": 1, "bb": 1}
    rows, folds = reported_search_folds(views, shares, scheme=CV5, arithmetic="reference_2024")
    stack = [("a", clip) for clip in views[0].frame["clip_id"]]
    stack += [("bb", clip) for clip in views[1].frame["clip_id"]]
    for number, fold in enumerate(folds):
        tested = np.flatnonzero(views[1].frame["fold"] == number)
        expected = {stack[i + 12] for i in tested}
        assert keys(rows.iloc[fold.validate["bb"]]) == expected
        assert len(fold.train) == 48 + 40
        assert len(set(fold.train)) < 88  # rows hit from both sides count twice
