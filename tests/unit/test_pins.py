"""Pins: folds that stay as they are while a corpus grows or shrinks."""

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import ConfigError
from affectmix.splits.folds import make_splits
from affectmix.splits.pins import read_pins, write_pins
from affectmix.splits.schemes import Scheme

CV5 = Scheme.parse("cv5", repeats=2)


def corpus(n=120, seed=0):
    rng = np.random.default_rng(seed)
    clips = [f"{i:04d}" for i in range(n)]
    classes = pd.DataFrame({"clip_id": clips, "class": rng.integers(0, 4, n)})
    group = [f"g{i // 2}" for i in range(n)]
    return classes, pd.DataFrame({"corpus": "music", "clip_id": clips, "group": group})


def cut(classes, groups, pinned=None, scheme=CV5, seed=0):
    return make_splits(
        classes, groups, corpus="music", scheme=scheme, seed=seed, pinned=pinned
    ).frame


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_pins_come_back_from_a_file_exactly(tmp_path, suffix):
    frame = cut(*corpus())
    path = tmp_path / "resources" / f"cv5{suffix}"
    write_pins(frame, path)
    back = read_pins(path, scheme=CV5)
    pd.testing.assert_frame_equal(back, frame, check_dtype=False, check_exact=True)
    pd.testing.assert_frame_equal(cut(*corpus(), pinned=back, seed=99), frame)


def test_new_groups_are_appended_and_nothing_else_moves():
    classes, groups = corpus(150)
    old = cut(classes.iloc[:120], groups)
    anew = classes.assign(**{"class": (classes["class"] + 1) % 4})  # Ward numbers all anew
    grown = cut(anew, groups, pinned=old)
    kept = grown[grown["clip_id"] < "0120"].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, old)
    new = grown[grown["clip_id"] >= "0120"]
    assert len(new) == 60
    # a new clip has the class that its label had before
    expected = classes.set_index("clip_id")["class"][new["clip_id"]]
    assert (new["class"].to_numpy() == expected.to_numpy()).all()
    sizes = grown.groupby(["repeat", "fold"]).size()
    assert sizes.between(26, 34).all()


def test_a_new_clip_takes_the_old_class_of_most_of_its_new_class():
    classes, groups = corpus(121)
    old = cut(classes.iloc[:120].assign(**{"class": [3] * 50 + [1] * 40 + [2] * 30}), groups)
    grown = cut(classes.assign(**{"class": 0}), groups, pinned=old)
    assert set(grown.loc[grown["clip_id"] == "0120", "class"]) == {3}
    assert grown["class"].nunique() == 3


def test_a_wholly_new_class_gets_a_new_number():
    classes, groups = corpus(130)
    classes.loc[120:, "class"] = 77
    grown = cut(classes, groups, pinned=cut(classes.iloc[:120], groups))
    assert set(grown.loc[grown["clip_id"] >= "0120", "class"]) == {4}


def test_a_new_clip_of_a_pinned_group_follows_it():
    classes, groups = corpus(120)
    old = cut(classes.drop(index=range(1, 41, 2)), groups)
    grown = cut(classes, groups, pinned=old).merge(groups, on="clip_id")
    assert (grown.groupby(["repeat", "group"])["fold"].nunique() == 1).all()
    kept = grown.merge(old, on=["clip_id", "repeat"], suffixes=("", "_old"))
    assert (kept["fold"] == kept["fold_old"]).all()


def test_clips_that_are_gone_are_left_out():
    classes, groups = corpus()
    old = cut(classes, groups)
    less = cut(classes.iloc[10:], groups, pinned=old)
    expected = old[old["clip_id"] >= "0010"].reset_index(drop=True)
    pd.testing.assert_frame_equal(less, expected)


def test_pins_of_one_repeat_leave_the_others_free():
    classes, groups = corpus()
    free = cut(classes, groups, seed=1)
    pinned = free[free["repeat"] == 0][["clip_id", "repeat", "fold"]]
    both = cut(classes, groups, pinned=pinned, seed=2)
    assert (both["fold"][:120] == free["fold"][:120]).all()
    assert (both["fold"][120:] != free["fold"][120:]).mean() > 0.5


def test_published_folds_need_only_clips_and_folds(tmp_path):
    path = tmp_path / "cv5.csv"
    rows = [f"{clip:04d},{clip // 2 % 5}" for clip in range(120)]
    path.write_text("clip_id,fold\n" + "\n".join(rows) + "\n")
    frame = cut(*corpus(), pinned=read_pins(path, scheme=CV5))
    first = frame[frame["repeat"] == 0]
    assert first["fold"].tolist() == [clip // 2 % 5 for clip in range(120)]


def test_pins_that_part_a_group_name_the_clips_and_the_fix():
    classes, groups = corpus()
    old = cut(classes, groups)
    groups.loc[groups["clip_id"] == "0050", "group"] = "g0"
    clash = old.loc[old["clip_id"].isin(["0000", "0050"]) & (old["repeat"] == 0), "fold"]
    assert clash.nunique() == 2
    with pytest.raises(ConfigError) as caught:
        cut(classes, groups, pinned=old)
    for word in ("0000 (fold", "0001 (fold", "0050 (fold", "Delete all but one", "repeat 0"):
        assert word in str(caught.value)


def test_pins_that_leave_a_fold_empty_are_refused():
    classes, groups = corpus()
    pinned = cut(classes, groups).assign(fold=0)
    with pytest.raises(ConfigError, match=r"folds \[1, 2, 3, 4\] have no clips"):
        cut(classes, groups, pinned=pinned)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clip_id\na\n", "missing: \\['fold'\\]"),
        ("clip_id,fold,colour\na,1,red\n", "unknown: \\['colour'\\]"),
        ("clip_id,fold\na,5\n", "'a' has fold 5; allowed are whole numbers from 0 to 4"),
        ("clip_id,fold\na,-1\n", "fold -1"),
        ("clip_id,fold\na,1.5\n", "fold 1.5"),
        ("clip_id,fold\na,first\n", "fold first"),
        ("clip_id,fold,priority\na,1,1.5\n", "priority 1.5"),
        ("clip_id,fold\na,1\na,2\n", "two rows in one repeat"),
        ("clip_id,fold\n,1\n", "no clip_id"),
        ("", "cannot be read"),
    ],
)
def test_faulty_files_are_refused(tmp_path, text, words):
    path = tmp_path / "cv5.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        read_pins(path, scheme=CV5)
    assert str(path) in str(caught.value)


def test_a_missing_or_broken_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_pins(tmp_path / "none.csv", scheme=CV5)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_pins(tmp_path / "broken.parquet", scheme=CV5)


def test_clips_may_be_called_like_missing_values(tmp_path):
    path = tmp_path / "cv5.csv"
    path.write_text("clip_id,fold\nnan,1\nNA,2\n007,3\n")
    assert sorted(read_pins(path, scheme=CV5)["clip_id"]) == ["007", "NA", "nan"]
