"""Label controls: labels that hold nothing, drawn once and the same for every fold."""

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import ConfigError
from affectmix.splits.controls import control_labels

LABELS = ["valence", "arousal"]


def labels(n=200):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "corpus": np.repeat(["music", "sounds"], n // 2),
            "clip_id": [f"c{i % (n // 2):03d}" for i in range(n)],
            "valence": np.r_[rng.uniform(0, 1, n // 2), rng.uniform(-1, 0, n // 2)],
            "category": "x",
        }
    )
    return frame.assign(arousal=frame["valence"] / 2)


CLIPS = {
    "music": ("music", [f"c{i:03d}" for i in range(100)]),
    "some": ("sounds", [f"c{i:03d}" for i in range(30)]),
}


def control(frame, name, phase="train", seed=0):
    return control_labels(frame, name, seed=seed, phase=phase, view_clips=CLIPS)


def test_none_changes_nothing():
    pd.testing.assert_frame_equal(control(labels(), "none"), labels())


def test_permuted_moves_whole_clips_within_their_corpus_in_both_phases():
    frame = labels()
    moved = control(frame, "permuted")
    pd.testing.assert_frame_equal(moved, control(frame, "permuted", "test"))
    assert (moved["valence"] != frame["valence"]).mean() > 0.9
    np.testing.assert_array_equal(moved["arousal"], moved["valence"] / 2)
    for corpus, own in moved.groupby("corpus"):
        before = frame.loc[frame["corpus"] == corpus, "valence"]
        assert sorted(own["valence"]) == sorted(before)
        assert abs(own["valence"].corr(before)) < 0.35
    assert not moved.equals(control(frame, "permuted", seed=1))


def test_unrated_clips_take_no_part():
    frame = labels()
    frame.loc[5, "valence"] = np.nan
    moved = control(frame, "permuted")
    assert moved["valence"].isna().sum() == 1
    assert np.isnan(moved.loc[5, "valence"])
    assert moved.loc[5, "arousal"] == frame.loc[5, "arousal"]


def test_uniform_is_noise_for_one_view_in_training_only():
    frame = labels()
    noise = control(frame, "uniform-some")
    mine = (frame["corpus"] == "sounds") & (frame["clip_id"] < "c030")
    pd.testing.assert_frame_equal(noise[~mine], frame[~mine])
    pd.testing.assert_frame_equal(control(frame, "uniform-some", "test"), frame)
    for label in LABELS:
        before, after = frame.loc[mine, label], noise.loc[mine, label]
        assert (before != after).all()
        assert before.min() <= after.min() <= after.max() <= before.max()
        assert abs(before.corr(after)) < 0.5
    assert abs(noise.loc[mine, "valence"].corr(noise.loc[mine, "arousal"])) < 0.5


@pytest.mark.parametrize("name", ["permuted", "uniform-some", "uniform-music"])
def test_order_of_rows_does_not_matter(name):
    frame = labels()
    mixed = control(frame.sample(frac=1, random_state=4), name)
    mixed = mixed.sort_values(["corpus", "clip_id"], ignore_index=True)
    pd.testing.assert_frame_equal(mixed, control(frame, name))


@pytest.mark.parametrize("name", ["uniform-speech", "uniform", "shuffled", "permuted-music", ""])
def test_unknown_controls_are_refused(name):
    with pytest.raises(ConfigError, match="uniform-music"):
        control(labels(), name)
