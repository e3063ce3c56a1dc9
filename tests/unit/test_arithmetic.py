"""Replayed arithmetic: the overlaps that the released code must have had."""

import itertools

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import ConfigError
from affectmix.splits.arithmetic import reference_rows, shifted_positions
from affectmix.splits.mixtures import ViewRows
from sklearn.model_selection import KFold, StratifiedKFold

SIZE_A, SIZE_B = 765, 767
# version, phase -> test-A rows in train, test-B rows in train, "B" rows that are A's
PUBLISHED = {
    ("reference_2023", "search"): (0.16, 0.64, 0.0),
    ("reference_2023", "evaluation"): (0.16, 0.64, 0.0),
    ("reference_2024", "search"): (0.16, 0.83, 0.80),
    ("reference_2024", "evaluation"): (0.16, 0.16, 0.20),
}


def folds_of(size, kind, seed):
    rng = np.random.default_rng([seed, size])
    classes = rng.choice(9, size, p=np.arange(1, 10) / 45)
    cutter = StratifiedKFold if kind == "stratified" else KFold
    return list(cutter(5, shuffle=True, random_state=seed).split(np.zeros(size), classes))


@pytest.mark.parametrize("kind", ["stratified", "plain"])
@pytest.mark.parametrize(("version", "phase"), PUBLISHED)
def test_overlaps_of_index_sets(version, phase, kind):
    found = []
    for seed in range(20):
        pairs = zip(folds_of(SIZE_A, kind, seed), folds_of(SIZE_B, kind, seed + 99), strict=True)
        for (a_train, a_test), (b_train, b_test) in pairs:
            taken = shifted_positions(
                a_train=a_train,
                a_test=a_test,
                b_train=b_train,
                b_test=b_test,
                a_size=SIZE_A,
                version=version,
                phase=phase,
            )
            found.append(
                (
                    np.isin(taken.test_a, taken.train).mean(),
                    np.isin(taken.test_b, taken.train).mean(),
                    (taken.test_b < SIZE_A).mean(),
                )
            )
            assert taken.train.max() < SIZE_A + SIZE_B - 150  # B's last rows are never trained on
            assert taken.test_b.max() < SIZE_A + SIZE_B
    np.testing.assert_allclose(np.mean(found, axis=0), PUBLISHED[version, phase], atol=0.0075)


def view(name, size, seed=0):
    rng = np.random.default_rng([seed, size])
    frame = pd.DataFrame(
        {
            "clip_id": [f"{name}{i:04d}" for i in range(size)],
            "fold": rng.permutation(np.arange(size) % 5),
            "class": rng.integers(0, 8, size),
            "priority": rng.random(size),
            "group": [f"{name}/{i}" for i in range(size)],
        }
    )
    return ViewRows(name, name, frame)


SOUNDS, MUSIC = view("sounds", SIZE_A), view("music", SIZE_B)
BOTH = {"sounds": 1, "music": 1}
KEY = ["corpus", "clip_id"]


def rows(views, shares, version, phase="evaluation", fold=0):
    return reference_rows(views, shares, fold=fold, version=version, phase=phase)


def overlap(train, tested, name):
    own = tested[tested["view"] == name]
    hit = own.merge(train[KEY], on=KEY, how="left", indicator=True)["_merge"] == "both"
    return hit.mean(), (own["corpus"] != name).mean()


@pytest.mark.parametrize(("version", "phase"), PUBLISHED)
def test_overlaps_of_rows(version, phase):
    found = []
    for seed, fold in itertools.product(range(8), range(5)):
        sounds, music = view("sounds", SIZE_A, seed), view("music", SIZE_B, seed)
        train, tested = rows([sounds, music], BOTH, version, phase, fold)
        leak_a, foreign_a = overlap(train, tested, "sounds")
        leak_b, foreign_b = overlap(train, tested, "music")
        assert foreign_a == 0
        assert train["copies"].sum() == 612 + (music.frame["fold"] != fold).sum()
        assert set(train["copies"]) == {1, 2}
        found.append((leak_a, leak_b, foreign_b))
    np.testing.assert_allclose(np.mean(found, axis=0), PUBLISHED[version, phase], atol=0.015)


def test_rows_are_the_stack_by_clip_id():
    train, tested = rows([SOUNDS, MUSIC], BOTH, "reference_2023")
    a, b = (np.flatnonzero(v.frame["fold"] != 0) for v in (SOUNDS, MUSIC))
    stack = [*SOUNDS.frame["clip_id"], *MUSIC.frame["clip_id"]]
    copies = pd.Series([stack[i] for i in [*a, *(b + len(a))]]).value_counts()
    assert train.set_index("clip_id")["copies"].sort_index().to_dict() == copies.to_dict()
    music = tested[tested["view"] == "music"]
    assert set(music["clip_id"]) == set(MUSIC.frame.loc[MUSIC.frame["fold"] == 0, "clip_id"])


def test_order_of_rows_does_not_matter():
    mixed = [
        ViewRows(v.view, v.corpus, v.frame.sample(frac=1, random_state=1)) for v in (SOUNDS, MUSIC)
    ]
    for one, other in zip(
        rows([SOUNDS, MUSIC], BOTH, "reference_2024"),
        rows(mixed, BOTH, "reference_2024"),
        strict=True,
    ):
        pd.testing.assert_frame_equal(one, other)


def test_the_whole_corpus_comes_first_and_the_sub_sampled_one_is_shifted():
    shares = {"sounds": 0.25, "music": 1}
    train, tested = rows([SOUNDS, MUSIC], shares, "reference_2023")
    n_first = (MUSIC.frame["fold"] != 0).sum()
    assert train["copies"].sum() == pytest.approx(n_first + 612 / 4, abs=4)
    # shifted by less than its size, so a fifth of the sub-sample falls on the first corpus
    doubled = train[train["copies"] == 2]
    assert set(doubled["corpus"]) <= {"music"}
    own = tested[tested["view"] == "sounds"]
    assert (own["corpus"] == "sounds").all()


def test_without_the_second_corpus_2023_is_clean_and_2024_reports_foreign_rows():
    shares = {"sounds": 1, "music": 0}
    for version, leak, foreign in (
        ("reference_2023", 0, 0),
        ("reference_2024", 0.16, 0.2),
    ):
        train, tested = rows([SOUNDS, MUSIC], shares, version)
        assert set(train["corpus"]) == {"sounds"}
        assert set(train["copies"]) == {1}
        assert overlap(train, tested, "sounds") == (0, 0)
        assert overlap(train, tested, "music") == pytest.approx((leak, foreign), abs=0.05)


def test_the_2024_search_sub_samples_the_test_folds_too():
    shares = {"sounds": 1, "music": 0.5}
    _, search = rows([SOUNDS, MUSIC], shares, "reference_2024", "search")
    _, evaluation = rows([SOUNDS, MUSIC], shares, "reference_2024", "evaluation")
    sizes = search["view"].value_counts(), evaluation["view"].value_counts()
    assert sizes[0]["sounds"] == sizes[1]["sounds"] == 153
    assert sizes[0]["music"] == pytest.approx(sizes[1]["music"] / 2, abs=4)


def test_what_cannot_be_replayed_is_refused():
    shared = ViewRows("music", "music", MUSIC.frame.assign(group="one artist"))
    across = ViewRows("music", "music", MUSIC.frame.copy())
    across.frame.loc[3, "group"] = "sounds/5"
    part = ViewRows("part", "sounds", SOUNDS.frame.iloc[:50])
    with pytest.raises(ConfigError, match="ungrouped folds"):
        rows([SOUNDS, shared], BOTH, "reference_2023")
    with pytest.raises(ConfigError, match="ungrouped folds"):
        rows([SOUNDS, across], BOTH, "reference_2023")
    with pytest.raises(ConfigError, match="exactly two views of two corpora"):
        rows([SOUNDS, part], {"sounds": 1}, "reference_2023")
    with pytest.raises(ConfigError, match="exactly two views"):
        rows([SOUNDS], {"sounds": 1}, "reference_2023")
    with pytest.raises(ConfigError, match="exactly two views"):
        rows([SOUNDS, MUSIC, view("speech", 50)], BOTH, "reference_2023")
    with pytest.raises(ConfigError, match="is no replay"):
        rows([SOUNDS, MUSIC], BOTH, "reference_2022")
