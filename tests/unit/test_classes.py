"""Classes: as many Ward clusters as leave each large enough, the same for any row order."""

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import ConfigError
from affectmix.splits import classes
from affectmix.splits.classes import assign_classes
from sklearn.cluster import AgglomerativeClustering


def tied_labels(n: int, seed: int = 0) -> pd.DataFrame:
    """Ratings on a coarse grid, as PMEmo's are: many clips share a label."""
    rng = np.random.default_rng(seed)
    values = np.clip(np.round(rng.normal(0, 0.35, (n, 2)) * 20) / 20, -1, 1)
    clips = [f"clip{i:04d}" for i in range(n)]
    return pd.DataFrame({"clip_id": clips, "valence": values[:, 0], "arousal": values[:, 1]})


@pytest.mark.parametrize("seed", range(8))
def test_unmoved_by_row_order_and_by_noise_below_the_rounding(seed):
    labels = tied_labels(400)
    noisy = labels.sample(frac=1, random_state=seed)
    noise = np.random.default_rng(seed).uniform(-1e-15, 1e-15, (len(noisy), 2))
    noisy[["valence", "arousal"]] += noise
    pd.testing.assert_frame_equal(assign_classes(noisy), assign_classes(labels))


@pytest.mark.parametrize("value", [0.5e-6, 0.1234565, 1 / 3, 2 / 7, -0.0000005, 1.0, -1.0])
def test_labels_on_a_rounding_edge_stay_together(value):
    labels = tied_labels(60)
    labels.loc[:29, "valence"] = value
    up, down = labels.copy(), labels.copy()
    up.loc[:29:2, "valence"] += 1e-15
    down.loc[:29:2, "valence"] -= 1e-15
    assert assign_classes(up, min_size=5).equals(assign_classes(down, min_size=5))


def test_as_many_classes_as_leave_each_large_enough():
    labels = tied_labels(500)
    found = assign_classes(labels)
    sizes = found["class"].value_counts()
    assert sizes.min() >= 25
    assert found["class"].dtype == np.int32
    assert sorted(sizes.index) == list(range(len(sizes)))
    points = labels[["arousal", "valence"]].round(6)
    for count in range(len(sizes) + 1, 500 // 25 + 1):
        more = AgglomerativeClustering(count, linkage="ward").fit_predict(points)
        assert np.bincount(more).min() < 25


def test_the_partition_is_scikit_learns_where_no_labels_are_tied():
    rng = np.random.default_rng(3)
    labels = pd.DataFrame(
        {
            "clip_id": [f"{i:03d}" for i in range(300)],
            "valence": rng.uniform(-1, 1, 300),
            "arousal": rng.uniform(-1, 1, 300),
        }
    )
    ours = assign_classes(labels)["class"]
    theirs = AgglomerativeClustering(ours.max() + 1, linkage="ward").fit_predict(
        labels[["arousal", "valence"]]
    )
    assert len(set(zip(ours, theirs, strict=True))) == ours.max() + 1 > 3


def test_classes_are_numbered_by_arousal():
    labels = tied_labels(400)
    joined = labels.merge(assign_classes(labels), on="clip_id")
    assert joined.groupby("class")["arousal"].mean().is_monotonic_increasing


@pytest.mark.parametrize("min_size", [1, 5, 25])
def test_clips_with_equal_labels_are_never_parted(min_size):
    corners = [(v, a) for v in (-0.5, 0.5) for a in (-0.5, 0.5)]
    labels = pd.DataFrame(
        [(f"c{i:03d}", *corners[i % 4]) for i in range(400)],
        columns=["clip_id", "valence", "arousal"],
    )
    joined = labels.merge(assign_classes(labels, min_size=min_size), on="clip_id")
    assert joined["class"].nunique() == 4
    assert (joined.groupby(["valence", "arousal"])["class"].nunique() == 1).all()


@pytest.mark.parametrize(("n", "most"), [(1, 1), (24, 1), (49, 1), (50, 2)])
def test_below_twice_the_smallest_size_there_is_one_class(n, most):
    labels = tied_labels(n)
    labels["valence"] = np.where(np.arange(n) % 2, 0.8, -0.8)
    assert assign_classes(labels)["class"].nunique() == most


def test_unrated_clips_are_left_out():
    labels = tied_labels(60)
    labels.loc[3, "valence"] = np.nan
    labels.loc[7, "arousal"] = np.nan
    found = assign_classes(labels)
    assert len(found) == 58
    assert not set(found["clip_id"]) & {"clip0003", "clip0007"}


def test_a_large_corpus_is_clustered_by_a_sample(monkeypatch):
    labels = tied_labels(900)
    monkeypatch.setattr(classes, "MOST_CLUSTERED", 300)
    found = assign_classes(labels)
    assert len(found) == 900
    assert found["class"].value_counts().min() >= 25
    assert found.equals(assign_classes(labels.sample(frac=1, random_state=1)))
    centres = labels.merge(found).groupby("class")[["valence", "arousal"]].mean()
    assert len(centres) > 3
    assert centres.std().min() > 0.1


@pytest.mark.parametrize(
    ("labels", "min_size", "words"),
    [
        (tied_labels(30), 0, "classes.min_size"),
        (tied_labels(30).assign(valence=np.nan), 25, "none of the 30 clips"),
        (pd.concat([tied_labels(30)] * 2), 25, "more than one row"),
    ],
)
def test_what_cannot_be_clustered_is_refused(labels, min_size, words):
    with pytest.raises(ConfigError, match=words):
        assign_classes(labels, min_size=min_size)
